"""A ComfyDeploy serverless machine: a ComfyUI image built by the platform, run on a GPU of its choice.

Limits: CPU and memory requests cannot be unset, so removing one replaces the machine; a rebuild in place changes what
every deployment on the machine runs, unless `rollout="replace"` (docs/platforms/comfydeploy.md 2.3, 5.3).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State, Timeouts
from pulumi_comfy.core.stored import overlay
from pulumi_comfy.platforms.comfydeploy import builds
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import MachineRow, MachineVersionRow
from pulumi_comfy.platforms.comfydeploy.docker_steps import naming_registry_nodes, without_ids
from pulumi_comfy.platforms.comfydeploy.machine_removal import Warmth, remove_machine
from pulumi_comfy.platforms.comfydeploy.reads import as_text, read_machine
from pulumi_comfy.platforms.comfydeploy.serverless_machine.fields import (
    DEFAULT_PYTHON,
    ServerlessMachineInputs,
    ServerlessMachineOutputs,
)
from pulumi_comfy.platforms.comfydeploy.serverless_machine.rollout import existing, given_up, update_machine
from pulumi_comfy.platforms.comfydeploy.serverless_machine.wire import (
    MachineState,
    body_of_new,
    declared_in,
    facts_of,
    outputs_of,
    what_runs,
)


class ServerlessMachineHandler(Handler[ServerlessMachineInputs, ServerlessMachineOutputs, ComfyDeployApi]):
    """Serverless machines. Import: the id is the machine's UUID, as in its page's URL."""

    token = "comfydeploy:ServerlessMachine"
    label = "serverless machine"
    inputs_model = ServerlessMachineInputs
    outputs_model = ServerlessMachineOutputs
    timeouts = Timeouts(create=builds.BUILD_TIMEOUT, update=builds.BUILD_TIMEOUT, delete=60)

    def canonical(self, inputs: ServerlessMachineInputs, outputs: ServerlessMachineOutputs | None) -> dict[str, Json]:
        """Null and empty text are the same to the platform (5.3), and the ids of steps mean nothing to a build."""
        fields = super().canonical(inputs, outputs)
        fields["docker_command_steps"] = without_ids(fields["docker_command_steps"])
        fields["python_version"] = fields["python_version"] or DEFAULT_PYTHON
        return {name: None if value == "" else value for name, value in fields.items()}

    def replaces(self, prior: MachineState, inputs: ServerlessMachineInputs, changed: Set[str]) -> Set[str]:  # noqa: ARG002
        """With `rollout="replace"` whatever changes what runs."""
        return changed & what_runs() if inputs.rollout == "replace" else frozenset()

    def repair(self, prior: MachineState, inputs: ServerlessMachineInputs) -> str | None:  # noqa: ARG002
        """A machine whose build is not ready is built again, or waited for."""
        status = prior.outputs.status
        if prior.outputs.has_extra_docker_commands:
            return "its image has commands that no program declares"
        if status == builds.READY and not prior.outputs.build_digest:
            return "it was built by somebody else or changed by hand, or its last change was not seen to end"
        if not status or status == builds.READY:
            return None
        words = {"error": "its last build failed: it is built again", builds.TIMED_OUT: "its last build never ended"}
        return words.get(status, "its last build is still under way")

    async def find(self, inputs: ServerlessMachineInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """Serverless machines of the same name."""
        rows = await call.client.find_machines(str(inputs.name))
        return [Found(row.id, f'serverless machine "{row.name}"') for row in rows if row.type == builds.SERVERLESS]

    async def insert(
        self,
        inputs: ServerlessMachineInputs,
        found: Sequence[Found],  # noqa: ARG002
        call: Call[ComfyDeployApi],
    ) -> Inserted[MachineRow]:
        """Create it, every default said explicitly; the platform starts its first build."""
        with naming_registry_nodes(inputs.docker_command_steps):
            row = await call.client.create_serverless_machine(body_of_new(inputs))
        return Inserted(row.id, row)

    async def complete(
        self, made: Inserted[MachineRow], inputs: ServerlessMachineInputs, call: Call[ComfyDeployApi]
    ) -> MachineState:
        """Wait for the first build."""
        row = made.handed
        version_id = (row and row.machine_version_id) or builds.current_version(await existing(made.id, call))
        try:
            version = await builds.wait_for_build(made.id, version_id, call)
        except builds.LateBuildError as late:
            begun = outputs_of(inputs, {"machine_version_id": version_id}, rebuilds=0)
            raise given_up(late, State(inputs, begun)) from None
        outputs = outputs_of(inputs, {**facts_of(version), "seen_at": row and as_text(row.updated_at)}, rebuilds=0)
        return State(inputs, outputs)

    async def read(
        self, object_id: str, prior: MachineState, call: Call[ComfyDeployApi]
    ) -> Seen[ServerlessMachineOutputs] | None:
        """Read it; the status is that of its current build, since the machine's own can be stale."""
        was = prior.outputs
        row = await read_machine(call.client, object_id, was.seen_at)
        if row is None or row.type != builds.SERVERLESS:  # any kind of machine answers at any id
            return None
        version_id = builds.current_version(row)
        facts: dict[str, Any] = {"status": was.status}
        if (version_id, row.status, was.status) != (was.machine_version_id, builds.READY, builds.READY):
            version = await call.client.get_machine_version(object_id, version_id)
            facts = {**facts_of(version), "status": version.status, "seen_at": as_text(row.updated_at)}
            _warn_of_extra_commands(version, call)
        is_stuck = was.status == builds.TIMED_OUT and version_id == was.machine_version_id
        if is_stuck and facts["status"] in builds.PENDING:  # a look at it is no reason to wait for it once more
            facts["status"] = builds.TIMED_OUT
        if was.seen_at is None:
            facts["seen_at"] = as_text(row.updated_at)
        seen = Seen(declared_in(row), was)
        runs_otherwise = bool(overlay(self, prior, seen).keys() & what_runs())
        if runs_otherwise or not was.status == facts["status"] == builds.READY:
            # A build that nobody saw end may run other settings than the digest tells, and so does one that an update
            # was lost over: the next `up` makes the digest anew.
            facts["build_digest"] = None
        return Seen(seen.inputs, was.model_copy(update=facts))

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
            state = await update_machine(object_id, prior, inputs, changed, call)
        row = call.client.last_answer_of(object_id)
        if row is None or overlay(self, state, Seen(declared_in(row), state.outputs)):
            return state  # nothing was sent, or somebody did something that no refresh has seen yet
        return State(inputs, state.outputs.model_copy(update={"seen_at": as_text(row.updated_at)}))

    async def delete(self, object_id: str, prior: MachineState, call: Call[ComfyDeployApi]) -> None:
        """Drain it (the platform refuses while containers are kept warm), then delete it."""
        warmth = Warmth(object_id, call)
        if prior.inputs.keep_warm:
            await warmth.drain(self.timeouts.delete)
        await remove_machine(object_id, call, self.timeouts.delete, force=prior.inputs.force_delete, warmth=warmth)


def _warn_of_extra_commands(version: MachineVersionRow, call: Call[ComfyDeployApi]) -> None:
    """Say that somebody gave the machine image commands beside its steps."""
    if version.extra_docker_commands:
        call.warn(
            "its image has `extra_docker_commands`, which no program declares: the next update takes them out; those "
            "that you want belong into `docker_command_steps`, as `commands`"
        )
