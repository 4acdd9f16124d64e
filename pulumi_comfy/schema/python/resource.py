"""One resource of the schema as a Python class."""

from __future__ import annotations

from pulumi_comfy.schema.properties import Spec
from pulumi_comfy.schema.python.text import WIDTH, Imports, docstring, indent, module_text, snake, wire_property
from pulumi_comfy.schema.python.types import SDK, PythonTypes, Token, arguments_text, is_document

_MYPY = '# mypy: disable-error-code="no-any-return"'  # what pulumi.get gives is Any


def resource_module(schema: Spec, token: str) -> str:
    """Write the module of one resource."""
    parsed = Token.parse(token)
    spec = schema["resources"][token]
    imports = Imports()
    imports.add("typing", "Any")
    imports.add(f"{SDK}._resource", "ComfyResource")
    types = PythonTypes(schema, imports, f"{SDK}.{parsed.module}.{snake(parsed.name)}")
    body = [*_props(parsed, spec, types), *_class(parsed, spec, types)]
    return module_text(f"{parsed.name} of {parsed.module}.", [_MYPY, "", *imports.lines(), *body])


def _props(token: Token, spec: Spec, types: PythonTypes) -> list[str]:
    """Write the class that tells the SDK the wire names, as generated SDKs do, so that the user's own keys stay."""
    lines = ["", "@pulumi.input_type", f"class _{token.name}Props(dict[str, Any]):"]
    lines += ['    """All properties by their Python names, with their names and types on the wire."""', ""]
    for wire, one in spec["inputProperties"].items():
        lines += indent(wire_property(snake(wire), types.wire(one), wire))
    for wire in _only_outputs(spec):
        lines += indent(wire_property(snake(wire), "Any", wire))
    return [*lines, ""]


def _only_outputs(spec: Spec) -> list[str]:
    return [wire for wire in spec["properties"] if wire not in spec["inputProperties"]]


def _class(token: Token, spec: Spec, types: PythonTypes) -> list[str]:
    return [
        "",
        f"class {token.name}(ComfyResource):",
        *indent(docstring(spec["description"], level=1)),
        "",
        *indent(_constructor(token, spec, types)),
        *indent(_get(token, spec)),
        *indent(_properties(spec, types)),
    ]


def _constructor(token: Token, spec: Spec, types: PythonTypes) -> list[str]:
    arguments = sorted(spec["inputProperties"], key=lambda wire: wire not in spec["requiredInputs"])
    lines = ["def __init__(", "    self,", "    resource_name: str,"]
    lines += ["    opts: pulumi.ResourceOptions | None = None,", "    *,"]
    for wire in arguments:
        is_required = wire in spec["requiredInputs"]
        lines += indent(types.parameter(wire, spec["inputProperties"][wire], is_required=is_required))
    lines += [") -> None:", *indent(_constructor_text(arguments, spec, types))]
    lines += [f"    props = _{token.name}Props("]
    lines += [f"        {snake(wire)}={snake(wire)}," for wire in spec["inputProperties"]]
    lines += [f"        {snake(wire)}=None," for wire in _only_outputs(spec)]
    lines += ["    )"]
    if spec["requiredInputs"]:
        lines += [f"    for required in {_tuple([snake(wire) for wire in spec['requiredInputs']])}:"]
        lines += ["        if props[required] is None:"]
        lines += [f'            raise TypeError(f"{token.name} {{resource_name!r}}: `{{required}}` is required")']
    lines += ["    super().__init__(", *indent(_super_arguments(token, spec, "props", "opts"), 2)]
    return [*lines, *indent(_unset(spec), 2), "    )", ""]


def _unset(spec: Spec) -> list[str]:
    """Write the inputs that are None where they are not given: those that are outputs too and may be missing there."""
    missing = spec["properties"].keys() - spec["required"]
    unset = [snake(wire) for wire in spec["inputProperties"] if wire in missing]
    line = f"unset={_tuple(unset)},"
    if len(line) + 12 <= WIDTH:
        return [line] if unset else []
    return ["unset=(", *indent(f'"{name}",' for name in unset), "),"]


def _super_arguments(token: Token, spec: Spec, props: str, opts: str) -> list[str]:
    secrets = [
        snake(wire) for wire, one in {**spec["inputProperties"], **spec["properties"]}.items() if one.get("secret")
    ]
    documents = [snake(wire) for wire, one in spec["inputProperties"].items() if is_document(one)]
    lines = [f'"{token.module}:{token.name}",', "resource_name,", f"{props},", f"{opts},"]
    lines += [f"secrets={_tuple(secrets)},"] if secrets else []
    lines += [f"documents={_tuple(documents)},"] if documents else []
    return lines


def _tuple(names: list[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"({quoted},)" if len(names) == 1 else f"({quoted})"


def _constructor_text(arguments: list[str], spec: Spec, types: PythonTypes) -> list[str]:
    fixed = (
        "resource_name (str): The logical name, unique in the program among resources of this type.",
        "opts (pulumi.ResourceOptions, optional): Pulumi's own options.",
    )
    lines = arguments_text(types, spec["inputProperties"], arguments, spec["requiredInputs"], fixed)
    lines += ["", "Raises:"]
    lines += ["    TypeError: a required argument is None."] if spec["requiredInputs"] else []
    lines += ["    pulumi.RunError: a credential in the configuration is not secret, or `import_` is set."]
    return ['"""Declare it.', "", *lines, '"""']


def _get(token: Token, spec: Spec) -> list[str]:
    return [
        "@staticmethod",
        "def get(",
        "    resource_name: str,",
        "    id: pulumi.Input[str],",
        "    opts: pulumi.ResourceOptions | None = None,",
        f') -> "{token.name}":',
        '    """Read an object that this stack does not manage.',
        "",
        "    Args:",
        "        resource_name (str): The logical name.",
        "        id (str): The platform's id of the object.",
        "        opts (pulumi.ResourceOptions, optional): Pulumi's own options.",
        '    """',
        f"    found = {token.name}.__new__({token.name})",
        f"    props = _{token.name}Props(**dict.fromkeys(_{token.name}Props.__annotations__))",
        "    options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))",
        "    ComfyResource.__init__(",
        "        found,",
        *indent(_super_arguments(token, spec, "props", "options"), 2),
        "    )",
        "    return found",
        "",
    ]


def _properties(spec: Spec, types: PythonTypes) -> list[str]:
    lines: list[str] = []
    for wire, one in spec["properties"].items():
        optional = "" if wire in spec["required"] else " | None"
        lines += ["@property", f'@pulumi.getter(name="{wire}")']
        lines += [f"def {snake(wire)}(self) -> pulumi.Output[{types.output(one)}{optional}]:"]
        lines += [*indent(docstring(one["description"], level=2)), f'    return pulumi.get(self, "{snake(wire)}")', ""]
    return lines
