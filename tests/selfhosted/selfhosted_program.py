"""A workflow of a self-hosted server, as the editor saves it and as it runs, and what somebody does there by hand."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import httpx

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "comfydeploy-quickstart"
GRAPH, PROMPT = (
    json.loads((QUICKSTART / name).read_text()) for name in ("text_to_image.json", "text_to_image.api.json")
)
MODEL = PROMPT["3"]["inputs"]["ckpt_name"]
SNAPSHOT: dict[str, Any] = {
    "comfyui": "7b734c415aabd51b8bb8fad9fd719055b5ba359d",
    "git_custom_nodes": {"https://github.com/bennykok/comfyui-deploy": {"hash": "8a3f", "disabled": False}},
    "file_custom_nodes": [],
}


def documents(steps: int, words: str = "blurry") -> dict[str, Any]:
    """The quickstart's documents with another number of sampling steps, and what they need."""
    graph, prompt = copy.deepcopy(GRAPH), copy.deepcopy(PROMPT)
    prompt["7"]["inputs"]["steps"], prompt["5"]["inputs"]["text"] = steps, words
    for node in graph["nodes"]:
        if node["type"] == "KSampler":
            node["widgets_values"][2] = steps
        if str(node["id"]) == "5":
            node["widgets_values"] = [words]
    return {"workflow": graph, "workflow_api": prompt, "snapshot": SNAPSHOT}


def save(api: httpx.Client, document: dict[str, Any] | None = None, **into: str) -> str:
    """Save a workflow, or a version of one, as the plugin does; gives the workflow's id."""
    answer = api.post("/api/workflow", json={**(document or documents(20)), **into}).raise_for_status()
    return str(answer.json()["workflow_id"])


def remove_workflow(api: httpx.Client, workflow_id: str) -> None:
    """Delete a workflow as the web page does; no route of the server's own can."""
    emulator = str(api.base_url).rstrip("/").rpartition("/")[0]
    answer = api.post(f"{emulator}/_emulator/selfhosted/remove_workflow", json={"workflow_id": workflow_id})
    answer.raise_for_status()


def a_machine_and_a_workflow(emulated: Any, api: httpx.Client) -> dict[str, Any]:
    workflow_id = save(api, workflow_name="base")
    version_id = emulated.newest_version(workflow_id)
    machine_id = emulated.add_machine(name="gpu-box", endpoint="http://10.0.0.5:8188")
    return {"workflow_id": workflow_id, "workflow_version_id": version_id, "machine_id": machine_id}


def a_deployment(emulated: Any, api: httpx.Client) -> dict[str, Any]:
    return {"deployment_id": emulated.add_deployment(**a_machine_and_a_workflow(emulated, api))}


def deploy_instead(emulated: Any, **settings: str) -> None:
    """Let somebody deploy something else there in the web UI."""
    (row,) = emulated.dump()["deployments"]
    names = ("workflow_id", "workflow_version_id", "machine_id", "environment")
    emulated.add_deployment(**{**{name: row[name] for name in names}, **settings})


def deploy_document(emulated: Any, api: httpx.Client, document: dict[str, Any]) -> str:
    """The same with a version that is saved first; gives its id."""
    workflow_id = save(api, document, workflow_id=emulated.dump()["deployments"][0]["workflow_id"])
    version_id = str(emulated.newest_version(workflow_id))
    deploy_instead(emulated, workflow_version_id=version_id)
    return version_id
