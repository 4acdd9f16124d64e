"""How the schema's types read in Python, and the modules that hold the nested ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_comfy.schema.properties import ANY, TYPE_REFERENCE, Spec
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
    wrap,
)

SDK = "pulumi_comfy.sdk"
_PRIMITIVES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


@dataclass(frozen=True)
class Token:
    """A type or resource token taken apart: `comfy:index:Expect`."""

    module: str
    name: str

    @classmethod
    def parse(cls, token: str) -> Token:
        """Take a token apart."""
        _, module, name = token.split(":")
        return cls(module, name)


class PythonTypes:
    """Types of one generated module; what they need is noted as imports.

    Attributes:
        imports: of the module that is being written.
    """

    def __init__(self, schema: Spec, imports: Imports, here: str) -> None:
        self._types: Spec = schema["types"]
        self._here = here
        self.imports = imports

    def argument(self, spec: Spec) -> str:
        """Give the type of an argument that a program passes."""
        if is_document(spec):
            self.imports.add(f"{SDK}._documents", "Document")
            return "pulumi.Input[Document]"
        if self._is_enum(spec):  # an output may be text: the platform knows more values than we, and checks them
            return f"pulumi.Input[{self._input(spec, is_wire=False)}] | pulumi.Output[str]"
        return f"pulumi.Input[{self._input(spec, is_wire=False)}]"

    def parameter(self, wire: str, spec: Spec, *, is_required: bool) -> list[str]:
        """Write a keyword parameter of a constructor."""
        annotation = self.argument(spec)
        if is_required:
            return declaration(snake(wire), annotation, "", ",", level=2)
        return declaration(snake(wire), f"{annotation} | None", "None", ",", level=2)

    def wire(self, spec: Spec) -> str:
        """Give the type by which the SDK finds the wire names of nested arguments."""
        return f"pulumi.Input[{self._input(spec, is_wire=True)}]"

    def output(self, spec: Spec) -> str:
        """Give the type of a resolved output."""
        if spec.get("$ref") == ANY or "oneOf" in spec:
            self.imports.add("typing", "Any")
            return "Any"
        if "$ref" in spec:
            token = Token.parse(spec["$ref"].removeprefix(TYPE_REFERENCE))
            if "enum" in self._at(spec):
                return "str"
            return self._from_outputs(token)
        if spec["type"] == "array":
            return f"{self._generic('Sequence')}[{self.output(spec['items'])}]"
        if spec["type"] == "object":
            return f"{self._generic('Mapping')}[str, {self.output(spec['additionalProperties'])}]"
        return _PRIMITIVES[spec["type"]]

    def in_words(self, spec: Spec) -> str:
        """Give the type of an argument as people say it: `list of str`."""
        if spec.get("$ref") == ANY:
            return "any JSON value"
        if "oneOf" in spec:
            return " or ".join(self.in_words(one) for one in spec["oneOf"])
        if "$ref" in spec:
            name = Token.parse(spec["$ref"].removeprefix(TYPE_REFERENCE)).name
            return name if "enum" in self._at(spec) or is_plain(self._at(spec)) else f"{name}Args"
        if is_document(spec):
            return "dict, JSON text or path"
        if spec["type"] == "array":
            return f"list of {self.in_words(spec['items'])}"
        if spec["type"] == "object":
            return f"dict of {self.in_words(spec['additionalProperties'])} by name"
        return _PRIMITIVES[spec["type"]]

    def _input(self, spec: Spec, *, is_wire: bool) -> str:
        if spec.get("$ref") == ANY or ("oneOf" in spec and is_wire):
            self.imports.add("typing", "Any")
            return "Any"
        if "oneOf" in spec:
            return " | ".join(self._input(one, is_wire=False) for one in spec["oneOf"])
        if "$ref" in spec:
            return self._reference(spec, is_wire=is_wire)
        if spec["type"] == "array":
            return f"{self._generic('Sequence')}[{self._element(spec['items'], is_wire=is_wire)}]"
        if spec["type"] == "object":
            return f"{self._generic('Mapping')}[str, {self._element(spec['additionalProperties'], is_wire=is_wire)}]"
        return _PRIMITIVES[spec["type"]]

    def _element(self, spec: Spec, *, is_wire: bool) -> str:
        inner = self._input(spec, is_wire=is_wire)
        return inner if inner == "Any" else f"pulumi.Input[{inner}]"  # the SDK cannot look into an Input of Any

    def _reference(self, spec: Spec, *, is_wire: bool) -> str:
        token = Token.parse(spec["$ref"].removeprefix(TYPE_REFERENCE))
        if "enum" in self._at(spec):
            if is_wire:
                return "str"
            self.imports.add(f"{SDK}.{token.module}._enums", f"{token.name}Value")
            return f"{token.name}Value"
        if is_plain(self._at(spec)):
            self._note(f"{SDK}.{token.module}._inputs", token.name)
            return token.name
        names = [f"{token.name}Args"] if is_wire else [f"{token.name}Args", f"{token.name}ArgsDict"]
        self._note(f"{SDK}.{token.module}._inputs", *names)
        return " | ".join(names)

    def _from_outputs(self, token: Token) -> str:
        if self._here.endswith(".outputs"):
            self._note(f"{SDK}.{token.module}.outputs", token.name)
            return token.name
        self.imports.add(self._here.rpartition(".")[0], "outputs")
        return f"outputs.{token.name}"

    def _note(self, module: str, *names: str) -> None:
        if module != self._here:
            self.imports.add(module, *names)

    def _generic(self, name: str) -> str:
        self.imports.add("collections.abc", name)
        return name

    def _is_enum(self, spec: Spec) -> bool:
        return spec.get("$ref", "").startswith(TYPE_REFERENCE) and "enum" in self._at(spec)

    def _at(self, spec: Spec) -> Spec:
        found: Spec = self._types[spec["$ref"].removeprefix(TYPE_REFERENCE)]
        return found


def is_document(spec: Spec) -> bool:
    """Tell whether a text property holds a JSON document, which a program may give in other forms."""
    return bool(spec.get("language", {}).get("python", {}).get("document"))


def is_plain(spec: Spec) -> bool:
    """Tell whether a nested type is JSON whose keys are the platform's own: a typed dict, and no class of arguments."""
    return bool(spec.get("language", {}).get("python", {}).get("plain"))


