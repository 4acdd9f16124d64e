"""check: normalise, fill defaults, validate; one failure per property path, all of them at once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.memory import Facts
from pulumi_comfy.core.model import (
    AUTOMATIC,
    Json,
    Model,
    fields_marked,
    model_in,
    wire_name,
)
from pulumi_comfy.core.names import is_automatic, random_name
from pulumi_comfy.core.redaction import redact
from pulumi_comfy.core.resource import Handler
from pulumi_comfy.core.secrecy import Secrecy
from pulumi_comfy.core.unknown import UNKNOWN, is_about_known

_LARGEST_WHOLE = 2**53
"""Every number travels as a double, which tells no more whole numbers apart than that."""
_ROUNDED = (
    "a whole number beyond 2^53 lost its last digits on its way here: in Pulumi each number is a double. Give it as "
    "text, and export it as text where it comes from another stack"
)
_NUL = "it holds U+0000, which no platform keeps in a text"
_NO_AUTOMATIC_NAME = "give a name: this Pulumi SDK does not say which resource it asks for [COMFY1001]"


@dataclass(frozen=True)
class Failure:
    """One reason why the inputs cannot be used.

    Attributes:
        path: the property's path on the wire, or as a Python program spells it where the kind itself refuses it; empty
            when it is about the inputs as a whole.
        reason: a sentence.
        python_path: the path as a Python program spells it, where that differs.
    """

    path: str
    reason: str
    python_path: str = ""

    def __str__(self) -> str:
        place = self.python_path or self.path
        return f"{place}: {self.reason}" if place else self.reason


@dataclass(frozen=True)
class Checked:
    """The inputs as they go into the state, or as they came when there are failures."""

    inputs: dict[str, Json]
    failures: tuple[Failure, ...] = ()


def check(
    handler: Handler[Any, Any, Any], news: Mapping[str, Json], call: Call[Any], facts: Facts | None = None
) -> Checked:
    """Check the program's inputs (camelCase, unknown values as `UNKNOWN`). Pure: asks no platform.

    Args:
        handler: the kind's.
        news: the inputs.
        call: the call.
        facts: what the program told besides.
    """
    model = handler.inputs_model
    call.memory.checked(call.urn, facts)
    given = dict(news)
    failures = [
        Failure(_path(place), f"{reason} [COMFY1001]", as_python(model, place)) for place, reason in unfit(news)
    ]
    inputs: Any = None
    for field in sorted(fields_marked(model, AUTOMATIC)):
        wire = wire_name(model, field)
        if given.get(wire) is not None:
            continue
        former = (call.old_inputs or {}).get(wire)
        if is_automatic(former):  # after an alias or a renamed stack it is another name, and no reason to rename
            given[wire] = former
        elif call.urn is not None:
            given[wire] = UNKNOWN if call.facts.is_pending else call.automatic_name or random_name(call.urn)
        else:
            failures.append(Failure(wire, _NO_AUTOMATIC_NAME))
    try:
        inputs = model.model_validate(given)
    except ValidationError as error:
        told = {failure.path for failure in failures}
        found = [_failure(model, row, news, call.secrecy) for row in error.errors() if is_about_known(row)]
        failures += [failure for failure in found if failure.path not in told]
    if failures:
        return Checked(dict(news), tuple(failures))
    if inputs is None:
        return Checked(given)  # a validator of the model's own stumbled over an unknown value
    try:
        return Checked(handler.normalise(inputs, call).to_wire())
    except InputError as error:
        return Checked(dict(news), (Failure(error.tried, error.outcome),))


def unfit(value: Json, place: tuple[int | str, ...] = ()) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Give the places of what reaches no platform as it was written, at any depth, each with the reason.

    That is U+0000 in a text, and a whole number that a double cannot tell from its neighbours. No value is repeated: it
    may be a secret.
    """
    if isinstance(value, Mapping):
        if any("\0" in str(key) for key in value):
            yield place, _NUL
        for key, item in value.items():
            yield from unfit(item, (*place, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from unfit(item, (*place, index))
    elif isinstance(value, str) and "\0" in value:
        yield place, _NUL
    elif isinstance(value, int | float) and abs(value) > _LARGEST_WHOLE and math.isfinite(value):
        yield place, _ROUNDED


def _failure(model: type[Model], row: ErrorDetails, news: Mapping[str, Json], secrecy: Secrecy) -> Failure:
    places = row["loc"]
    is_secret = secrecy.covers(places)
    message = row["msg"].removeprefix("Value error, ").replace(" after validation", "")
    if row["type"] == "missing":
        message = "this input is required"
    elif row["type"] == "extra_forbidden":
        message = _unknown_input(_model_at(model, places[:-1]), str(places[-1]))
    elif row["type"] == "model_type":
        message = "a dict is expected"
    elif is_secret:
        message = secrecy.parts_hidden(message, news)
    elif row["type"] in ("enum", "literal_error"):
        message += meant(str(row["input"]), re.findall("'([^']*)'", message))
    return Failure(_path(places), redact(f"{message} [COMFY1001]"), as_python(model, places))


def _unknown_input(model: type[Model] | None, name: str) -> str:
    known = list(model.model_fields) if model else []
    return f"there is no input {name!r}" + meant(name, known)


def meant(given: str, known: Collection[str]) -> str:
    """Give the end of a sentence about a word that there is not, with the nearest one that there is; empty for none."""
    spellings = {one.casefold(): one for one in known}
    close = get_close_matches(given.casefold(), spellings, n=1)
    return f"; did you mean {spellings[close[0]]!r}?" if close else ""


def _model_at(model: type[Model], places: tuple[int | str, ...]) -> type[Model] | None:
    """Find the nested model at a place in the inputs; None where there is none, as in a mapping of the user's own."""
    found: type[Model] | None = model
    for place in places:
        if isinstance(place, int):
            continue
        fields = found.model_fields.values() if found else ()
        annotation = next((info.annotation for info in fields if info.alias == place), None)
        found = model_in(annotation)
    return found


def as_python(model: type[Model], places: tuple[int | str, ...]) -> str:
    """Write a place as the program spells it: our fields in snake case, the user's own keys as they are."""
    found = []
    for index, place in enumerate(places):
        holder = _model_at(model, places[:index])
        fields = holder.model_fields.items() if holder else ()
        found.append(next((field for field, info in fields if info.alias == place), place))
    return _path(tuple(found))


def _path(places: tuple[int | str, ...]) -> str:
    """Write a place as Pulumi writes a property path: `a.b[0]`, `a["b.c"]`."""
    path = ""
    for place in places:
        is_plain = isinstance(place, str) and not set(place) & set('.[]"')
        path += f".{place}" if is_plain else f"[{json.dumps(place)}]"
    return path.removeprefix(".")
