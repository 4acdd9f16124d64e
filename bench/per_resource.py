"""API calls of every kind of resource, each an exact count beside the fewest calls that the contract allows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi_comfy as comfy
from bench.service import PROMPT, QUICKSTART, platform
from pulumi_comfy.emulator import Emulator
from pulumi_comfy.testing import Stack

GRAPH: dict[str, Any] = json.loads((QUICKSTART / "text_to_image.json").read_text())
OPERATIONS = ("create", "no-op", "update", "refresh", "delete")
SAMPLER = "7"
CHECK = {"inputs": {"prompt": "a cat", "seed": 1}}
MODEL = {"folder_path": "checkpoints", "filename": "a.safetensors", "link": "https://models.example/a.safetensors"}


@dataclass(frozen=True)
class Subject:
    """A kind of resource under measurement.

    Attributes:
        declare: the resource, on what `base` gave, with the arguments of an edit.
        base: declares what it stands on; its calls are not counted.
        edit: the arguments that `update` changes.
        floor: the fewest calls of each of `OPERATIONS`.
        why: what each of those calls is for.
    """

    declare: Callable[..., Any]
    base: Callable[[], Any]
    edit: dict[str, Any]
    floor: tuple[int, int, int, int, int]
    why: dict[str, str] = field(default_factory=dict)


def per_resource_rows() -> Iterator[tuple[str, str, str, bool]]:
    """Give one row a kind: the calls of all its operations."""
    for name, subject in SUBJECTS.items():
        counted = tuple(len(calls) for calls in calls_of(subject).values())
        what = f"calls of {name}: {', '.join(OPERATIONS)}"
        yield what, _numbers(counted), f"= {_numbers(subject.floor)}", counted == subject.floor


def _numbers(counts: tuple[int, ...]) -> str:
    return " ".join(map(str, counts))


def calls_of(subject: Subject) -> dict[str, list[str]]:
    """Give the calls that each operation makes for the subject alone."""
    declared: list[dict[str, Any]] = []

    def program() -> None:
        on = subject.base()
        for arguments in declared:
            subject.declare(on, **arguments)

    with platform(program) as (emulator, stack):
        quick = emulator.settings  # ready at the first look
        quick.build_seconds = quick.run_seconds = quick.download_seconds = 0.0
        _up(emulator, stack)
        of_base = _calls(emulator, stack.refresh)
        counted = {}
        for operation, arguments in (("create", {}), ("no-op", {}), ("update", subject.edit)):
            declared[:] = [arguments]
            emulator.clock.advance(1)  # of two API keys of one second the second is asked for again
            counted[operation] = _up(emulator, stack)
        stack.refresh()  # a machine that the subject rebuilt is asked for its new build, once
        counted["refresh"] = _calls(emulator, stack.refresh)
        for call in of_base:
            counted["refresh"].remove(call)
        declared.clear()
        counted["delete"] = _up(emulator, stack)
    return counted


def _up(emulator: Emulator, stack: Stack) -> list[str]:
    return _calls(emulator, stack.up)


def _calls(emulator: Emulator, operation: Callable[[], object]) -> list[str]:
    emulator.clear_requests()
    operation()
    return [f"{request.method} {request.path}" for request in emulator.requests]


def _documents(steps: int = 20) -> dict[str, Any]:
    prompt = {**PROMPT, SAMPLER: {**PROMPT[SAMPLER], "inputs": {**PROMPT[SAMPLER]["inputs"], "steps": steps}}}
    nodes = [
        {**node, "widgets_values": [*node["widgets_values"][:2], steps, *node["widgets_values"][3:]]}
        if node["type"] == "KSampler"
        else node
        for node in GRAPH["nodes"]
    ]
    return {"workflow": {**GRAPH, "nodes": nodes}, "workflow_api": prompt}


def _nothing() -> None:
    return None


def _machine(name: str = "base") -> Any:
    return comfy.comfydeploy.ServerlessMachine(name, gpu="T4")


def _workflow() -> Any:
    return comfy.comfydeploy.Workflow("base-workflow", **_documents())


def _both() -> tuple[Any, Any]:
    return _machine(), _workflow()


def _deployment(on: tuple[Any, Any], name: str = "it", **arguments: Any) -> Any:
    machine, workflow = on
    return comfy.comfydeploy.Deployment(
        name,
        workflow_id=workflow.id,
        workflow_version_id=workflow.version_id,
        machine_id=machine.id,
        environment="production",
        **arguments,
    )


def _checked(on: tuple[Any, Any], **arguments: Any) -> Any:
    check = comfy.comfydeploy.InferenceCheckArgs(**CHECK)
    return _deployment(on, inference_check=check, **arguments)


SUBJECTS = {
    "Workflow": Subject(
        lambda _on, **edit: comfy.comfydeploy.Workflow("it", **{**_documents(), **edit}),
        _nothing,
        _documents(33),
        (3, 0, 2, 1, 2),
        {
            "create": "a namesake?; POST; the version's id, which the answer does not give",
            "update": "has an interrupted run appended it?; POST",
            "delete": "what still serves it, which ends with it?; DELETE",
        },
    ),
    "WorkflowVersion": Subject(
        lambda on, **edit: comfy.comfydeploy.WorkflowVersion("it", workflow_id=on.id, **{**_documents(21), **edit}),
        _workflow,
        _documents(33),
        (3, 0, 3, 1, 0),
        {
            "create": "has an interrupted run appended it?; POST; its number",
            "update": "a replacement",
            "delete": "the platform deletes none",
        },
    ),
    "ServerlessMachine": Subject(
        lambda _on, **edit: comfy.comfydeploy.ServerlessMachine("it", gpu="T4", **edit),
        _nothing,
        {"run_timeout": 600},
        (3, 0, 3, 1, 1),
        {"create": "a namesake?; POST; the build", "update": "is another build under way?; PATCH; the build"},
    ),
    "CustomMachine": Subject(
        lambda _on, **edit: comfy.comfydeploy.CustomMachine(
            "it", **{"endpoint": "http://127.0.0.1:1", "type": "classic", **edit}
        ),
        _nothing,
        {"endpoint": "http://127.0.0.1:2"},
        (3, 0, 1, 1, 1),
        {"create": "a namesake?; POST; the read that ends every create"},
    ),
    "Secret": Subject(
        lambda on, **edit: comfy.comfydeploy.Secret("it", machine_ids=[on.id], **{"variables": {"A": "b"}, **edit}),
        _machine,
        {"variables": {"A": "c"}},
        (6, 0, 6, 1, 5),
        {
            "create": "a namesake?; POST; the machine before its rebuild, which cannot be repeated blindly; is another "
            "build under way?; PATCH; the build",
            "update": "PATCH; its links, which a hand may have changed; the machine; its build; PATCH; the new build",
            "delete": "DELETE; the machine; its build; PATCH; the new build",
        },
    ),
    "Model": Subject(
        lambda _on, **edit: comfy.comfydeploy.Model("it", delete_on_destroy=True, **{**MODEL, **edit}),
        _nothing,
        {"link": "https://models.example/b.safetensors"},
        (8, 0, 10, 1, 2),
        {
            "create": "downloads under way?; a file?; POST; is ours the only download there?; then the same two lists "
            "twice, as a size must be steady",
            "update": "a replacement, the old file first",
            "delete": "downloads under way, which would bring the file back?; POST",
        },
    ),
    "ApiKey": Subject(
        lambda _on, **edit: comfy.comfydeploy.ApiKey("it", **{"name": "first", **edit}),
        _nothing,
        {"name": "second"},
        (3, 0, 4, 1, 1),
        {"create": "a namesake?; POST; the key's id, which the answer does not give", "update": "a replacement"},
    ),
    "InferenceCheck": Subject(
        lambda on, **edit: comfy.comfydeploy.InferenceCheck("it", deployment_id=on.id, **{**CHECK, **edit}),
        lambda: _deployment(_both(), name="base-deployment"),
        {"run_timeout_seconds": 60},
        (4, 0, 4, 0, 0),
        {"create": "what it serves; POST the run; look until it starts; read its result", "update": "the same again"},
    ),
    "Deployment": Subject(
        _deployment,
        _both,
        {"gpu": "L4"},
        (4, 0, 3, 1, 3),
        {
            "create": "is there one, since POST upserts?; does the version fit?; POST; the read that ends every create",
            "update": "what it holds, since a missing one is a 500 like any failure; does the version fit?; PATCH",
            "delete": "look first, since POST would create; relabel; DELETE",
        },
    ),
    "Deployment with a check": Subject(
        _checked,
        _both,
        {"gpu": "L4"},
        (7, 0, 6, 1, 3),
        {"create": "as without; POST the run; look until it starts; read its result", "update": "the same three more"},
    ),
}
