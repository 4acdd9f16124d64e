"""How long an inference check may take, found by the marks of its time limits, wherever a kind declares it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from pulumi_comfy.core.meanings import CHECK_SECONDS
from pulumi_comfy.core.model import Json, Model, fields_marked, model_in, wire_name
from pulumi_comfy.core.unknown import UNKNOWN, Unknown, contains_unknown


def declared_check(inputs: type[Model], wire: Mapping[str, Json]) -> Decimal | Unknown | None:
    """Give the seconds that a declared check may take at most; None where none is declared.

    Args:
        inputs: a kind's inputs model.
        wire: its inputs. A limit that is not there has its default.
    """
    found = _place(inputs)
    if found is None:
        return None
    model, name = found
    check = wire if name is None else wire.get(name)
    if not isinstance(check, Mapping):
        return UNKNOWN if isinstance(check, Unknown) else None
    seconds = Decimal(0)
    for limit in fields_marked(model, CHECK_SECONDS):
        value = check.get(wire_name(model, limit), model.model_fields[limit].default)
        if contains_unknown(value):
            return UNKNOWN
        seconds += Decimal(str(value))
    return seconds


@cache
def _place(inputs: type[Model]) -> tuple[type[Model], str | None] | None:
    """Give the model of a kind's check, and the name on the wire that holds it; None where the kind is one."""
    if fields_marked(inputs, CHECK_SECONDS):
        return inputs, None
    for name, info in inputs.model_fields.items():
        nested = model_in(info.annotation)
        if nested is not None and fields_marked(nested, CHECK_SECONDS):
            return nested, wire_name(inputs, name)
    return None
