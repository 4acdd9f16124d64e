"""The engine's words for differences and values (docs/pulumi.md 1.5)."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi.runtime.proto import provider_pb2

from .provider_client import Diff
from .state import ResourceState
from .steps import visible_changes
from .values import UNKNOWN, Secret, Value, to_python

_MARKS: dict[int, str] = {
    provider_pb2.PropertyDiff.ADD: "+",
    provider_pb2.PropertyDiff.ADD_REPLACE: "+",
    provider_pb2.PropertyDiff.DELETE: "-",
    provider_pb2.PropertyDiff.DELETE_REPLACE: "-",
}


def marked(diff: Diff, old: ResourceState, new: ResourceState) -> tuple[str, ...]:
    """What people are told: the first keys of the provider's detailed paths, if it gave any, else changed inputs."""
    if not diff.detailed:
        return visible_changes(old, new)
    marks: dict[str, str] = {}
    for path, kind in diff.detailed.items():
        key = path.replace("[", ".").split(".", 1)[0]
        whole = key == path and kind in _MARKS
        marks[key] = _MARKS[kind] if whole else "~"
    order = {"+": 0, "-": 1, "~": 2}
    shown = sorted((order[mark], mark + key) for key, mark in marks.items() if not key.startswith("__"))
    return tuple(text for _, text in shown)


def shown(value: Value) -> str:
    """A value in the words of the real engine's check failures, which spell out secrets too (seen with CLI 3.260).

    Hiding them here would let a test pass that the real engine fails: a provider must not name a secret property.
    """
    if isinstance(value, Secret):
        return f"{{&{{{shown(value.value)}}}}}"
    if value is UNKNOWN:
        return "{{{}}}"
    if isinstance(value, Mapping):
        return "{map[" + " ".join(f"{key}:{shown(value[key])}" for key in sorted(value)) + "]}"
    if isinstance(value, list):
        return "{[" + " ".join(map(shown, value)) + "]}"
    return "{<nil>}" if value is None else f"{{{_go_text(to_python(value))}}}"


def _go_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
