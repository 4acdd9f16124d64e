"""A serverless machine on the wire: what is sent and read of its fields, and what the state holds of a build."""

from __future__ import annotations

import ctypes
import hashlib
import json
from collections.abc import Set
from typing import Any

from pulumi_comfy.core.model import FLOAT32, LOCAL, PERMANENT, Json, fields_marked
from pulumi_comfy.core.resource import State
from pulumi_comfy.platforms.comfydeploy import builds
from pulumi_comfy.platforms.comfydeploy.api.rows import MachineRow, MachineVersionRow
from pulumi_comfy.platforms.comfydeploy.docker_steps import DockerCommandStep, to_platform
from pulumi_comfy.platforms.comfydeploy.serverless_machine.fields import (
    BUILDS,
    DEFAULT_PYTHON,
    RUNS,
    ServerlessMachineInputs,
    ServerlessMachineOutputs,
)

MachineState = State[ServerlessMachineInputs, ServerlessMachineOutputs]

_NOT_SENT = fields_marked(ServerlessMachineInputs, LOCAL) | {
    "connection",
    "force_delete",
    "rebuild_trigger",
    "docker_command_steps",
}


def what_runs() -> frozenset[str]:
    """Name the fields that change what a run runs."""
    return fields_marked(ServerlessMachineInputs, BUILDS) | fields_marked(ServerlessMachineInputs, RUNS)


def body_of(inputs: ServerlessMachineInputs, names: Set[str]) -> dict[str, Json]:
    """Give the platform's fields for some of ours; what is emptied is sent empty, since null changes nothing.

    A number of cores is sent as the platform rounds it: any other spelling of it differs, and would build again when a
    lost answer makes us send it once more (docs/platforms/comfydeploy.md 2.3).
    """
    body: dict[str, Json] = {}
    for name in sorted(names - _NOT_SENT):
        value = getattr(inputs, name)
        if value is None and name not in fields_marked(ServerlessMachineInputs, PERMANENT):
            value = ""
        if isinstance(value, float) and name in fields_marked(ServerlessMachineInputs, FLOAT32):
            value = ctypes.c_float(value).value
        body[name] = value
    if "docker_command_steps" in names:
        body["docker_command_steps"] = to_platform(inputs.docker_command_steps)
    return {name: value for name, value in body.items() if value is not None}


def body_of_new(inputs: ServerlessMachineInputs) -> dict[str, Json]:
    """Give all fields of a new machine, every default said explicitly; what is empty has none."""
    fields = body_of(inputs, set(ServerlessMachineInputs.model_fields))
    return {name: value for name, value in fields.items() if value != ""} | {"machine_builder_version": "4"}


def declared_in(row: MachineRow) -> dict[str, Any]:
    """Give what the platform tells back of the declared fields, in our spelling."""
    told = ServerlessMachineInputs.model_fields.keys() & row.settings.keys()
    seen: dict[str, Any] = {name: getattr(row, name) for name in told}
    if "docker_command_steps" in seen:  # a list leaves them out
        steps = row.docker_command_steps.steps if row.docker_command_steps else []
        # As they are, even of a type we refuse.
        seen["docker_command_steps"] = [DockerCommandStep.model_construct(**step.model_dump()) for step in steps]
    return {name: None if value == "" else value for name, value in seen.items()}


def facts_of(version: MachineVersionRow) -> dict[str, Any]:
    """Give the outputs that only a build tells."""
    return {
        "machine_version_id": version.id,
        "version_number": version.version,
        "machine_hash": version.machine_hash,
        "has_extra_docker_commands": bool(version.extra_docker_commands),
    }


def outputs_of(inputs: ServerlessMachineInputs, facts: dict[str, Any], *, rebuilds: int) -> ServerlessMachineOutputs:
    """Give what the state holds of a machine whose build is ready; `facts` are those of the build."""
    return ServerlessMachineOutputs(**facts, **_ready(inputs, rebuilds))


def _ready(inputs: ServerlessMachineInputs, rebuilds: int) -> dict[str, Any]:
    """Give the outputs that say what a ready build was made of."""
    wire = inputs.to_wire()
    model = ServerlessMachineInputs.model_fields
    made_of = {name: wire.get(model[name].alias or name) for name in sorted(what_runs())}
    if made_of["python_version"] == DEFAULT_PYTHON:  # once it was left out: the digests in states stay as they are
        made_of["python_version"] = None
    digest = hashlib.sha256(json.dumps([made_of, rebuilds], sort_keys=True).encode()).hexdigest()
    return {"status": builds.READY, "build_digest": digest, "rebuilds": rebuilds}


def rebuilt(
    prior: MachineState, inputs: ServerlessMachineInputs, version: MachineVersionRow | None, *, is_ours: bool
) -> MachineState:
    """Give the state after an update.

    Args:
        prior: the state before.
        inputs: what it was brought to.
        version: the build that serves; None when it is the former one.
        is_ours: whether the update built something, which every deployment must notice.
    """
    facts = facts_of(version) if version else {}
    ready = _ready(inputs, (prior.outputs.rebuilds or 0) + is_ours)
    return State(inputs, prior.outputs.model_copy(update={**facts, **ready}))
