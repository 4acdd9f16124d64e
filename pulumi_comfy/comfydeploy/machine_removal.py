"""Deleting machines of either kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import StatusError
from pulumi_comfy.core.pace import paced
from pulumi_comfy.core.wait import outlast

_PAUSE = 1.0
_IN_USE = (
    "Remove the deployments of these workflows first (the platform makes a `preview` one by itself), or set "
    "`force_delete=True` and run `pulumi up` before the machine is taken out."
)


Drain = Callable[[str, Call[ComfyDeployApi], float], Awaitable[None]]


async def remove_machine(
    machine_id: str, call: Call[ComfyDeployApi], seconds: float, *, force: bool | None, drain: Drain | None = None
) -> None:
    """Delete a machine, with `force` although deployments use it; gone already is a success.

    An outage is outlived. «In use» (402) is tried again for `seconds`: a deployment that stands in the way may be on
    its way out in the same `destroy`, or in another stack's. «Kept warm» (400) is drained once more: somebody may have
    warmed it since.

    Raises:
        StatusError: still in use; names the workflows.
    """
    while True:
        try:
            return await outlast(
                lambda: call.client.delete_machine(machine_id, force=bool(force)),
                tried=f"delete machine {machine_id}",
                call=call,
                seconds=call.seconds_left(seconds),
            )
        except StatusError as refused:
            is_warm = refused.status == 400 and drain is not None
            if refused.status == 402:
                refused.todo = _IN_USE
            if not (is_warm or refused.status == 402) or call.seconds_left(seconds) < _PAUSE:
                raise
            if is_warm and drain is not None:
                await drain(machine_id, call, seconds)
            call.progress(f"still in use: {refused.detail}")
            await call.cancellation.sleep(paced(_PAUSE), tried=refused.tried)
