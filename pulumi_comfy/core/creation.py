"""create: no duplicate, no silent takeover, no id lost.

The natural key is looked up first. What is there already is either held by this state, and then it is being replaced;
or it was left by an interrupted run of this state, which its name proves; or it is a stranger's. A lost answer is
looked up afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from pulumi_comfy.core.adoption import adopt_as_asked, adoptable, take_back
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import (
    ComfyError,
    InputError,
    LostAnswerError,
    LostEngineError,
    OwnershipError,
    StatusError,
    UndoneError,
    UnreachableError,
    our_fault,
)
from pulumi_comfy.core.leftovers import left_elsewhere, look
from pulumi_comfy.core.memory import MOST_PREDECESSORS
from pulumi_comfy.core.namesakes import (
    in_the_way,
    is_named_by_us,
    left_by_us,
    noted_by_us,
    waiting_for_deletion,
    was_given_up,
)
from pulumi_comfy.core.redaction import logger
from pulumi_comfy.core.resource import Found, Inserted
from pulumi_comfy.core.stored import AnyHandler, Made, Operation, Wire


async def create(handler: AnyHandler, news: Wire, call: Call[Any]) -> Made:
    """Create, or take over what is ours or was asked for.

    Raises:
        PartialFailure: it exists and something after that failed.
        ComfyError: nothing of the attempt is left.
    """
    op = Operation.of(handler, news, call)
    await call.connection.identify()
    if wanted := news.get("adopt"):
        return await adopt_as_asked(op, str(wanted))
    async with call.memory.lock(handler.token, handler.natural_key(op.inputs)):
        found = await handler.find(op.inputs, call)
        held = call.memory.ids_of(call.urn) - {
            one.id for one in found if was_given_up(op, one.id) and not one.is_as_declared
        }
        left = await _already_there(op, held, found)
        call.cancellation.refuse_if_set(f"create {op.what}")
        await _prepare(op, held, found, left)
        made = Inserted(left.id) if left else await _insert_beside(op, held, found)
    predecessors = [one for one in call.memory.by_age(call.urn) if one in held][-MOST_PREDECESSORS:]
    try:
        result = await (take_back(op, left.id) if left else _complete(op, made, predecessors))
    except LostEngineError:
        raise  # nobody hears of it, so the note stays
    except Exception:
        call.tell_attempt(made.id)
        raise
    call.tell_attempt(result.id)
    return result


async def _prepare(op: Operation, held: Set[str], found: Sequence[Found], left: Found | None) -> None:
    """Tell what an earlier create has made elsewhere, and note how what is taken over is to stand."""
    if op.call.was_attempted:
        for line in await left_elsewhere(op, {*held, *(one.id for one in found)}):
            op.call.warn(line)
    if left and not op.handler.reuses_equal:
        op.call.note_left(op.handler.trace(op.inputs), left.id)


async def _already_there(op: Operation, held: Set[str], found: Sequence[Found]) -> Found | None:
    """Give what takes the place of a new object; None: a new one is to be made.

    Raises:
        OwnershipError: something stands in the way.
    """
    others = [one for one in found if one.id not in held and not one.is_past]
    left = await _left(op, others) if others else None
    if others and left is None:
        raise in_the_way(op, others)
    replaced = [one for one in found if one.id in held]
    if replaced and op.handler.admits_one:
        return waiting_for_deletion(op, replaced[0])
    return left


async def _left(op: Operation, others: Sequence[Found]) -> Found | None:
    """Give what an interrupted run of this resource left; one with a given name only while it stands as it was made."""
    left, noted = left_by_us(op, others), noted_by_us(op, others)
    return noted if left is None and noted is not None and await _is_as_sent(op, noted) else left


async def _insert_beside(op: Operation, held: Set[str], found: Sequence[Found]) -> Inserted[Any]:
    """Make a new object beside those that it replaces."""
    memory = op.call.memory
    for one in found:
        if one.id in held:
            memory.replaces(one.id)
    made = await _insert(op, found)
    op.call.note_made(made.id)
    is_same = made.id in held  # as where an id is a path: the old one is not to be deleted after this
    (memory.takes if is_same else memory.holds)(op.call.urn, made.id)
    return made


async def _insert(op: Operation, found: Sequence[Found]) -> Inserted[Any]:
    """Write once. After a lost answer adopt exactly one object that was not there before and can only be ours."""
    place = op.handler.natural_key(op.inputs)
    if place is not None:  # else nothing looks for what is left
        op.call.note_attempt(place, op.handler.trace(op.inputs))
    try:
        return await op.handler.insert(op.inputs, found, op.call)
    except LostAnswerError as lost:
        logger.debug("answer lost, looking for what was made: %s", lost)
        try:
            seen = await op.handler.find(op.inputs, op.call)
        except ComfyError as blind:
            logger.debug("cannot look for it: %s", blind)
            raise lost from None
        known = {one.id for one in found}
        made = [one for one in seen if one.id not in known and not one.is_past]
        if len(made) == 1 and await _is_as_sent(op, made[0]):
            return Inserted(made[0].id)
        if made:
            raise in_the_way(op, made) from None
        op.call.forget_attempt()
        raise lost.nothing_made() from None
    except LostEngineError:
        raise
    except ComfyError as failed:
        await _forget_what_left_nothing(op, found, failed)
        raise


async def _forget_what_left_nothing(op: Operation, found: Sequence[Found], failed: ComfyError) -> None:
    """Drop the note of a create that was refused: what comes later is not of it.

    Where an insert may fail after its write, a look must show nothing new. A new file at a path is somebody else's: the
    platform has refused ours.
    """
    is_refused = isinstance(failed, InputError | OwnershipError | StatusError | UnreachableError)
    if isinstance(failed, InputError) or (is_refused and (op.handler.id_is_place or not op.handler.is_listed)):
        op.call.forget_attempt()
    elif op.handler.is_listed:
        seen = await look(op)
        if seen is not None and {one.id for one in seen} <= {one.id for one in found}:
            op.call.forget_attempt()


async def _is_as_sent(op: Operation, found: Found) -> bool:
    """Tell whether an object that is there after a lost answer is ours: by its name, or else by how it stands.

    Somebody else may have made one of the same name in the same moment.
    """
    if found.is_ours or is_named_by_us(op):
        return True
    try:
        _prior, changed = await adoptable(op, found.id)
    except OwnershipError:
        return False
    return not set(changed) - op.handler.set_after_insert


async def _complete(op: Operation, made: Inserted[Any], held: Sequence[str]) -> Made:
    """Do the rest. Whatever fails, the id is not lost: the state holds the object as well as the platform shows it."""
    predecessors = [one for one in held if one != made.id]
    try:
        state = await op.handler.complete(made, op.inputs, op.call)
    except (UndoneError, LostEngineError):
        raise
    except Exception as fault:  # noqa: BLE001  (whatever it was)
        failed = fault if isinstance(fault, ComfyError) else our_fault(fault, tried=f"create {op.what}")
        raise await op.half_made(made.id, failed, predecessors) from None
    return op.leaves(made.id, state, predecessors)
