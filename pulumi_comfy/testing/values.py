"""Property values as the engine sees them: JSON data plus secrets, unknowns and resource references.

Values are treated as immutable: every function returns a new value. Facts: docs/pulumi.md 1.7, 5.6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Value = Any
"""None, bool, float, str, list, dict, `Secret`, `UNKNOWN` or `ResourceReference`."""
Properties = dict[str, Value]


class _Unknown:
    """A value that only the update will know. There is one instance, `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that must never be shown."""

    value: Value

    def __repr__(self) -> str:
        return "[secret]"


@dataclass(frozen=True)
class ResourceReference:
    """A resource used as a value. `id` is None for components and UNKNOWN when not created yet."""

    urn: str
    id: Value = None
    package_version: str = ""


def unwrap(value: Value) -> Value:
    """The value without any secret marks, at any depth."""
    return _rebuild(value, lambda secret: unwrap(secret.value))


def _rebuild(value: Value, on_secret: Callable[[Secret], Value]) -> Value:
    if isinstance(value, Secret):
        return on_secret(value)
    if isinstance(value, Mapping):
        return {key: _rebuild(item, on_secret) for key, item in value.items()}
    if isinstance(value, list):
        return [_rebuild(item, on_secret) for item in value]
    return value


def _contains(value: Value, wanted: Callable[[Value], bool]) -> bool:
    if wanted(value):
        return True
    if isinstance(value, Secret):
        return _contains(value.value, wanted)
    if isinstance(value, ResourceReference):
        return _contains(value.id, wanted)
    if isinstance(value, Mapping):
        return any(_contains(item, wanted) for item in value.values())
    if isinstance(value, list):
        return any(_contains(item, wanted) for item in value)
    return False


def contains_secrets(value: Value) -> bool:
    """Whether a secret sits anywhere in the value."""
    return _contains(value, lambda item: isinstance(item, Secret))


def contains_unknowns(value: Value) -> bool:
    """Whether an unknown sits anywhere in the value."""
    return _contains(value, lambda item: item is UNKNOWN)


def make_secret(value: Value) -> Value:
    """The value marked secret, once."""
    return value if isinstance(value, Secret) else Secret(value)


def equal(left: Value, right: Value) -> bool:
    """Deep equality without secret marks; an unknown equals only an unknown."""
    return _equal(unwrap(left), unwrap(right))


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right)


def annotate_secrets(outputs: Properties, inputs: Properties) -> Properties:
    """Outputs with every same-named secret input marked again (for providers that take no secrets).

    Objects are matched key by key; anything else that holds a secret becomes secret as a whole (1.7).
    """
    marked = dict(outputs)
    for key, given in inputs.items():
        if key not in marked:
            continue
        answered = marked[key]
        if isinstance(answered, Mapping) and isinstance(given, Mapping):
            marked[key] = annotate_secrets(dict(answered), dict(given))
        elif not isinstance(answered, Secret) and contains_secrets(given):
            marked[key] = Secret(answered)
    return marked


def mark_outputs(outputs: Properties, inputs: Properties, additional: list[str]) -> Properties:
    """Outputs with `additionalSecretOutputs` and same-named secret inputs marked (5.8)."""
    return {
        key: make_secret(value) if key in additional or isinstance(inputs.get(key), Secret) else value
        for key, value in outputs.items()
    }


def changed_keys(old: Properties, new: Properties) -> tuple[str, ...]:
    """Sorted top-level keys whose values differ, hidden ones (`__...`) included."""
    return tuple(
        sorted(
            key for key in old.keys() | new.keys() if key not in old or key not in new or not equal(old[key], new[key])
        )
    )


def marked_diff(old: Properties, new: Properties) -> tuple[str, ...]:
    """Changed keys for people: `+added`, then `-removed`, then `~changed`; hidden keys (`__...`) left out."""
    keys = [key for key in changed_keys(old, new) if not key.startswith("__")]
    added = [f"+{key}" for key in keys if key not in old]
    removed = [f"-{key}" for key in keys if key not in new]
    return (*added, *removed, *(f"~{key}" for key in keys if key in old and key in new))


def to_python(value: Value) -> Value:
    """A value for people and tests: no secret marks, whole numbers as int, unknowns left as they are."""
    if isinstance(value, Secret):
        return to_python(value.value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, ResourceReference):
        return value.urn if value.id is None else to_python(value.id)
    if isinstance(value, Mapping):
        return {key: to_python(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_python(item) for item in value]
    return value
