"""One program about RunComfy, whose arguments may change between operations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi_comfy as comfy

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "comfydeploy-quickstart"
GRAPH: dict[str, Any] = json.loads((QUICKSTART / "text_to_image.api.json").read_text())
TEXT = "4"
"""The node that encodes the prompt."""
SEED = "2"
"""The node that gives the sampler its seed."""


class Program:
    """A deployment of one workflow, whose arguments may change between operations."""

    def __init__(self, runcomfy: Any) -> None:
        self.arguments: dict[str, Any] = {
            "workflow_id": runcomfy.add_workflow(GRAPH, ["v1", "v2"]),
            "workflow_version": "v1",
        }
        self.is_declared = True

    def run(self) -> None:
        if self.is_declared:
            comfy.runcomfy.Deployment("serving", **self.arguments)


CHECK: dict[str, Any] = {"overrides": {TEXT: {"text": "a lighthouse"}}, "expect": {"kinds": ["images"]}}
"""A check that passes."""


def rows(runcomfy: Any, account: str = "demo") -> list[dict[str, Any]]:
    """The deployments of an account on the platform."""
    return [row for row in runcomfy.dump()["deployments"] if row["account"] == account]


def runs(runcomfy: Any) -> list[dict[str, Any]]:
    """Every run, those of deployments that are gone too."""
    found: list[dict[str, Any]] = runcomfy.dump(include_deleted=True)["requests"]
    return found


def served(row: dict[str, Any]) -> dict[str, Any]:
    """What a deployment on the platform is set to, without what changes by itself."""
    return {name: value for name, value in row.items() if name not in ("updated_at", "created_at", "status")}


def asked(emulator: Any) -> list[str]:
    """What was asked of the platform."""
    return [f"{one.method} {one.path}" for one in emulator.requests]


def last_check(stack: Any, name: str = "serving") -> dict[str, Any]:
    """What the state holds of the last check."""
    found: dict[str, Any] = stack.resource(name)["outputs"]["lastCheck"]
    return found
