"""A ComfyDeploy serverless machine: a ComfyUI image built by the platform, run on a GPU of its choice.

Limits: CPU and memory requests cannot be unset, so removing one replaces the machine; a rebuild in place changes what
every deployment on the machine runs, unless `rollout="replace"` (reference 2.3, 5.3).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Set
from typing import Any

from pulumi_comfy.comfydeploy import builds
from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.docker_steps import DockerCommandStep, naming_registry_nodes, step_id, to_platform
from pulumi_comfy.comfydeploy.machine_removal import remove_machine
from pulumi_comfy.comfydeploy.rows import MachineRow
from pulumi_comfy.comfydeploy.serverless_fields import (
    BUILDS,
    PERMANENT,
    RUNS,
    ServerlessMachineInputs,
    ServerlessMachineOutputs,
)
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import KeptError, OutcomeError
from pulumi_comfy.core.model import Json, fields_marked, is_known
from pulumi_comfy.core.resource import Found, Handler, Seen, State, Timeouts

TYPE = "comfy-deploy-serverless"
_NEEDS_FORCE = frozenset({"rebuild_trigger", "disable_metadata"})
"""Settings that no PATCH alone builds in: `disable_metadata` is stored only, and the trigger is ours (5.3)."""
_AFTER_A_LATE_BUILD = (
    "The machine is in the state. If its build has ended by then, `pulumi up` goes on with it, and else makes a new "
    "build; give that more time with `custom_timeouts`."
)
_NOT_SENT = frozenset({"adopt", "connection", "rollout", "rebuild_trigger", "docker_command_steps"})


MachineState = State[ServerlessMachineInputs, ServerlessMachineOutputs]


class ServerlessMachineHandler(Handler[ServerlessMachineInputs, ServerlessMachineOutputs, ComfyDeployApi]):
    """Serverless machines. Import: the id is the machine's UUID, as in its page's URL."""

    token = "comfydeploy:ServerlessMachine"
    label = "serverless machine"
    inputs_model = ServerlessMachineInputs
    outputs_model = ServerlessMachineOutputs
    timeouts = Timeouts(create=builds.BUILD_TIMEOUT, update=builds.BUILD_TIMEOUT, delete=60)

    def canonical(self, inputs: ServerlessMachineInputs, outputs: ServerlessMachineOutputs | None) -> dict[str, Json]:
        """Null and empty text are the same to the platform (5.3)."""
        return {name: None if value == "" else value for name, value in super().canonical(inputs, outputs).items()}

    def replaces(self, prior: MachineState, inputs: ServerlessMachineInputs, changed: Set[str]) -> Set[str]:  # noqa: ARG002
        """With `rollout="replace"` whatever changes what runs; always, a setting that the platform cannot unset."""
        unset = {
            name for name in changed & fields_marked(ServerlessMachineInputs, PERMANENT) if not getattr(inputs, name)
        }
        return unset | (changed & _what_runs() if inputs.rollout == "replace" else frozenset())

    def repair(self, prior: MachineState, inputs: ServerlessMachineInputs) -> str | None:  # noqa: ARG002
        """A machine whose build is not ready is built again, or waited for."""
        status = prior.outputs.status
        if status == builds.READY and not prior.outputs.build_digest:
            return "its last build was not seen to end"
        if not status or status == builds.READY:
            return None
        words = {"error": "its last build failed: it is built again", builds.TIMED_OUT: "its last build never ended"}
        return words.get(status, "its last build is still under way")

    def normalise(self, inputs: ServerlessMachineInputs, call: Call[Any]) -> ServerlessMachineInputs:  # noqa: ARG002
        """Give every step the id it will have on the platform."""
        if not is_known(inputs.docker_command_steps):
            return inputs
        steps = [step.model_copy(update={"id": step.id or step_id(step)}) for step in inputs.docker_command_steps]
        return inputs.model_copy(update={"docker_command_steps": steps})

    async def find(self, inputs: ServerlessMachineInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """Serverless machines of the same name."""
        rows = await call.client.find_machines(str(inputs.name))
        return [Found(row.id, f'serverless machine "{row.name}"') for row in rows if row.type == TYPE]

    async def insert(self, inputs: ServerlessMachineInputs, call: Call[ComfyDeployApi]) -> str:
        """Create it, every default said explicitly; the platform starts its first build."""
        fields = {**_body(inputs, set(ServerlessMachineInputs.model_fields)), "machine_builder_version": "4"}
        with naming_registry_nodes(inputs.docker_command_steps):
            row = await call.client.create_serverless_machine(fields)
        call.scratch["version_id"] = row.machine_version_id
        return row.id

    async def complete(
        self, object_id: str, inputs: ServerlessMachineInputs, call: Call[ComfyDeployApi]
    ) -> MachineState:
        """Wait for the first build."""
        version_id = call.scratch.get("version_id") or builds.current_version(await _existing(object_id, call))
        try:
            await builds.wait_for_build(object_id, version_id, call)
        except builds.LateBuildError as late:
            raise _given_up(late, State(inputs, _outputs(inputs, version_id, rebuilds=0))) from None
        return State(inputs, _outputs(inputs, version_id, rebuilds=0))

    async def read(
        self, object_id: str, prior: MachineState, call: Call[ComfyDeployApi]
    ) -> Seen[ServerlessMachineOutputs] | None:
        """Read it; the status is that of its current build, since the machine's own can be stale."""
        row = await call.client.get_machine(object_id)
        if row is None or row.type != TYPE:  # any kind of machine answers at any id
            return None
        was, version_id = prior.outputs, builds.current_version(row)
        status = was.status
        if (version_id, row.status, was.status) != (was.machine_version_id, builds.READY, builds.READY):
            status = (await call.client.get_machine_version(object_id, version_id)).status
        is_stuck = was.status == builds.TIMED_OUT and version_id == was.machine_version_id
        if is_stuck and status in builds.PENDING:  # a look at it is no reason to wait for it once more
            status = builds.TIMED_OUT
        # A build that nobody saw end may run other settings than the digest tells: the next `up` makes it anew.
        digest = was.build_digest if was.status == status == builds.READY else None
        facts = {"machine_version_id": version_id, "status": status, "build_digest": digest}
        return Seen(_declared(row), was.model_copy(update=facts))

    async def update(
        self,
        object_id: str,
        prior: MachineState,
        inputs: ServerlessMachineInputs,
        changed: Set[str],
        call: Call[ComfyDeployApi],
    ) -> MachineState:
        """Send only what changed, in one PATCH, so that there is one build; build again what failed."""
        async with call.client.builds_of(object_id).lock:
            try:
                return await _update(object_id, prior, inputs, changed, call)
            except builds.LateBuildError as late:
                raise _given_up(late, State(inputs, prior.outputs)) from None

    async def delete(self, object_id: str, prior: MachineState, call: Call[ComfyDeployApi]) -> None:
        """Drain it (the platform refuses while containers are kept warm), then delete it."""
        if prior.inputs.keep_warm:
            await _drain(object_id, call)
        await remove_machine(object_id, call, self.timeouts.delete, drain=_drain)


