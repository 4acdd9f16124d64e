"""What «gone» is worth where nothing tells whose key it is: of one object a fact, of all at once a question.

Under another account's key, and on another server at the same address, every object looks absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from pulumi_comfy.configuration import Setting
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.company import WINDOW
from pulumi_comfy.core.errors import OutcomeError, OwnershipError
from pulumi_comfy.core.pace import paced


@dataclass
class _Asked:
    """Ids that one operation of the engine has asked for."""

    present: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)


_PATIENCE = 1.0
"""Seconds for which an absence waits for company: it is rare, and the first of many would be believed alone."""

_asked: WeakKeyDictionary[object, _Asked] = WeakKeyDictionary()
"""By the memory of an operation."""


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
    asked = _asked.setdefault(call.memory, _Asked())
    (asked.present if is_there else asked.absent).add(object_id)
    if is_there:
        return
    # Until those that are read at the same time have been asked for too, on a machine that is busy as well.
    await call.cancellation.sleep(max(WINDOW, paced(_PATIENCE)), tried=f'read {noun} "{call.name}"')
    if len(asked.absent) > 1 and not asked.present:
        raise OwnershipError(
            "COMFY4002",
            tried=f'read {noun} "{call.name}"',
            got=f"all {len(asked.absent)} {noun}s that were asked for are absent, as {under}",
            todo=f"Check {setting.environment} or comfy:{setting.key}; if they were really deleted, take them out of "
            "the state with `pulumi state delete`. Nothing was changed.",
        )


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
