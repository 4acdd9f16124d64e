"""The place of a deployment: a workflow and an environment, which has room for one. Whose is what stands there?"""

from __future__ import annotations

from datetime import datetime, timezone

from pulumi_comfy.core.errors import OutcomeError, OwnershipError, UndoneError
from pulumi_comfy.core.model import is_known
from pulumi_comfy.core.namesakes import is_begun_by_us
from pulumi_comfy.core.resource import Found
from pulumi_comfy.platforms.comfydeploy.api.rows import DeploymentRow
from pulumi_comfy.platforms.comfydeploy.deployment.fields import LIMIT_DEFAULTS, SETTINGS, DeployCall, DeploymentInputs
from pulumi_comfy.platforms.comfydeploy.deployment.undo import purge
from pulumi_comfy.platforms.comfydeploy.fields import Environment

_LATEST = datetime.max.replace(tzinfo=timezone.utc)


def trace_of(one: DeploymentRow | DeploymentInputs) -> str:
    """Give what a create writes at once."""
    where = getattr(one.environment, "value", one.environment)
    return f"{one.workflow_id} {where} {one.workflow_version_id} {one.machine_id}"


def is_left_by_us(row: DeploymentRow, inputs: DeploymentInputs, call: DeployCall) -> bool:
    """Tell whether one that no state of ours holds can only be what an interrupted create left: it bears no name."""
    # A create sets GPU and limits after it has made the row: they stand as at first, or as declared.
    is_begun = call.has_made(row.id) or all(
        row.is_fluid or getattr(row, name) in (None, LIMIT_DEFAULTS.get(name), getattr(inputs, name))
        for name in SETTINGS
    )
    parts = (inputs.workflow_id, inputs.machine_id)
    return is_begun and is_begun_by_us(call, row.id, trace_of(row), trace_of(inputs), *parts)


async def tell_of_a_takeover(inputs: DeploymentInputs, call: DeployCall) -> None:
    """Say in a preview what a create will take for what an interrupted one left."""
    declared = (inputs.workflow_id, inputs.environment, inputs.workflow_version_id, inputs.machine_id)
    if inputs.adopt is not None or not all(map(is_known, declared)):
        return
    if not all(map(call.memory.is_declared, (inputs.workflow_id, inputs.machine_id))):
        return
    where = inputs.environment.value
    for row in await call.client.list_workflow_deployments(inputs.workflow_id):
        is_free = row.id not in call.memory.ids_of(call.urn) and call.memory.owner_of(row.id, call.urn) is None
        if row.environment == where and is_free and is_left_by_us(row, inputs, call):
            call.inform(
                f"there is a {where} deployment of this workflow already ({row.id}), which stands as an earlier run of "
                "this stack would have left it: it is taken over. Remove it first if it is somebody else's"
            )


async def alone(object_id: str, inputs: DeploymentInputs, call: DeployCall) -> DeploymentRow:
    """Read a deployment that was just made, and take it back where somebody else's has come first meanwhile.

    Raises:
        UndoneError: another one serves this workflow and environment.
    """
    where = inputs.environment.value
    rows = [row for row in await call.client.list_workflow_deployments(inputs.workflow_id) if row.environment == where]
    rows = [row for row in rows if not call.memory.is_replaced(row.id)]  # a removal of ours passes through here
    own = next((row for row in rows if row.id == object_id), None)
    if own is None:
        raise OutcomeError("COMFY2404", tried="create deployment", got="it is gone again")
    first = min(rows, key=lambda row: (row.created_at or _LATEST, row.id))
    if first.id == object_id:
        return own
    await purge(object_id, inputs.workflow_id, inputs.environment, call)
    raise UndoneError(
        "COMFY4001",
        tried=f'create deployment "{call.name}"',
        got=f"somebody else made a {where} deployment of this workflow ({first.id}) at the same moment and came first; "
        "ours was removed again",
        todo=f'Take theirs over with `adopt="{first.id}"`, or remove it.',
    )


def refuse_a_swap(same: list[Found], call: DeployCall) -> None:
    """Say how two deployments change places: their rows cannot, as each place is taken until the other one is removed.

    Raises:
        OwnershipError: this deployment is to be replaced by one in a place that another of this stack holds.
    """
    held = call.memory.ids_of(call.urn)
    for found in same:
        owner = call.memory.owner_of(found.id, call.urn)
        if held and owner is not None and found.id not in held:
            raise OwnershipError(
                "COMFY4001",
                tried=f'replace deployment "{call.name}"',
                got=f'there is already {found.label} ({found.id}), which "{owner}" of this stack declares',
                todo="Declare it once. If the two are to swap their environments, leave each its own and swap what "
                "they serve (`workflow_version_id`, `machine_id`), or move one to a free environment first.",
            )


def warn_of_what_a_removal_may_have_left(rows: list[DeploymentRow], inputs: DeploymentInputs, call: DeployCall) -> None:
    """Name a private share of the same version and machine.

    A removal relabels to `private-share` before it deletes; killed in between it leaves one, which no field marks as
    ours and which keeps the machine from being deleted.
    """
    serves = (inputs.workflow_version_id, inputs.machine_id)
    for row in rows:
        is_like_ours = row.environment == Environment.PRIVATE_SHARE.value
        is_like_ours = is_like_ours and (row.workflow_version_id, row.machine_id) == serves
        if is_like_ours and call.memory.owner_of(row.id, None) is None:
            call.warn(
                f"private-share deployment {row.id} serves the same version on the same machine: if an interrupted "
                "removal left it, delete it on the platform, else it keeps the machine from being deleted"
            )
