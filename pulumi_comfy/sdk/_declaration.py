"""What a resource class declares: its outputs as annotated attributes, its inputs as its constructor's arguments."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, get_args

import pulumi

from pulumi_comfy.sdk._arguments import on_the_wire, wire_type

_NO_INPUTS = frozenset({"resource_name", "opts", "return"})
"""What a constructor's annotations tell beside the inputs."""


@dataclass(frozen=True)
class Declaration:
    """One kind of resource."""

    token: str
    """`<platform>:<Resource>`."""
    props: type[dict[str, Any]]
    """Holds inputs and outputs by their Python names, and tells the SDK their names and types on the wire, as in other
    SDKs, so that the program's own keys stay as they are.
    """
    inputs: tuple[str, ...]
    """Python names of what it takes."""
    required: tuple[str, ...]
    """Python names of inputs that must be given."""
    unset: tuple[str, ...]
    """Python names of inputs without a default: where they are not given they are None, also in a preview, in which
    Pulumi takes what the provider does not tell for unknown.
    """
    secrets: tuple[str, ...]
    """Python names of inputs and outputs that are never shown; with dots, of fields inside an input."""
    documents: tuple[str, ...]
    """Python names of inputs that hold a JSON document: a dict, JSON text or a path."""

    @property
    def name(self) -> str:
        """The class's name, which a program's own subclass does not change."""
        return self.token.partition(":")[2]


def declare(resource: type, token: str, secrets: Sequence[str], documents: Sequence[str]) -> Declaration:
    """Read a resource class's declaration, and make its attributes what Pulumi takes for outputs."""
    outputs = inspect.get_annotations(resource)
    resource.__annotations__ = {}  # else Pulumi would work them out anew for every resource
    for name, annotation in outputs.items():
        setattr(resource, name, _output(name, annotation))
    constructor: Any = resource.__init__  # type: ignore[misc]
    given = {name: one for name, one in inspect.get_annotations(constructor).items() if name not in _NO_INPUTS}
    return Declaration(
        token=token,
        props=_props(f"{resource.__name__}Props", {**dict.fromkeys(outputs, Any), **given}),
        inputs=tuple(given),
        required=tuple(name for name in given if name not in (constructor.__kwdefaults__ or {})),
        unset=tuple(name for name in given if name in outputs and _may_be_missing(outputs[name])),
        secrets=tuple(secrets),
        documents=tuple(documents),
    )


def _output(name: str, annotation: Any) -> property:
    def read(resource: pulumi.Resource) -> Any:
        return pulumi.get(resource, name)

    read.__name__ = name
    read.__annotations__ = {"return": annotation}
    return property(pulumi.getter(name=on_the_wire(name))(read))


def _props(name: str, types: dict[str, Any]) -> type[dict[str, Any]]:
    body: dict[str, Any] = {one: pulumi.property(on_the_wire(one)) for one in types}
    body["__annotations__"] = {one: wire_type(annotation) for one, annotation in types.items()}
    body["__init__"] = dict.__init__  # else Pulumi would compile one
    return pulumi.input_type(type(name, (dict,), body))


def _may_be_missing(output: Any) -> bool:
    """Tell whether an output, `pulumi.Output[...]`, may hold None."""
    return NoneType in get_args(*get_args(output))
