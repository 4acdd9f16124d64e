"""The self-hosted web app's objects, made over its API or by hand, for the emulator's tests."""

from __future__ import annotations

from typing import Any

import httpx
from emulated_objects import make_prompt

from pulumi_comfy.emulator import Emulator

SNAPSHOT = {"comfyui": "d0165d8", "git_custom_nodes": {}, "file_custom_nodes": []}
MACHINE = {"name": "gpu-box", "endpoint": "http://gpu.example:8188"}
BUILT = {"name": "painter", "type": "comfy-deploy-serverless", "snapshot": SNAPSHOT, "models": [], "gpu": "A10G"}


def caller_of(emulator: Emulator, key: str | None = None) -> httpx.Client:
    """A client with a key."""
    headers = {"authorization": f"Bearer {emulator.selfhosted.key() if key is None else key}"}
    return httpx.Client(base_url=emulator.selfhosted.url, headers=headers, trust_env=False, verify=False, timeout=10)


def saved(**fields: Any) -> dict[str, Any]:
    """What a workflow is saved with."""
    content = {"workflow": {"nodes": []}, "workflow_api": make_prompt(), "snapshot": SNAPSHOT}
    return {"workflow_name": "portrait", **content, **fields}


def make_workflow(api: httpx.Client, **fields: Any) -> str:
    """A workflow with one version; its id."""
    return str(body_of(api.post("/api/workflow", json=saved(**fields)))["workflow_id"])


def make_deployment(api: httpx.Client, emulator: Emulator, prompt: dict[str, Any] | None = None, **machine: Any) -> str:
    """A deployment made by hand, on a machine made by hand; its id."""
    workflow_id = make_workflow(api, **({} if prompt is None else {"workflow_api": prompt}))
    server = emulator.selfhosted
    return server.add_deployment(
        workflow_id, server.newest_version(workflow_id), server.add_machine(**{**MACHINE, **machine})
    )


def start(api: httpx.Client, deployment_id: str, **inputs: Any) -> httpx.Response:
    """Start a run."""
    return api.post("/api/run", json={"deployment_id": deployment_id, "inputs": inputs})


def run_of(api: httpx.Client, started: httpx.Response) -> dict[str, Any]:
    """The run, as the API tells it."""
    return body_of(api.get("/api/run", params=body_of(started)))


def run_to_end(api: httpx.Client, emulator: Emulator, deployment_id: str, **inputs: Any) -> dict[str, Any]:
    """The run a minute later."""
    started = start(api, deployment_id, **inputs)
    emulator.clock.advance(61)
    return run_of(api, started)


def body_of(answer: httpx.Response) -> Any:
    """The JSON of a good answer."""
    answer.raise_for_status()
    return answer.json()


def failure_of(answer: httpx.Response) -> str:
    """The text of the 500 that everything wrong is."""
    assert answer.status_code == 500
    return str(answer.json()["error"])


def rows(emulator: Emulator, table: str) -> list[dict[str, Any]]:
    """What a table holds."""
    held: list[dict[str, Any]] = emulator.selfhosted.dump()[table]
    return held
