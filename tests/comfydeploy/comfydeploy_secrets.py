"""A secret for every input of every kind of ComfyDeploy, in values that the platform takes."""

from __future__ import annotations

import copy
from typing import Any

from canaries import canary
from programs import documents


def _documents(edition: str) -> dict[str, Any]:
    made = copy.deepcopy(documents(20))
    made["workflow_api"]["5"]["inputs"]["text"] = canary("prompt", edition)
    for node in made["workflow"]["nodes"]:
        if str(node["id"]) == "5":
            node["widgets_values"] = [canary("prompt", edition)]
    return made


def _check(edition: str) -> dict[str, Any]:
    return {
        "inputs": {"prompt": canary("run-input", edition), "seed": 471147},
        "expect": {"minimum_outputs": 1, "kinds": ["images"]},
        "queue_timeout_seconds": 4711,
        "run_timeout_seconds": 4712,
    }


def secrets_of(kind: str, edition: str = "one") -> dict[str, Any]:
    """Arguments that the platform takes, for every input but `adopt` and what is among `LEFT_OUT`."""
    number = 4711 if edition == "one" else 4713

    def text(place: str) -> str:
        return canary(place, edition)

    return {
        "ApiKey": {"name": text("key")},
        "CustomMachine": {
            "name": text("machine"),
            "type": "runpod-serverless",
            "endpoint": f"https://{text('endpoint')}.example/v2",
            "auth_token": text("token"),
            "force_delete": True,
        },
        "Deployment": {
            "environment": "preview",
            "machine_build_digest": text("digest"),
            "gpu": "A100-80GB",
            "concurrency_limit": number,
            "run_timeout": number,
            "idle_timeout": number,
            "keep_warm": 0,
            "inference_check": {**_check(edition), "on_failure": "keep"},
        },
        "InferenceCheck": {**_check(edition), "triggers": [text("trigger")], "always": True},
        "Model": {
            "folder_path": text("folder"),
            "filename": f"{text('file')}.safetensors",
            "link": f"https://{text('host')}.example/a?signature={text('signature')}",
            "delete_on_destroy": True,
        },
        "Secret": {"name": text("secret"), "variables": {"TOKEN": text("value")}, "rebuild_machines": True},
        "ServerlessMachine": {
            "name": text("machine"),
            "gpu": "A100-80GB",
            "comfyui_version": "0123456789abcdef" * 2 + f"0000{number}",
            "docker_command_steps": [{"type": "commands", "data": f"RUN echo {text('step')}"}],
            "base_docker_image": f"{text('registry')}/image",
            "python_version": "3.12",
            "install_custom_node_with_gpu": True,
            "concurrency_limit": 2,
            "allow_concurrent_inputs": 2,
            "run_timeout": number,
            "idle_timeout": number,
            "keep_warm": 0,
            "extra_args": f"--{text('flag')}",
            "prestart_command": f"echo {text('prestart')}",
            "cpu_request": 1.5,
            "cpu_limit": 2.5,
            "memory_request": number,
            "memory_limit": number + 1,
            "models_to_cache": [f"checkpoints/{text('cached')}"],
            "enable_gpu_memory_snapshot": True,
            "optimized_runner": True,
            "disable_metadata": False,
            "rebuild_trigger": text("trigger"),
            "rollout": "in_place",
            "force_delete": True,
        },
        "Workflow": {
            **_documents(edition),
            "name": text("workflow"),
            "description": text("description"),
            "cover_image": f"https://{text('cover')}.example/a.png",
            "pinned": True,
        },
        "WorkflowVersion": _documents(edition),
    }[kind]


LEFT_OUT = {
    "connection": "it names a key, which has to be there",
    "adopt": "a test of its own",
    "huggingface": "a model has one source",
    "civitai": "a model has one source",
    "size": "that of the file, which the emulator makes up",
    "save_outputs_to": "a folder of the machine that runs it",
    "selected_machine_id": "the id of a machine that is there",
    "workflow_id": "given by what the kind needs",
    "workflow_version_id": "given by what the kind needs",
    "machine_id": "given by what the kind needs",
    "machine_ids": "given by what the kind needs",
    "deployment_id": "given by what the kind needs",
}
