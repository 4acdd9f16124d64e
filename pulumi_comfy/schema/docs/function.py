"""One page for each function: from the schema and a hand-written example."""

from __future__ import annotations

from pathlib import Path

from pulumi_comfy.schema.docs.pages import example, inputs_table, kind, nested_inputs, table
from pulumi_comfy.schema.properties import Spec
from pulumi_comfy.schema.python.function import function_name
from pulumi_comfy.schema.python.text import HEADER, snake
from pulumi_comfy.schema.python.types import Token

_ERRORS = "It stops the program, in a preview too, with one sentence that ends in a code: {codes}."

_CODES = (
    ("COMFY1001", "an argument is not valid"),
    ("COMFY1101", "there is no key"),
    ("COMFY2401", "the platform does not accept the key"),
)
_NOT_FOUND = ("COMFY2404", "this key sees no such object, or several of the name")


def function_page(schema: Spec, text: str, root: Path) -> str:
    """Write the page of one function, given its token."""
    token = Token.parse(text)
    spec, name = schema["functions"][text], function_name(token)
    properties, required = spec["inputs"]["properties"], spec["inputs"]["required"]
    sections = [
        f"<!-- {HEADER} -->",
        f"# {token.module}.{name}",
        f"{spec['description']} Asked while the program runs, in a preview too; nothing is kept in the state.",
        "## Example",
        f"```python\n{example(root, token.module, token.name)}\n```",
        "## Arguments",
        inputs_table(schema, properties, required),
        *nested_inputs(schema, {"inputProperties": properties}),
        "## Result",
        f"{spec['outputs']['description']} Plain values, not outputs.",
        _result(schema, spec),
        "## With outputs",
        _with_outputs(token.module, name, properties, spec["outputs"]["properties"]),
        "## Errors",
        _ERRORS.format(codes=_codes(is_about_an_object=len(properties) > 1)),
    ]
    return "\n\n".join(sections) + "\n"


def _result(schema: Spec, spec: Spec) -> str:
    rows = spec["outputs"]["properties"].items()
    return table(
        ("attribute", "type", "meaning"),
        [(f"`{snake(wire)}`", kind(schema, one), one["description"]) for wire, one in rows],
    )


def _with_outputs(platform: str, name: str, properties: Spec, answered: Spec) -> str:
    """How to ask with what is known only later; the first argument that is no connection serves as the example."""
    given = next((snake(wire) for wire in properties if wire != "connection"), "connection")
    call = f"{name}_output({given}=other.{given}{', ...' if len(properties) > 1 else ''})"
    return (
        f"`{name}` takes plain values. `{name}_output` takes the same arguments, plain or as outputs, and gives an "
        f"output: `comfy.{platform}.{call}.{snake(next(iter(answered)))}`. It asks once all of them are known; while "
        "one is not, as in a preview of something new, the answer is unknown too."
    )


def _codes(*, is_about_an_object: bool) -> str:
    rows = (*_CODES, _NOT_FOUND) if is_about_an_object else _CODES
    return "; ".join(f"[{code}](../../errors.md#{code.lower()}): {meaning}" for code, meaning in rows)
