"""Machine builds: started by a write, waited for on the machine *version*.

`machine.status` is written by whichever build ends last and was seen `ready` while the newest one still ran; a failed
build is never an HTTP error; a version's log is a copy of the former build's until its own build has ended, so nothing
of it is shown before (docs/platforms/comfydeploy.md 2.3.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from typing import Final

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import (
    CancelledWaitError,
    ComfyError,
    LostAnswerError,
    OutcomeError,
    PlatformError,
    WaitTimeoutError,
)
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.pace import paced
from pulumi_comfy.core.redaction import last_lines
from pulumi_comfy.core.wait import Look, wait_until
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import MachineRow, MachineVersionRow

SERVERLESS: Final = "comfy-deploy-serverless"
"""The type of a machine that the platform builds."""
BUILD_TIMEOUT: Final = 3600.0
"""Seconds. A crashed builder leaves `building` for ever; the dashboard itself warns after an hour."""

READY: Final = "ready"
BUILDING: Final = "building"
TIMED_OUT: Final = "timed-out"
"""Our own word for a build that outlived its wait."""
_COMPANY: Final = 2.0
"""Seconds before a rebuild is asked for: what is written by then, by resources that change side by side, is in it."""
PENDING = frozenset({"not-started", BUILDING, "starting"})
_LINES_IN_ERROR = 3


class LateBuildError(WaitTimeoutError):
    """A build that did not end in its time.

    Attributes:
        version_id: which build.
    """

    def __init__(self, late: WaitTimeoutError, version_id: str) -> None:
        super().__init__(late.code, tried=late.tried, got=late.got, todo=late.todo)
        self.version_id = version_id


class UnseenBuildError(OutcomeError):
    """A build that was begun and not seen to end: the engine said stop, or the platform could not be asked.

    Attributes:
        version_id: which build.
    """

    def __init__(self, failed: ComfyError, version_id: str) -> None:
        super().__init__(failed.code, tried=failed.tried, got=failed.got, todo=failed.todo)
        self.version_id = version_id


async def wait_for_build(machine_id: str, version_id: str, call: Call[ComfyDeployApi]) -> MachineVersionRow:
    """Wait until one build of a machine is ready.

    Raises:
        OutcomeError: the build failed; carries its last log lines.
        LateBuildError: the deadline passed.
        CancelledWaitError: the engine said stop.
    """
    tried = f"build machine {machine_id}"

    async def look() -> Look[MachineVersionRow]:
        version = await call.client.get_machine_version(machine_id, version_id)
        return Look(version.status, version)

    def failed(seen: Look[MachineVersionRow]) -> ComfyError:
        lines = " | ".join(last_lines(log_lines(seen.value), _LINES_IN_ERROR)) or "no log"
        return OutcomeError("COMFY3001", tried=tried, got=f"the build ended in error: {lines}")

    try:
        return await wait_until(
            look,
            tried=tried,
            pending=PENDING,
            target=frozenset({READY}),
            failed=failed,
            call=call,
            seconds=call.seconds_left(BUILD_TIMEOUT),
        )
    except WaitTimeoutError as late:
        raise LateBuildError(late, version_id) from None


async def let_end(machine_id: str, version_ids: Set[str], call: Call[ComfyDeployApi]) -> bool:
    """Wait for builds that are under way, before another is begun, however they end; tell whether there were any.

    The platform builds side by side, the build that ends last serves, whatever it was begun with, and none can be
    stopped (2.3.2). One that began longer ago than a build may take has lost its builder and is not waited for.

    Raises:
        LateBuildError: one did not end in the operation's time.
        CancelledWaitError: the engine said stop.
    """
    has_waited = False
    for version_id in sorted(version_ids):
        version = await call.client.get_machine_version(machine_id, version_id)
        if version.status not in PENDING or version.age > BUILD_TIMEOUT:
            continue
        call.inform(f"build {version.version} of machine {machine_id} is under way: waiting for it, before the next")
        has_waited = True
        try:
            await wait_for_build(machine_id, version_id, call)
        except (LateBuildError, CancelledWaitError):
            raise
        except OutcomeError:  # it failed, and so is out of the way
            continue
    return has_waited


async def rebuild(machine_id: str, call: Call[ComfyDeployApi]) -> MachineVersionRow | None:
    """Rebuild a machine as it is now and wait for it; None when the machine is gone.

    One build at a time, so that the last one to end has in it whatever was written before it was asked for. Those who
    ask at about the same time share a build, and those who ask while one runs share the next.
    """
    queue = call.client.builds_of(machine_id)
    queue.asked += 1
    number = queue.asked
    async with queue.lock:
        if queue.served >= number:
            return queue.newest
        await call.cancellation.sleep(paced(_COMPANY), tried=f"rebuild machine {machine_id}")
        asked = queue.asked
        before = await call.client.get_machine(machine_id)
        if before is not None and await let_end(machine_id, {current_version(before)}, call):
            before = await call.client.get_machine(machine_id)
        queue.newest = None if before is None else await force_build(before, call)
        queue.served = asked
        return queue.newest


async def finish(machine_id: str, version_id: str, call: Call[ComfyDeployApi]) -> MachineVersionRow | None:
    """Wait for a build that an earlier run began; rebuild when it failed or was lost; None: the machine is gone."""
    if await call.client.get_machine(machine_id) is None:
        return None
    version = await call.client.get_machine_version(machine_id, version_id)
    if version.status == READY:
        return version
    if version.status not in PENDING or version.age > BUILD_TIMEOUT:
        return await rebuild(machine_id, call)
    try:
        return await _watch(machine_id, version_id, call)
    except (LateBuildError, UnseenBuildError):
        raise
    except OutcomeError:
        return await rebuild(machine_id, call)


async def force_build(
    before: MachineRow, call: Call[ComfyDeployApi], fields: Mapping[str, Json] | None = None
) -> MachineVersionRow:
    """Force a build of the machine that was just read as `before`, change `fields` in the same write, wait for it.

    The caller holds the machine's queue and has let earlier builds end. The write cannot be repeated blindly: when its
    answer is lost, a new current version proves that it happened.

    Raises:
        UnseenBuildError: it was begun, `fields` are written, and its end was not seen.
    """
    row: MachineRow | None
    try:
        row = await call.client.patch_serverless_machine(before.id, {**(fields or {}), "is_trigger_rebuild": True})
    except LostAnswerError:
        row = await call.client.get_machine(before.id)
        if row is None or row.machine_version_id == before.machine_version_id:
            raise
    return await _watch(before.id, current_version(row), call)


async def _watch(machine_id: str, version_id: str, call: Call[ComfyDeployApi]) -> MachineVersionRow:
    try:
        return await wait_for_build(machine_id, version_id, call)
    except (CancelledWaitError, PlatformError) as failed:
        raise UnseenBuildError(failed, version_id) from None


def current_version(row: MachineRow) -> str:
    """Give the id of a machine's current build.

    Raises:
        OutcomeError: it has none: only builder 4 makes versions, by which builds are followed (2.3), and the platform
            builds no machine of one's own.
    """
    if row.machine_version_id:
        return row.machine_version_id
    if row.type and row.type != SERVERLESS:
        raise OutcomeError(
            "COMFY2003",
            tried=f'rebuild machine {row.id} ("{row.name}")',
            got=f"it is a machine of one's own ({row.type}), which the platform does not build",
            todo="Name serverless machines only; what runs on a machine of one's own gets its variables there.",
        )
    builder = row.settings.get("machine_builder_version") or "an unknown number"
    raise OutcomeError(
        "COMFY2003",
        tried=f'manage machine {row.id} ("{row.name}")',
        got=f"its builder is {builder}, which makes no versions: nobody could tell how a build of it ended",
        todo="Upgrade it to builder 4 on the machine's page, or make a new machine.",
    )


def log_lines(version: MachineVersionRow) -> list[str]:
    """Give a build's log lines; `build_log` is text holding a JSON array of `{logs, timestamp}` (2.3.2)."""
    told = version.build_log
    try:
        entries = json.loads(told) if isinstance(told, str) else told
    except (ValueError, RecursionError):
        entries = [told]
    if not isinstance(entries, list):
        entries = [entries]
    lines = [entry.get("logs") if isinstance(entry, dict) else entry for entry in entries]
    return [line.strip() for text in lines if text is not None for line in str(text).splitlines() if line.strip()]
