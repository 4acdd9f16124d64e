"""The schema as Python: the files of `pulumi_comfy/sdk/` and the public face of each platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pulumi_comfy.schema.properties import Kinds, Spec
from pulumi_comfy.schema.python.function import function_name, functions_module, result_name
from pulumi_comfy.schema.python.nested import enums_module, inputs_module, outputs_module
from pulumi_comfy.schema.python.resource import resource_module
from pulumi_comfy.schema.python.text import WIDTH, Imports, indent, module_text, name_list, snake
from pulumi_comfy.schema.python.types import SDK, Token, is_plain, is_promoted, reachable

SHARED = "index"
"""Pulumi's name for what belongs to the package itself rather than to one of its modules."""

Names = dict[str, list[str]]


def python_files(schema: Spec, kinds: Mapping[str, Kinds]) -> dict[str, str]:
    """Give the text of each generated Python file, by its path from the repository's root.

    Args:
        schema: the package's.
        kinds: how the kinds of nested types differ, by token.
    """
    files: dict[str, str] = {}
    shared, texts = _nested(schema, kinds, SHARED)
    files.update(texts)
    files[_path(SHARED, "__init__")] = _face("Nested types that all platforms share.", shared)
    files[_path(SHARED, "promoted")] = _promoted_module(schema)
    for module in sorted({Token.parse(token).module for token in schema["resources"]}):
        names, texts = _nested(schema, kinds, module)
        files.update(texts)
        for token in schema["resources"]:
            parsed = Token.parse(token)
            if parsed.module == module:
                files[_path(module, snake(parsed.name))] = resource_module(schema, token)
                names[f"{SDK}.{module}.{snake(parsed.name)}"] = [parsed.name]
        asked = [token for token in map(Token.parse, schema["functions"]) if token.module == module]
        if asked:
            exported = [name(one) for one in asked for name in (function_name, result_name)]
            names[f"{SDK}.{module}.functions"] = [*exported, *(f"{function_name(one)}_output" for one in asked)]
            files[_path(module, "functions")] = functions_module(schema, module)
        files[_path(module, "__init__")] = _face(f"The resources of {module}.", names)
        public = {SDK + "." + module: _all(names), SDK + "." + SHARED: _all(shared, but=("outputs",))}
        files[f"pulumi_comfy/{module}/__init__.py"] = _face(f"What a program uses of {module}.", public)
    return files


def _nested(schema: Spec, kinds: Mapping[str, Kinds], module: str) -> tuple[Names, dict[str, str]]:
    """Write a module's nested types; give what it exports, by the module that holds it."""
    given = {token: spec for token, spec in reachable(schema, "inputProperties").items() if token.module == module}
    seen = reachable(schema, "properties", "" if module == SHARED else module)
    enums = {token: spec for token, spec in given.items() if "enum" in spec}
    arguments = {token: spec for token, spec in given.items() if "enum" not in spec}
    results = {token: spec for token, spec in seen.items() if "enum" not in spec and token.module in (module, SHARED)}
    told_apart = {Token.parse(token): one for token, one in kinds.items()}
    names: Names = {}
    files: dict[str, str] = {}
    if enums:
        names[f"{SDK}.{module}._enums"] = [token.name for token in enums]
        files[_path(module, "_enums")] = enums_module(enums)
    if arguments:
        names[f"{SDK}.{module}._inputs"] = [
            token.name + end
            for token, spec in arguments.items()
            for end in ([""] if is_plain(spec) else ["Args", "ArgsDict"])
        ]
        files[_path(module, "_inputs")] = inputs_module(schema, told_apart, module, arguments)
    if results:
        names[f"{SDK}.{module}"] = ["outputs"]
        files[_path(module, "outputs")] = outputs_module(schema, module, results)
    return names, files


def _promoted_module(schema: Spec) -> str:
    """Write which inputs of which kinds are promoted: one file for all, so that a program need not load the others."""
    lines = ["PROMOTED: dict[str, tuple[str, ...]] = {"]
    for full_token, spec in sorted(schema["resources"].items()):
        token, properties = Token.parse(full_token), spec["inputProperties"]
        names = [snake(wire) for wire, one in properties.items() if is_promoted(one)]
        if names:
            key = f'"{token.module}:{token.name}": '
            lines += indent(_tuple(key, names))
    text = "Which inputs a promotion moves from stack to stack, by kind."
    return module_text(text, [*lines, "}", '"""Python names, by the token of the resource."""'])


def _tuple(start: str, names: list[str]) -> list[str]:
    """Write a tuple of texts behind `start`, as an item of a mapping; one a line where they do not fit on one."""
    quoted = [f'"{name}"' for name in names]
    line = f"{start}({', '.join(quoted)}{',' if len(names) == 1 else ''}),"
    return [line] if len(line) + 4 <= WIDTH else [f"{start}(", *indent(f"{one}," for one in quoted), "),"]


def _face(text: str, names: Names) -> str:
    imports = Imports()
    for module, exported in names.items():
        imports.add(module, *exported)
    return module_text(text, [*imports.lines(pulumi=False), *name_list("__all__", _all(names))])


def _all(names: Names, but: Iterable[str] = ()) -> list[str]:
    return sorted({name for exported in names.values() for name in exported} - set(but))


def _path(module: str, name: str) -> str:
    return f"{SDK.replace('.', '/')}/{module}/{name}.py"
