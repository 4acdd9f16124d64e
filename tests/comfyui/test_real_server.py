"""A real ComfyUI server, where `COMFYUI_TEST_URL` names one; skipped where it names none.

It needs no model and no GPU. What is written there is removed again: files below `workflows/pulumi-comfy-test/`.
"""

from __future__ import annotations

import copy
import json
import os
import uuid
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from click.testing import CliRunner
from comfyui_program import SIMPLE_PROMPT, make_simple_graph, node

import pulumi_comfy as comfy
from pulumi_comfy.cli import main

URL = os.environ.get("COMFYUI_TEST_URL", "")

pytestmark = [
    pytest.mark.apart,
    pytest.mark.skipif(not URL, reason="COMFYUI_TEST_URL names no ComfyUI server"),
]


@pytest.fixture
def server():
    with httpx.Client(base_url=URL, timeout=60) as client:
        yield client


@pytest.fixture
def name(server):
    name = f"pulumi-comfy-test/{uuid.uuid4()}"
    yield name
    server.delete(f"/api/userdata/{quote(f'workflows/{name}.json', safe='')}")


@pytest.fixture
def deploy(comfy_stack, name):
    """Make a stack with one workflow, whose arguments may change between operations."""
    arguments: dict[str, Any] = {}

    def program() -> None:
        if arguments:
            comfy.comfyui.Workflow("it", name=name, **arguments)

    made = comfy_stack(program, env={"COMFYUI_URL": URL})
    made.arguments = arguments
    return made


def held(server: httpx.Client, name: str) -> Any:
    answer = server.get(f"/api/userdata/{quote(f'workflows/{name}.json', safe='')}")
    return None if answer.status_code == 404 else answer.json()


def saved_by_hand(server: httpx.Client, name: str, graph: dict[str, Any]) -> None:
    server.post(f"/api/userdata/{quote(f'workflows/{name}.json', safe='')}", content=json.dumps(graph))


def test_a_workflow_lives_from_up_to_destroy(deploy, server, name):
    graph = make_simple_graph()
    deploy.arguments.update(workflow=graph, inference_check={"expect": {"kinds": ["images"], "width": 64}})

    made = deploy.up()
    unchanged = deploy.up()
    deploy.arguments["workflow"] = edited = make_simple_graph(color=77)
    updated = deploy.up()
    saved_by_hand(server, name, make_simple_graph(color=99))
    drifted = deploy.refresh()
    deploy.up()
    repaired = held(server, name)
    server.delete(f"/api/userdata/{quote(f'workflows/{name}.json', safe='')}")
    deploy.refresh()
    again = deploy.up()
    deploy.destroy()

    assert "inference check passed: images: 1" in "\n".join(made.messages("it"))
    assert (unchanged.changes, updated.changes, again.changes) == ({}, {"update": 1}, {"create": 1})
    assert drifted.ok
    assert repaired == edited
    assert held(server, name) is None


def test_a_save_in_the_browser_is_not_written_over(deploy, server, name):
    deploy.arguments.update(workflow=make_simple_graph())
    deploy.up()
    saved_by_hand(server, name, make_simple_graph(color=99))
    deploy.arguments["workflow"] = make_simple_graph(color=77)

    result = deploy.up(check=False)

    assert "COMFY4005" in result.error
    assert held(server, name) == make_simple_graph(color=99)
    deploy.refresh()
    deploy.destroy()


LOADER = "CheckpointLoaderSimple"


def upload_missing() -> dict[str, Any]:
    graph = make_simple_graph()
    graph["nodes"][0] = {
        **node(1, "LoadImage", ["nowhere.png", "image"], {}, "IMAGE MASK"),
        "outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [1]}, {"name": "MASK", "type": "MASK", "links": []}],
    }
    return graph


