"""`pulumi-comfy convert`: from the editor's graph to the API prompt, with the nodes of a server or of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pulumi_comfy.cli import main

KNOWN = {
    "EmptyImage": {
        "input": {"required": {"width": ["INT", {"default": 512}], "height": ["INT", {"default": 512}]}},
        "output": ["IMAGE"],
        "display_name": "Empty Image",
    },
    "SaveImage": {
        "input": {"required": {"images": ["IMAGE"], "filename_prefix": ["STRING", {"default": "ComfyUI"}]}},
        "output": [],
        "output_node": True,
    },
}
GRAPH = {
    "nodes": [
        {"id": 1, "type": "EmptyImage", "inputs": [], "widgets_values": [64, 32]},
        {
            "id": 2,
            "type": "SaveImage",
            "title": "Keep",
            "inputs": [{"name": "images", "type": "IMAGE", "link": 7}],
            "widgets_values": ["out"],
        },
    ],
    "links": [[7, 1, 0, 2, 0, "IMAGE"]],
}
PROMPT = {
    "1": {"inputs": {"width": 64, "height": 32}, "class_type": "EmptyImage", "_meta": {"title": "Empty Image"}},
    "2": {
        "inputs": {"filename_prefix": "out", "images": ["1", 0]},
        "class_type": "SaveImage",
        "_meta": {"title": "Keep"},
    },
}


@pytest.fixture
def files(folder: Path) -> Path:
    """A folder with a graph and a saved answer of `/object_info`."""
    (folder / "graph.json").write_text(json.dumps(GRAPH), encoding="utf-8")
    (folder / "object_info.json").write_text(json.dumps(KNOWN), encoding="utf-8")
    return folder


def written(folder: Path, value: Any) -> Path:
    file = folder / "other.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return file


def changed(*path: Any, to: Any) -> dict[str, Any]:
    graph = json.loads(json.dumps(GRAPH))
    at = graph
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    return graph


def test_the_prompt_goes_to_standard_output(invoke, files):
    result = invoke("convert", "graph.json", "--object-info", "object_info.json")

    assert (result.exit_code, json.loads(result.stdout), result.stderr) == (0, PROMPT, "")


def test_the_prompt_goes_to_a_file_when_one_is_named(invoke, files):
    result = invoke("convert", "graph.json", "--object-info", "object_info.json", "--output", "api.json")

    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads((files / "api.json").read_text(encoding="utf-8")) == PROMPT


@pytest.mark.parametrize("read", ["graph.json", "object_info.json"])
def test_what_is_read_is_never_written_over(invoke, files, read):
    before = (files / read).read_text(encoding="utf-8")

    result = invoke("convert", "graph.json", "--object-info", "object_info.json", "-o", f"../{files.name}/{read}")

    assert (result.exit_code, "would be lost" in result.stderr) == (1, True)
    assert (files / read).read_text(encoding="utf-8") == before


def test_what_was_converted_passes_as_the_graphs_pair(invoke, files):
    invoke("convert", "graph.json", "--object-info", "object_info.json", "-o", "api.json")

    assert invoke("validate", "graph.json", "--api", "api.json").exit_code == 0


def test_the_graph_may_come_from_standard_input(files):
    arguments = ["convert", "-", "--object-info", "object_info.json"]

    result = CliRunner().invoke(main, arguments, input=json.dumps(GRAPH))

    assert (result.exit_code, json.loads(result.stdout)) == (0, PROMPT)


def test_a_live_server_is_asked_for_its_nodes(invoke, files, serve):
    url = serve({"/object_info": (200, KNOWN)})

    assert json.loads(invoke("convert", "graph.json", "--server", url).stdout) == PROMPT


def test_a_class_that_a_server_replaces_is_told_with_the_way_out(invoke, files, serve):
    url = serve({"/object_info": (200, KNOWN), "/api/node_replacements": (200, {"Old": []})})

    result = invoke("convert", written(files, changed("nodes", 0, "type", to="Old")), "--server", url)

    assert result.exit_code == 1
    assert "problem: Old #1: the server replaces this class by another; open the graph in its editor" in result.stderr


def test_every_problem_is_a_line_and_nothing_is_written(invoke, files):
    graph = changed("nodes", 0, "widgets_values", to=["wide", 32])
    graph["nodes"].append({"id": 3, "type": "Nowhere", "inputs": [], "widgets_values": []})

    result = invoke("convert", written(files, graph), "--object-info", "object_info.json", "-o", "api.json")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "problem: EmptyImage #1: width takes INT, but its value is a text; "
        "was the graph saved with another version of the node?",
        "problem: Nowhere #3: the server does not know this class",
    ]
    assert not (files / "api.json").exists()


def test_a_text_that_the_editor_rewrites_is_kept_and_named(invoke, files):
    graph = changed("nodes", 1, "widgets_values", to=["%date:yyyy%/out"])

    result = invoke("convert", written(files, graph), "--object-info", "object_info.json")

    assert json.loads(result.stdout)["2"]["inputs"]["filename_prefix"] == "%date:yyyy%/out"
    assert result.stderr == (
        "note: SaveImage #2: filename_prefix is a text that the editor rewrites; it stays as it is written\n"
    )


def test_a_prompt_is_no_graph(invoke, files):
    result = invoke("convert", written(files, PROMPT), "--object-info", "object_info.json")

    assert result.exit_code == 1
    assert "other.json is an API prompt already, so there is nothing to convert" in result.stderr


@pytest.mark.parametrize(("text", "words"), [("{", "is not valid JSON"), ("[]", "not an object"), ("", "is empty")])
def test_a_file_that_is_no_workflow_is_one_problem(invoke, files, text, words):
    result = invoke("convert", written(files, text), "--object-info", "object_info.json")

    assert (result.exit_code, result.stderr.count("problem: ")) == (1, 1)
    assert words in result.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "is not valid JSON"), ("[]", "holds no list of nodes"), (json.dumps(PROMPT), "holds no list of nodes")],
)
def test_a_file_that_is_no_object_info_is_one_problem(invoke, files, text, words):
    result = invoke("convert", "graph.json", "--object-info", written(files, text))

    assert (result.exit_code, result.stderr.count("problem: ")) == (1, 1)
    assert words in result.stderr


def test_a_server_that_cannot_be_asked_is_a_problem(invoke, files):
    result = invoke("convert", "graph.json", "--server", "http://127.0.0.1:1")

    assert result.exit_code == 1
    assert result.stderr.startswith("problem: http://127.0.0.1:1 cannot be asked for its nodes: ")


@pytest.mark.parametrize(
    "options", [(), ("--server", "http://127.0.0.1:1", "--object-info", "object_info.json")], ids=["none", "both"]
)
def test_the_nodes_come_from_exactly_one_place(invoke, files, options):
    result = invoke("convert", "graph.json", *options)

    assert result.exit_code == 2
    assert "Give one of --server URL and --object-info FILE" in result.stderr


def test_an_output_that_cannot_be_written_is_a_problem(invoke, files):
    result = invoke("convert", "graph.json", "--object-info", "object_info.json", "-o", "no/such/folder.json")

    assert result.exit_code == 1
    assert result.stderr == "problem: no/such/folder.json cannot be written: No such file or directory\n"
