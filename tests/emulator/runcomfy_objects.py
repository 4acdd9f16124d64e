"""RunComfy's objects made through its own API, for the emulator's tests."""

from __future__ import annotations

from typing import Any

import httpx
from emulated_objects import make_prompt

from pulumi_comfy.emulator import Emulator

SCALING = {"min_instances": 0, "max_instances": 1, "queue_size": 1, "keep_warm_duration_in_seconds": 60}


def caller_of(emulator: Emulator, token: str) -> httpx.Client:
    """A client with a token."""
    headers = {"authorization": f"Bearer {token}"}
    return httpx.Client(base_url=emulator.runcomfy.url, headers=headers, trust_env=False, verify=False, timeout=10)


def body_of(workflow_id: str, **fields: Any) -> dict[str, Any]:
    """What a deployment is created with."""
    named = {"name": "portrait", "workflow_id": workflow_id, "workflow_version": "v1", "hardware": ["AMPERE_48"]}
    return {**named, **SCALING, **fields}


def make_deployment(api: httpx.Client, emulator: Emulator, **fields: Any) -> dict[str, Any]:
    """A deployment of a workflow with the versions v1 and v2."""
    workflow_id = emulator.runcomfy.add_workflow(make_prompt(), ("v1", "v2"))
    answer = api.post("/prod/v2/deployments", json=body_of(workflow_id, **fields))
    answer.raise_for_status()
    made: dict[str, Any] = answer.json()
    return made


def submit(api: httpx.Client, deployment: dict[str, Any], **body: Any) -> httpx.Response:
    """Queue a request with nothing overridden."""
    return api.post(f"/prod/v1/deployments/{deployment['id']}/inference", json={"overrides": {}, **body})


def status_of(api: httpx.Client, submitted: httpx.Response) -> dict[str, Any]:
    """The status, as its own address tells it."""
    status: dict[str, Any] = api.get(submitted.json()["status_url"]).json()
    return status


def result_of(api: httpx.Client, submitted: httpx.Response) -> dict[str, Any]:
    """The result, as its own address tells it."""
    result: dict[str, Any] = api.get(submitted.json()["result_url"]).json()
    return result


def run_to_end(api: httpx.Client, emulator: Emulator, deployment: dict[str, Any], **body: Any) -> dict[str, Any]:
    """The result of a request a minute later."""
    submitted = submit(api, deployment, **body)
    submitted.raise_for_status()
    emulator.clock.advance(61)
    return result_of(api, submitted)


def code_of(answer: httpx.Response) -> tuple[int, int]:
    """Status and error code."""
    return answer.status_code, answer.json()["error_code"]