async def _update(
    machine_id: str,
    prior: MachineState,
    inputs: ServerlessMachineInputs,
    changed: Set[str],
    call: Call[ComfyDeployApi],
) -> MachineState:
    body, was = _body(inputs, changed), prior.outputs
    built = changed & fields_marked(ServerlessMachineInputs, BUILDS)
    if built & _NEEDS_FORCE:
        return await _forced(machine_id, prior, inputs, body, call)
    row = await (_patched(machine_id, inputs, body, call) if body else _existing(machine_id, call))
    version_id = builds.current_version(row)
    is_new = version_id != was.machine_version_id
    if not built and not is_new and (row.status, was.status) == (builds.READY, builds.READY):
        return _rebuilt(prior, inputs, version_id, is_ours=False)
    status = (await call.client.get_machine_version(machine_id, version_id)).status
    is_stuck = not is_new and was.status == builds.TIMED_OUT and status in builds.PENDING
    if (status == "error" or is_stuck) and not (built and is_new):  # what is sent again and differs in nothing
        every = _body(inputs, fields_marked(ServerlessMachineInputs, BUILDS))  # it may hold what no state tells
        return await _forced(machine_id, prior, inputs, every, call)
    if status != builds.READY:
        await builds.wait_for_build(machine_id, version_id, call)
    return _rebuilt(prior, inputs, version_id, is_ours=bool(built))


