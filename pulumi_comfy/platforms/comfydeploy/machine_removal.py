"""Deleting machines of either kind.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, StatusError
from pulumi_comfy.core.pace import paced
from pulumi_comfy.core.wait import outlast
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi

_PAUSE = 1.0
_BEFORE_ANOTHER = (
    "Its deployments move only when the new machine is there: take `delete_before_replace` out, two can stand side by "
    "side."
)
_IN_USE = (
    "Remove the deployments of these workflows first (the platform makes a `preview` one by itself), or set "
    "`force_delete=True` and run `pulumi up` before the machine is taken out."
)


class Warmth:
    """The containers of a serverless machine that are always on: it cannot be deleted while it has some (2.3.3)."""

    def __init__(self, machine_id: str, call: Call[ComfyDeployApi]) -> None:
        self._machine_id = machine_id
        self._call = call
        self._was = 0

    async def drain(self, seconds: float) -> bool:
        """Take them away, and tell whether there were any; how many is remembered.

        An outage shorter than `seconds` is outlived.
        """
        call = self._call

        async def work() -> bool:
            row = await call.client.get_machine(self._machine_id)
            warm = int((row and row.settings.get("keep_warm")) or 0)
            self._was = warm or self._was
            if not warm:
                return False
            try:
                await call.client.patch_serverless_machine(self._machine_id, {"keep_warm": 0})
            except StatusError as refused:
                if refused.code != "COMFY2404":  # else somebody has deleted it meanwhile
                    raise
            return True

        return await outlast(
            work, tried=f"drain machine {self._machine_id}", call=call, seconds=call.seconds_left(seconds)
        )

    async def restore(self, failed: ComfyError) -> None:
        """Give them back to a machine that could not be deleted; the error tells when that fails too."""
        try:
            # A deleted machine would take them as well, and run up a bill (6.11).
            if self._was and await self._call.client.get_machine(self._machine_id):
                await self._call.client.patch_serverless_machine(self._machine_id, {"keep_warm": self._was})
        except ComfyError as again:
            failed.todo += f" `keep_warm` was {self._was}, is 0, and could not be put back: {again.got}."


async def remove_machine(
    machine_id: str, call: Call[ComfyDeployApi], seconds: float, *, force: bool | None, warmth: Warmth | None = None
) -> None:
    """Delete a machine, with `force` although deployments use it; gone already is a success.

    An outage is outlived. «In use» (402) is tried again for `seconds`: a deployment that stands in the way may be on
    its way out in the same `destroy`, or in another stack's. «Kept warm» (400) is drained once more: somebody may have
    warmed it since. A machine that stays after all is as warm as before.

    Raises:
        StatusError: still in use; names the workflows.
    """
    try:
        await _remove(machine_id, call, seconds, force=bool(force), warmth=warmth)
    except ComfyError as failed:
        if warmth is not None:
            await warmth.restore(failed)
        raise


async def _remove(
    machine_id: str, call: Call[ComfyDeployApi], seconds: float, *, force: bool, warmth: Warmth | None
) -> None:
    while True:
        try:
            return await outlast(
                lambda: call.client.delete_machine(machine_id, force=force),
                tried=f"delete machine {machine_id}",
                call=call,
                seconds=call.seconds_left(seconds),
            )
        except StatusError as refused:
            if refused.status == 402:
                refused.todo = _BEFORE_ANOTHER if call.memory.is_replaced(machine_id) else _IN_USE
            may_pass = refused.status == 402 or (refused.status == 400 and warmth is not None)
            if not may_pass or call.seconds_left(seconds) < _PAUSE:
                raise
            if refused.status == 400 and not (warmth is not None and await warmth.drain(seconds)):
                raise  # it is cold, so it is refused for another reason
            call.progress(f"still in use: {refused.detail}")
            await call.cancellation.sleep(paced(_PAUSE), tried=refused.tried)
