"""The vendor's command-line tool, which converts an editor's graph itself: what it makes of one, beside what we do."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from editor_graphs import ALIKE, OTHERWISE
from environments import python_with
from front_door import front_door

from pulumi_comfy.workflows import convert

pytestmark = pytest.mark.apart

Comfy = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def tool() -> Path:
    """Where it is."""
    return python_with("comfy_cli", "comfy-cli>=1.23,<2").with_name("comfy")


@pytest.fixture
def comfy(tool: Path, comfy_emulator: Any, tmp_path: Path) -> Iterator[Comfy]:
    """Call it on a graph and the emulated server; gives the lines of JSON that it prints."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DO_NOT_TRACK": "1", "COMFY_NO_WATCH": "1"}
    file = tmp_path / "graph.json"
    with front_door(comfy_emulator.comfyui.url) as port:

        def call(graph: dict[str, Any], *options: str) -> list[dict[str, Any]]:
            file.write_text(json.dumps(graph))
            command = [str(tool), "--where", "local", "run", "--workflow", str(file), "--json"]
            done = subprocess.run(
                [*command, "--host", "127.0.0.1", "--port", str(port), *options],
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
                stdin=subprocess.DEVNULL,
                env=environment,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return [json.loads(line) for line in done.stdout.split("\n") if line.startswith("{")]

        yield call


def shape(prompt: dict[str, Any]) -> dict[str, Any]:
    """What runs of a prompt: titles run nowhere."""
    return {node_id: (node["class_type"], node["inputs"]) for node_id, node in prompt.items()}


def theirs(comfy: Comfy, graph: dict[str, Any]) -> dict[str, Any]:
    (told,) = [line["prompt"] for line in comfy(graph, "--print-prompt") if line["type"] == "prompt_preview"]
    return shape(told)


def ours(comfyui: Any, graph: dict[str, Any]) -> dict[str, Any]:
    return shape(convert(graph, httpx.get(f"{comfyui.url}/object_info", verify=False).json()))


@pytest.mark.parametrize("about", ALIKE)
def test_the_vendors_tool_makes_the_same_prompt_of_a_graph(about, comfy, comfy_emulator):
    graph = ALIKE[about]

    assert ours(comfy_emulator.comfyui, graph) == theirs(comfy, graph)


@pytest.mark.parametrize("about", OTHERWISE)
def test_what_the_vendors_tool_does_not_know_it_makes_another_prompt_of(about, comfy, comfy_emulator):
    graph = OTHERWISE[about]

    assert ours(comfy_emulator.comfyui, graph) != theirs(comfy, graph)


def test_what_the_vendors_tool_queues_is_what_we_make_of_the_graph(comfy, comfy_emulator):
    graph = ALIKE["a bypassed node"]

    comfy(graph)

    (job,) = comfy_emulator.comfyui.dump()["jobs"]
    assert shape(job["graph"]) == ours(comfy_emulator.comfyui, graph)