def reachable(schema: Spec, section: str, module: str = "") -> dict[Token, Spec]:
    """Give the nested object and enum types that `inputProperties` or `properties` lead to, inner ones first.

    Args:
        schema: the package's.
        section: of the resources.
        module: look only at its resources; empty for all.
    """
    found: dict[Token, Spec] = {}

    def visit(spec: Spec) -> None:
        for inner in (spec.get("items"), spec.get("additionalProperties"), *spec.get("oneOf", ())):
            if inner:
                visit(inner)
        reference = spec.get("$ref", "")
        if not reference.startswith(TYPE_REFERENCE):
            return
        token = reference.removeprefix(TYPE_REFERENCE)
        for inner in schema["types"][token].get("properties", {}).values():
            visit(inner)
        found.setdefault(Token.parse(token), schema["types"][token])

    for token, resource in schema["resources"].items():
        for spec in resource[section].values() if module in ("", Token.parse(token).module) else ():
            visit(spec)
    return found


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


def inputs_module(schema: Spec, module: str, objects: dict[Token, Spec]) -> str:
    """Write `_inputs.py`: for each nested type a class for its arguments, and the same as a typed dict."""
    types = PythonTypes(schema, Imports(), f"{SDK}.{module}._inputs")
    types.imports.add("typing", "TypedDict")
    body: list[str] = []
    for token, spec in objects.items():
        if is_plain(spec):
            body += _dict(token.name, f"{spec['description']} Its keys are the platform's own.", spec, types)
        else:
            body += _dict(f"{token.name}ArgsDict", f"`{token.name}Args` as a dict, keys in snake case.", spec, types)
            body += _args(token, spec, types)
    return module_text("Arguments of nested types.", [*types.imports.lines(), *body])


