"""The programs that the scenarios deploy: each a declaration whose attributes a test edits between two runs."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi

import pulumi_comfy as comfy

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "comfydeploy-quickstart"


def quickstart_documents() -> tuple[dict[str, Any], dict[str, Any]]:
    """The editor's graph and the API prompt of the quickstart."""
    graph = json.loads((QUICKSTART / "text_to_image.json").read_text())
    prompt = json.loads((QUICKSTART / "text_to_image.api.json").read_text())
    return graph, prompt


GRAPH, PROMPT = quickstart_documents()
SAMPLER = "7"


def documents(steps: int) -> dict[str, Any]:
    """The quickstart's documents with another number of sampling steps."""
    graph, prompt = copy.deepcopy(GRAPH), copy.deepcopy(PROMPT)
    prompt[SAMPLER]["inputs"]["steps"] = steps
    for node in graph["nodes"]:
        if node["type"] == "KSampler":
            node["widgets_values"][2] = steps
    return {"workflow": graph, "workflow_api": prompt}


@dataclass
class Service:
    """A machine, a secret on request, a workflow and a checked deployment."""

    gpu: str = "T4"
    steps: int = 20
    rollout: str = "in_place"
    machine: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] | None = None
    class_of_sampler: str = "KSampler"
    positions_shift: int = 0
    environment: str = "staging"
    check: dict[str, Any] | None = field(default_factory=dict)
    deployment: dict[str, Any] = field(default_factory=dict)
    has_deployment: bool = True

    def program(self) -> None:
        machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu=self.gpu, rollout=self.rollout, **self.machine)
        if self.variables is not None:
            comfy.comfydeploy.Secret("tokens", variables=self.variables, machine_ids=[machine.id])
        graph, prompt = self.documents()
        workflow = comfy.comfydeploy.Workflow("portrait", workflow=graph, workflow_api=prompt)
        pulumi.export("version", workflow.version_number)
        if self.has_deployment:
            self.deploy(machine, workflow)

    def deploy(self, machine: Any, workflow: Any) -> None:
        check = self.check
        deployment = comfy.comfydeploy.Deployment(
            "serving",
            workflow_id=workflow.id,
            workflow_version_id=workflow.version_id,
            machine_id=machine.id,
            machine_build_digest=machine.build_digest,
            environment=self.environment,
            inference_check=None
            if check is None
            else comfy.comfydeploy.InferenceCheckArgs(**{"inputs": {"prompt": "a cat", "seed": 1}, **check}),
            **self.deployment,
        )
        pulumi.export("deployment", deployment.id)
        pulumi.export("sha256", deployment.last_check.apply(lambda last: last.sha256 if last else None))

    def documents(self) -> tuple[dict[str, Any], dict[str, Any]]:
        graph, prompt = quickstart_documents()
        prompt[SAMPLER]["class_type"] = self.class_of_sampler
        prompt[SAMPLER]["inputs"]["steps"] = self.steps
        for node in graph["nodes"]:
            node["pos"] = [node["pos"][0] + self.positions_shift, node["pos"][1]]
            if node["type"] == "KSampler":
                node["type"] = self.class_of_sampler
                node["widgets_values"][2] = self.steps
        return graph, prompt
