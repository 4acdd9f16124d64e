"""What a killed create left and the state does not hold: told with its id, and not removed.

Who copied the state to somewhere else would lose what serves there.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError
from pulumi_comfy.core.model import revive
from pulumi_comfy.core.namesakes import is_named_by_us
from pulumi_comfy.core.redaction import logger
from pulumi_comfy.core.resource import State
from pulumi_comfy.core.stored import AnyHandler, Operation, Wire
from pulumi_comfy.core.unknown import contains_unknown

_HERE = (
    "by a replacement that was killed; the state does not hold it. A repeated `--replace` takes it over; else remove "
    "it on the platform"
)


async def what_is_left(handler: AnyHandler, object_id: str, news: Wire, call: Call[Any]) -> list[str]:
    """Say what a killed replacement left: a create was noted on this machine, and the state still holds the old object.

    The note is dropped once nothing is known to be left, so that a preview does not use the proof up.
    """
    note = call.attempt
    if note is None or call.facts.held is None or contains_unknown(news):
        return []
    if note.ids == [object_id]:  # the engine was killed after it had saved what it was told
        call.forget_attempt()
        return []
    known = {object_id, *call.facts.held, *call.memory.ids_of(call.urn)}
    try:
        op = Operation.of(handler, news, call)
        await call.connection.identify()
        found = [one for one in await handler.find(op.inputs, call) if one.id not in known]
        elsewhere = await left_elsewhere(op, known | {one.id for one in found})
    except (ComfyError, ValidationError) as blind:
        logger.debug("cannot look for what was left: %s", blind)
        return []
    proved = [one for one in found if one.id in note.ids or one.is_ours or (note.id is None and is_named_by_us(op))]
    others = [] if note.id is not None else [one for one in found if one not in proved]
    if not proved and not elsewhere:
        call.forget_attempt()
    return [
        *(f"{one.label} ({one.id}) was left {_HERE}" for one in proved),
        *(f"{one.label} ({one.id}) may be left {_HERE}" for one in others),
        *elsewhere,
    ]


async def left_elsewhere(op: Operation, known: Set[str]) -> list[str]:
    """Say what killed creates have made by their notes, and is still there: no look at one place would show it.

    Args:
        op: the operation.
        known: ids that need no telling.
    """
    note, lines, unheard = op.call.attempt, [], replace(op.call, show=lambda _text, _level: None)
    for one in note.ids if note is not None else ():
        if one in known or op.call.memory.owner_of(one, op.call.urn) is not None:
            continue
        prior = State(op.inputs, revive(op.handler.outputs_model, {}))
        if await op.handler.read(one, prior, unheard) is not None:
            lines.append(
                f"{op.handler.label} {one} was left by a run that was killed, and the state does not hold it: remove "
                f'it on the platform, or declare it with `adopt="{one}"`'
            )
    return lines
