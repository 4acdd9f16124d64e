"""Taking an existing object over: whether it can be, and what that will change."""

from __future__ import annotations

import json
from typing import Any

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.check import Checked, Failure
from pulumi_comfy.core.diff import diff, out_of_reach
from pulumi_comfy.core.errors import ComfyError, InputError, OwnershipError
from pulumi_comfy.core.model import BULK, SECRET, WRITE_ONLY, fields_marked, revive, wire_name
from pulumi_comfy.core.resource import Handler, State
from pulumi_comfy.core.secrecy import Secrecy
from pulumi_comfy.core.unknown import contains_unknown

_LONGEST_VALUE = 60


class OutOfReachError(OwnershipError):
    """An object differs from what is declared in what the platform cannot change.

    Attributes:
        prior: how it stands, a `State`.
    """

    def __init__(self, prior: State[Any, Any], *, tried: str, got: str) -> None:
        super().__init__("COMFY4003", tried=tried, got=got, todo="Declare what it has, or adopt another.")
        self.prior = prior


async def adoptable(
    handler: Handler[Any, Any, Any], object_id: str, inputs: Any, call: Call[Any]
) -> tuple[State[Any, Any], list[str]]:
    """Give how the object stands and which declared fields (snake_case) differ; unknown ones are left out.

    Raises:
        OwnershipError: there is no such object, or it stands otherwise than the handler lets be declared.
        OutOfReachError: it differs in what the platform cannot change.
    """
    model, tried = handler.inputs_model, f'adopt {handler.label} {object_id} as "{call.name}"'
    unknown = {name for name in model.model_fields if contains_unknown(getattr(inputs, name))}
    # What the platform never tells is not known to be as declared.
    untold = dict.fromkeys(unknown | fields_marked(model, WRITE_ONLY))
    readable = inputs.model_copy(update=untold)
    seen = await handler.read(object_id, State(readable, revive(handler.outputs_model, {})), call)
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


def _in_words(handler: Handler[Any, Any, Any], name: str, prior: State[Any, Any], inputs: Any, secrecy: Secrecy) -> str:
    """Name a field, with its values where they are short and no secret."""
    model = handler.inputs_model
    never_shown = fields_marked(model, SECRET) | fields_marked(model, BULK) | fields_marked(model, WRITE_ONLY)
    if name in never_shown or secrecy.covers((wire_name(model, name),)):
        return f"`{name}`"
    values = [handler.canonical(prior.inputs, prior.outputs).get(name), handler.canonical(inputs, None).get(name)]
    if any(isinstance(value, dict | list) or len(str(value)) > _LONGEST_VALUE for value in values):
        return f"`{name}`"
    old, new = ("none" if value is None else json.dumps(value, ensure_ascii=False) for value in values)
    return f"`{name}` {old} -> {new}"


async def foresee_adoption(handler: Handler[Any, Any, Any], checked: Checked, call: Call[Any]) -> Checked:
    """Say before a create what taking an object over will change; reads it and writes nothing.

    An object that cannot be adopted is a failure of the property `adopt`; one that cannot be read now is no failure.
    """
    object_id = checked.inputs.get("adopt")
    if not isinstance(object_id, str):
        return checked  # not known before the update
    try:
        inputs = handler.inputs_model.model_validate(checked.inputs)
        await call.connection.identify()
        prior, changed = await adoptable(handler, object_id, inputs, call)
    except OwnershipError as refused:
        return Checked(checked.inputs, (Failure("adopt", refused.outcome),))
    except ComfyError as blind:
        call.warn(f"cannot tell what adopting {object_id} will change: {blind}")
        return checked
    changes = ", ".join(_in_words(handler, name, prior, inputs, call.secrecy) for name in changed)
    call.inform(f"adopts {handler.label} {object_id}, " + (f"and changes its {changes}" if changes else "as it is"))
    return checked
