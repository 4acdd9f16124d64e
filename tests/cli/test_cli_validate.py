"""`pulumi-comfy validate`: what it finds in a document, and what a live server adds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "comfydeploy-quickstart"
GRAPH, PROMPT = QUICKSTART / "text_to_image.json", QUICKSTART / "text_to_image.api.json"

SMALL = {"1": {"class_type": "Loader", "inputs": {"ckpt_name": "a.safetensors"}}}
SAVE = {"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}
KNOWN = {
    "Loader": {"input": {"required": {"ckpt_name": [["a.safetensors"]]}}, "output": ["IMAGE"], "output_node": False},
    "SaveImage": {"input": {"required": {"images": ["IMAGE"]}}, "output": [], "output_node": True},
}


@pytest.fixture
def write(folder: Path) -> Callable[[Any], Path]:
    """Write a document into the current folder."""

    def write(document: Any) -> Path:
        file = folder / "workflow.json"
        file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return file

    return write


def problems(result: Any) -> list[str]:
    return [line.removeprefix("problem: ") for line in result.stdout.splitlines() if line.startswith("problem: ")]


def test_the_quickstarts_pair_has_no_problem(invoke):
    result = invoke("validate", GRAPH, "--api", PROMPT)

    assert result.exit_code == 0
    assert "the editor's graph and the API prompt, 9 nodes" in result.stdout
    assert result.stdout.endswith("No problem found.\n")


def test_what_a_run_may_be_given_is_a_table(invoke):
    result = invoke("validate", PROMPT)

    assert '  prompt  string   "a lighthouse on a cliff at dawn, soft light,...  ComfyUIDeployExternalText #1\n' in (
        result.stdout
    )
    assert "  seed    integer  42 " in result.stdout


def test_models_are_listed_with_the_node_that_loads_them(invoke):
    assert "  v1-5-pruned-emaonly.safetensors  (CheckpointLoaderSimple #3)" in invoke("validate", PROMPT).stdout


def test_a_graph_alone_is_a_problem_because_no_platform_can_run_it(invoke):
    result = invoke("validate", GRAPH)

    assert (result.exit_code, len(problems(result))) == (1, 1)
    assert "choose Workflow > Export (API)" in problems(result)[0]
    assert "--api FILE" in problems(result)[0]


def test_a_graph_that_differs_from_its_prompt_is_a_problem(invoke, write):
    prompt = json.loads(PROMPT.read_text())
    prompt["7"]["inputs"]["steps"] = 30

    result = invoke("validate", GRAPH, "--api", write(prompt))

    assert result.exit_code == 1
    assert problems(result) == ["KSampler #7, from the graph to the API prompt: steps 20 -> 30"]


def test_a_dangling_link_is_a_problem(invoke, write):
    result = invoke("validate", write({**SMALL, "2": {"class_type": "SaveImage", "inputs": {"images": ["9", 0]}}}))

    assert (result.exit_code, len(problems(result))) == (1, 1)
    assert "SaveImage #2: its input images is linked to node #9" in problems(result)[0]


def test_a_document_s_control_characters_do_not_reach_the_terminal(invoke, write):
    prompt = {"1": {"class_type": "SaveImage\x1b[2J\x07", "inputs": {"images": ["9", 0]}}}

    assert "SaveImage\\x07 #1" in invoke("validate", write(prompt)).stdout


def test_each_problem_is_told_whatever_else_is_wrong(invoke, write):
    broken = {
        "1": {"class_type": "Upload", "inputs": {"api_key": "canary_key", "image": ["8", 0]}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["9", 0]}},
        "3": {"inputs": {}},
        "4": {"class_type": "SaveImage"},
    }

    found = problems(invoke("validate", write(broken)))

    assert [re.search(r"#\d", line).group() for line in found] == ["#3", "#4", "#1", "#2", "#1"]
    assert "credential" in found[-1]


def test_a_dangling_link_hides_no_difference_between_graph_and_prompt(invoke, write):
    prompt = json.loads(PROMPT.read_text())
    prompt["7"]["inputs"]["steps"] = 30
    prompt["9"]["inputs"]["images"] = ["77", 0]

    found = problems(invoke("validate", GRAPH, "--api", write(prompt)))

    assert any("is linked to node #77, which the API prompt does not contain" in line for line in found)
    assert "KSampler #7, from the graph to the API prompt: steps 20 -> 30" in found


@pytest.mark.parametrize(
    "document", [SMALL, SMALL | {"2": {"class_type": "VAEDecode", "inputs": {"samples": ["1", 0]}}}]
)
def test_a_prompt_without_an_output_is_a_problem(invoke, write, document):
    result = invoke("validate", write(document))

    assert (result.exit_code, len(problems(result))) == (1, 1)
    assert "has no output node, so there is nothing to run; add one such as SaveImage" in problems(result)[0]


def test_a_loop_is_a_problem(invoke, write):
    loop = {
        "3": {"class_type": "ImageBlend", "inputs": {"image1": ["3", 0]}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}},
    }

    assert problems(invoke("validate", write(SMALL | SAVE | loop))) == ["nodes #3 -> #3 form a loop"]


def test_a_loop_that_no_output_needs_is_no_problem(invoke, write):
    loop = {"3": {"class_type": "ImageBlend", "inputs": {"image1": ["3", 0]}}}

    assert problems(invoke("validate", write(SMALL | SAVE | loop))) == []


def test_a_credential_inside_is_a_problem_that_does_not_repeat_it(invoke, write):
    result = invoke("validate", write({"1": {"class_type": "Upload", "inputs": {"api_key": "canary_key"}}}))

    assert result.exit_code == 1
    assert problems(result)[0].startswith("Upload #1 of the API prompt: api_key: holds what looks like a credential")
    assert "canary" not in result.output


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"a": 1, "a": 2}'])
def test_a_file_that_is_no_workflow_is_one_problem(invoke, write, text):
    result = invoke("validate", write(text))

    assert (result.exit_code, len(problems(result))) == (1, 1)


def test_a_file_that_is_no_text_is_one_problem(invoke, folder):
    (folder / "picture.png").write_bytes(b"\x89PNG\xff")

    result = invoke("validate", "picture.png")

    assert (result.exit_code, problems(result)) == (1, ["picture.png is no UTF-8 text, so it is no JSON."])


def test_a_server_that_can_run_it_is_said_so(invoke, write, serve):
    url = serve({"/object_info": (200, KNOWN)})

    result = invoke("validate", write(SMALL | SAVE), "--server", url)

    assert result.exit_code == 0
    assert result.stdout.endswith(f"No problem found, and {url} can run it.\n")


def test_an_unknown_node_class_on_the_server_is_a_problem(invoke, write, serve):
    url = serve({"/object_info": (200, {"SaveImage": KNOWN["SaveImage"]})})

    result = invoke("validate", write(SMALL | SAVE), "--server", url)

    assert (result.exit_code, problems(result)) == (1, ["Loader #1: the server does not know this class"])


def test_a_model_that_the_server_lacks_is_a_problem(invoke, write, serve):
    url = serve({"/object_info": (200, KNOWN)})
    other = {"1": {"class_type": "Loader", "inputs": {"ckpt_name": "zzz.ckpt"}}}

    result = invoke("validate", write(other | SAVE), "--server", url)

    assert (result.exit_code, problems(result)) == (1, ['Loader #1: ckpt_name "zzz.ckpt" is not on the server'])


OLD = {"3": {"class_type": "OldUpscale", "inputs": {}, "_meta": {"title": "Upscale"}}}


@pytest.mark.parametrize("route", ["/node_replacements", "/api/node_replacements"])
def test_a_class_that_the_server_replaces_is_no_problem(invoke, write, serve, route):
    url = serve({"/object_info": (200, KNOWN), route: (200, {"OldUpscale": [{"new_node_id": "Loader"}]})})

    assert problems(invoke("validate", write(SMALL | SAVE | OLD), "--server", url)) == []


def test_a_class_that_the_server_would_replace_by_one_that_it_does_not_have_is_told(invoke, write, serve):
    answer = {"OldUpscale": [{"new_node_id": "Upscale"}]}
    url = serve({"/object_info": (200, KNOWN), "/node_replacements": (200, answer)})

    assert problems(invoke("validate", write(SMALL | SAVE | OLD), "--server", url)) == [
        "OldUpscale #3: the server does not know this class"
    ]


@pytest.mark.parametrize("answer", [(404, ""), (200, []), (200, "<html>"), (500, "{}")])
def test_a_server_that_replaces_no_class_knows_only_its_own(invoke, write, serve, answer):
    url = serve({"/object_info": (200, KNOWN), "/node_replacements": answer})

    assert problems(invoke("validate", write(SMALL | SAVE | OLD), "--server", url)) == [
        "OldUpscale #3: the server does not know this class"
    ]


def test_a_server_that_has_its_nodes_under_api_is_understood(invoke, write, serve):
    url = serve({"/api/object_info": (200, KNOWN)})

    assert invoke("validate", write(SMALL | SAVE), "--server", url + "/").exit_code == 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((500, "broken"), "answered 500 when asked for its nodes"),
        ((200, "<html>"), "answered with something that is no list of nodes"),
        ((200, []), "answered with something that is no list of nodes"),
    ],
)
def test_a_server_that_is_no_comfyui_is_a_problem(invoke, write, serve, answer, words):
    result = invoke("validate", write(SMALL | SAVE), "--server", serve({"/object_info": answer}))

    assert (result.exit_code, len(problems(result))) == (1, 1)
    assert words in problems(result)[0]


AWAY = {
    "to what cannot be": ("http://127.0.0.1:99999/login?next=canary", "there is no such host or port"),
    "to nobody": ("http://127.0.0.1:1/login?next=canary", "cannot be asked for its nodes: "),
    "to a page": ("/login?next=canary", "answered with something that is no list of nodes"),
}


@pytest.mark.parametrize(("location", "words"), AWAY.values(), ids=AWAY.keys())
def test_a_server_that_sends_elsewhere_is_told_with_where_it_sends(invoke, write, serve, location, words):
    answers = {"/object_info": (302, location), "/login?next=canary": (200, "<html>")}

    result = invoke("validate", write(SMALL | SAVE), "--server", serve(answers))

    (problem,) = problems(result)
    assert " (which redirects to http://127.0.0.1:" in problem
    assert "/login)" in problem
    assert words in problem
    assert "canary" not in problem


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "nonsense", "http://[broken", "http://127.0.0.1:99999", "http://a..b", "http://"]
)
def test_a_server_that_cannot_be_asked_is_a_problem(invoke, write, url):
    result = invoke("validate", write(SMALL | SAVE), "--server", url)

    assert (result.exit_code, len(problems(result))) == (1, 1)
    assert problems(result)[0].startswith(f"{url} cannot be asked for its nodes: ")
    assert "http://127.0.0.1:8188" in problems(result)[0]


SECRET_URLS = [
    "http://user:canary@127.0.0.1:1",
    "http://canary@127.0.0.1:1",
    "http://user:1/canary@127.0.0.1:1",
    "http://user:cana/canary@127.0.0.1:1",
    "ftp://user:canary@127.0.0.1:1",
    "//user:canary@127.0.0.1:1",
    "http://127.0.0.1:1/?token=canary",
]


@pytest.mark.parametrize("url", SECRET_URLS)
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
def test_a_password_in_the_servers_url_is_not_repeated(invoke, write, url, form):
    result = invoke("validate", write(SMALL | SAVE), "--server", url, *form)

    assert result.exit_code == 1
    assert "cana" not in result.output


def test_a_server_behind_a_password_is_asked_and_named_without_it(invoke, write, serve):
    url = serve({"/object_info": (200, KNOWN)}).replace("//", "//user:canary@")

    result = invoke("validate", write(SMALL | SAVE), "--server", url)

    assert result.stdout.endswith(f"No problem found, and {url.replace('user:canary', '[secret]')} can run it.\n")


def test_a_server_that_hangs_up_is_said_so_in_words(invoke, write, monkeypatch):
    def hang_up(*_: Any, **__: Any) -> None:
        raise httpx.ReadError("")

    monkeypatch.setattr(httpx.Client, "get", hang_up)

    result = invoke("validate", write(SMALL | SAVE), "--server", "http://127.0.0.1:8188")

    assert "the connection was lost while the answer was read" in problems(result)[0]


def in_graph(kind: str, *values: Any, images: int | None = None) -> dict[str, Any]:
    inputs = [] if images is None else [{"name": "images", "type": "IMAGE", "link": images}]
    return {"id": images or 0, "type": kind, "inputs": inputs, "widgets_values": list(values)}


def small_graph(model: str) -> dict[str, Any]:
    nodes = [in_graph("Loader", model), in_graph("SaveImage", images=2)]
    return {"nodes": nodes, "links": [[2, 0, 0, 2, 0, "IMAGE"]]}


def test_a_graph_alone_is_enough_where_a_server_knows_its_nodes(invoke, write, serve):
    url = serve({"/object_info": (200, KNOWN)})

    result = invoke("validate", write(small_graph("a.safetensors")), "--server", url)

    assert result.exit_code == 0
    assert "the editor's graph, 2 nodes" in result.stdout
    assert "  a.safetensors  (Loader #0)" in result.stdout
    assert result.stdout.endswith(f"No problem found, and {url} can run it.\n")


def test_what_a_graph_converts_to_is_held_against_the_server(invoke, write, serve):
    result = invoke("validate", write(small_graph("zzz.ckpt")), "--server", serve({"/object_info": (200, KNOWN)}))

    assert (result.exit_code, problems(result)) == (1, ['Loader #0: ckpt_name "zzz.ckpt" is not on the server'])


def test_a_graph_that_does_not_fit_the_server_is_told_node_by_node(invoke, write, serve):
    url = serve({"/object_info": (200, {"SaveImage": KNOWN["SaveImage"]})})

    result = invoke("validate", write(small_graph("a.safetensors")), "--server", url)

    assert (result.exit_code, problems(result)) == (1, ["Loader #0: the server does not know this class"])


def test_json_holds_the_whole_report(invoke):
    report = json.loads(invoke("validate", GRAPH, "--api", PROMPT, "--json").stdout)

    assert (report["ok"], report["problems"], report["documents"]) == (True, [], ["graph", "prompt"])
    assert [offered["input_id"] for offered in report["inputs"]] == ["prompt", "seed"]


def test_json_of_a_broken_file_is_json_too(invoke, write):
    result = invoke("validate", write("no json"), "--json")

    report = json.loads(result.stdout)
    assert (result.exit_code, report["ok"], len(report["problems"])) == (1, False, 1)
