"""Stack outputs as text, in the look of Pulumi's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .results import Result
from .values import UNKNOWN, contains_unknowns

_ABSENT = object()


def output_lines(result: Result, before: Mapping[str, Any] | None, *, preview: bool) -> list[str]:
    """The `Outputs:` section; with outputs before, changes are marked and a preview shows nothing else."""
    before = before or None
    lines = []
    names = result.outputs.keys() | (before or {}).keys()
    for name in sorted(names):
        new = result.outputs.get(name, _ABSENT)
        old = new if before is None else before.get(name, _ABSENT)
        if preview and before is not None and (_same(old, new) or (old is not _ABSENT and contains_unknowns(new))):
            continue
        lines += _change(name, old, new, secret=name in result.secret_output_names)
    return ["Outputs:", *lines] if lines else []


def _same(old: Any, new: Any) -> bool:
    return old is new or bool(old == new)


def _change(name: str, old: Any, new: Any, *, secret: bool) -> list[str]:
    if secret:
        old, new = ("[secret]" if value is not _ABSENT else _ABSENT for value in (old, new))
    if _same(old, new):
        return _entry("    ", f"{name}: ", new, secret)
    if old is _ABSENT:
        return _entry("  + ", f"{name}: ", new, secret)
    if new is _ABSENT:
        return _entry("  - ", f"{name}: ", old, secret)
    if isinstance(old, (dict, list)) or isinstance(new, (dict, list)):
        return _entry("  ~ ", f"{name}: ", new, secret)
    return [f"  ~ {name}: {_scalar(old)} => {_scalar(new)}"]


def _entry(mark: str, label: str, value: Any, secret: bool) -> list[str]:
    if secret:
        return [f"{mark}{label}[secret]"]
    lines = _value(value, 4)
    return [f"{mark}{label}{lines[0]}", *lines[1:]]


def _value(value: Any, indent: int) -> list[str]:
    """The lines of a value; all but the first are indented already."""
    pad = " " * (indent + 4)
    if isinstance(value, Mapping):
        lines = ["{"]
        for key in sorted(value):
            inner = _value(value[key], indent + 4)
            lines += [f"{pad}{key}: {inner[0]}", *inner[1:]]
        return [*lines, f"{' ' * indent}}}"] if value else ["{}"]
    if isinstance(value, list):
        lines = ["["]
        for place, item in enumerate(value):
            inner = _value(item, indent + 4)
            lines += [f"{pad}[{place}]: {inner[0]}", *inner[1:]]
        return [*lines, f"{' ' * indent}]"] if value else ["[]"]
    return [_scalar(value)]


def _scalar(value: Any) -> str:
    if value is UNKNOWN:
        return "[unknown]"
    if value is None:
        return "<null>"
    if value == "[secret]":
        return "[secret]"
    return json.dumps(value, ensure_ascii=False)