def model_missing() -> dict[str, Any]:
    """A loader whose result nothing shows but an output that needs it."""
    graph = make_simple_graph()
    loader = node(1, LOADER, ["nowhere.safetensors"], {}, "MODEL CLIP VAE")
    loader["outputs"][2]["links"] = [2]
    latent = node(3, "EmptyLatentImage", [64, 64, 1], {}, "LATENT")
    latent["outputs"][0]["links"] = [3]
    decode = node(4, "VAEDecode", [], {"samples": "LATENT", "vae": "VAE"}, "IMAGE")
    decode["inputs"][0]["link"], decode["inputs"][1]["link"] = 3, 2
    decode["outputs"][0]["links"] = [1]
    graph["nodes"] = [loader, graph["nodes"][1], latent, decode]
    graph["links"] = [[1, 4, 0, 2, 0, "IMAGE"], [2, 1, 2, 4, 1, "VAE"], [3, 3, 0, 4, 0, "LATENT"]]
    return {**graph, "last_node_id": 4, "last_link_id": 3}


def choice_missing() -> dict[str, Any]:
    graph = make_simple_graph()
    scale = node(3, "ImageScale", ["nearest-ish", 64, 64, "disabled"], {"image": "IMAGE"}, "IMAGE")
    scale["inputs"][0]["link"], scale["outputs"][0]["links"] = 1, [2]
    graph["nodes"][1]["inputs"][0]["link"] = 2
    graph["nodes"].append(scale)
    graph["links"] = [[1, 1, 0, 3, 0, "IMAGE"], [2, 3, 0, 2, 0, "IMAGE"]]
    return {**graph, "last_node_id": 3, "last_link_id": 2}


REFUSED = {
    "an unknown class": (make_simple_graph(_1="PulumiComfyNoSuchNode"), "PulumiComfyNoSuchNode #1"),
    "a missing model": (model_missing(), f'{LOADER} #1: ckpt_name "nowhere.safetensors"'),
    "a choice that there is not": (choice_missing(), 'ImageScale #3: upscale_method "nearest-ish"'),
    "an upload that is not there": (upload_missing(), 'LoadImage #1: image "nowhere.png" is not on the server'),
    "a node that fails while it runs": (
        make_simple_graph(prefix="../../../pulumi-comfy"),
        "SaveImage #2: Exception: **** ERROR: Saving image outside the output folder is not allowed.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_run_is_told_with_its_node_and_leaves_no_file(deploy, server, name, case):
    graph, words = REFUSED[case]
    deploy.arguments.update(workflow=graph, inference_check={})

    result = deploy.up(check=False)

    assert words in result.error
    assert held(server, name) is None


PROMPTS = {
    "what runs": (SIMPLE_PROMPT, ""),
    "an unknown class": ({"1": {"class_type": "PulumiComfyNoSuchNode", "inputs": {}}}, "PulumiComfyNoSuchNode"),
    "an upload that is not there": (
        {"1": {"class_type": "LoadImage", "inputs": {"image": "nowhere.png"}}, "2": {**SIMPLE_PROMPT["2"]}},
        "nowhere.png",
    ),
}


@pytest.mark.parametrize("case", PROMPTS)
def test_a_check_by_itself_says_what_the_server_says(comfy_stack, server, case):
    prompt, words = copy.deepcopy(PROMPTS[case])
    verdict = server.post("/api/prompt", json={"prompt": prompt})

    stack = comfy_stack(lambda: comfy.comfyui.InferenceCheck("it", workflow=prompt) and None, env={"COMFYUI_URL": URL})
    result = stack.up(check=False)

    assert result.ok is (verdict.status_code == 200) is not bool(words)
    assert words in result.error


@pytest.mark.parametrize("case", ["what runs", *(one for one in REFUSED if "while it runs" not in one)])
def test_validate_has_the_servers_verdict(tmp_path, case):
    graph, words = (make_simple_graph(), "") if case == "what runs" else REFUSED[case]
    file = tmp_path / "graph.json"
    file.write_text(json.dumps(graph), encoding="utf-8")

    result = CliRunner().invoke(main, ["validate", str(file), "--server", URL])

    assert (result.exit_code == 0) is not bool(words)
    assert words in result.output
