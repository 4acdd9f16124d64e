"""The program under edit: what is declared now, and the Pulumi program that declares it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pulumi

import pulumi_comfy as comfy

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "comfydeploy-quickstart"
SAMPLER = "7"
BREAKS_BUILD, BREAKS_RUNS = "BREAK-BUILD", "BREAK-INFERENCE"


@dataclass(frozen=True)
class Machine:
    gpu: str = "T4"
    rollout: str = "in_place"
    run_timeout: int = 300
    cpu: float | None = None
    keep_warm: int = 0
    breaks: str | None = None


@dataclass(frozen=True)
class Workflow:
    steps: int = 20
    description: str | None = None
    is_named: bool = False
    is_broken: bool = False


@dataclass(frozen=True)
class Version:
    workflow: str
    steps: int


@dataclass(frozen=True)
class Secret:
    value: str
    machines: tuple[str, ...]

    def variables(self, name: str) -> dict[str, str]:
        return {f"TOKEN_{name}": self.value}


@dataclass(frozen=True)
class Deployment:
    workflow: str
    environment: str
    machine: str
    check: str | None = None
    gpu: str | None = None
    version: str | None = None


@dataclass
class Declared:
    """What the program declares, by logical name; the rules of the machine edit it."""

    machines: dict[str, Machine] = field(default_factory=dict)
    workflows: dict[str, Workflow] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    adopt: dict[str, str] = field(default_factory=dict)
    """Ids that a recovery takes over, by logical name."""
    deletes_first: bool = False
    """Whether a deployment is deleted before it is replaced."""
    state: int = 1
    """Which state it is of: no two states give a workflow the same name."""

    def given_name(self, workflow: str) -> str:
        """The name that a workflow bears on the platform, where the program gives one."""
        return f"the {workflow}" if self.state == 1 else f"the {workflow} of state {self.state}"

    def names(self) -> set[str]:
        return {*self.machines, *self.workflows, *self.versions, *self.secrets, *self.deployments}

    def is_sound(self) -> bool:
        """Whether nothing in it is bound to fail."""
        if any(machine.breaks == BREAKS_BUILD for machine in self.machines.values()):
            return False
        checked = [one for one in self.deployments.values() if one.check]
        bad_machine = any(self.machines[one.machine].breaks for one in checked)
        return not bad_machine and not any(self.workflows[one.workflow].is_broken for one in checked)

    def touch(self, kinds: str) -> None:
        """Change something of every declared object of some kinds, so that the next `up` has work to do."""
        if "machines" in kinds:
            self.machines = {key: replace(one, run_timeout=900 - one.run_timeout) for key, one in self.machines.items()}
        if "workflows" in kinds:
            self.workflows = {key: replace(one, steps=one.steps % 90 + 1) for key, one in self.workflows.items()}
        if "secrets" in kinds:
            self.secrets = {key: replace(one, value=f"{one.value}'") for key, one in self.secrets.items()}
        if "deployments" in kinds:
            other = {"T4": "L4"}
            self.deployments = {
                key: replace(one, gpu=other.get(one.gpu or "", "T4")) for key, one in self.deployments.items()
            }

    def drop_machine(self, name: str) -> None:
        """Take a machine out; what is on it moves to another one, or goes too."""
        del self.machines[name]
        other = next(iter(self.machines), None)
        for key, one in list(self.deployments.items()):
            if one.machine == name and other is None:
                del self.deployments[key]
            elif one.machine == name:
                self.deployments[key] = replace(one, machine=other)
        for key, secret in list(self.secrets.items()):
            left = tuple(machine for machine in secret.machines if machine != name)
            if left:
                self.secrets[key] = Secret(secret.value, left)
            else:
                del self.secrets[key]

    def drop_workflow(self, name: str) -> None:
        """Take a workflow out with its deployments and versions."""
        del self.workflows[name]
        self.deployments = {key: one for key, one in self.deployments.items() if one.workflow != name}
        self.versions = {key: one for key, one in self.versions.items() if one.workflow != name}

    def drop_version(self, name: str) -> None:
        """Take a version out; deployments of it serve their workflow's own again."""
        del self.versions[name]
        for key, one in list(self.deployments.items()):
            if one.version == name:
                self.deployments[key] = replace(one, version=None)

    def program(self) -> None:
        """The Pulumi program."""
        cd = comfy.comfydeploy
        machines = {name: cd.ServerlessMachine(name, **self._machine(name)) for name in self.machines}
        workflows = {name: cd.Workflow(name, **self._workflow(name)) for name in self.workflows}
        versions = {
            name: cd.WorkflowVersion(name, workflow_id=workflows[one.workflow].id, **documents(one.steps))
            for name, one in self.versions.items()
        }
        for name, one in self.secrets.items():
            ids = [machines[machine].id for machine in one.machines]
            cd.Secret(name, variables=one.variables(name), machine_ids=ids, **self._adopt(name))
        for name, one in self.deployments.items():
            workflow, machine = workflows[one.workflow], machines[one.machine]
            cd.Deployment(
                name,
                pulumi.ResourceOptions(delete_before_replace=self.deletes_first or None),
                workflow_id=workflow.id,
                workflow_version_id=versions[one.version].id if one.version else workflow.version_id,
                machine_id=machine.id,
                machine_build_digest=machine.build_digest,
                environment=one.environment,
                gpu=one.gpu,
                inference_check=one.check
                and comfy.comfydeploy.InferenceCheckArgs(inputs={"prompt": "a cat", "seed": 1}, on_failure=one.check),
                **self._adopt(name),
            )

    def _adopt(self, name: str) -> dict[str, Any]:
        return {"adopt": self.adopt[name]} if name in self.adopt else {}

    def _machine(self, name: str) -> dict[str, Any]:
        one = self.machines[name]
        steps = [{"type": "commands", "data": f"RUN echo {one.breaks}"}] if one.breaks else []
        return {
            "gpu": one.gpu,
            "rollout": one.rollout,
            "run_timeout": one.run_timeout,
            "cpu_request": one.cpu,
            "keep_warm": one.keep_warm,
            "docker_command_steps": steps,
            **self._adopt(name),
        }

    def _workflow(self, name: str) -> dict[str, Any]:
        one = self.workflows[name]
        return {
            **documents(one.steps, is_broken=one.is_broken),
            "description": one.description,
            "name": self.given_name(name) if one.is_named else None,
            **self._adopt(name),
        }


@cache
def _texts() -> tuple[str, str]:
    return (QUICKSTART / "text_to_image.json").read_text(), (QUICKSTART / "text_to_image.api.json").read_text()


def documents(steps: int, *, is_broken: bool = False) -> dict[str, Any]:
    """The quickstart's documents with some sampler steps, or with a sampler that no machine knows."""
    graph, prompt = (json.loads(text) for text in _texts())
    kind = "BrokenSampler" if is_broken else "KSampler"
    prompt[SAMPLER]["class_type"] = kind
    prompt[SAMPLER]["inputs"]["steps"] = steps
    for node in graph["nodes"]:
        if node["type"] == "KSampler":
            node["type"] = kind
            node["widgets_values"][2] = steps
    return {"workflow": graph, "workflow_api": prompt}
