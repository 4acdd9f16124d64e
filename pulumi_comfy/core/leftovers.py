"""What a killed create left and the state does not hold: told with its id, and not removed.

Who copied the state to somewhere else would lose what serves there. Nothing that goes wrong here ends what it is asked
for.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Any

from pulumi_comfy.core.absence import never_asked
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import LostEngineError
from pulumi_comfy.core.model import revive
from pulumi_comfy.core.namesakes import is_named_by_us
from pulumi_comfy.core.redaction import logger
from pulumi_comfy.core.resource import Found, State
from pulumi_comfy.core.stored import AnyHandler, Operation, Wire
from pulumi_comfy.core.unknown import contains_unknown


async def what_is_left(handler: AnyHandler, object_id: str, news: Wire, call: Call[Any]) -> list[str]:
    """Say what a killed replacement left: a create was noted on this machine, and the state still holds the old object.

    The note is dropped once nothing is left where it was to be made: looking there does not use the proof up.
    """
    note = call.attempt
    if note is None or call.facts.held is None or contains_unknown(news):
        return []
    is_saved = note.id == object_id and set(note.ids) == {object_id}
    if is_saved:  # the engine was killed after it had saved what it was told
        call.forget_attempt()
        return []
    op = Operation.of(handler, news, call)
    known = {object_id, *call.facts.held, *call.memory.ids_of(call.urn)}
    standing = await look(op)
    if standing is None:
        return []
    found = [one for one in standing if one.id not in known and not one.is_past]
    proved = [one for one in found if one.id in note.ids or one.is_ours or (note.id is None and is_named_by_us(op))]
    elsewhere = await left_elsewhere(op, known | {one.id for one in found})
    may_leave_more = note.id is None and note.is_fresh
    if not proved and not elsewhere and not may_leave_more and note.is_about(_place(op)):
        call.forget_attempt()
    others = [one for one in found if one not in proved] if note.id is None else []
    return [*_told_here(proved, others, is_fresh=note.is_fresh), *elsewhere]


def _told_here(proved: Sequence[Found], others: Sequence[Found], *, is_fresh: bool) -> list[str]:
    whose = f"by a replacement that was killed{' or is under way' if is_fresh else ''}"
    taken = "the state does not hold it. A repeated `--replace` takes it over; else remove it on the platform"
    unproved = "the state does not hold it. Remove it on the platform if nobody needs it"
    return [
        *(f"{one.label} ({one.id}) was left {whose}; {taken}" for one in proved),
        *(f"{one.label} ({one.id}) may be left {whose}; {unproved}" for one in others),
    ]


async def look(op: Operation) -> list[Found] | None:
    """Look at what stands where the resource is to be, without a line about it; None when it cannot be seen."""
    try:
        await op.call.connection.identify()
        found: list[Found] = await op.handler.find(op.inputs, _unheard(op.call))
    except LostEngineError:
        raise
    except Exception as blind:  # noqa: BLE001  (a look that nobody asked for ends nothing)
        logger.debug("cannot look for what was left: %s", blind)
        return None
    return found


async def left_elsewhere(op: Operation, known: Set[str]) -> list[str]:
    """Say once what killed creates have made by their notes, and is still there: no look at one place would show it.

    Args:
        op: the operation.
        known: ids that need no telling.
    """
    note, handler = op.call.attempt, op.handler
    if note is None or handler.reuses_equal or handler.natural_key(op.inputs) is None:
        return []
    lines = {}
    for one in note.ids:
        if one in known or one in note.told or op.call.memory.owner_of(one, op.call.urn) is not None:
            continue
        is_there = await _is_there(op, one)
        if is_there is None:
            lines[one] = (
                f"{handler.label} {one} may be left by a run that was killed, and the state does not hold it: look at "
                "it, and remove it on the platform if nobody needs it"
            )
        elif is_there:
            lines[one] = (
                f"{handler.label} {one} was left by a run that was killed, and the state does not hold it: remove it "
                f'on the platform, or declare it with `adopt="{one}"`'
            )
    if lines:
        op.call.note_told(list(lines))
    return list(lines.values())


async def _is_there(op: Operation, object_id: str) -> bool | None:
    """Tell whether an object is still there; None where that is not known, or another may stand in its place by now."""
    if not op.handler.is_listed:
        return None
    prior = State(op.inputs, revive(op.handler.outputs_model, {}))
    try:
        seen = await op.handler.read(object_id, prior, _unheard(op.call))
    except LostEngineError:
        raise
    except Exception as blind:  # noqa: BLE001  (whatever the id is)
        logger.debug("cannot look for what was left: %s", blind)
        return None
    finally:
        never_asked(object_id, op.call)
    if seen is not None and op.handler.id_is_place:
        return None
    return seen is not None


def _unheard(call: Call[Any]) -> Call[Any]:
    return replace(call, show=lambda _text, _level: None)


def _place(op: Operation) -> str:
    return str(op.handler.natural_key(op.inputs))
