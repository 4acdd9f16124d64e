"""What of a resource is billed: found by the marks of its fields, on any platform, in values as the wire has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Protocol

from pulumi_comfy.core.meanings import (
    ALWAYS_ON,
    GPU,
    IDLE_SECONDS,
    LONGEST_RUN,
    MACHINE,
    MOST_INSTANCES,
    OWN_APP,
    SERVES,
    TARGET,
)
from pulumi_comfy.core.model import Json, Mark, Model, fields_marked, wire_name
from pulumi_comfy.core.unknown import UNKNOWN, Unknown, contains_unknown


class Kind(Protocol):
    """What is asked of a handler here: its models."""

    @property
    def inputs_model(self) -> type[Model]:
        """What a program declares."""

    @property
    def outputs_model(self) -> type[Model]:
        """What the platform decides."""


@dataclass(frozen=True)
class Footprint:
    """What of one resource is billed. Each value may be `UNKNOWN`; None where the kind has none, or nothing is said.

    Attributes:
        gpu: the word of the platform's price list.
        most: the most instances at once.
        always_on: instances that are billed also while nothing runs.
        idle_seconds: how long an instance is billed after a run.
        longest_run: seconds after which the platform ends a run.
        is_on: false where nothing is on and nothing is billed.
        payer: id of what is billed in its place; None where it is billed itself.
    """

    gpu: str | Unknown | None = None
    most: int | Unknown | None = None
    always_on: int | Unknown | None = None
    idle_seconds: int | Unknown | None = None
    longest_run: int | Unknown | None = None
    is_on: bool | Unknown = True
    payer: str | Unknown | None = None


NOTHING = Footprint(is_on=False)
"""Of a resource that does not exist."""

_MARKS = (GPU, MOST_INSTANCES, ALWAYS_ON, IDLE_SECONDS, LONGEST_RUN, SERVES, MACHINE, TARGET)


@cache
def billed_fields(inputs: type[Model]) -> Mapping[Mark, str]:
    """Give the names on the wire of the inputs that say what is billed, by what they mean."""
    return {mark: wire_name(inputs, name) for mark in _MARKS for name in fields_marked(inputs, mark)}


@cache
def _defaults(inputs: type[Model]) -> Mapping[str, Json]:
    """Give the defaults of those inputs, by their names on the wire."""
    names = {wire_name(inputs, name): info for name, info in inputs.model_fields.items()}
    return {wire: names[wire].get_default() for wire in billed_fields(inputs).values()}


def footprint_of(
    handler: Kind, wire: Mapping[str, Json], outputs: Mapping[str, Json] | None = None
) -> Footprint | None:
    """Read what is billed of a resource; None for a kind of which nothing ever is.

    Args:
        handler: the kind's.
        wire: its inputs, or its outputs, which hold them too. What is not there has its default, and a whole number
            may come as a float.
        outputs: its outputs, where `wire` is inputs alone and there are any.
    """
    fields = billed_fields(handler.inputs_model)
    if not fields:
        return None
    told = {mark: _value(handler.inputs_model, name, wire) for mark, name in fields.items()}
    serves = told.get(SERVES)
    return Footprint(
        gpu=_text(told.get(GPU)),
        most=_whole(told.get(MOST_INSTANCES)),
        always_on=_whole(told.get(ALWAYS_ON)),
        idle_seconds=_whole(told.get(IDLE_SECONDS)),
        longest_run=_whole(told.get(LONGEST_RUN)),
        is_on=serves if isinstance(serves, bool | Unknown) else True,
        payer=None
        if _has_own_app(handler.outputs_model, outputs or wire)
        else _text(told.get(MACHINE, told.get(TARGET))),
    )


def _value(model: type[Model], name: str, wire: Mapping[str, Json]) -> Json:
    value = wire.get(name)
    if value is None:
        value = _defaults(model)[name]
    return UNKNOWN if contains_unknown(value) else value


def _text(value: Json) -> str | Unknown | None:
    value = value.value if isinstance(value, Enum) else value
    return value if isinstance(value, str | Unknown) else None


def _whole(value: Json) -> int | Unknown | None:
    if isinstance(value, Unknown):
        return value
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _has_own_app(outputs: type[Model], wire: Mapping[str, Json]) -> bool:
    return any(wire.get(wire_name(outputs, name)) for name in fields_marked(outputs, OWN_APP))
