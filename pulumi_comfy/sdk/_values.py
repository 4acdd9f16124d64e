"""What Pulumi would change in silence on the way to the platform, or cannot carry and would show in a traceback."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from inspect import isawaitable
from typing import Any, get_args, get_origin

import pulumi

from pulumi_comfy.sdk._arguments import fields_of

_LARGEST = 2**53
"""Pulumi's numbers are doubles: beyond it they have gaps."""

_CARRIED = (str, int, float, Mapping, list, tuple, pulumi.Resource, pulumi.output.Unknown, type(None))
NO_VALUE = "Calling __str__ on an Output[T] is not supported"
"""What an output says of itself in an f-string."""
IN_TEXT = "an output was put into text, which gives it no value. Use pulumi.Output.format, or .apply"
_ASKED = "give text, a number, True or False, a list or a dict"


def faithful_properties(props: Mapping[str, Any], whose: str, documents: Sequence[str]) -> dict[str, Any]:
    """Give a resource's properties so that they arrive as written; outputs are looked at when they are known.

    None means «not given» for an argument, as everywhere in Python, and so it does in a dict that stands for one of the
    argument classes. In a mapping of the program's own it is a mistake, most often a variable that is not set.

    Args:
        props: all properties, an instance of a class that tells their types.
        whose: the resource, for the message.
        documents: those that travel as text, which keeps everything.

    Raises:
        pulumi.RunError: one would not arrive so.
    """
    fields = fields_of(type(props))
    rest = {name: value for name, value in props.items() if value is not None and name not in documents}
    return {name: _of_any_depth(value, fields.get(name, Any), f"{whose}, {name}") for name, value in rest.items()}


def _of_any_depth(value: Any, annotation: Any, whose: str) -> Any:
    try:
        return _faithful(value, annotation, whose)
    except RecursionError:
        raise _refusal(whose, "it holds itself, or is nested too deeply") from None


def _faithful(value: Any, annotation: Any, whose: str) -> Any:
    if isinstance(value, pulumi.Output) or isawaitable(value):
        if not _can_hold_anything(annotation):
            return pulumi.Output.from_input(value)
        return pulumi.Output.from_input(value).apply(
            lambda known: _of_any_depth(_given(known, annotation), annotation, whose)
        )
    if reason := _hindrance(value, annotation):
        raise _refusal(whose, reason)
    if fields := fields_of(type(value)):
        return _faithful_arguments(value, fields, whose)
    if isinstance(value, Mapping):
        return _faithful_mapping(value, annotation, whose)
    if isinstance(value, (list, tuple)):
        inside = _inside(annotation)
        return [_faithful(item, inside, f"{whose}[{index}]") for index, item in enumerate(value)]
    return value


def _hindrance(value: Any, annotation: Any) -> str | None:
    """Say why a value cannot arrive as it is; what is inside it is not looked at. It may be a secret: never shown."""
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "a whole number beyond 2^53 would be rounded on its way. Give it as text"
    if isinstance(value, str) and NO_VALUE in value:
        return IN_TEXT
    if isinstance(value, str) and not is_whole(value):
        return "half of a surrogate pair cannot be sent as text. Write the whole character"
    if isinstance(value, float) and math.isfinite(value) and abs(value) >= _LARGEST:
        return "a whole number beyond 2^53 is rounded already, as all that a stack exports. Give and export it as text"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is no number in JSON. Give another one"
    if isinstance(value, (list, tuple)) and not _can_be_list(annotation):
        return f"{'a dict' if _can_hold_anything(annotation) else 'a single value'} is expected, not a list"
    if not isinstance(value, _CARRIED) and not fields_of(type(value)):
        return f"a value of type {type(value).__name__} cannot be sent; {_ASKED}"
    return None


def is_whole(text: str) -> bool:
    """Tell whether a text can be sent: half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refusal(whose: str, reason: str) -> pulumi.RunError:
    return pulumi.RunError(f"{whose}: {reason}. [COMFY1001]")


def _faithful_arguments(value: Any, fields: Mapping[str, Any], whose: str) -> Any:
    """An instance of an argument class, copied when something in it must wait for an output."""
    given = {name: getattr(value, name) for name in fields}
    arrives = {name: _faithful(one, fields[name], f"{whose}.{name}") for name, one in given.items()}
    return type(value)(**arrives)


def _faithful_mapping(value: Mapping[Any, Any], annotation: Any, whose: str) -> dict[Any, Any]:
    if fields := fields_of(annotation):
        return {key: _faithful(one, fields.get(key, Any), f"{whose}.{key}") for key, one in value.items()}
    inside = _inside(annotation)
    if any(not isinstance(key, str) for key in value):
        raise _refusal(whose, "a key that is no text cannot be sent. Write its keys in quotes")
    if not all(map(is_whole, value)):
        raise _refusal(whose, "a key with half of a surrogate pair cannot be sent. Write the whole character")
    return {key: _faithful_member(one, inside, f'{whose}["{key}"]') for key, one in value.items()}


def _faithful_member(value: Any, annotation: Any, whose: str) -> Any:
    if value is None:
        raise _refusal(whose, "None is no value, and Pulumi would drop the key in silence. Give a value or no such key")
    if isinstance(value, pulumi.Output) or isawaitable(value):
        return pulumi.Output.from_input(value).apply(
            lambda known: _faithful_member(_given(known, annotation), annotation, whose)
        )
    return _faithful(value, annotation, whose)


def _given(known: Any, annotation: Any) -> Any:
    """What an output holds, without the None that another resource's has for each field that it was not given."""
    return _without_none(known) if annotation is Any else known


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, (list, tuple)) else value


def _inside(annotation: Any) -> Any:
    """The type of a list's items or a mapping's values."""
    return (get_args(annotation) or (Any,))[-1]


def _can_be_list(annotation: Any) -> bool:
    return annotation is Any or get_origin(annotation) is Sequence


def _can_hold_anything(annotation: Any) -> bool:
    return annotation is Any or get_origin(annotation) in (Mapping, Sequence) or bool(fields_of(annotation))
