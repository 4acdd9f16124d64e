"""Taking deployments back: delete one for good, or put back what it held before.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from collections.abc import Set

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import LostAnswerError
from pulumi_comfy.core.model import Json
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.deployment.fields import TOKEN, Served, place_of
from pulumi_comfy.platforms.comfydeploy.fields import Environment


async def restore(deployment_id: str, before: Served, sent: Set[str], call: Call[ComfyDeployApi]) -> str | None:
    """Put back the version, the machine and the settings that a deployment held before an update.

    All settings, also those that a hand set: a PATCH resets what a fluid deployment is not told again (2.5).

    Args:
        deployment_id: which one.
        before: what it held.
        sent: the settings that the update sent.
        call: the call.

    Returns:
        The GPU that it had to set because there was none before: a deployment's GPU cannot be unset.
    """
    body: dict[str, Json] = before.model_dump()
    pinned: str | None = None
    if before.gpu is None and "gpu" in sent:  # the machine's own is what served before
        machine = await call.client.get_machine(str(before.machine_id))
        body["gpu"] = pinned = machine.gpu if machine else None
    await call.client.patch_deployment(
        deployment_id, {name: value for name, value in body.items() if value is not None}
    )
    return pinned


_SHARES = frozenset(one.value for one in Environment if one.is_share)


async def purge(
    deployment_id: str, workflow_id: str, environment: str, call: Call[ComfyDeployApi], *, has_app: bool = False
) -> None:
    """Delete a deployment of any environment (recorded to work in every combination, 2.5); gone is a success.

    Look first: a POST with an unknown `deployment_id` would create a new one. One whose workflow was deleted looks
    gone although its row stays. A share's row keeps its public name taken, so it is deleted unseen. Any other is left:
    it serves nobody and holds no machine, and the POST that relabels it would make a new one if it is really gone.
    Only a GPU app of its own, which may be kept warm and billed, is stopped.

    Args:
        deployment_id: which one.
        workflow_id: its workflow.
        environment: where the state has it.
        call: the call.
        has_app: whether the state has it with a GPU app of its own.
    """
    row = await call.client.get_deployment(deployment_id, workflow_id)
    if row is None:
        if has_app:
            await call.client.deactivate_deployment(deployment_id)
        if environment in _SHARES:
            await call.client.delete_share_deployment(deployment_id, is_hidden=True)
        return
    if row.environment in _SHARES:
        await _delete_share(row.id, workflow_id, call)
        return
    if row.is_fluid:
        await call.client.deactivate_deployment(deployment_id)
    call.memory.replaces(deployment_id)
    # A create of the workflow's private share waits: it would meet this one there.
    async with call.memory.lock(TOKEN, place_of(row.workflow_id, Environment.PRIVATE_SHARE)):
        row = await call.client.put_deployment(
            workflow_id=row.workflow_id,
            workflow_version_id=row.workflow_version_id,
            environment=Environment.PRIVATE_SHARE.value,
            machine_id=row.machine_id,
            deployment_id=deployment_id,
        )
        await _delete_share(row.id, workflow_id, call)


async def _delete_share(deployment_id: str, workflow_id: str, call: Call[ComfyDeployApi]) -> None:
    try:
        await call.client.delete_share_deployment(deployment_id)
    except LostAnswerError:
        if await call.client.get_deployment(deployment_id, workflow_id) is not None:
            raise
