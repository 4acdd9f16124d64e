"""Bringing a serverless machine to its new inputs: with a build, or with none, or with one that is forced.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from collections.abc import Set

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import KeptError, OutcomeError
from pulumi_comfy.core.model import Json, fields_marked
from pulumi_comfy.core.resource import State
from pulumi_comfy.platforms.comfydeploy import builds
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import MachineRow, MachineVersionRow
from pulumi_comfy.platforms.comfydeploy.docker_steps import naming_registry_nodes
from pulumi_comfy.platforms.comfydeploy.serverless_machine.fields import BUILDS, ServerlessMachineInputs
from pulumi_comfy.platforms.comfydeploy.serverless_machine.wire import MachineState, body_of, rebuilt

_EXTRA = "extra_docker_commands"
_NEEDS_FORCE = frozenset({"rebuild_trigger", "disable_metadata"})
"""Settings that no PATCH alone builds in: `disable_metadata` is stored only, and the trigger is ours (5.3)."""
_AFTER_A_LATE_BUILD = (
    "The machine is in the state. If its build has ended by then, `pulumi up` goes on with it, and else makes a new "
    "build; give that more time with `custom_timeouts`."
)


async def update_machine(
    machine_id: str,
    prior: MachineState,
    inputs: ServerlessMachineInputs,
    changed: Set[str],
    call: Call[ComfyDeployApi],
) -> MachineState:
    """Send only what changed, in one PATCH, so that there is one build; build again what failed.

    The caller holds the machine's queue.

    Raises:
        KeptError: a build was not seen to end, or not in its time; the state tells which, and whether the new inputs
            were sent.
        OutcomeError: the build failed, or the machine is gone.
        CancelledWaitError: the engine said stop, so that no build is begun.
    """
    body, built = body_of(inputs, changed), changed & fields_marked(ServerlessMachineInputs, BUILDS)
    if "gpu" in changed and prior.inputs.install_custom_node_with_gpu:  # its build runs on the GPU (2.3)
        built |= {"gpu"}
    if prior.outputs.has_extra_docker_commands:  # sent only then: from null to an empty list is a change too (5.3)
        body, built = {**body, _EXTRA: []}, built | {_EXTRA}
    before = await _once_earlier_builds_have_ended(machine_id, prior, call) if built else None
    call.cancellation.refuse_if_set(f"update serverless machine {machine_id}")
    version: MachineVersionRow | None
    try:
        if before and built & _NEEDS_FORCE:
            version, is_ours = await _forced(before, inputs, body, call), True
        else:
            version, is_ours = await _brought(machine_id, prior, inputs, body, built, call)
    except builds.LateBuildError as late:
        raise given_up(late, State(inputs, prior.outputs)) from None
    except builds.UnseenBuildError as unseen:
        raise _under_way(unseen, State(inputs, prior.outputs)) from None
    if version and version.modal_image_id and built and inputs.docker_command_steps:
        call.warn("its image is a workspace's: the platform builds on it without `docker_command_steps`")
    return rebuilt(prior, inputs, version, is_ours=is_ours)


async def _brought(
    machine_id: str,
    prior: MachineState,
    inputs: ServerlessMachineInputs,
    body: dict[str, Json],
    built: Set[str],
    call: Call[ComfyDeployApi],
) -> tuple[MachineVersionRow | None, bool]:
    """Give the build that serves now (None: the same as before, and it was ready), and whether this update made it."""
    was = prior.outputs
    row = await (_patched(machine_id, inputs, body, call) if body else existing(machine_id, call))
    version_id = builds.current_version(row)
    is_new = version_id != was.machine_version_id
    if not built and not is_new and (row.status, was.status) == (builds.READY, builds.READY):
        return None, False
    version = await call.client.get_machine_version(machine_id, version_id)
    is_stuck = not is_new and was.status == builds.TIMED_OUT and version.status in builds.PENDING
    if (version.status == "error" or is_stuck) and not (built and is_new):  # what is sent again and differs in nothing
        every = body_of(inputs, fields_marked(ServerlessMachineInputs, BUILDS))  # it may hold what no state tells
        return await _forced(row, inputs, every, call), True
    if version.status != builds.READY:
        version = await builds.wait_for_build(machine_id, version_id, call)
    return version, bool(built)


async def _patched(
    machine_id: str, inputs: ServerlessMachineInputs, body: dict[str, Json], call: Call[ComfyDeployApi]
) -> MachineRow:
    with naming_registry_nodes(inputs.docker_command_steps):
        return await call.client.patch_serverless_machine(machine_id, body)


async def _forced(
    before: MachineRow, inputs: ServerlessMachineInputs, body: dict[str, Json], call: Call[ComfyDeployApi]
) -> MachineVersionRow:
    with naming_registry_nodes(inputs.docker_command_steps):
        return await builds.force_build(before, call, body)


async def _once_earlier_builds_have_ended(
    machine_id: str, prior: MachineState, call: Call[ComfyDeployApi]
) -> MachineRow:
    """Wait for the machine's current build and for the last one of ours, which an interrupted run may have left."""
    row, was = await existing(machine_id, call), prior.outputs
    earlier = {builds.current_version(row), was.machine_version_id} - {None}
    if was.status == builds.TIMED_OUT or (row.status, was.status) == (builds.READY, builds.READY):
        earlier -= {was.machine_version_id}  # it was waited for in vain once, or is known to have ended
    try:
        has_waited = await builds.let_end(machine_id, earlier, call)
    except builds.LateBuildError as late:
        raise given_up(late, prior) from None
    return await existing(machine_id, call) if has_waited else row


def given_up(late: builds.LateBuildError, state: MachineState) -> KeptError:
    """Mark a build that did not end in its time, so that the next `up` makes another: a crashed builder ends none."""
    marks = {"machine_version_id": late.version_id, "status": builds.TIMED_OUT}
    kept = State(state.inputs, state.outputs.model_copy(update=marks))
    return KeptError.of(late, kept, todo=_AFTER_A_LATE_BUILD)


def _under_way(unseen: builds.UnseenBuildError, state: MachineState) -> KeptError:
    """Note which build has the new inputs in it, also those that no platform tells back: it counts when it ends."""
    marks = {"machine_version_id": unseen.version_id, "status": builds.BUILDING}
    return KeptError.of(unseen, State(state.inputs, state.outputs.model_copy(update=marks)))


async def existing(machine_id: str, call: Call[ComfyDeployApi]) -> MachineRow:
    """Read a machine.

    Raises:
        OutcomeError: it is gone.
    """
    row = await call.client.get_machine(machine_id)
    if row is None:
        raise _gone(machine_id)
    return row


def _gone(machine_id: str) -> OutcomeError:
    return OutcomeError("COMFY2404", tried=f"update serverless machine {machine_id}", got="it no longer exists")
