"""What only the platform can tell to be wrong, asked in a preview: of what changed alone, and nothing is written."""

from __future__ import annotations

from typing import Any

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.check import Checked, Failure
from pulumi_comfy.core.errors import ComfyError, InputError
from pulumi_comfy.core.resource import Handler


async def foresee(handler: Handler[Any, Any, Any], checked: Checked, call: Call[Any]) -> Checked:
    """Let the kind look before an update. What cannot be read now is said and no failure: the update will tell.

    Args:
        handler: the kind's.
        checked: the inputs as they passed.
        call: the call; without the inputs in the state everything counts as changed.
    """
    old = {key: value for key, value in (call.old_inputs or {}).items() if not key.startswith("__")}
    if not handler.foresees or checked.failures or checked.inputs == old:
        return checked
    if old and _is_anothers(call):
        return checked  # the diff will refuse the key, and nothing is asked with it
    try:
        await handler.foresee(handler.inputs_model.model_validate(checked.inputs), call)
    except InputError as refused:
        return Checked(checked.inputs, (Failure(refused.tried, refused.outcome),))
    except ComfyError as blind:
        call.inform(f"not compared with what the platform has: {blind.got}")
    return checked


def _is_anothers(call: Call[Any]) -> bool:
    """Tell whether another account's key is in use: what the state holds of the resource is none of this account's.

    Of one that an alias renames or moves the program tells what the state holds of its kind.
    """
    facts = call.facts
    return facts.held is not None and not facts.is_blind and not facts.held
