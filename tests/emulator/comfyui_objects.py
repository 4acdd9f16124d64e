"""Small prompts for a ComfyUI server without models, and its answers, for the emulator's tests."""

from __future__ import annotations

from typing import Any

import httpx

from pulumi_comfy.emulator import Emulator


def caller_of(emulator: Emulator, **headers: str) -> httpx.Client:
    """A client of the plain server."""
    return httpx.Client(base_url=emulator.comfyui.url, headers=headers, trust_env=False, verify=False, timeout=10)


def make_graph(color: int = 255, **saved: Any) -> dict[str, Any]:
    """EmptyImage into SaveImage."""
    size = {"width": 64, "height": 48, "batch_size": 1, "color": color}
    return {
        "1": {"class_type": "EmptyImage", "inputs": size},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "check", **saved}},
    }


def submit(api: httpx.Client, graph: dict[str, Any], **body: Any) -> str:
    """Queue a prompt, and return its id."""
    answer = api.post("/prompt", json={"prompt": graph, **body})
    answer.raise_for_status()
    return str(answer.json()["prompt_id"])


def run_to_end(api: httpx.Client, emulator: Emulator, graph: dict[str, Any], **body: Any) -> dict[str, Any]:
    """The history's entry of a prompt two minutes later."""
    prompt_id = submit(api, graph, **body)
    emulator.clock.advance(120)
    entry: dict[str, Any] = api.get(f"/history/{prompt_id}").json()[prompt_id]
    return entry


def events_of(entry: dict[str, Any]) -> dict[str, Any]:
    """What was told of a run, by event."""
    return dict(entry["status"]["messages"])


def errors_of(answer: httpx.Response) -> dict[str, list[str]]:
    """Types of errors by node."""
    return {node: [one["type"] for one in row["errors"]] for node, row in answer.json()["node_errors"].items()}
