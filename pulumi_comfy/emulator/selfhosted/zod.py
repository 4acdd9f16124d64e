"""What the web app's schema library does to a value: strips what is not named, and lists what does not fit (1.2).

Held against zod 3.22.4 itself with 220 values of its routes: the same issues with the same words.

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Path = tuple[str | int, ...]
Issue = dict[str, Any]
Schema = Callable[[Any, Path, list[Issue]], Any]
"""Takes a value, where it is, and the list that its issues join; gives what is kept of the value."""

ABSENT: Any = object()
"""JavaScript's `undefined`."""


def parsed(schema: Schema, value: Any) -> tuple[Any, list[Issue]]:
    """What is kept of the value, and what is wrong with it."""
    issues: list[Issue] = []
    return schema(value, (), issues), issues


def field_errors(issues: list[Issue]) -> dict[str, list[str]]:
    """The same, flattened: messages by field; what is wrong with the whole is not told."""
    told: dict[str, list[str]] = {}
    for issue in issues:
        if issue["path"]:
            told.setdefault(str(issue["path"][0]), []).append(issue["message"])
    return told


def anything(value: Any, _path: Path, _issues: list[Issue]) -> Any:
    """`z.any()`."""
    return value


def text(value: Any, path: Path, issues: list[Issue]) -> Any:
    """`z.string()`."""
    return _typed("string", isinstance(value, str), value, path, issues)


def number(value: Any, path: Path, issues: list[Issue]) -> Any:
    """`z.number()`."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return _typed("number", is_number, value, path, issues)


def boolean(value: Any, path: Path, issues: list[Issue]) -> Any:
    """`z.boolean()`."""
    return _typed("boolean", isinstance(value, bool), value, path, issues)


def filled(value: Any, path: Path, issues: list[Issue]) -> Any:
    """`z.string().min(1)`."""
    if value == "":
        rule = {"minimum": 1, "type": "string", "inclusive": True, "exact": False}
        issues.append(_issue("too_small", path, "String must contain at least 1 character(s)", **rule))
        return value
    return text(value, path, issues)


def optional(schema: Schema) -> Schema:
    """`.optional()`."""
    return lambda value, path, issues: value if value is ABSENT else schema(value, path, issues)


def nullish(schema: Schema) -> Schema:
    """`.nullish()`."""
    return lambda value, path, issues: value if value is ABSENT or value is None else schema(value, path, issues)


def word(*words: str) -> Schema:
    """`z.enum([...])`."""
    listed = " | ".join(f"'{one}'" for one in words)

    def check(value: Any, path: Path, issues: list[Issue]) -> Any:
        if not isinstance(value, str):
            return _typed(listed, False, value, path, issues)
        if value not in words:
            told = f"Invalid enum value. Expected {listed}, received '{value}'"
            issues.append(_issue("invalid_enum_value", path, told, received=value, options=list(words)))
        return value

    return check


def text_or_number(value: Any, path: Path, issues: list[Issue]) -> Any:
    """`z.union([z.string(), z.number()])`."""
    tried: list[Issue] = []
    text(value, path, tried)
    number(value, path, tried)
    if len(tried) == 2:
        errors = [{"issues": [one], "name": "ZodError"} for one in tried]
        issues.append(_issue("invalid_union", path, "Invalid input", unionErrors=errors))
    return value


def array(schema: Schema) -> Schema:
    """`z.array(...)`."""

    def check(value: Any, path: Path, issues: list[Issue]) -> Any:
        if not isinstance(value, list):
            return _typed("array", False, value, path, issues)
        return [schema(one, (*path, index), issues) for index, one in enumerate(value)]

    return check


def record(schema: Schema) -> Schema:
    """`z.record(...)`."""

    def check(value: Any, path: Path, issues: list[Issue]) -> Any:
        if not isinstance(value, dict):
            return _typed("object", False, value, path, issues)
        return {name: schema(one, (*path, name), issues) for name, one in value.items()}

    return check


def object_of(shape: Mapping[str, Schema]) -> Schema:
    """`z.object({...})`, which keeps what is named and nothing else."""

    def check(value: Any, path: Path, issues: list[Issue]) -> Any:
        if not isinstance(value, dict):
            return _typed("object", False, value, path, issues)
        kept = {name: schema(value.get(name, ABSENT), (*path, name), issues) for name, schema in shape.items()}
        return {name: one for name, one in kept.items() if one is not ABSENT}

    return check


def _typed(expected: str, is_right: bool, value: Any, path: Path, issues: list[Issue]) -> Any:
    if not is_right:
        received = _kind(value)
        told = "Required" if value is ABSENT else f"Expected {expected}, received {received}"
        issues.append(_issue("invalid_type", path, told, expected=expected, received=received))
    return value


def _issue(code: str, path: Path, message: str, **more: Any) -> Issue:
    return {"code": code, **more, "path": list(path), "message": message}


def _kind(value: Any) -> str:
    kinds = ((bool, "boolean"), ((int, float), "number"), (str, "string"), (list, "array"), (dict, "object"))
    if value is ABSENT:
        return "undefined"
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")
