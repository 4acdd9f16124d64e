"""The lifecycle of every resource, around the few steps its handler declares.

Wire side: camelCase dicts as the engine keeps them. Outputs hold the checked inputs (bulk fields as digests), what
the platform decided, and the scope of the key they were made with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pulumi_comfy.core.adoption import adoptable
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.check import register_secrets
from pulumi_comfy.core.diff import Difference, diff, equal
from pulumi_comfy.core.errors import ComfyError, KeptError, LostAnswerError, OwnershipError, UndoneError
from pulumi_comfy.core.model import BULK, Json, Model, fields_marked, revive, wire_name
from pulumi_comfy.core.names import automatic_name
from pulumi_comfy.core.redaction import logger
from pulumi_comfy.core.resource import Found, Handler, Seen, State
from pulumi_comfy.core.unknown import contains_unknown

SCOPE = "scope"
PREDECESSORS = "predecessors"
"""Ids that the stack held under the same URN when a replacement was made: a failed rollout leaves them waiting for
deletion, unknown to the protocol, and a later replacement must not mistake them for a stranger or an orphan."""

AnyHandler = Handler[Any, Any, Any]
AnyState = State[Any, Any]
Wire = dict[str, Json]


@dataclass(frozen=True)
class Made:
    """What a create, update or read leaves: the id, the outputs, and the inputs where a read changes them."""

    id: str
    outputs: Wire
    inputs: Wire | None = None


class PartialFailure(Exception):
    """The object exists and the operation failed: the state must keep it, and the next `up` goes on with it."""

    def __init__(self, made: Made, reason: ComfyError) -> None:
        super().__init__(str(reason))
        self.made = made
        self.reason = reason


def stored_state(handler: AnyHandler, outputs: Mapping[str, Json]) -> AnyState:
    """Rebuild the typed state from stored outputs, whatever version of this package wrote them."""
    register_secrets(handler.inputs_model, outputs)
    register_secrets(handler.outputs_model, outputs)
    return State(revive(handler.inputs_model, outputs), revive(handler.outputs_model, outputs))


def stored_outputs(handler: AnyHandler, state: AnyState, scope: str, predecessors: Iterable[str] = ()) -> Wire:
    """Write the typed state as outputs; bulk fields stay in the inputs alone."""
    bulk = {wire_name(handler.inputs_model, name) for name in fields_marked(handler.inputs_model, BULK)}
    declared = {key: value for key, value in state.inputs.to_wire().items() if key not in bulk}
    before = sorted(predecessors)
    return {**declared, **state.outputs.to_wire(), SCOPE: scope, **({PREDECESSORS: before} if before else {})}


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
    difference = diff(handler, stored_state(handler, outputs), inputs, call.old_inputs)
    call.memory.saw(call.urn, object_id, _predecessors(outputs), replaces=bool(difference.replaces))
    if difference.replaces and news.get("adopt"):
        raise OwnershipError(
            "COMFY4003",
            tried=f'replace {handler.label} "{call.name}"',
            got="`adopt` takes an object over once, at the first create; a replacement makes a new one",
            todo="Remove `adopt` from the program.",
        )
    return difference


def _predecessors(stored: Mapping[str, Json]) -> list[str]:
    ids = stored.get(PREDECESSORS)
    return [str(one) for one in ids] if isinstance(ids, list) else []


async def create(handler: AnyHandler, news: Wire, call: Call[Any]) -> Made:
    """Create, or take over what is ours or was asked for.

    Raises:
        PartialFailure: it exists and something after that failed.
        ComfyError: nothing of the attempt is left.
    """
    register_secrets(handler.inputs_model, news)
    inputs = handler.inputs_model.model_validate(news)
    held = call.memory.ids_of(call.urn)
    if news.get("adopt"):
        return await _adopt(handler, str(news["adopt"]), inputs, call, reason="asked for with `adopt`")
    namesakes = await handler.find(inputs, call)
    before = [found for found in namesakes if found.id not in held]
    ours = _ours(handler, news, before, call)
    if ours is not None:
        return await _adopt(handler, ours.id, inputs, call, reason="left by an earlier run of this stack")
    if before:
        raise _in_the_way(handler, before, call)
    predecessors = held & {found.id for found in namesakes}
    object_id = await _insert(handler, inputs, call, known={found.id for found in namesakes})
    return await _complete(handler, object_id, inputs, call, predecessors)


def _ours(handler: AnyHandler, news: Wire, found: list[Found], call: Call[Any]) -> Found | None:
    """Give the one namesake whose automatic name proves that an interrupted run of this resource made it."""
    if found and handler.reuses_equal:
        return found[0]
    if len(found) != 1 or call.urn is None or not handler.is_name_unique_to_us:
        return None
    return found[0] if str(news.get("name", "")).startswith(automatic_name(call.urn)) else None


def _in_the_way(handler: AnyHandler, found: list[Found], call: Call[Any]) -> OwnershipError:
    listed = ", ".join(f"{one.label} ({one.id})" for one in found)
    hint = f'Take it over with `adopt="{found[0].id}"`' if len(found) == 1 else 'Take one over with `adopt="<id>"`'
    if call.memory.ids_of(call.urn):  # a replacement cannot adopt
        return OwnershipError(
            "COMFY4001",
            tried=f'replace {handler.label} "{call.name}"',
            got=f"there is already {listed}, which this stack does not own",
            todo="Choose another name, or remove it.",
        )
    return OwnershipError(
        "COMFY4001",
        tried=f'create {handler.label} "{call.name}"',
        got=f"there is already {listed}, which this stack does not own",
        todo=f"{hint}, choose another name, or remove it.",
    )


async def _insert(handler: AnyHandler, inputs: Any, call: Call[Any], known: Set[str]) -> str:
    try:
        object_id: str = await handler.insert(inputs, call)
    except LostAnswerError as lost:
        logger.debug("answer lost, looking for what was made: %s", lost)
        try:
            made = [found for found in await handler.find(inputs, call) if found.id not in known]
        except ComfyError as blind:
            logger.debug("cannot look for it: %s", blind)
            raise lost from None
        if len(made) == 1:
            return made[0].id
        if made:
            raise _in_the_way(handler, made, call) from None
        raise
    return object_id


async def _complete(handler: AnyHandler, object_id: str, inputs: Any, call: Call[Any], predecessors: Set[str]) -> Made:
    try:
        state = await handler.complete(object_id, inputs, call)
    except UndoneError:
        raise
    except Exception as fault:  # noqa: BLE001  (whatever it was, the id is not lost)
        failed = fault if isinstance(fault, ComfyError) else _our_fault(handler, fault, call)
        blank = State(inputs, handler.begun(inputs))
        stands = await _as_it_stands(handler, object_id, blank, inputs, call, failed) or blank
        raise PartialFailure(
            Made(object_id, stored_outputs(handler, stands, call.scope, predecessors)), failed
        ) from None
    return Made(object_id, stored_outputs(handler, state, call.scope, predecessors))


def _our_fault(handler: AnyHandler, fault: Exception, call: Call[Any]) -> ComfyError:
    logger.debug("a fault of pulumi_comfy", exc_info=fault)
    return ComfyError(
        "COMFY9001", tried=f'create {handler.label} "{call.name}"', got=f"{type(fault).__name__}: {fault}"
    )


async def _as_it_stands(
    handler: AnyHandler, object_id: str, prior: AnyState, wanted: Model, call: Call[Any], failed: ComfyError
) -> AnyState | None:
    """Describe a half-done object by what the platform shows, newly `wanted` fields too; None: unreadable or gone."""
    if isinstance(failed, KeptError):
        kept: AnyState = failed.state
        return kept
    try:
        seen = await handler.read(object_id, prior, call)
    except Exception as blind:  # noqa: BLE001  (what failed first is what matters)
        logger.debug("cannot see how %s stands: %s", object_id, blind)
        return None
    if seen is None:
        return None
    return State(prior.inputs.model_copy(update=_overlay(handler, prior, seen, wanted)), seen.outputs)


async def _adopt(handler: AnyHandler, object_id: str, inputs: Any, call: Call[Any], *, reason: str) -> Made:
    if object_id in call.memory.ids_of(call.urn):
        raise OwnershipError(
            "COMFY4003",
            tried=f'replace {handler.label} "{call.name}"',
            got=f"`adopt` names {object_id}, the very object that is replaced",
            todo="Remove `adopt` from the program.",
        )
    prior, _changed = await adoptable(handler, object_id, inputs, call)
    call.inform(f"took over {handler.label} {object_id}, {reason}")
    return await _bring_to(handler, object_id, prior, inputs, call, ())


async def update(handler: AnyHandler, object_id: str, outputs: Mapping[str, Json], news: Wire, call: Call[Any]) -> Made:
    """Bring an object to its new inputs.

    Raises:
        PartialFailure: something changed and something failed; the outputs say how things stand.
        ComfyError: the state keeps what it held.
    """
    refuse_other_scope(handler, outputs, call)
    register_secrets(handler.inputs_model, news)
    inputs = handler.inputs_model.model_validate(news)
    return await _bring_to(handler, object_id, stored_state(handler, outputs), inputs, call, _predecessors(outputs))


async def _bring_to(
    handler: AnyHandler, object_id: str, prior: AnyState, inputs: Any, call: Call[Any], predecessors: Iterable[str]
) -> Made:
    changed = diff(handler, prior, inputs).changed
    try:
        state = await handler.update(object_id, prior, inputs, changed, call)
    except UndoneError:
        raise
    except ComfyError as failed:
        stands = await _as_it_stands(handler, object_id, prior, inputs, call, failed)
        if stands is None or stored_outputs(handler, stands, call.scope) == stored_outputs(handler, prior, call.scope):
            raise  # nothing changed, or nothing is known: what the state holds is the best description
        raise PartialFailure(
            Made(object_id, stored_outputs(handler, stands, call.scope, predecessors)), failed
        ) from None
    return Made(object_id, stored_outputs(handler, state, call.scope, predecessors))


async def read(handler: AnyHandler, object_id: str, stored: Mapping[str, Json], call: Call[Any]) -> Made | None:
    """Refresh: None when the object is gone. Only a key of the same account may say so.

    The platform's values are laid only over what the program wrote, and only where they really differ; write-only
    values and secrets keep what was last written.
    """
    refuse_other_scope(handler, stored, call)
    prior = stored_state(handler, stored)
    seen = await handler.read(object_id, prior, call)
    if seen is None:
        return None
    is_lookup = SCOPE not in stored  # `Resource.get(...)`: the program declares nothing, so everything is shown
    overlay = dict(seen.inputs) if is_lookup else _overlay(handler, prior, seen)
    state = State(prior.inputs.model_copy(update=overlay), seen.outputs)
    outputs = stored_outputs(handler, state, call.scope, _predecessors(stored))
    return Made(object_id, outputs, _refreshed_inputs(handler, overlay, call))


def _overlay(handler: AnyHandler, prior: AnyState, seen: Seen[Any], wanted: Model | None = None) -> dict[str, Any]:
    model = handler.inputs_model
    bulk = fields_marked(model, BULK)
    declared = handler.canonical(prior.inputs, prior.outputs)
    shown = handler.canonical(prior.inputs.model_copy(update=dict(seen.inputs)), seen.outputs)
    overlay: dict[str, Any] = {}
    for name, value in seen.inputs.items():
        is_set = getattr(prior.inputs, name, None) is not None or getattr(wanted, name, None) is not None
        is_managed = is_set or model.model_fields[name].is_required()
        if name in bulk or not is_managed or equal(model, name, declared.get(name), shown.get(name)):
            continue
        overlay[name] = value
    return overlay


def _refreshed_inputs(handler: AnyHandler, overlay: Mapping[str, Any], call: Call[Any]) -> Wire | None:
    """Lay the drift over the stored inputs; None (leave them) where the shell cannot tell them."""
    if call.old_inputs is None:
        return None
    model = handler.inputs_model
    drift = model.model_construct(**dict.fromkeys(model.model_fields) | dict(overlay)).to_wire()
    gone = {wire_name(model, name) for name, value in overlay.items() if value is None}
    return {key: value for key, value in {**call.old_inputs, **drift}.items() if key not in gone}


async def delete(handler: AnyHandler, object_id: str, outputs: Mapping[str, Json], call: Call[Any]) -> None:
    """Remove the object. Gone already is a success, if the key is of the account that owned it."""
    refuse_other_scope(handler, outputs, call)
    await handler.delete(object_id, stored_state(handler, outputs), call)


def refuse_other_scope(handler: AnyHandler, stored: Mapping[str, Json], call: Call[Any]) -> None:
    """Refuse before any call when the key belongs to another account: its «not found» would empty the state.

    Raises:
        OwnershipError: the scopes differ.
    """
    owner = stored.get(SCOPE)
    if owner is None or contains_unknown(owner) or owner == call.scope:
        return
    raise OwnershipError(
        "COMFY4002",
        tried=f'touch {handler.label} "{call.name}"',
        got=f"it belongs to {owner}, and the key in use to {call.scope}",
    )
