"""Machine builds: started by a write, waited for on the machine *version*.

`machine.status` is written by whichever build ends last and was seen `ready` while the newest one still ran; a failed
build is never an HTTP error (reference 2.3.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.rows import MachineRow, MachineVersionRow
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, LostAnswerError, OutcomeError
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.wait import Look, wait_until

BUILD_TIMEOUT: Final = 3600.0
"""Seconds. A crashed builder leaves `building` for ever; the dashboard itself warns after an hour."""

READY: Final = "ready"
_PENDING = frozenset({"not-started", "building", "starting"})
_LINES_IN_ERROR = 3


async def wait_for_build(machine_id: str, version_id: str, call: Call[ComfyDeployApi]) -> MachineVersionRow:
    """Wait until one build of a machine is ready.

    Raises:
        OutcomeError: the build failed; carries its last log lines.
        WaitTimeoutError: the deadline passed.
        CancelledWaitError: the engine said stop.
    """

    async def look() -> Look[MachineVersionRow]:
        version = await call.client.get_machine_version(machine_id, version_id)
        return Look(version.status, version, line="".join(log_lines(version)[-1:]))

    def failed(seen: Look[MachineVersionRow]) -> ComfyError:
        lines = " | ".join(log_lines(seen.value)[-_LINES_IN_ERROR:]) or "no log"
        return OutcomeError("COMFY3001", tried=f"build machine {machine_id}", got=f"the build ended in error: {lines}")

    return await wait_until(
        look,
        tried=f"build machine {machine_id}",
        pending=_PENDING,
        target=frozenset({READY}),
        failed=failed,
        call=call,
        seconds=call.seconds_left(BUILD_TIMEOUT),
    )


async def rebuild(
    machine_id: str, call: Call[ComfyDeployApi], fields: Mapping[str, Json] | None = None
) -> MachineVersionRow | None:
    """Force a rebuild, with `fields` changed in the same write, and wait for it; None when the machine is gone.

    The write cannot be repeated blindly: when its answer is lost, a new current version proves that it happened.
    """
    before = await call.client.get_machine(machine_id)
    if before is None:
        return None
    row: MachineRow | None
    try:
        row = await call.client.patch_serverless_machine(machine_id, {**(fields or {}), "is_trigger_rebuild": True})
    except LostAnswerError:
        row = await call.client.get_machine(machine_id)
        if row is None or row.machine_version_id == before.machine_version_id:
            raise
    return await wait_for_build(machine_id, str(row.machine_version_id), call)


def log_lines(version: MachineVersionRow) -> list[str]:
    """Give a build's log lines; `build_log` is text holding a JSON array of `{logs, timestamp}` (2.3.2)."""
    try:
        entries = json.loads(version.build_log or "[]")
    except ValueError:
        return (version.build_log or "").splitlines()
    lines = [str(entry.get("logs", "")) if isinstance(entry, dict) else str(entry) for entry in entries]
    return [line.strip() for text in lines for line in text.splitlines() if line.strip()]
