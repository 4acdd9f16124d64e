"""Documents of the real world: the quickstart's own, and the ones people saved."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from workflow_documents import CHECKOUT, QUICKSTART, REAL_WORKFLOWS, changed

import pulumi_comfy.workflows
from pulumi_comfy.workflows import (
    Document,
    describe_changes,
    external_inputs,
    find_secrets,
    model_files,
    output_node_ids,
    pair_problems,
    parse,
    seed_inputs,
    vary_seed,
)


def needs_real_workflows(test: Any) -> Any:
    """Skip where they are not beside the checkout; not measured, so that coverage is the same where they are."""
    is_beside = pytest.mark.skipif(not REAL_WORKFLOWS.is_dir(), reason="the real workflows are not beside the checkout")
    return pytest.mark.apart(is_beside(test))


REAL = sorted(REAL_WORKFLOWS.glob("*.json")) if REAL_WORKFLOWS.is_dir() else []


def read(path: Path) -> Document:
    return parse(path.read_text(encoding="utf-8"))


@pytest.fixture
def quickstart() -> Document:
    graph, prompt = (QUICKSTART / f"text_to_image{kind}.json" for kind in ("", ".api"))
    return parse(graph.read_text(encoding="utf-8"), prompt.read_text(encoding="utf-8"))


def test_the_quickstarts_pair_agrees(quickstart: Document):
    assert pair_problems(quickstart) == []


def test_the_quickstart_offers_a_prompt_and_a_seed(quickstart: Document):
    offered = [(each.input_id, each.type) for each in external_inputs(quickstart.prompt or {})]

    assert offered == [("prompt", "string"), ("seed", "integer")]


def test_the_quickstarts_seed_is_known_as_one(quickstart: Document):
    assert seed_inputs(quickstart.prompt or {}) == ["seed"]


def test_the_quickstarts_seed_can_be_varied(quickstart: Document):
    varied = vary_seed(quickstart.prompt or {}, 77)

    assert varied["2"]["inputs"]["default_value"] == 77


def test_the_quickstart_delivers_one_picture(quickstart: Document):
    assert output_node_ids(quickstart.prompt or {}) == ["9"]


def test_the_quickstart_needs_one_model(quickstart: Document):
    assert [file.name for file in model_files(quickstart.prompt or {})] == ["v1-5-pruned-emaonly.safetensors"]


def test_the_quickstart_holds_no_secret(quickstart: Document):
    assert find_secrets(quickstart) == []


def test_the_quickstarts_links_and_slots_agree(quickstart: Document):
    """Both ends of every link say the same, as in a file that the editor saved."""
    graph: Any = quickstart.graph
    nodes = {each["id"]: each for each in graph["nodes"]}

    for link_id, origin, origin_slot, target, target_slot, kind in graph["links"]:
        assert link_id in nodes[origin]["outputs"][origin_slot]["links"]
        assert nodes[origin]["outputs"][origin_slot]["type"] == kind
        assert nodes[target]["inputs"][target_slot]["link"] == link_id
        assert nodes[target]["inputs"][target_slot]["type"] == kind
    ends = [port["link"] for each in graph["nodes"] for port in each["inputs"]]
    assert sorted(ends) == sorted(link[0] for link in graph["links"])
    assert graph["last_node_id"] == max(nodes)
    assert graph["last_link_id"] == max(ends)


def test_a_changed_step_of_the_quickstart_reads_as_one_line(quickstart: Document):
    graph = changed(quickstart.graph, lambda g: g["nodes"][6]["widgets_values"].__setitem__(2, 30))
    prompt = changed(quickstart.prompt, lambda p: p["7"]["inputs"].update(steps=30))

    assert describe_changes(quickstart, Document(graph, prompt)) == ["KSampler #7: steps 20 -> 30"]


@needs_real_workflows
def test_there_are_real_workflows():
    assert len(REAL) >= 5


@needs_real_workflows
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_a_real_workflow_comes_back_as_written(path: Path):
    document = read(path)

    written = json.loads(path.read_text(encoding="utf-8"))
    assert json.loads(document.graph_text or document.prompt_text or "") == written


@needs_real_workflows
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_a_real_workflow_laid_out_anew_is_the_same(path: Path):
    def lay_out(value: Any) -> None:
        for each in value.get("nodes", []):
            each.update(pos=[0, 0], size=[1, 1], order=0, color="#000", title="x")
        if "nodes" in value:
            value.update(version=1, groups=[], last_link_id=0)
            value["nodes"].reverse()

    document = read(path)
    again = parse(json.dumps(changed(json.loads(path.read_text(encoding="utf-8")), lay_out)))

    assert again.digest == document.digest


@needs_real_workflows
@pytest.mark.parametrize("path", [each for each in REAL if ".ui" in each.name], ids=lambda path: path.stem)
def test_every_link_of_a_real_graph_is_found(path: Path):
    document: Any = read(path)

    links = pulumi_comfy.workflows.canonical(document)["graph"]["links"]

    assert len(links) == len(document.graph["links"])


@needs_real_workflows
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_every_changed_value_of_a_real_workflow_is_named(path: Path):
    def change(value: Any) -> None:
        for each in value.get("nodes", []):
            if each["type"] == "KSampler":
                each["widgets_values"][2] = 99
        for each in value.values():
            if isinstance(each, dict) and "steps" in each.get("inputs", {}):
                each["inputs"]["steps"] = 99

    document = read(path)
    again = parse(json.dumps(changed(json.loads(path.read_text(encoding="utf-8")), change)))

    told = describe_changes(document, again)
    assert all("steps 20 -> 99" in line for line in told)
    assert bool(told) == (again.digest != document.digest)


@needs_real_workflows
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_no_secret_is_seen_in_a_real_workflow(path: Path):
    assert find_secrets(read(path)) == []


# The room itself


def test_the_public_names_are_sorted_and_complete():
    names = pulumi_comfy.workflows.__all__

    assert names == sorted(names)
    assert [name for name in names if not hasattr(pulumi_comfy.workflows, name)] == []


ROOM = sorted((CHECKOUT / "pulumi_comfy" / "workflows").glob("*.py"))


@pytest.mark.parametrize("path", ROOM, ids=lambda path: path.stem)
def test_the_room_leans_on_the_standard_library_only(path: Path):
    imported: set[str] = set()
    for statement in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            imported |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            imported.add(statement.module or "")

    foreign = {name for name in imported if not name.startswith("pulumi_comfy.workflows")}
    assert {name for name in foreign if name.split(".")[0] not in sys.stdlib_module_names} == set()
