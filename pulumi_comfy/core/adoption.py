"""Taking an existing object over: whether it can be, what that will change, and doing it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.check import Checked, Failure
from pulumi_comfy.core.diff import diff, out_of_reach
from pulumi_comfy.core.errors import ComfyError, InputError, LostEngineError, OwnershipError
from pulumi_comfy.core.lifecycle import bring_to
from pulumi_comfy.core.model import BULK, SECRET, WRITE_ONLY, Json, fields_marked, revive, wire_name
from pulumi_comfy.core.namesakes import declared_once, was_given_up
from pulumi_comfy.core.resource import State
from pulumi_comfy.core.stored import AnyHandler, AnyState, Made, Operation, PartialFailure
from pulumi_comfy.core.unknown import contains_unknown

_LONGEST_VALUE = 60


class OutOfReachError(OwnershipError):
    """An object differs from what is declared in what the platform cannot change.

    Attributes:
        prior: how it stands, a `State`.
    """

    def __init__(self, prior: AnyState, *, tried: str, got: str) -> None:
        super().__init__("COMFY4003", tried=tried, got=got, todo="Declare what it has, or adopt another.")
        self.prior = prior


async def adoptable(op: Operation, object_id: str) -> tuple[AnyState, list[str]]:
    """Give how the object stands and which declared fields (snake_case) differ; unknown ones are left out.

    Raises:
        OwnershipError: there is no such object, or it stands otherwise than the handler lets be declared.
        OutOfReachError: it differs in what the platform cannot change.
    """
    handler, inputs, model = op.handler, op.inputs, op.handler.inputs_model
    tried = f'adopt {handler.label} {object_id} as "{op.call.name}"'
    unknown = {name for name in model.model_fields if contains_unknown(getattr(inputs, name))}
    # What the platform never tells is not known to be as declared.
    untold = dict.fromkeys(unknown | fields_marked(model, WRITE_ONLY))
    readable = inputs.model_copy(update=untold)
    seen = await handler.read(object_id, State(readable, revive(handler.outputs_model, {})), op.call)
    if seen is None:
        todo = "Check the id and the account of the key."
        raise OwnershipError("COMFY4003", tried=tried, got="this key sees no such object", todo=todo)
    prior = State(readable.model_copy(update=dict(seen.inputs)), seen.outputs)
    changed = diff(handler, prior, inputs).changed - unknown
    try:
        handler.refuse(prior, inputs, changed)
    except InputError as refused:
        raise OwnershipError("COMFY4003", tried=tried, got=refused.got, todo=refused.todo) from None
    fixed = out_of_reach(inputs, changed)
    if fixed:
        names = " and ".join(sorted(f"`{name}`" for name in fixed))
        raise OutOfReachError(prior, tried=tried, got=f"it differs in {names}, which the platform cannot change")
    return prior, sorted(changed)


async def adopt_as_asked(op: Operation, object_id: str) -> Made:
    """Take over what the program names with `adopt`.

    Raises:
        OwnershipError: it cannot be.
        PartialFailure: it is taken over, and bringing it to the inputs failed.
    """
    if object_id in op.call.memory.ids_of(op.call.urn) and not was_given_up(op, object_id):
        raise OwnershipError(
            "COMFY4003",
            tried=f"replace {op.what}",
            got=f"`adopt` names {object_id}, the very object that is replaced",
            todo="Remove `adopt` from the program.",
        )
    return await _adopt(op, object_id, reason="asked for with `adopt`")


async def take_back(op: Operation, object_id: str) -> Made:
    """Adopt what an interrupted run left. Whatever fails, the state keeps it: it is ours."""
    owner = op.call.memory.owner_of(object_id, op.call.urn)
    reason = f'which "{owner}" of this stack declares too' if owner else "left by an earlier run of this stack"
    try:
        return await _adopt(op, object_id, reason=reason)
    except OutOfReachError as fixed:  # nothing else would tell the next `up` of what is no longer declared
        fixed.todo = "Run `pulumi up` again: it is replaced."
        raise PartialFailure(op.leaves(object_id, fixed.prior), fixed) from None
    except LostEngineError:
        raise
    except ComfyError as failed:
        raise await op.half_made(object_id, failed) from None


async def _adopt(op: Operation, object_id: str, *, reason: str) -> Made:
    declared_once(op, object_id)
    prior, _changed = await adoptable(op, object_id)
    declared_once(op, object_id)  # again: another create may have taken it while this one read it
    op.call.memory.takes(op.call.urn, object_id)
    op.call.inform(f"took over {op.handler.label} {object_id}, {reason}")
    return await bring_to(op, object_id, prior)


def _in_words(op: Operation, name: str, prior: AnyState) -> str:
    """Name a field, with its values where they are short and no secret."""
    model, canonical = op.handler.inputs_model, op.handler.canonical
    never_shown = fields_marked(model, SECRET) | fields_marked(model, BULK) | fields_marked(model, WRITE_ONLY)
    if name in never_shown or op.call.secrecy.covers((wire_name(model, name),)):
        return f"`{name}`"
    values = [canonical(prior.inputs, prior.outputs).get(name), canonical(op.inputs, None).get(name)]
    if any(isinstance(value, dict | list) or len(str(value)) > _LONGEST_VALUE for value in values):
        return f"`{name}`"
    old, new = ("none" if value is None else json.dumps(value, ensure_ascii=False) for value in values)
    return f"`{name}` {old} -> {new}"


def warn_of_idle_adopt(handler: AnyHandler, object_id: str, news: Mapping[str, Json], call: Call[Any]) -> None:
    """Say that `adopt` does nothing for a resource that has another object already, and is not replaced."""
    asked = news.get("adopt")
    if isinstance(asked, str) and asked != object_id:
        call.warn(f"`adopt` {asked} is not followed: the resource has {handler.label} {object_id} already")


async def foresee_adoption(handler: AnyHandler, checked: Checked, call: Call[Any]) -> Checked:
    """Say before a create what taking an object over will change; reads it and writes nothing.

    An object that cannot be adopted is a failure of the property `adopt`; one that cannot be read now is no failure.
    """
    object_id = checked.inputs.get("adopt")
    if not isinstance(object_id, str):
        return checked  # not known before the update
    try:
        op = Operation.of(handler, checked.inputs, call)
        await call.connection.identify()
        prior, changed = await adoptable(op, object_id)
    except OwnershipError as refused:
        return Checked(checked.inputs, (Failure("adopt", refused.outcome),))
    except ComfyError as blind:
        call.warn(f"cannot tell what adopting {object_id} will change: {blind}")
        return checked
    changes = ", ".join(_in_words(op, name, prior) for name in changed)
    call.inform(f"adopts {handler.label} {object_id}, " + (f"and changes its {changes}" if changes else "as it is"))
    return checked
