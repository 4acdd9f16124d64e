"""How the schema's types read in Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_comfy.schema.properties import ANY, TYPE_REFERENCE, Spec
from pulumi_comfy.schema.python.text import Imports, constant, declaration, indent, snake, wrap

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
            return f"pulumi.Input[{self._input(spec)}] | pulumi.Output[str]"
        return f"pulumi.Input[{self._input(spec)}]"

    def plain(self, spec: Spec) -> str:
        """Give the type of an argument that is no output."""
        return self._input(spec) if self._is_enum(spec) else self.output(spec)

    def secrets(self, properties: Spec) -> Iterator[str]:
        """Give the names of secret properties; those inside a nested type with a dot before."""
        for wire, one in properties.items():
            nested = self._types.get(one.get("$ref", "").removeprefix(TYPE_REFERENCE), {})
            if one.get("secret"):
                yield snake(wire)
            else:
                yield from (f"{snake(wire)}.{name}" for name in self.secrets(nested.get("properties", {})))

    def parameter(self, wire: str, spec: Spec, *, is_required: bool) -> list[str]:
        """Write a keyword parameter of a constructor."""
        annotation = self.argument(spec)
        if is_required:
            return declaration(snake(wire), annotation, "", ",", level=2)
        return declaration(snake(wire), f"{annotation} | None", "None", ",", level=2)

    def field(self, wire: str, spec: Spec, *, is_required: bool) -> list[str]:
        """Write a field of an argument class."""
        annotation = self.argument(spec)
        if is_required:
            return declaration(snake(wire), annotation, "", "", level=1)
        return declaration(snake(wire), f"{annotation} | None", "None", "", level=1)

    def word(self, spec: Spec, value: str) -> str:
        """Give the type of one value of an enumerated argument, as its text or its member."""
        token = Token.parse(spec["$ref"].removeprefix(TYPE_REFERENCE))
        self.imports.add(f"{SDK}.{token.module}._enums", token.name)
        return f'pulumi.Input[Literal["{value}", {token.name}.{constant(value)}]]'

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

    def _input(self, spec: Spec) -> str:
        if spec.get("$ref") == ANY:
            self.imports.add("typing", "Any")
            return "Any"
        if "oneOf" in spec:
            return " | ".join(self._input(one) for one in spec["oneOf"])
        if "$ref" in spec:
            return self._reference(spec)
        if spec["type"] == "array":
            return f"{self._generic('Sequence')}[{self._element(spec['items'])}]"
        if spec["type"] == "object":
            return f"{self._generic('Mapping')}[str, {self._element(spec['additionalProperties'])}]"
        return _PRIMITIVES[spec["type"]]

    def _element(self, spec: Spec) -> str:
        inner = self._input(spec)
        return inner if inner == "Any" else f"pulumi.Input[{inner}]"  # the SDK cannot look into an Input of Any

    def _reference(self, spec: Spec) -> str:
        token = Token.parse(spec["$ref"].removeprefix(TYPE_REFERENCE))
        if "enum" in self._at(spec):
            self.imports.add(f"{SDK}.{token.module}._enums", f"{token.name}Value")
            return f"{token.name}Value"
        if is_plain(self._at(spec)):
            self._note(f"{SDK}.{token.module}._inputs", token.name)
            return token.name
        names = [f"{token.name}Args", f"{token.name}ArgsDict"]
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


def is_promoted(spec: Spec) -> bool:
    """Tell whether a promotion moves a property from stack to stack."""
    return bool(spec.get("language", {}).get("python", {}).get("promoted"))


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
