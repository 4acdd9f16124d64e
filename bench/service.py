"""The programs that are measured, and the platform and engine they run on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi_comfy as comfy
from pulumi_comfy.emulator import Emulator
from pulumi_comfy.testing import Stack, TestEngine

QUICKSTART = Path(__file__).resolve().parents[1] / "examples" / "comfydeploy-quickstart"
PROMPT: dict[str, Any] = json.loads((QUICKSTART / "text_to_image.api.json").read_text())


@contextmanager
def platform(program: Callable[[], None]) -> Iterator[tuple[Emulator, Stack]]:
    """Give an empty platform whose builds and runs are quick, and a stack on it."""
    with Emulator() as emulator, TestEngine() as engine:
        emulator.settings.build_seconds = emulator.settings.run_seconds = 0.01
        env = {"COMFYDEPLOY_URL": emulator.comfydeploy_url, "COMFYDEPLOY_API_KEY": emulator.comfydeploy_key()}
        yield emulator, Stack(engine, project="bench", program=program, env=env)


def a_workflow(prompt: dict[str, Any] | None = None) -> comfy.comfydeploy.Workflow:
    """Declare the quickstart's workflow, by its prompt alone."""
    return comfy.comfydeploy.Workflow("workflow", workflow=prompt or PROMPT)


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
