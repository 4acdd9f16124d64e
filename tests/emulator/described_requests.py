"""Requests drawn from the API description: fitting ones, and ones broken in one place."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from description import Operation, Parameter, Schema, fits_as_text, problems, resolved
from emulated_objects import make_prompt
from hypothesis import strategies as st

Ids = dict[str, list[str]]

_ENVIRONMENTS = ("production", "staging", "preview", "public-share", "private-share", "community-share")
_NODES = ("SaveImage", "ComfyUIDeployExternalText", "ComfyUIDeployExternalNumberInt", "ComfyUIDeployExternalEnum")
_STEPS: tuple[dict[str, Any], ...] = (
    {"id": "1", "type": "commands", "data": "RUN true\nRUN false"},
    {"id": "2", "type": "custom-node", "data": {"url": "https://host.example/a/b", "install_type": "git-clone"}},
    {"id": "3", "type": "custom-node-manager", "data": {"node_id": "pack", "version": "1.0.0"}},
)

# Text as people and machines write it, with what breaks databases and encoders.
text = st.text(max_size=12) | st.sampled_from(["", "a", "%", "é", "日本", "🖼️", "\0", "\ud800", "null", "x" * 5000])
numbers = st.integers(-3, 3) | st.sampled_from([2**31, -(2**31) - 1, 2**63, 2**64, 10**30, 1.5, 1e300, -0.0])
scalars = st.none() | st.booleans() | numbers | text | st.sampled_from([float("nan"), float("inf")])
junk = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(text, inner, max_size=2), max_leaves=4
)
_inputs = st.dictionaries(
    st.sampled_from(["text", "input_id", "default_value", "seed", "width", "batch_size", "images", "options"]),
    junk | st.tuples(st.sampled_from("123"), st.integers(0, 2)).map(list),
    max_size=3,
)
_node = st.fixed_dictionaries({"class_type": st.sampled_from(_NODES) | junk}, optional={"inputs": _inputs | junk})
graphs = st.just(make_prompt()) | st.dictionaries(st.sampled_from("1234"), _node | junk, max_size=3)
_steps = st.lists(st.sampled_from(_STEPS) | st.fixed_dictionaries({"type": text, "data": junk}), max_size=2)
# Where the description says text or object and only some texts and objects get past the first line of code.
_HINTS: dict[str, st.SearchStrategy[Any]] = {
    "environment": st.sampled_from(_ENVIRONMENTS),
    "workflow_json": graphs.map(json.dumps) | text,
    "workflow_api": graphs,
    "workflow_api_json": graphs,
    "docker_command_steps": st.fixed_dictionaries({"steps": _steps}),
    "git_url": st.sampled_from(["https://host.example/a/b", "nothing"]),
    "user_ids": st.just("user_demo,other"),
    "machine_builder_version": st.sampled_from(["2", "4", "5"]),
}
_SAME = {"selected_machine_id": "machine_id", "version": "workflow_version_id", "version_id": "machine_version_id"}
_SAME["machine_id_version"] = "machine_version_id"


@dataclass
class Request:
    """One request; `is_refused` when the description demands 422, `is_fitting` when it forbids it."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    content: str | None = None
    is_refused: bool = False
    is_fitting: bool = True

    @property
    def is_hostile(self) -> bool:
        """Whether it holds what neither the database nor the encoder takes: NUL, half a surrogate pair, NaN."""
        sent = json.dumps([self.path, self.query]) + (self.content or "")
        marks = ("\\u0000", "%00", "\\\\u0000", "NaN", "Infinity", "\\ud8", "e+300", "e999")
        return any(mark in sent for mark in marks)


def requests(operation: Operation, ids: Ids) -> st.SearchStrategy[Request]:
    """Half of them fit the description."""
    return _requests(operation, ids, is_broken=False) | _requests(operation, ids, is_broken=True)


@st.composite
def _requests(draw: st.DrawFn, operation: Operation, ids: Ids, *, is_broken: bool) -> Request:
    request = Request(operation.route.method, operation.path)
    broken_one = draw(st.sampled_from([None, *operation.parameters])) if is_broken else None
    for parameter in operation.parameters:
        _add(draw, request, parameter, ids, is_broken=parameter is broken_one)
    if operation.body is not None:
        body = draw(_fitting(operation.body, ids))
        if is_broken and broken_one is None:
            body = draw(_broken(body))
        _judge(request, body, operation.body)
        request.content = json.dumps(body)
    elif operation.name == "POST /platform/api-keys":
        request.content = json.dumps(draw(st.fixed_dictionaries({"name": text}) | junk))
    if is_broken and broken_one is None and draw(st.integers(0, 9)) == 0:
        request.content = draw(st.sampled_from(["", "{", "[" * 3000, "\ufeff{}", '{"a": 1e999}', "9" * 5000]))
        request.is_fitting = request.is_refused = False
    return request


