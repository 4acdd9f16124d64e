"""Comfy Cloud's objects made through its own API, for the emulator's tests."""

from __future__ import annotations

from typing import Any

import httpx
from comfyui_objects import make_graph

from pulumi_comfy.emulator import Emulator

DOCUMENT = {"version": 0.4, "nodes": [], "links": []}


def caller_of(emulator: Emulator, workspace: str = "demo", **headers: str) -> httpx.Client:
    """A client with a key of a workspace."""
    headers = {"x-api-key": emulator.comfycloud.key(workspace), **headers}
    return httpx.Client(base_url=emulator.comfycloud.url, headers=headers, trust_env=False, verify=False, timeout=10)


def make_workflow(api: httpx.Client, **fields: Any) -> dict[str, Any]:
    """A saved workflow."""
    answer = api.post("/api/workflows", json={"workflow_json": DOCUMENT, "name": "hero", **fields})
    answer.raise_for_status()
    made: dict[str, Any] = answer.json()
    return made


def content_of(api: httpx.Client, workflow: dict[str, Any]) -> dict[str, Any]:
    """Its latest version with the document."""
    content: dict[str, Any] = api.get(f"/api/workflows/{workflow['id']}/content").json()
    return content


def append(api: httpx.Client, workflow: dict[str, Any], base: int, document: Any = None) -> httpx.Response:
    """One more version on top of `base`."""
    body = {"base_version": base, "workflow_json": document or {**DOCUMENT, "extra": {}}}
    return api.post(f"/api/workflows/{workflow['id']}/versions", json=body)


def submit(api: httpx.Client, **body: Any) -> str:
    """Queue the small prompt, and return the job's id."""
    answer = api.post("/api/prompt", json={"prompt": make_graph(), **body})
    answer.raise_for_status()
    return str(answer.json()["prompt_id"])


def run_to_end(api: httpx.Client, emulator: Emulator, **body: Any) -> dict[str, Any]:
    """The job two minutes later."""
    job_id = submit(api, **body)
    emulator.clock.advance(120)
    return job_of(api, job_id)


def job_of(api: httpx.Client, job_id: str) -> dict[str, Any]:
    """One job."""
    job: dict[str, Any] = api.get(f"/api/jobs/{job_id}").json()
    return job
