"""One page for each resource: from the schema, the handler's docstrings, and a hand-written example."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from pathlib import Path

from pulumi_comfy.core.model import REPLACES, has_mark
from pulumi_comfy.core.resource import Timeouts
from pulumi_comfy.schema.package import AnyHandler, overview
from pulumi_comfy.schema.properties import ANY, TYPE_REFERENCE, Spec
from pulumi_comfy.schema.python.text import HEADER, snake
from pulumi_comfy.schema.python.types import Token, is_document, is_plain, reachable

EXAMPLES = "docs/templates"
"""Folder of the hand-written examples, `<platform>/<resource or function>.py`; the tests run them."""


def resource_page(schema: Spec, handler: AnyHandler, root: Path) -> str:
    """Write the page of one resource."""
    platform, name = handler.token.split(":")
    spec = schema["resources"][f"{schema['name']}:{handler.token}"]
    about, limits = _split_limits(overview(handler))
    sections = [
        f"<!-- {HEADER} -->",
        f"# {platform}.{name}",
        about,
        "## Example",
        f"```python\n{example(root, platform, name)}\n```",
        "## Inputs",
        inputs_table(schema, spec["inputProperties"], spec["requiredInputs"]),
        *nested_inputs(schema, spec),
        "## Outputs",
        _inputs_as_outputs(spec),
        _outputs(schema, spec),
        *_nested_outputs(schema, spec),
        *_take_over(handler, platform, name),
        "## Limits",
        *([limits] if limits else []),
        _timeouts(handler.timeouts),
        *_security(spec),
    ]
    return "\n\n".join(sections) + "\n"


def _split_limits(text: str) -> tuple[str, str]:
    about, _, limits = text.partition("\nLimits:")
    limits = " ".join(limits.split())
    return about.rstrip(), limits[:1].upper() + limits[1:]


def example(root: Path, platform: str, name: str) -> str:
    """Give the hand-written example of a page, without its docstring."""
    text = (root / EXAMPLES / platform / f"{snake(name)}.py").read_text(encoding="utf-8")
    return re.sub(r'\A""".*?"""\n+', "", text, flags=re.DOTALL).rstrip()


def inputs_table(schema: Spec, properties: Spec, required: list[str]) -> str:
    """Write the table of what a program gives."""
    rows = [
        (f"`{snake(wire)}`", kind(schema, one) + (", required" if wire in required else ""), one["description"])
        for wire, one in sorted(properties.items(), key=lambda row: row[0] not in required)
    ]
    return table(("argument", "type", "meaning"), rows)


def _inputs_as_outputs(spec: Spec) -> str:
    missing = [f"`{snake(wire)}`" for wire in spec["inputProperties"] if wire not in spec["properties"]]
    return f"Every input is an output too{', except ' + ' and '.join(missing) if missing else ''}."


def _outputs(schema: Spec, spec: Spec) -> str:
    rows = [
        (f"`{snake(wire)}`", kind(schema, one), one["description"])
        for wire, one in spec["properties"].items()
        if wire not in spec["inputProperties"]
    ]
    return table(("output", "type", "meaning"), [("`id`", "str", "The platform's id of the object."), *rows])


def nested_inputs(schema: Spec, spec: Spec) -> list[str]:
    """Write a section for each type that the arguments bring along."""
    parts: list[str] = []
    for token, one in _reachable(schema, spec, "inputProperties").items():
        if "enum" in one:
            values = ", ".join(f"`{row['value']}`" for row in one["enum"])
            parts += [f"### {token.name}", f"{one['description']} One of {values}."]
        else:
            table = inputs_table(schema, one["properties"], one["required"])
            parts += [f"### {token.name}{'' if is_plain(one) else 'Args'}", one["description"], table]
    return parts


def _nested_outputs(schema: Spec, spec: Spec) -> list[str]:
    given = _reachable(schema, spec, "inputProperties")
    parts: list[str] = []
    for token, one in _reachable(schema, spec, "properties").items():
        if token not in given:
            rows = [
                (f"`{snake(wire)}`", kind(schema, two), two["description"]) for wire, two in one["properties"].items()
            ]
            parts += [f"### {token.name}", one["description"], table(("attribute", "type", "meaning"), rows)]
    return parts


def _reachable(schema: Spec, spec: Spec, section: str) -> dict[Token, Spec]:
    return reachable({**schema, "resources": {"comfy:one:One": spec}}, section)


def kind(schema: Spec, spec: Spec) -> str:
    """Give the type of a property as people say it."""
    if spec.get("$ref") == ANY:
        return "any JSON value"
    if "oneOf" in spec:
        return " or ".join(kind(schema, one) for one in spec["oneOf"])
    if "$ref" in spec:
        token = spec["$ref"].removeprefix(TYPE_REFERENCE)
        name = Token.parse(token).name
        is_value = "enum" in schema["types"][token] or is_plain(schema["types"][token])
        is_argument = token in _argument_tokens(schema) and not is_value
        return f"[{name}{'Args' if is_argument else ''}](#{name.lower()}{'args' if is_argument else ''})"
    if is_document(spec):
        return "dict, JSON text or path"
    if spec["type"] == "array":
        return f"list of {kind(schema, spec['items'])}"
    if spec["type"] == "object":
        return f"dict of {kind(schema, spec['additionalProperties'])}"
    return {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}[spec["type"]]


def _argument_tokens(schema: Spec) -> set[str]:
    return {f"{schema['name']}:{token.module}:{token.name}" for token in reachable(schema, "inputProperties")}


def _take_over(handler: AnyHandler, platform: str, name: str) -> list[str]:
    fields = handler.inputs_model.model_fields
    if "adopt" not in fields:
        return []
    words = " ".join((inspect.getdoc(type(handler)) or "").split())
    form = words.partition("Import: ")[2] or "the id is the platform's own."
    text = (
        f'Give its id as `adopt`: `comfy.{platform}.{name}("...", adopt="<id>", ...)`. {form[0].upper()}{form[1:]} '
        "The first `pulumi up` brings the object to the declared state: a field that is not declared goes to its "
        "default. "
    )
    if "name" in fields and has_mark(fields["name"], REPLACES):
        text += "The platform cannot change the name, so declare `name` as it is. "
    elif "name" in fields:
        text += "That goes for the name too, so declare `name` to keep it. "
    text += "The preview says what changes. Remove `adopt` then."
    return ["## Take over what exists", text]


def _timeouts(timeouts: Timeouts) -> str:
    seconds = ", ".join(f"{word} {getattr(timeouts, word):.0f} s" for word in ("create", "update", "delete"))
    return f"Longest duration of an operation: {seconds}; Pulumi's `custom_timeouts` option changes it."


def _security(spec: Spec) -> list[str]:
    secret = [f"`{snake(wire)}`" for wire, one in spec["inputProperties"].items() if one.get("secret")]
    if not secret:
        return []
    return [
        "## Security",
        f"{', '.join(secret)}: encrypted in the stack's state, and shown in no log, error or diff. Read the values "
        "from the configuration with `config.require_secret`.",
    ]


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Write a table; a cell may hold a bar."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)
