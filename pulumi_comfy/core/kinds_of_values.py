"""A value of another kind than declared is refused, not read as one: `"no"` would mean false, and True the number 1."""

from __future__ import annotations

from typing import Any

_OF_ONE_KIND = frozenset({"bool", "int", "float"})
_NO_SCHEMAS = frozenset({"default", "metadata", "serialization", "ref", "cls"})


def take_no_other_kind(schema: Any) -> None:
    """Make a text no number and no truth value, and a truth value no number, at any depth of a pydantic schema.

    The whole model cannot just be strict: an enum's value is text on the wire.

    Args:
        schema: pydantic's core schema, changed in place.
    """
    if isinstance(schema, dict):
        is_schema = isinstance(schema.get("type"), str)  # else it holds the fields of a model, one of them named so
        if is_schema and schema["type"] in _OF_ONE_KIND:
            schema["strict"] = True
        schema = [part for key, part in schema.items() if not (is_schema and key in _NO_SCHEMAS)]
    for part in schema if isinstance(schema, list | tuple) else ():
        take_no_other_kind(part)