def _dict(name: str, text: str, spec: Spec, types: PythonTypes) -> Iterator[str]:
    required = [name for name in spec["properties"] if name in spec["required"]]
    optional = [name for name in spec["properties"] if name not in spec["required"]]
    base = "TypedDict"
    if required:
        base = f"_{name}Required"
        yield from _dict_class(base, "TypedDict", "What must be given.", required, spec, types)
    if optional:
        yield from _dict_class(name, f"{base}, total=False", text, optional, spec, types)
    else:
        yield from ("", f"class {name}({base}):", *indent(docstring(text, level=1)), "")


def _dict_class(name: str, bases: str, text: str, fields: list[str], spec: Spec, types: PythonTypes) -> Iterator[str]:
    yield from ("", f"class {name}({bases}):", *indent([*docstring(text, level=1), ""]))
    for field in fields:
        yield from indent(declaration(snake(field), types.argument(spec["properties"][field]), "", "", level=1))
    yield ""


def _args(token: Token, spec: Spec, types: PythonTypes) -> Iterator[str]:
    fields = sorted(spec["properties"], key=lambda name: name not in spec["required"])
    yield from (
        "",
        "@pulumi.input_type",
        f"class {token.name}Args:",
        *indent(docstring(spec["description"], level=1)),
        "",
    )
    for field in fields:
        optional = "" if field in spec["required"] else " | None"
        kind = types.wire(spec["properties"][field]) + optional
        yield from indent(wire_property(snake(field), kind, field))
    yield from ("", "    def __init__(", "        self,", "        *,")
    for field in fields:
        yield from indent(types.parameter(field, spec["properties"][field], is_required=field in spec["required"]), 2)
    yield from ("    ) -> None:", '        """Take the arguments.', "")
    yield from indent(arguments_text(types, spec["properties"], fields, spec["required"]), 2)
    yield '        """'
    yield from (f'        pulumi.set(self, "{snake(field)}", {snake(field)})' for field in fields)
    yield ""


def arguments_text(
    types: PythonTypes, properties: Spec, fields: list[str], required: list[str], more: tuple[str, ...] = ()
) -> list[str]:
    """Write the `Args` of a docstring in Google style: each with its type in words and its description."""
    lines = ["Args:", *indent(more)]
    for field in fields:
        kind = types.in_words(properties[field]) + ("" if field in required else ", optional")
        text = f"{snake(field)} ({kind}): {properties[field]['description']}"
        lines += wrap(text, level=2, first="    ", rest="        ")
    return lines


def outputs_module(schema: Spec, module: str, objects: dict[Token, Spec]) -> str:
    """Write `outputs.py`: for each nested type the class of its resolved value; shared ones are passed on."""
    types = PythonTypes(schema, Imports(), f"{SDK}.{module}.outputs")
    types.imports.add("typing", "Any")
    body: list[str] = []
    for token, spec in objects.items():
        if token.module != module:
            types.imports.add(f"{SDK}.{token.module}.outputs", token.name)
            continue
        body += ["", "@pulumi.output_type", f"class {token.name}(dict[str, Any]):"]
        body += [*indent(docstring(spec["description"], level=1)), ""]
        for field, one in spec["properties"].items():
            optional = "" if field in spec["required"] else " | None"
            body += indent(wire_property(snake(field), types.output(one) + optional, field))
            body += indent(docstring(one["description"], level=1))
        body += [""]
    exported = name_list("__all__", sorted(token.name for token in objects))
    return module_text("Nested types of outputs.", [*types.imports.lines(), *exported, "", *body])
