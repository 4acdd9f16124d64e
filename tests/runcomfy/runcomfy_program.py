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
