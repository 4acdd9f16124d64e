"""The functions of a platform as Python: a result class, a function that waits, and one that takes outputs."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_comfy.configuration import NAMESPACE
from pulumi_comfy.schema.properties import Spec
from pulumi_comfy.schema.python.text import Imports, declaration, docstring, indent, module_text, snake
from pulumi_comfy.schema.python.types import SDK, PythonTypes, Token, arguments_text


def function_name(token: Token) -> str:
    """Give the Python name of a function: `get_machine` for `getMachine`."""
    return snake(token.name)


def result_name(token: Token) -> str:
    """Give the name of a function's result class: `GetMachineResult`."""
    return f"{token.name[0].upper()}{token.name[1:]}Result"


def functions_module(schema: Spec, module: str) -> str:
    """Write `functions.py` of a platform."""
    types = PythonTypes(schema, Imports(), f"{SDK}.{module}.functions")
    types.imports.add("dataclasses", "dataclass")
    types.imports.add(f"{SDK}._arguments", "in_words")
    types.imports.add(f"{SDK}._functions", "ask")
    types.imports.add(f"{SDK}._functions", "ask_later")
    body: list[str] = []
    for text in schema["functions"]:
        token = Token.parse(text)
        if token.module == module:
            body += [*_result(token, schema["functions"][text], types), *_function(token, text, schema, types)]
    return module_text("What a program can ask.", [*types.imports.lines(), *body])


def _result(token: Token, spec: Spec, types: PythonTypes) -> Iterator[str]:
    yield from ("", "@dataclass(frozen=True)", f"class {result_name(token)}:")
    yield from indent([*docstring(spec["outputs"]["description"], level=1), ""])
    for name, one in spec["outputs"]["properties"].items():
        yield from indent([f"{snake(name)}: {types.output(one)}", *docstring(one["description"], level=1)])
    yield ""


def _function(token: Token, text: str, schema: Spec, types: PythonTypes) -> Iterator[str]:
    spec = schema["functions"][text]
    properties, required = spec["inputs"]["properties"], spec["inputs"].get("required", [])
    fields = sorted(properties, key=lambda name: name not in required)
    name, result = function_name(token), result_name(token)
    about = [*arguments_text(types, properties, fields, required), "", "Raises:", "    pulumi.RunError: one sentence."]
    yield from ("", "@in_words", f"def {name}(", "    *,")
    for field in fields:
        annotation, default = types.plain(properties[field]), ""
        if field not in required:
            annotation, default = f"{annotation} | None", "None"
        yield from indent(declaration(snake(field), annotation, default, ",", level=1))
    yield f") -> {result}:"
    yield from indent([f'"""{spec["description"]}', "", *about, '"""'])
    yield from (f'    return ask("{text.removeprefix(NAMESPACE + ":")}", {result}, locals())', "")
    yield from ("", "@in_words", f"def {name}_output(", "    *,")
    for field in fields:
        yield from indent(types.parameter(field, properties[field], is_required=field in required))
    yield f") -> pulumi.Output[{result}]:"
    yield from indent([f'"""{spec["description"]} Takes outputs; asked when they are known.', "", *about, '"""'])
    yield f"    return ask_later({name}, locals())"
    yield ""
