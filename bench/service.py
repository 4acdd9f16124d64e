"""The programs that are measured, and the platform and engine they run on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi_comfy as comfy
from pulumi_comfy.emulator import Emulator
from pulumi_comfy.platforms.comfydeploy.api.lists import PAGE
from pulumi_comfy.testing import Stack, TestEngine

Program = Callable[[], None]

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
QUICKSTART = EXAMPLES / "comfydeploy-quickstart"
PROGRAMS = Path(__file__).resolve().parent / "programs"
PROMPT_FILE = QUICKSTART / "text_to_image.api.json"
PROMPT: dict[str, Any] = json.loads(PROMPT_FILE.read_text())


@contextmanager
def platform(program: Callable[[], None]) -> Iterator[tuple[Emulator, Stack]]:
    """Give an empty platform whose builds and runs are quick, and a stack on it."""
    with Emulator() as emulator, TestEngine() as engine:
        emulator.settings.build_seconds = emulator.settings.run_seconds = 0.01
        here = (emulator.comfydeploy, emulator.comfyui, emulator.comfycloud, emulator.selfhosted)
        env = {name: value for one in here for name, value in one.environment().items()}
        yield emulator, Stack(engine, project="bench", program=program, env=env)


def a_workflow(prompt: dict[str, Any] | None = None) -> comfy.comfydeploy.Workflow:
    """Declare the quickstart's workflow, by its prompt alone."""
    return comfy.comfydeploy.Workflow("workflow", workflow=prompt or PROMPT)


def a_file() -> comfy.comfyui.Workflow:
    """Declare the workflow of the example of the server on one's desk."""
    return comfy.comfyui.Workflow("file", workflow=str(EXAMPLES / "comfyui-local" / "hello.json"))


def deployments(count: int) -> Callable[[], None]:
    """Declare `count` workflows, each deployed to one machine, without checks."""

    def program() -> None:
        machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4")
        for number in range(count):
            workflow = comfy.comfydeploy.Workflow(f"workflow-{number}", workflow=PROMPT)
            comfy.comfydeploy.Deployment(
                f"serving-{number}",
                workflow_id=workflow.id,
                workflow_version_id=workflow.version_id,
                machine_id=machine.id,
                environment="production",
            )

    return program


def machines(count: int) -> Callable[[], None]:
    """Declare `count` machines."""

    def program() -> None:
        for number in range(count):
            comfy.comfydeploy.ServerlessMachine(f"gpu-{number}", gpu="T4")

    return program


def a_workflow_each(count: int) -> Callable[[], None]:
    """Declare `count` workflows and nothing else."""

    def program() -> None:
        for number in range(count):
            comfy.comfydeploy.Workflow(f"workflow-{number}", workflow=PROMPT)

    return program


def cloud_workflows(count: int) -> Program:
    """Declare `count` workflows on Comfy Cloud."""

    def program() -> None:
        for number in range(count):
            comfy.comfycloud.Workflow(f"workflow-{number}", workflow=PROMPT)

    return program


def a_posted_workflow() -> None:
    """Declare the quickstart's workflow on a self-hosted ComfyUI Deploy."""
    snapshot = {"comfyui": "7b734c4", "git_custom_nodes": {}, "file_custom_nodes": []}
    comfy.selfhosted.Workflow("posted", workflow=PROMPT, snapshot=snapshot)


def versions(count: int) -> Program:
    """Declare `count` versions of one workflow."""

    def program() -> None:
        workflow = a_workflow()
        for number in range(count):
            prompt = {**PROMPT, "7": {**PROMPT["7"], "inputs": {**PROMPT["7"]["inputs"], "steps": 21 + number}}}
            comfy.comfydeploy.WorkflowVersion(f"version-{number}", workflow_id=workflow.id, workflow=prompt)

    return program


def custom_machines(count: int) -> Program:
    """Declare `count` machines of one's own."""

    def program() -> None:
        for number in range(count):
            comfy.comfydeploy.CustomMachine(f"own-{number}", endpoint="https://gpu.example:8188")

    return program


def secrets(count: int) -> Program:
    """Declare `count` secrets of one machine, which is not rebuilt for them."""

    def program() -> None:
        machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4")
        for number in range(count):
            comfy.comfydeploy.Secret(
                f"secret-{number}",
                machine_ids=[machine.id],
                variables={f"TOKEN_{number}": "x"},
                rebuild_machines=False,
            )

    return program


def models(count: int) -> Program:
    """Declare `count` model files."""

    def program() -> None:
        for number in range(count):
            name = f"{number}.safetensors"
            link = f"https://models.example/{name}"
            comfy.comfydeploy.Model(f"model-{number}", folder_path="loras", filename=name, link=link)

    return program


def keys(count: int) -> Program:
    """Declare `count` API keys."""

    def program() -> None:
        for number in range(count):
            comfy.comfydeploy.ApiKey(f"key-{number}")

    return program


MANY_OF_A_KIND: dict[str, tuple[Callable[[int], Program], Callable[[int], int]]] = {
    "workflows": (a_workflow_each, lambda _count: 1),
    "versions of a workflow": (versions, lambda count: 1 + -(-count // PAGE)),
    "serverless machines": (machines, lambda _count: 1),
    "custom machines": (custom_machines, lambda _count: 1),
    "secrets of a machine": (secrets, lambda _count: 2),
    "model files": (models, lambda _count: 1),
    "API keys": (keys, lambda count: -(-(count + 1) // PAGE)),
}
"""Programs of many of one kind, and the pages of the lists that a refresh of them reads: theirs, and the one thing that
they stand on. The account's own key is in its list too."""
