"""One resource of the schema as a Python class: what it holds and what it takes. The rest is its base class's."""

from __future__ import annotations

from pulumi_comfy.schema.properties import Spec
from pulumi_comfy.schema.python.text import Imports, call, docstring, indent, module_text, snake
from pulumi_comfy.schema.python.types import SDK, PythonTypes, Token, arguments_text, is_document


def resource_module(schema: Spec, token: str) -> str:
    """Write the module of one resource."""
    parsed = Token.parse(token)
    spec = schema["resources"][token]
    imports = Imports()
    imports.add(f"{SDK}._resource", "ComfyResource")
    types = PythonTypes(schema, imports, f"{SDK}.{parsed.module}.{snake(parsed.name)}")
    body = _class(parsed, spec, types)
    return module_text(f"{parsed.name} of {parsed.module}.", [*imports.lines(), *body])


def _class(token: Token, spec: Spec, types: PythonTypes) -> list[str]:
    return [
        "",
        *call(f"class {token.name}", ["ComfyResource", *_declared(token, spec, types)], ":"),
        *indent(docstring(spec["description"], level=1)),
        "",
        *indent(_outputs(spec, types)),
        "",
        *indent(_constructor(spec, types)),
    ]


def _declared(token: Token, spec: Spec, types: PythonTypes) -> list[str]:
    """Write what no annotation tells."""
    both = {**spec["inputProperties"], **spec["properties"]}
    secrets = list(types.secrets(both))
    documents = [snake(wire) for wire, one in spec["inputProperties"].items() if is_document(one)]
    return [
        f'token="{token.module}:{token.name}"',
        *([f"secrets={_tuple(secrets)}"] if secrets else []),
        *([f"documents={_tuple(documents)}"] if documents else []),
    ]


def _tuple(names: list[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"({quoted},)" if len(names) == 1 else f"({quoted})"


def _outputs(spec: Spec, types: PythonTypes) -> list[str]:
    lines: list[str] = []
    for wire, one in spec["properties"].items():
        optional = "" if wire in spec["required"] else " | None"
        lines += [f"{snake(wire)}: pulumi.Output[{types.output(one)}{optional}]"]
        lines += docstring(one["description"], level=1)
    return lines


def _constructor(spec: Spec, types: PythonTypes) -> list[str]:
    arguments = sorted(spec["inputProperties"], key=lambda wire: wire not in spec["requiredInputs"])
    lines = ["def __init__(", "    self,", "    resource_name: str,"]
    lines += ["    opts: pulumi.ResourceOptions | None = None,", "    *,"]
    for wire in arguments:
        is_required = wire in spec["requiredInputs"]
        lines += indent(types.parameter(wire, spec["inputProperties"][wire], is_required=is_required))
    lines += [") -> None:", *indent(_constructor_text(arguments, spec, types))]
    return [*lines, "    super().__init__(resource_name, opts, locals())"]


def _constructor_text(arguments: list[str], spec: Spec, types: PythonTypes) -> list[str]:
    fixed = (
        "resource_name (str): The logical name, unique in the program among resources of this type.",
        "opts (pulumi.ResourceOptions, optional): Pulumi's own options.",
    )
    lines = arguments_text(types, spec["inputProperties"], arguments, spec["requiredInputs"], fixed)
    lines += ["", "Raises:"]
    lines += [
        "    pulumi.RunError: an argument is missing or misspelt, a credential in the configuration is not secret, or"
    ]
    lines += ["        `import_` is set."]
    return ['"""Declare it.', "", *lines, '"""']
