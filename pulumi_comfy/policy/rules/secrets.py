"""No credential where it does not belong: a workflow document, an environment value, a command, inputs of a run.

Fields that are secret by their declaration are where credentials belong, and are not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.core.meanings import COMMAND, Path, Place
from pulumi_comfy.core.model import DOCUMENT, SECRET, has_mark, wire_name
from pulumi_comfy.core.unknown import contains_unknown
from pulumi_comfy.policy.credentials import Finding, find_in
from pulumi_comfy.policy.resources import Resource
from pulumi_comfy.policy.rule import Report, Rule, Settings


class Places(Settings):
    """Of `no-credentials`."""

    allowed: Annotated[
        list[str],
        Field(
            description="Places where what looks like a credential is none, each as the message names it, e.g. "
            "`portrait: workflow.12.inputs.text`."
        ),
    ] = []


def _check(resource: Resource, settings: Places, report: Report) -> None:
    secret = {place.path for place in resource.marked(SECRET)}
    for place in resource.places:
        if place.path not in secret and contains_unknown(place.value) and _takes_anything(place):
            report.not_known(f"{resource.words}: {place.name} is not known yet, or not wholly.")
    for field, value, is_document in _open_fields(resource, secret):
        for inside, found in _found(value, is_document):
            where = ".".join(filter(None, (field, inside))).replace(".[", "[")
            if f"{resource.name}: {where}" not in settings.allowed:
                report.violation(_message(resource, where, found, is_document))


def _message(resource: Resource, place: str, found: Finding, is_document: bool) -> str:
    why = ", and every picture embeds its workflow" if is_document else ""
    return (
        f"{resource.words}: {place} holds what looks like a credential of {found.vendor} ({found.rule}){why}. Revoke "
        "it, take it out, and give it where secrets belong; where it is none, name the place in `allowed` of "
        "`no-credentials`."
    )


def _takes_anything(place: Place) -> bool:
    """Whether a person writes there what they like: a document, a command, values by name; no id and no name."""
    marks = place.field.metadata
    return DOCUMENT in marks or COMMAND in marks or "dict[" in str(place.field.annotation)


def _open_fields(resource: Resource, secret: set[Path]) -> Iterator[tuple[str, Any, bool]]:
    """Give the inputs without what is secret by its declaration, and whether each is a document."""
    for name, info in resource.model.model_fields.items():
        wire = wire_name(resource.model, name)
        value = _without(resource.values.get(wire), (wire,), secret)
        if value is not None and (wire,) not in secret:
            yield wire, value, has_mark(info, DOCUMENT)


def _without(value: Any, path: Path, left_out: set[Path]) -> Any:
    if isinstance(value, dict):
        return {
            key: _without(item, (*path, key), left_out) for key, item in value.items() if (*path, key) not in left_out
        }
    if isinstance(value, list):
        return [_without(item, (*path, index), left_out) for index, item in enumerate(value)]
    return value


def _found(value: Any, is_document: bool) -> Sequence[tuple[str, Finding]]:
    return _in_document(value) if is_document and isinstance(value, str) else find_in(value)


@lru_cache(maxsize=256)
def _in_document(text: str) -> Sequence[tuple[str, Finding]]:
    """Search a document by what it holds, so that a place is named as its author knows it.

    Several resources have the same, and each is looked at in a preview and in its update: it is searched once.
    """
    try:
        return tuple(find_in(json.loads(text)))
    except ValueError:
        return tuple(find_in(text))


NO_CREDENTIALS = Rule(
    id="no-credentials",
    description="No credential in a document, an environment value, a command or inputs of a run.",
    settings=Places,
    of_resource=_check,
    note="Found by the shapes of keys and by the names of fields; the message never tells the value.",
)
