"""Objects made through the platform's own API, for the emulator's tests."""

from __future__ import annotations

import json
from typing import Any

import httpx

from pulumi_comfy.emulator import Emulator


def make_prompt(text: str = "a red house", seed: int = 7, **sampler: Any) -> dict[str, Any]:
    """A small text-to-image prompt with an external text and an external number for the width."""
    settings = {"steps": 20, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0, **sampler}
    links = {"model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}
    external = {"input_id": "prompt", "default_value": text, "display_name": "Prompt", "description": ""}
    return {
        "1": {"class_type": "ComfyUIDeployExternalText", "inputs": external},
        "2": {"class_type": "ComfyUIDeployExternalNumberInt", "inputs": {"input_id": "width", "default_value": 96}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "model.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": ["2", 0], "height": 64, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["1", 0], "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
        "3": {"class_type": "KSampler", "inputs": {"seed": seed, **settings, **links}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "house", "images": ["8", 0]}},
    }


def make_machine(api: httpx.Client, **fields: Any) -> dict[str, Any]:
    """A serverless machine, still building."""
    return _json(api.post("/machine/serverless", json={"name": "painter", "gpu": "T4", **fields}))


def make_ready_machine(api: httpx.Client, emulator: Emulator, **fields: Any) -> dict[str, Any]:
    """A serverless machine whose build has ended."""
    machine = make_machine(api, **fields)
    emulator.clock.advance(61)
    return machine


def make_workflow(api: httpx.Client, prompt: dict[str, Any] | None = None, name: str = "portrait") -> dict[str, Any]:
    """A workflow as `GET /workflow/{id}` shows it."""
    body = {"name": name, "workflow_json": '{"nodes": []}', "workflow_api": json.dumps(prompt or make_prompt())}
    made = _json(api.post("/workflow", json=body))
    return _json(api.get(f"/workflow/{made['workflow_id']}"))


def make_deployment(
    api: httpx.Client, workflow: dict[str, Any], machine: dict[str, Any], environment: str = "production"
) -> dict[str, Any]:
    """A deployment of the workflow's latest version."""
    body = {
        "workflow_id": workflow["id"],
        "workflow_version_id": workflow["versions"][0]["id"],
        "machine_id": machine["id"],
        "environment": environment,
    }
    return _json(api.post("/deployment", json=body))


def make_running_deployment(
    api: httpx.Client, emulator: Emulator, prompt: dict[str, Any] | None = None, **machine: Any
) -> dict[str, Any]:
    """A deployment on a machine that is ready."""
    ready = make_ready_machine(api, emulator, **machine)
    return make_deployment(api, make_workflow(api, prompt), ready)


def start_run(api: httpx.Client, deployment: dict[str, Any], **inputs: Any) -> str:
    """The id of a queued run."""
    body = {"deployment_id": deployment["id"], "inputs": inputs}
    return str(_json(api.post("/run/deployment/queue", json=body))["run_id"])


def run_to_end(api: httpx.Client, emulator: Emulator, deployment: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    """A run that has ended."""
    run_id = start_run(api, deployment, **inputs)
    emulator.clock.advance(61)
    return _json(api.get(f"/run/{run_id}"))


def log_of(api: httpx.Client, run: dict[str, Any]) -> str:
    """A run's log as one text."""
    rows: Any = _json(api.get(f"/v2/clickhouse-run-logs/{run['id']}"))
    return "\n".join(row["log"] for row in rows)


def picture_of(run: dict[str, Any]) -> bytes:
    """The first picture of a run, fetched without a key."""
    url = run["outputs"][0]["data"]["images"][0]["url"]
    return httpx.get(url, trust_env=False, verify=False).content


def _json(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
