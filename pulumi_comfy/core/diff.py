"""diff: which properties changed, and which of them replace. Pure; answers only by comparing, never by failing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from pulumi_comfy.core.model import (
    FLOAT32,
    LEFT_ALONE,
    PERMANENT,
    REPLACES,
    UNORDERED,
    Json,
    Model,
    fields_always_set,
    fields_marked,
    names_on_the_wire,
    revive,
    wire_name,
)
from pulumi_comfy.core.resource import Handler, State
from pulumi_comfy.core.unknown import contains_unknown

_FLOAT32_TOLERANCE = 1e-6
"""Relative; a platform that keeps a number in four bytes loses less."""


@dataclass(frozen=True)
class Difference:
    """What an update would do.

    Attributes:
        changed: fields (snake_case) that differ.
        paths: the places that differ, camelCase, e.g. `inferenceCheck.inputs.prompt`.
        replaces: the fields among `changed` that replace the resource.
        deletes_before_replace: whether a replacement removes the old object first.
        repair: why an update is needed although nothing changed; None when none is.
        words: what changed, in words a person uses.
    """

    changed: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    replaces: frozenset[str] = frozenset()
    deletes_before_replace: bool = False
    repair: str | None = None
    words: tuple[str, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.changed or self.repair)


def diff(
    handler: Handler[Any, Any, Any],
    prior: State[Any, Any],
    inputs: Model,
    old_inputs: Mapping[str, Json] | None = None,
) -> Difference:
    """Compare the stored state with checked inputs, in which unknown values may stand: an unknown input is a change."""
    model = handler.inputs_model
    olds, untold = _former(handler, prior, inputs, old_inputs or {})
    news = handler.canonical(inputs, None)
    paths: dict[str, list[str]] = {}
    left_alone = {name for name in fields_marked(model, LEFT_ALONE) if getattr(inputs, name) is None}
    unordered, rounded = fields_marked(model, UNORDERED), fields_marked(model, FLOAT32)
    for name in (olds.keys() | news.keys()) - left_alone - untold:
        one, other = olds.get(name), news.get(name)
        places = _places(one, other, is_unordered=name in unordered, is_rounded=name in rounded)
        if places:
            paths[name] = [".".join((wire_name(model, name), *place)) for place in places]
    changed = frozenset(paths)
    replaces = out_of_reach(inputs, changed) | handler.replaces(prior, inputs, changed)
    words = handler.explain(old_inputs, inputs, changed) if old_inputs and changed else []
    return Difference(
        changed=changed,
        paths=tuple(sorted(path for group in paths.values() for path in group)),
        replaces=frozenset(replaces),
        deletes_before_replace=handler.deletes_before_replace(prior, inputs),
        repair=handler.repair(prior, inputs),
        words=tuple(words),
    )


def _former(
    handler: Handler[Any, Any, Any], prior: State[Any, Any], inputs: Model, old_inputs: Mapping[str, Json]
) -> tuple[dict[str, Json], Set[str]]:
    """Give the stored side, and the fields of which nobody knows how they stand: no reason for a replacement.

    What every object has and the outputs lack, another version of this package did not write: the inputs may tell it.
    """
    model = handler.inputs_model
    olds = handler.canonical(prior.inputs, prior.outputs)
    missing = {name for name in fields_always_set(model) if name in olds and olds[name] is None}
    told = {name for name, key in names_on_the_wire(model) if key in old_inputs}
    if missing & told:
        former = revive(model, old_inputs)
        was = handler.canonical(inputs.model_copy(update={name: getattr(former, name) for name in told}), None)
        olds |= {name: was[name] for name in missing & told}
    return olds, (missing - told) & fields_marked(model, REPLACES)


def out_of_reach(inputs: Model, changed: Set[str]) -> frozenset[str]:
    """Give the changed fields that the platform cannot bring to `inputs` in an object that exists."""
    model = type(inputs)
    unset = {name for name in changed & fields_marked(model, PERMANENT) if getattr(inputs, name) is None}
    return frozenset(changed & fields_marked(model, REPLACES) | unset)


def equal(model: type[Model], name: str, one: Json, other: Json) -> bool:
    """Tell whether two values of a field are the same to the platform: rounding and the order of sets do not count."""
    return not _places(
        one,
        other,
        is_unordered=name in fields_marked(model, UNORDERED),
        is_rounded=name in fields_marked(model, FLOAT32),
    )


def _places(old: Json, new: Json, *, is_unordered: bool, is_rounded: bool = False) -> list[tuple[str, ...]]:
    """Give the places below one field where two values differ; the empty place is the field itself."""
    if contains_unknown(new):
        return _unknown_places(old, new, is_unordered=is_unordered)
    if is_rounded and isinstance(old, float | int) and isinstance(new, float | int):
        return [] if math.isclose(old, new, rel_tol=_FLOAT32_TOLERANCE) else [()]
    old, new = _whole(old), _whole(new)
    if _is_same(old, new):
        return []
    from deepdiff import DeepDiff  # takes long to load, and most processes only see what is equal

    # Without the option it skips keys that start with two underscores, which a user's own keys may do.
    found = DeepDiff(old, new, view="tree", ignore_order=is_unordered, ignore_private_variables=False)
    places = {tuple(str(part) for part in row.path(output_format="list")) for rows in found.values() for row in rows}
    return sorted(places) or ([] if is_unordered else [()])


def _unknown_places(old: Json, new: Json, *, is_unordered: bool) -> list[tuple[str, ...]]:
    if not isinstance(new, Mapping) or not isinstance(old, Mapping):
        return [()]
    return [
        (str(key), *place)
        for key in sorted(old.keys() | new.keys())
        for place in _places(old.get(key), new.get(key), is_unordered=is_unordered)
    ]


def _whole(value: Json) -> Json:
    """Spell numbers one way: 3.0 as 3. DeepDiff's own option for this compares twelve decimals only."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_same(old: Json, new: Json) -> bool:
    """Compare as JSON does, where true is not 1; much quicker than DeepDiff, and mostly enough."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_is_same(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_is_same, old, new))
    return type(old) is type(new) and bool(old == new)
