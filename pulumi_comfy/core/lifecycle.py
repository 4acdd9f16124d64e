"""What happens to an object that the state knows: compare, update, read, delete; the same for all resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.diff import Difference, diff
from pulumi_comfy.core.errors import ComfyError, LostEngineError, OwnershipError, UndoneError
from pulumi_comfy.core.model import Json, revive, wire_name
from pulumi_comfy.core.resource import State
from pulumi_comfy.core.stored import (
    SCOPE,
    AnyHandler,
    AnyState,
    Made,
    Operation,
    PartialFailure,
    Wire,
    overlay,
    predecessors_in,
    refuse_other_scope,
    stored_outputs,
    stored_state,
    unless_unchanged,
)


def compare(
    handler: AnyHandler, object_id: str, outputs: Mapping[str, Json], news: Wire, call: Call[Any]
) -> Difference:
    """Answer the engine's diff; asks no platform.

    Raises:
        OwnershipError: the key belongs to another account, or a replacement was asked to adopt.
    """
    refuse_other_scope(handler, outputs, call)
    try:
        inputs = handler.inputs_model.model_validate(news)
    except ValidationError:  # a refresh asks with what the platform shows, which no check has seen
        inputs = revive(handler.inputs_model, news)
    prior = stored_state(handler, outputs)
    difference = diff(handler, prior, inputs, call.old_inputs)
    if call.memory.is_checked(call.urn):  # else a refresh asks, which runs no check, and the program is not to blame
        handler.refuse(prior, inputs, difference.changed)
        if call.checks_enabled and not difference.repair:
            difference = replace(difference, repair=handler.unchecked(prior, inputs))
    call.memory.saw(call.urn, object_id, predecessors_in(outputs), replaces=bool(difference.replaces))
    if difference.replaces and news.get("adopt"):
        raise OwnershipError(
            "COMFY4003",
            tried=f'replace {handler.label} "{call.name}"',
            got="`adopt` takes an object over once, at the first create; a replacement makes a new one",
            todo="Remove `adopt` from the program.",
        )
    return difference


async def update(handler: AnyHandler, object_id: str, outputs: Mapping[str, Json], news: Wire, call: Call[Any]) -> Made:
    """Bring an object to its new inputs.

    Raises:
        PartialFailure: something changed and something failed; the outputs say how things stand.
        ComfyError: the state keeps what it held.
    """
    await call.connection.identify()
    refuse_other_scope(handler, outputs, call)
    op = Operation.of(handler, news, call)
    return await bring_to(op, object_id, stored_state(handler, outputs), predecessors_in(outputs))


async def bring_to(op: Operation, object_id: str, prior: AnyState, predecessors: Iterable[str] = ()) -> Made:
    """Update an object that stands as `prior` says; raises as `update` does."""
    changed = diff(op.handler, prior, op.inputs).changed
    op.call.cancellation.refuse_if_set(f"update {op.what}")
    try:
        state = await op.handler.update(object_id, prior, op.inputs, changed, op.call)
    except (UndoneError, LostEngineError):
        raise
    except ComfyError as failed:
        stands = await op.as_it_stands(object_id, prior, failed)
        if stands is None or op.leaves(object_id, stands) == op.leaves(object_id, prior):
            raise  # nothing changed, or nothing is known: what the state holds is the best description
        raise PartialFailure(op.leaves(object_id, stands, predecessors), failed) from None
    return op.leaves(object_id, state, predecessors)


async def read(handler: AnyHandler, object_id: str, stored: Mapping[str, Json], call: Call[Any]) -> Made | None:
    """Refresh: None when the object is gone. Only a key of the same account may say so.

    The platform's values are laid only over what the program wrote, and only where they really differ; write-only
    values and secrets keep what was last written.
    """
    await call.connection.identify()
    refuse_other_scope(handler, stored, call)
    prior = stored_state(handler, stored)
    readable = State(revive(handler.inputs_model, stored, is_strict=True), prior.outputs)
    seen = await handler.read(object_id, readable, call)
    if seen is None:
        return None
    is_lookup = SCOPE not in stored  # `Resource.get(...)`: the program declares nothing, so everything is shown
    differing = dict(seen.inputs) if is_lookup else overlay(handler, prior, seen)
    state = State(prior.inputs.model_copy(update=differing), seen.outputs)
    outputs = stored_outputs(handler, state, call.scope, predecessors_in(stored))
    return Made(object_id, unless_unchanged(outputs, stored), _refreshed_inputs(handler, differing, call))


def _refreshed_inputs(handler: AnyHandler, differing: Mapping[str, Any], call: Call[Any]) -> Wire | None:
    """Lay the drift over the stored inputs; None (the engine keeps them) without any, or where no shell tells them."""
    if not differing or call.old_inputs is None:
        return None
    model = handler.inputs_model
    drift = model.model_construct(**dict.fromkeys(model.model_fields) | dict(differing)).to_wire()
    gone = {wire_name(model, name) for name, value in differing.items() if value is None}
    return {key: value for key, value in {**call.old_inputs, **drift}.items() if key not in gone}


async def delete(handler: AnyHandler, object_id: str, outputs: Mapping[str, Json], call: Call[Any]) -> None:
    """Remove the object. Gone already is a success, if the key is of the account that owned it.

    What another resource of this run holds, or a create of this run has made or taken over, stays: a former run may
    have put one object under two names, and what serves and is declared is never deleted.
    """
    await call.connection.identify()
    refuse_other_scope(handler, outputs, call)
    if keeper := call.memory.keeper_of(object_id):
        call.inform(f'{handler.label} {object_id} is kept: "{keeper}" of this stack holds it')
        return
    if call.urn is not None and call.memory.is_checked(call.urn):  # the program declares it, so another takes its place
        call.memory.replaces(object_id)
    await handler.delete(object_id, stored_state(handler, outputs), call)
    call.attempts.gone(object_id)