async def _patched(
    machine_id: str, inputs: ServerlessMachineInputs, body: dict[str, Json], call: Call[ComfyDeployApi]
) -> MachineRow:
    with naming_registry_nodes(inputs.docker_command_steps):
        return await call.client.patch_serverless_machine(machine_id, body)


async def _forced(
    machine_id: str,
    prior: MachineState,
    inputs: ServerlessMachineInputs,
    body: dict[str, Json],
    call: Call[ComfyDeployApi],
) -> MachineState:
    with naming_registry_nodes(inputs.docker_command_steps):
        version = await builds.force_build(machine_id, call, body)
    if version is None:
        raise _gone(machine_id)
    return _rebuilt(prior, inputs, version.id, is_ours=True)


def _given_up(late: builds.LateBuildError, state: MachineState) -> KeptError:
    """Mark a build that did not end in its time, so that the next `up` makes another: a crashed builder ends none."""
    marks = {"machine_version_id": late.version_id, "status": builds.TIMED_OUT}
    kept = State(state.inputs, state.outputs.model_copy(update=marks))
    return KeptError.of(late, kept, todo=_AFTER_A_LATE_BUILD)


def _what_runs() -> frozenset[str]:
    return fields_marked(ServerlessMachineInputs, BUILDS) | fields_marked(ServerlessMachineInputs, RUNS)


def _body(inputs: ServerlessMachineInputs, names: Set[str]) -> dict[str, Json]:
    """Give the platform's fields for some of ours; what is emptied is sent empty, since null changes nothing."""
    body: dict[str, Json] = {}
    for name in sorted(names - _NOT_SENT):
        value = getattr(inputs, name)
        body[name] = "" if value is None and name not in fields_marked(ServerlessMachineInputs, PERMANENT) else value
    if "docker_command_steps" in names:
        body["docker_command_steps"] = to_platform(inputs.docker_command_steps)
    return {name: value for name, value in body.items() if value is not None}


def _declared(row: MachineRow) -> dict[str, Any]:
    """Give what the platform tells back of the declared fields, in our spelling."""
    seen = {name: row.settings.get(name) for name in ServerlessMachineInputs.model_fields if name in row.settings}
    steps = (seen.pop("docker_command_steps", None) or {}).get("steps", [])
    seen["docker_command_steps"] = [
        DockerCommandStep.model_construct(**step) for step in steps
    ]  # as it is, even of a type we refuse
    return {name: None if value == "" else value for name, value in seen.items()}


def _outputs(inputs: ServerlessMachineInputs, version_id: str, *, rebuilds: int) -> ServerlessMachineOutputs:
    wire = inputs.to_wire()
    model = ServerlessMachineInputs.model_fields
    made_of = {name: wire.get(model[name].alias or name) for name in sorted(_what_runs())}
    digest = hashlib.sha256(json.dumps([made_of, rebuilds], sort_keys=True).encode()).hexdigest()
    return ServerlessMachineOutputs(
        machine_version_id=version_id, status=builds.READY, build_digest=digest, rebuilds=rebuilds
    )


def _rebuilt(prior: MachineState, inputs: ServerlessMachineInputs, version_id: str, *, is_ours: bool) -> MachineState:
    """Give the state after an update; `is_ours` when it built something, which every deployment must notice."""
    return State(inputs, _outputs(inputs, version_id, rebuilds=(prior.outputs.rebuilds or 0) + is_ours))


async def _existing(machine_id: str, call: Call[ComfyDeployApi]) -> MachineRow:
    row = await call.client.get_machine(machine_id)
    if row is None:
        raise _gone(machine_id)
    return row


def _gone(machine_id: str) -> OutcomeError:
    return OutcomeError("COMFY2404", tried=f"update serverless machine {machine_id}", got="it no longer exists")


async def _drain(machine_id: str, call: Call[ComfyDeployApi]) -> None:
    if await call.client.get_machine(machine_id) is not None:
        await call.client.patch_serverless_machine(machine_id, {"keep_warm": 0})
