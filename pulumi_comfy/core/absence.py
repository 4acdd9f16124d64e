"""What «gone» is worth where nothing tells whose key it is: of one object a fact, of all at once a question.

Under another account's key, and on another server at the same address, every object looks absent.
"""

from __future__ import annotations

from typing import Any

from pulumi_comfy.configuration import Setting
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.company import WINDOW
from pulumi_comfy.core.errors import OutcomeError, OwnershipError
from pulumi_comfy.core.pace import paced

_PRESENT, _ABSENT = "asked for and present", "asked for and absent"
"""Ids that one operation of the engine has asked for, in its memory."""

_PATIENCE = 1.0
"""Seconds for which an absence waits for company: it is rare, and the first of many would be believed alone."""


async def note_presence(
    object_id: str, *, is_there: bool, noun: str, setting: Setting, under: str, call: Call[Any]
) -> None:
    """Note what the platform says of an object, before it is believed to be gone.

    Args:
        object_id: which.
        is_there: what the platform says.
        noun: what people call one of its kind.
        setting: what tells one account, or one server, from another.
        under: where all would be absent, as in `under another account's token`.
        call: the call that reads it.

    Raises:
        OwnershipError: all that were asked for are absent.
        CancelledWaitError: the engine said stop, before it was known.
    """
    call.memory.notes(_PRESENT if is_there else _ABSENT)[object_id] = None
    if is_there:
        return
    # Until those that are read at the same time have been asked for too, on a machine that is busy as well.
    await call.cancellation.sleep(max(WINDOW, paced(_PATIENCE)), tried=f'read {noun} "{call.name}"')
    absent = call.memory.notes(_ABSENT)
    if len(absent) > 1 and not call.memory.notes(_PRESENT):
        raise OwnershipError(
            "COMFY4002",
            tried=f'read {noun} "{call.name}"',
            got=f"all {len(absent)} {noun}s that were asked for are absent, as {under}",
            todo=f"Check {setting.environment} or comfy:{setting.key}; if they were really deleted, take them out of "
            "the state with `pulumi state delete`. Nothing was changed.",
        )


def never_asked(object_id: str, call: Call[Any]) -> None:
    """Take back that an object was asked for: nothing is to be concluded from one that the state does not hold."""
    for kind in (_PRESENT, _ABSENT):
        call.memory.notes(kind).pop(object_id, None)


def vanished(object_id: str, noun: str, call: Call[Any]) -> OutcomeError:
    """Give the error about an object that is gone when it is to be updated.

    Args:
        object_id: which.
        noun: what people call one of its kind.
        call: the call that updates it.
    """
    return OutcomeError(
        "COMFY2404",
        tried=f'update {noun} "{call.name}"',
        got=f"{object_id} no longer exists",
        todo="Run `pulumi refresh`, then `pulumi up`.",
    )
