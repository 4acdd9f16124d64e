"""The modules that hold a platform's nested types: enumerated values, arguments, outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pulumi_comfy.schema.properties import Kinds, Spec
from pulumi_comfy.schema.python.text import (
    WIDTH,
    Imports,
    constant,
    declaration,
    docstring,
    indent,
    module_text,
    name_list,
    snake,
    wire_property,
)
from pulumi_comfy.schema.python.types import SDK, PythonTypes, Token, arguments_text, is_plain


def enums_module(enums: dict[Token, Spec]) -> str:
    """Write `_enums.py`."""
    lines = ["from enum import Enum", "from typing import Literal, TypeAlias"]
    for token, spec in sorted(enums.items(), key=lambda row: row[0].name):
        lines += ["", "", f"class {token.name}(str, Enum):", *indent(docstring(spec["description"], level=1)), ""]
        lines += indent(f'{constant(row["value"])} = "{row["value"]}"' for row in spec["enum"])
        lines += ["", "", *_value_alias(token.name, [row["value"] for row in spec["enum"]])]
    return module_text("Enumerated values.", lines)


def _value_alias(name: str, values: list[str]) -> list[str]:
    """Write what a program may give for an enumerated value: its member, or its text, which a type checker reads."""
    literal = ", ".join(f'"{value}"' for value in values)
    head, union = f"{name}Value: TypeAlias = ", f"{name} | Literal[{literal}]"
    return [head + union] if len(head + union) <= WIDTH else [f"{head}(", f"    {union}", ")"]


def inputs_module(schema: Spec, kinds: Mapping[Token, Kinds], module: str, objects: dict[Token, Spec]) -> str:
    """Write `_inputs.py`: for each nested type a class for its arguments, and the same as a typed dict."""
    types = PythonTypes(schema, Imports(), f"{SDK}.{module}._inputs")
    types.imports.add("typing", "TypedDict")
    body: list[str] = []
    for token, spec in objects.items():
        if is_plain(spec):
            body += _dict(token.name, f"{spec['description']} Its keys are the platform's own.", spec, types)
        elif token in kinds:
            body += [*_dicts_by_kind(token, spec, kinds[token], types), *_args(token, spec, types, kinds[token])]
        else:
            body += [*_dict(f"{token.name}ArgsDict", _as_dict(token), spec, types), *_args(token, spec, types)]
    return module_text("Arguments of nested types.", [*types.imports.lines(), *body])


def _as_dict(token: Token) -> str:
    return f"`{token.name}Args` as a dict, keys in snake case."


def _dict(name: str, text: str, spec: Spec, types: PythonTypes) -> Iterator[str]:
    given = {field: types.argument(one) for field, one in spec["properties"].items()}
    required = {field: one for field, one in given.items() if field in spec["required"]}
    optional = {field: one for field, one in given.items() if field not in required}
    base = "TypedDict"
    if required:
        base = f"_{name}Required"
        yield from _dict_class(base, "TypedDict", "What must be given.", required)
    if optional:
        yield from _dict_class(name, f"{base}, total=False", text, optional)
    else:
        yield from ("", f"class {name}({base}):", *indent(docstring(text, level=1)), "")


def _dict_class(name: str, bases: str, text: str, fields: Mapping[str, str], level: int = 1) -> Iterator[str]:
    yield from ("", f"class {name}({bases}):", *indent([*docstring(text, level=level), ""]))
    for field, annotation in fields.items():
        yield from indent(declaration(snake(field), annotation, "", "", level=level))
    yield ""


def _dicts_by_kind(token: Token, spec: Spec, kinds: Kinds, types: PythonTypes) -> Iterator[str]:
    """Write a typed dict for each kind, and one for a kind that is an output. Only a type checker tells them apart."""
    types.imports.add("typing", "TYPE_CHECKING", "Literal", "TypeAlias")
    given = {field: types.argument(one) for field, one in spec["properties"].items()}
    optional = {field: one for field, one in given.items() if field not in spec["required"]}
    required = {field: one for field, one in given.items() if field in spec["required"]}
    rest = f"_{token.name}Rest"
    classes = [_dict_class(rest, "TypedDict, total=False", "What any kind may be given.", optional, 2)]
    for kind, shape in kinds.one_of.items():
        own = {kinds.by: types.word(spec["properties"][kinds.by], kind), kinds.of: types.argument(shape)}
        classes += [_dict_class(_kind_name(token, kind), rest, f"Of kind `{kind}`.", {**required, **own}, 2)]
    later = {**required, kinds.by: "pulumi.Output[str]"}
    classes += [_dict_class(_kind_name(token, "later"), rest, "Its kind is an output.", later, 2)]
    names = [_kind_name(token, kind) for kind in (*kinds.one_of, "later")]
    yield from ("", "if TYPE_CHECKING:", *indent(line for lines in classes for line in list(lines)[:-1]), "")
    yield from indent([f"{token.name}ArgsDict: TypeAlias = (", f"    {names[0]}"])
    yield from indent([*(f"    | {name}" for name in names[1:]), ")", *docstring(_as_dict(token), level=1)])
    yield from ("else:", f"    {token.name}ArgsDict = dict", "")


def _kind_name(token: Token, kind: str) -> str:
    return f"_{token.name}{''.join(part.capitalize() for part in kind.split('-'))}"


def _args(token: Token, spec: Spec, types: PythonTypes, kinds: Kinds | None = None) -> Iterator[str]:
    fields = sorted(spec["properties"], key=lambda name: name not in spec["required"])
    text = [*arguments_text(types, spec["properties"], fields, spec["required"]), '"""']
    types.imports.add(f"{SDK}._arguments", "arguments")
    yield from ("", "@arguments", f"class {token.name}Args:")
    yield from indent([f'"""{spec["description"]}', "", *text, ""])
    for field in fields:
        yield from indent(types.field(field, spec["properties"][field], is_required=field in spec["required"]))
    if kinds is not None:
        yield from ("", "    if TYPE_CHECKING:", "")
        yield from indent(_constructors([_kind_name(token, kind) for kind in (*kinds.one_of, "later")], types), 2)
    yield ""


def _constructors(names: Sequence[str], types: PythonTypes) -> Iterator[str]:
    types.imports.add("typing", "overload")
    types.imports.add_typing("typing_extensions", "Unpack")
    for name in names:
        yield from ("@overload", f"def __init__(self, **given: Unpack[{name}]) -> None: ...", "")
    yield "def __init__(self, **given: object) -> None: ..."


def outputs_module(schema: Spec, module: str, objects: dict[Token, Spec]) -> str:
    """Write `outputs.py`: for each nested type the class of its resolved value; shared ones are passed on."""
    types = PythonTypes(schema, Imports(), f"{SDK}.{module}.outputs")
    body: list[str] = []
    for token, spec in objects.items():
        if token.module != module:
            types.imports.add(f"{SDK}.{token.module}.outputs", token.name)
            continue
        types.imports.add("typing", "Any")
        body += ["", "@pulumi.output_type", f"class {token.name}(dict[str, Any]):"]
        body += [*indent(docstring(spec["description"], level=1)), ""]
        for field, one in spec["properties"].items():
            optional = "" if field in spec["required"] else " | None"
            body += indent(wire_property(snake(field), types.output(one) + optional, field))
            body += indent(docstring(one["description"], level=1))
        body += [""]
    exported = name_list("__all__", sorted(token.name for token in objects))
    imports = types.imports.lines(pulumi=bool(body))
    return module_text("Nested types of outputs.", [*imports, *exported, "", *body])
