"""create: no duplicate, no silent takeover, no id lost.

The natural key is looked up first. What is there already is either held by this state, and then it is being replaced;
or it was left by an interrupted run of this state, which its name proves; or it is a stranger's. A lost answer is
looked up afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulumi_comfy.core.adoption import OutOfReachError, adoptable
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.check import register_secrets
from pulumi_comfy.core.errors import (
    ComfyError,
    LostAnswerError,
    LostEngineError,
    OwnershipError,
    UndoneError,
    our_fault,
)
from pulumi_comfy.core.lifecycle import bring_to
from pulumi_comfy.core.memory import MOST_PREDECESSORS
from pulumi_comfy.core.redaction import logger
from pulumi_comfy.core.resource import Found, Inserted, State
from pulumi_comfy.core.stored import AnyHandler, Made, PartialFailure, Wire, as_it_stands, stored_outputs


async def create(handler: AnyHandler, news: Wire, call: Call[Any]) -> Made:
    """Create, or take over what is ours or was asked for.

    Raises:
        PartialFailure: it exists and something after that failed.
        ComfyError: nothing of the attempt is left.
    """
    register_secrets(handler.inputs_model, news)
    inputs = handler.inputs_model.model_validate(news)
    await call.connection.identify()
    if news.get("adopt"):
        return await _adopt_as_asked(handler, str(news["adopt"]), inputs, call)
    held = call.memory.ids_of(call.urn)
    async with call.memory.lock(handler.token, handler.natural_key(inputs)):
        found = await handler.find(inputs, call)
        replaced = [one for one in found if one.id in held]
        before = [one for one in found if one.id not in held and not one.is_past]
        ours = _ours(handler, news, before, call)
        if before and ours is None:
            raise _in_the_way(handler, before, call)
        if replaced and handler.admits_one:
            ours = _waiting_for_deletion(handler, replaced[0], call)
        call.cancellation.refuse_if_set(f'create {handler.label} "{call.name}"')
        if ours is None:
            for one in replaced:
                call.memory.replaces(one.id)
            inserted = await _insert(handler, news, inputs, call, found)
            is_same = inserted.id in held  # as where an id is a path: the old one is not to be deleted after this
            (call.memory.takes if is_same else call.memory.holds)(call.urn, inserted.id)
        predecessors = [one for one in call.memory.by_age(call.urn) if one in held][-MOST_PREDECESSORS:]
    try:
        made = await (
            _complete(handler, inserted, inputs, call, [one for one in predecessors if one != inserted.id])
            if ours is None
            else _take_back(handler, ours.id, inputs, call)
        )
    except LostEngineError:
        raise  # nobody hears of it, so the note stays
    except Exception:
        call.forget_attempt()
        raise
    call.forget_attempt()
    return made


def _ours(handler: AnyHandler, news: Wire, found: list[Found], call: Call[Any]) -> Found | None:
    """Give the one namesake that an interrupted run of this resource left: its name proves it, or how it stands.

    Whatever this state holds was left by nobody, so without knowing what it holds nothing is proved.
    """
    if found and handler.reuses_equal:
        return found[0]
    if len(found) != 1 or call.facts.held is None or call.memory.owner_of(found[0].id, call.urn):
        return None
    if found[0].is_ours:
        return found[0]
    return found[0] if _is_named_by_us(handler, news, call) and not call.facts.is_blind else None


def _is_named_by_us(handler: AnyHandler, news: Wire, call: Call[Any]) -> bool:
    """Tell whether nobody but this resource can have made an object of its name."""
    is_named_so = call.automatic_name is not None and news.get("name") == call.automatic_name
    return is_named_so and handler.is_name_unique_to_us


def _waiting_for_deletion(handler: AnyHandler, found: Found, call: Call[Any]) -> Found:
    """Give what a failed run replaced and did not delete, now that it is declared again and has the only room.

    Raises:
        OwnershipError: it is what this very run replaces.
    """
    if not call.memory.waits_for_deletion(found.id, call.urn):
        raise OwnershipError(
            "COMFY4004",
            tried=f'replace {handler.label} "{call.name}"',
            got=f"there is room for one only, and it is still there: {found.label} ({found.id})",
        )
    return found


def _in_the_way(handler: AnyHandler, found: list[Found], call: Call[Any]) -> OwnershipError:
    listed = ", ".join(f"{one.label} ({one.id})" for one in found)
    owners = sorted({f'"{name}"' for one in found if (name := call.memory.owner_of(one.id, call.urn))})
    choices = ["choose another name"] if "name" in handler.inputs_model.model_fields else []
    adopt = f'adopt="{found[0].id}"' if len(found) == 1 else 'adopt="<id>"'
    if owners and all(call.memory.is_replaced(one.id) for one in found):
        whose = f"which {', '.join(owners)} of this stack is about to give up"
        todo = "Go over a free name in two updates"
    elif owners and any(call.memory.is_declared(one.id) for one in found):
        whose, todo = f"which {', '.join(owners)} of this stack declares", "Declare it once"
    elif owners:  # in the state only: the program may have given the resource another name
        whose, todo = f"which {', '.join(owners)} of this stack holds", f"Give this one an alias of it or `{adopt}`"
    elif call.facts.is_blind:  # it may be the very object that is replaced
        whose, todo = "and an earlier version of pulumi_comfy noted no ids", "Run `pulumi refresh` first"
    elif call.memory.ids_of(call.urn):  # a replacement cannot adopt
        whose, todo = "which this resource does not own", "Remove it"
    else:
        whose, todo = "which this resource does not own", f"Take it over with `{adopt}`"
        choices.append("remove it")
    verb = "replace" if call.memory.ids_of(call.urn) else "create"
    return OwnershipError(
        "COMFY4001",
        tried=f'{verb} {handler.label} "{call.name}"',
        got=f"there is already {listed}, {whose}",
        todo=_either(todo, *choices),
    )


def _either(*choices: str) -> str:
    *first, last = choices
    return f"{', '.join(first)}, or {last}." if first else f"{last}."


async def _insert(
    handler: AnyHandler, news: Wire, inputs: Any, call: Call[Any], found: Sequence[Found]
) -> Inserted[Any]:
    call.note_attempt()
    try:
        return await handler.insert(inputs, found, call)
    except LostAnswerError as lost:
        logger.debug("answer lost, looking for what was made: %s", lost)
        try:
            seen = await handler.find(inputs, call)
        except ComfyError as blind:
            logger.debug("cannot look for it: %s", blind)
            raise lost from None
        known = {one.id for one in found}
        made = [one for one in seen if one.id not in known and not one.is_past]
        if len(made) == 1 and await _is_as_sent(handler, made[0], news, inputs, call):
            return Inserted(made[0].id)
        if made:
            raise _in_the_way(handler, made, call) from None
        call.forget_attempt()
        raise lost.nothing_made() from None


async def _is_as_sent(handler: AnyHandler, found: Found, news: Wire, inputs: Any, call: Call[Any]) -> bool:
    """Tell whether an object that is there after a lost answer is ours: by its name, or else by how it stands.

    Somebody else may have made one of the same name in the same moment.
    """
    if found.is_ours or _is_named_by_us(handler, news, call):
        return True
    try:
        _prior, changed = await adoptable(handler, found.id, inputs, call)
    except OwnershipError:
        return False
    return not set(changed) - handler.set_after_insert


async def _take_back(handler: AnyHandler, object_id: str, inputs: Any, call: Call[Any]) -> Made:
    """Adopt what an interrupted run left. Whatever fails, the state keeps it: it is ours."""
    owner = call.memory.owner_of(object_id, call.urn)
    reason = f'which "{owner}" of this stack declares too' if owner else "left by an earlier run of this stack"
    try:
        return await _adopt(handler, object_id, inputs, call, reason=reason)
    except OutOfReachError as fixed:  # nothing else would tell the next `up` of what is no longer declared
        fixed.todo = "Run `pulumi up` again: it is replaced."
        raise PartialFailure(Made(object_id, stored_outputs(handler, fixed.prior, call.scope)), fixed) from None
    except LostEngineError:
        raise
    except ComfyError as failed:
        raise await _partial(handler, object_id, inputs, call, failed) from None


async def _complete(
    handler: AnyHandler, made: Inserted[Any], inputs: Any, call: Call[Any], predecessors: Sequence[str]
) -> Made:
    try:
        state = await handler.complete(made, inputs, call)
    except (UndoneError, LostEngineError):
        raise
    except Exception as fault:  # noqa: BLE001  (whatever it was, the id is not lost)
        tried = f'create {handler.label} "{call.name}"'
        failed = fault if isinstance(fault, ComfyError) else our_fault(fault, tried=tried)
        raise await _partial(handler, made.id, inputs, call, failed, predecessors) from None
    return Made(made.id, stored_outputs(handler, state, call.scope, predecessors))


async def _partial(
    handler: AnyHandler,
    object_id: str,
    inputs: Any,
    call: Call[Any],
    failed: ComfyError,
    predecessors: Sequence[str] = (),
) -> PartialFailure:
    """Describe an object that exists and is not finished, as well as the platform lets us."""
    blank = State(inputs, handler.begun(inputs))
    stands = await as_it_stands(handler, object_id, blank, inputs, call, failed) or blank
    return PartialFailure(Made(object_id, stored_outputs(handler, stands, call.scope, predecessors)), failed)


async def _adopt_as_asked(handler: AnyHandler, object_id: str, inputs: Any, call: Call[Any]) -> Made:
    if object_id in call.memory.ids_of(call.urn):
        raise OwnershipError(
            "COMFY4003",
            tried=f'replace {handler.label} "{call.name}"',
            got=f"`adopt` names {object_id}, the very object that is replaced",
            todo="Remove `adopt` from the program.",
        )
    return await _adopt(handler, object_id, inputs, call, reason="asked for with `adopt`")


async def _adopt(handler: AnyHandler, object_id: str, inputs: Any, call: Call[Any], *, reason: str) -> Made:
    _declared_once(handler, object_id, call)
    prior, _changed = await adoptable(handler, object_id, inputs, call)
    _declared_once(handler, object_id, call)  # again: another create may have taken it while this one read it
    call.memory.takes(call.urn, object_id)
    call.inform(f"took over {handler.label} {object_id}, {reason}")
    return await bring_to(handler, object_id, prior, inputs, call, ())


def _declared_once(handler: AnyHandler, object_id: str, call: Call[Any]) -> None:
    owner = call.memory.owner_of(object_id, call.urn)
    # What only the state holds may be the same resource under its former name.
    if owner is not None and call.memory.is_declared(object_id) and not handler.reuses_equal:
        raise OwnershipError(
            "COMFY4003",
            tried=f'adopt {handler.label} {object_id} as "{call.name}"',
            got=f'"{owner}" of this stack declares it',
            todo="Declare it once.",
        )
