"""The package schema as Pulumi reads it, derived from the handlers' models.

Facts of the format: docs/pulumi.md 3.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from typing import Any

from pulumi_comfy._version import __version__
from pulumi_comfy.address import type_tokens
from pulumi_comfy.configuration import NAMESPACE, SETTINGS, Setting
from pulumi_comfy.core.function import Function
from pulumi_comfy.core.model import AUTOMATIC, BULK, Model, fields_marked, has_mark, wire_name
from pulumi_comfy.core.platform import all_platforms
from pulumi_comfy.core.resource import Handler
from pulumi_comfy.core.stored import SCOPE
from pulumi_comfy.schema.properties import RESERVED, Kinds, Spec, Types, in_public, is_optional

AnyHandler = Handler[Any, Any, Any]

DESCRIPTION = (
    "ComfyUI in production as code: workflows, GPU machines, secrets and deployments, each deploy proved by a real "
    "inference."
)
SCOPE_DESCRIPTION = (
    "Account that holds the object: the API's host and, where the platform tells whose key it is, the organisation or "
    "user. A key that is known to be of another account is refused, and so is another host."
)


def package_schema() -> Spec:
    """Give the whole schema as a JSON-able dict; its order is the models' own."""
    return package_and_kinds()[0]


def package_and_kinds() -> tuple[Spec, dict[str, Kinds]]:
    """Give the whole schema, and how the kinds of its nested types differ, by token."""
    types = Types()
    resources = {f"{NAMESPACE}:{handler.token}": resource(handler, types) for handler in handlers()}
    asked = {f"{NAMESPACE}:{one.token}": function(one, types) for one in functions()}  # they have types too
    configuration = {one.key: setting(one) for one in SETTINGS}
    schema = {
        "name": NAMESPACE,
        "displayName": "ComfyUI",
        "version": __version__,
        "description": DESCRIPTION,
        "keywords": ["pulumi", "comfyui", *(one.key for one in all_platforms()), "gpu", *_CATEGORIES],
        "license": "Apache-2.0",
        "config": {"variables": configuration},
        "types": dict(sorted(types.specs.items())),
        "provider": {
            "description": "Settings of the provider; left out, the stack's configuration has them.",
            "inputProperties": configuration,
        },
        "resources": resources,
        "functions": asked,
        "language": {"python": _PYTHON},
    }
    return schema, types.kinds


_CATEGORIES = ("category/infrastructure", "kind/native")
_PYTHON: Spec = {
    "packageName": "pulumi_comfy",
    "requires": {"pulumi": ">=3.260.0,<4.0.0"},
    "pyproject": {"enabled": True},
    "inputTypes": "classes-and-dicts",
    "respectSchemaVersion": True,
}


def setting(one: Setting) -> Spec:
    """Describe a configuration value.

    Its environment variable is named in words only: declared as a default, Pulumi would copy its value into the state.
    """
    default = f" Default: `{one.default}`." if one.default else ""
    text = f"{one.description}{default} The environment variable `{one.environment}` goes first."
    return {"type": "string", "description": text, **({"secret": True} if one.is_secret else {})}


def handlers() -> list[AnyHandler]:
    """Give every handler, by platform and name."""
    return [one.handlers[name] for one in all_platforms() for name in sorted(one.handlers)]


def resource(handler: AnyHandler, types: Types) -> Spec:
    """Describe one resource.

    Raises:
        ValueError: a field has a name that Pulumi owns.
    """
    inputs, outputs, owner = handler.inputs_model, handler.outputs_model, handler.token
    bulk = sorted(fields_marked(inputs, BULK))
    properties = {
        **types.outputs(inputs, owner, skip=bulk, is_given=True),
        **types.outputs(outputs, owner),
        SCOPE: {"type": "string", "description": SCOPE_DESCRIPTION},
    }
    _refuse_reserved(handler, {**inputs.model_fields, **outputs.model_fields})
    always = [wire_name(inputs, name) for name in inputs.model_fields if _is_always_there(inputs, name, bulk)]
    always += [wire_name(outputs, name) for name, field in outputs.model_fields.items() if not is_optional(field)]
    return {
        "description": overview(handler),
        "inputProperties": types.inputs(inputs, owner),
        "requiredInputs": [
            wire_name(inputs, name) for name, field in inputs.model_fields.items() if field.is_required()
        ],
        "properties": properties,
        "required": [*always, SCOPE],
        "aliases": [{"type": type_} for type_ in type_tokens(handler.token)],
    }


def functions() -> list[Function]:
    """Give every function, by platform and name."""
    return [one.functions[name] for one in all_platforms() for name in sorted(one.functions)]


def function(one: Function, types: Types) -> Spec:
    """Describe one function."""
    inputs, outputs = one.inputs_model, one.outputs_model
    asked = [wire_name(inputs, name) for name, field in inputs.model_fields.items() if field.is_required()]
    return {
        "description": one.description,
        "inputs": {"type": "object", "properties": types.inputs(inputs, one.token), "required": asked},
        "outputs": {
            "type": "object",
            "description": in_public(inspect.getdoc(outputs) or ""),
            "properties": types.outputs(outputs, one.token),
            "required": [wire_name(outputs, name) for name in outputs.model_fields],
        },
    }


def overview(handler: AnyHandler) -> str:
    """Give what the resource's file says at its top: what this is on the platform, and its limits."""
    return in_public(inspect.cleandoc(sys.modules[type(handler).__module__].__doc__ or ""))


def _is_always_there(model: type[Model], name: str, bulk: list[str]) -> bool:
    field = model.model_fields[name]
    return name not in bulk and (not is_optional(field) or has_mark(field, AUTOMATIC))


def _refuse_reserved(handler: AnyHandler, fields: Mapping[str, object]) -> None:
    owned = sorted(name for name in fields if name in RESERVED or name.startswith("__"))
    if owned:
        raise ValueError(f"{handler.token}: Pulumi owns the name {', '.join(owned)}")
