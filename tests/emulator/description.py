"""The API description that a real ComfyDeploy server serves: its operations, and what fits their schemas."""

from __future__ import annotations

import functools
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from described_answers import NULLABLE
from replay import RECORDINGS, UUID

from pulumi_comfy.emulator import RouteInfo, route_table

Schema = dict[str, Any]

_FILE = RECORDINGS / "openapi_internal.json"
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
# What the framework turns into the type, sometimes; only the server knows.
_COERCED: dict[str, tuple[type, ...]] = {
    "integer": (str, int, float, bool),
    "number": (str, int, float, bool),
    "boolean": (str, int, float, bool),
}


@dataclass(frozen=True)
class Parameter:
    """One part of the path or of the query."""

    name: str
    place: str
    is_required: bool
    schema: Schema = field(hash=False)


@dataclass(frozen=True)
class Operation:
    """One described operation that the emulator has too; paths are without `/api`."""

    route: RouteInfo
    path: str
    parameters: tuple[Parameter, ...]
    body: Schema | None = field(hash=False)
    answer: Schema | None = field(hash=False)
    declares_validation: bool

    @property
    def name(self) -> str:
        """For tables of exceptions and for the names of tests."""
        return f"{self.route.method} {self.path}"


def operations() -> list[Operation]:
    """The operations that are both described and emulated; none when the shared folder is absent."""
    if not _FILE.is_file():
        return []
    ours = [route for route in route_table() if route.platform == "comfydeploy"]
    routes = {(route.method, route.path.removeprefix("/api")): route for route in ours}
    described = _document()["paths"]
    return [
        _operation(routes[method.upper(), path], path, operation)
        for path, methods in described.items()
        for method, operation in methods.items()
        if (method.upper(), path) in routes
    ]


def _operation(route: RouteInfo, path: str, described: dict[str, Any]) -> Operation:
    parameters = tuple(
        Parameter(item["name"], item["in"], item.get("required", False), item["schema"])
        for item in described.get("parameters", [])
    )
    # Routes that read the request themselves do not declare even their path.
    undeclared = set(re.findall(r"\{(\w+)\}", path)) - {parameter.name for parameter in parameters}
    parameters += tuple(Parameter(name, "path", True, {"type": "string"}) for name in sorted(undeclared))
    body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answer = described["responses"]["200"].get("content", {}).get("application/json", {}).get("schema")
    return Operation(route, path, parameters, body, answer, "422" in described["responses"])


@functools.cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_FILE.read_text())
    for model, names in NULLABLE.items():
        fields = document["components"]["schemas"][model]["properties"]
        fields.update({name: {"anyOf": [fields[name], {"type": "null"}]} for name in names})
    return document


def resolved(schema: Schema) -> Schema:
    """The schema behind a reference."""
    while "$ref" in schema:
        schema = _document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def problems(value: Any, schema: Schema, *, is_lenient: bool = False, at: str = "$") -> Iterator[str]:
    """Where a JSON value does not fit.

    `is_lenient` tells only of what no coercion of the framework mends: a list where a number is wanted, yes; the
    text "7" there, no.
    """
    schema = resolved(schema)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        if all(any(problems(value, choice, is_lenient=is_lenient)) for choice in choices):
            yield f"{at}: fits no choice"
        return
    if "enum" in schema or "const" in schema:
        if value not in schema.get("enum", [schema.get("const")]):
            yield f"{at}: {value!r} is none of the enumeration"
        return
    kind = schema.get("type")
    if kind is None:
        return
    if not _is_of(value, kind, is_lenient):
        yield f"{at}: {value!r} is no {kind}"
    elif isinstance(value, dict):
        yield from _object_problems(value, schema, is_lenient, at)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from problems(item, schema.get("items", {}), is_lenient=is_lenient, at=f"{at}[{number}]")
    elif kind == "string":
        yield from _text_problems(value, schema, is_lenient, at)


def _text_problems(value: str, schema: Schema, is_lenient: bool, at: str) -> Iterator[str]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: {value!r} does not match {schema['pattern']}"
    if not _has_format(value, schema.get("format"), is_lenient):
        yield f"{at}: {value!r} is no {schema['format']}"


def _object_problems(value: dict[str, Any], schema: Schema, is_lenient: bool, at: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    yield from (f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value)
    others = schema.get("additionalProperties", {})
    for name, item in value.items():
        wanted = properties.get(name, others)
        if isinstance(wanted, dict):
            yield from problems(item, wanted, is_lenient=is_lenient, at=f"{at}.{name}")


def _is_of(value: Any, kind: str, is_lenient: bool) -> bool:
    if is_lenient and kind in _COERCED:
        return isinstance(value, _COERCED[kind])
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, _TYPES[kind])


def _has_format(value: str, name: str | None, is_lenient: bool) -> bool:
    try:
        if name == "uuid":
            uuid.UUID(value)
        elif name == "date-time" and not is_lenient:
            datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


def fits_as_text(value: str, schema: Schema) -> bool | None:
    """Whether text from a path or a query fits; None where only the framework knows (" 7", "1e3")."""
    choices = [part for part in map(resolved, schema.get("anyOf", [schema])) if part.get("type") != "null"]
    verdicts = [_fits_choice(value, choice) for choice in choices]
    if True in verdicts:
        return True
    return None if None in verdicts else False


def _fits_choice(value: str, schema: Schema) -> bool | None:
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema.get("format") or schema.get("type")
    if kind == "integer":
        return True if re.fullmatch(r"-?(0|[1-9]\d{0,17})", value, re.ASCII) else _unless(value, r"\d")
    if kind == "boolean":
        return (
            True
            if value in {"true", "false"}
            else _unless(value, r"(?i)^\s*(1|0|t|f|y|n|true|false|yes|no|on|off)\s*$")
        )
    if kind == "uuid":
        return True if UUID.fullmatch(value) else _unless(value, r"(?i)[0-9a-f-]{32,}")
    if kind == "date-time":
        return True if _has_format(value, kind, is_lenient=False) else _unless(value, r"\d")
    return True


def _unless(value: str, doubtful: str) -> bool | None:
    return None if re.search(doubtful, value) else False