def _add(draw: st.DrawFn, request: Request, parameter: Parameter, ids: Ids, *, is_broken: bool) -> None:
    is_left_out = not parameter.is_required if not is_broken else parameter.place == "query"
    if is_left_out and draw(st.booleans()):
        request.is_fitting = request.is_fitting and not parameter.is_required
        request.is_refused = request.is_refused or parameter.is_required
        return
    fitting = _fitting(parameter.schema, ids, parameter.name).filter(lambda drawn: drawn is not None)
    value = _spelled(draw(_odd_text(parameter, ids) if is_broken else fitting))
    if parameter.place == "path":
        # A slash makes another path.
        value = value.replace("/", "")
    verdict = fits_as_text(value, parameter.schema)
    request.is_fitting = request.is_fitting and verdict is True
    request.is_refused = request.is_refused or verdict is False
    if parameter.place == "path":
        request.path = request.path.replace("{" + parameter.name + "}", quote(value, safe=""))
    else:
        request.query[parameter.name] = value


def _judge(request: Request, body: Any, schema: Schema) -> None:
    request.is_refused = request.is_refused or any(problems(body, schema, is_lenient=True))
    request.is_fitting = request.is_fitting and not any(problems(body, schema))


def _fitting(schema: Schema, ids: Ids, name: str = "") -> st.SearchStrategy[Any]:
    """Values that fit; `name` is the property's or the parameter's, so that ids are ids of something."""
    schema = resolved(schema)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        # Null last and seldom: it mostly means "not given".
        choices = sorted(choices, key=lambda choice: choice.get("type") == "null")
        return st.one_of([_fitting(choice, ids, name) for choice in (choices[0], choices[0], *choices)])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    if kind == "array":
        return st.lists(_fitting(schema.get("items", {}), ids), max_size=2)
    if name in _HINTS and kind in {"string", "object"}:
        return _HINTS[name]
    if kind == "object":
        return _fitting_object(schema, ids)
    if kind == "string":
        return _fitting_text(schema, ids, name)
    plain = {"integer": st.integers(0, 5), "number": st.floats(0, 8, width=16), "boolean": st.booleans()}
    return plain.get(str(kind), st.none() if kind == "null" else junk)


def _fitting_object(schema: Schema, ids: Ids) -> st.SearchStrategy[Any]:
    required = set(schema.get("required", []))
    fields = {name: _fitting(part, ids, name) for name, part in schema.get("properties", {}).items()}
    if not fields:
        values = schema.get("additionalProperties")
        inner = _fitting(values, ids) if isinstance(values, dict) and values else junk
        return st.dictionaries(st.sampled_from(["prompt", "width", "a"]), inner, max_size=2)
    return st.fixed_dictionaries(
        {name: part for name, part in fields.items() if name in required},
        optional={name: part for name, part in fields.items() if name not in required},
    )


def _fitting_text(schema: Schema, ids: Ids, name: str) -> st.SearchStrategy[str]:
    known = ids.get(_SAME.get(name, name), [])
    if known or schema.get("format") == "uuid":
        return st.sampled_from([*known, *known, str(uuid.UUID(int=7))])
    if schema.get("format") == "date-time":
        return st.just("2025-11-02T06:55:53Z")
    if "pattern" in schema:
        written: st.SearchStrategy[str] = st.from_regex(re.compile(schema["pattern"]), fullmatch=True)
        return written.filter(lambda drawn: not drawn.endswith("\n"))
    return st.sampled_from(["a", "portrait", "日本", "🖼️ x", "a/b.safetensors", "https://host.example/a.bin"])


@st.composite
def _broken(draw: st.DrawFn, body: Any) -> Any:
    """The body with one thing wrong: a field dropped, replaced or added, or something else altogether."""
    way = draw(st.sampled_from(["drop", "replace", "replace", "add", "else"]))
    if way == "else" or not isinstance(body, dict):
        return draw(junk)
    if way == "add" or not body:
        return {**body, draw(text): draw(junk)}
    name = draw(st.sampled_from(sorted(body)))
    if way == "drop":
        return {key: value for key, value in body.items() if key != name}
    return {**body, name: draw(junk)}


def _odd_text(parameter: Parameter, ids: Ids) -> st.SearchStrategy[str]:
    known = ids.get(_SAME.get(parameter.name, parameter.name), [])
    odd = [value.upper() for value in known] + [value.replace("-", "") for value in known] + ["-1", "x" * 32]
    sendable = text.filter(lambda drawn: "\ud800" not in drawn)
    if parameter.place == "path":
        # The path of another route must not come about, nor a dot that the client takes away.
        sendable = sendable.map(lambda drawn: f"~{drawn}")
    return st.sampled_from(odd) | sendable | numbers.map(str)


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
