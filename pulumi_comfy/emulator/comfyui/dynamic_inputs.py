"""Inputs of newer nodes that become several, with dots in their names: as many as there are, or those of a choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_comfy.emulator.comfyui.node_specs import NodeClass, Spec

_GROWING, _CHOOSING = "COMFY_AUTOGROW_V3", "COMFY_DYNAMICCOMBO_V3"


def inputs_of(told: NodeClass, given: Mapping[str, Any]) -> dict[str, tuple[str, Spec]]:
    """Each input by its name in the prompt, with `required` or `optional` and what it takes.

    Args:
        told: The class as `object_info` has it.
        given: The node's inputs in the prompt.
    """
    found: dict[str, tuple[str, Spec]] = {}
    for kind in ("required", "optional"):
        for name, spec in told["input"].get(kind, {}).items():
            found.update({one: (one_kind, inner) for one, one_kind, inner in _expanded(name, kind, spec, given)})
    return found


def _expanded(name: str, kind: str, spec: Spec, given: Mapping[str, Any]) -> Iterator[tuple[str, str, Spec]]:
    options = spec[1] if len(spec) > 1 else {}
    if spec[0] == _GROWING:
        yield from _grown(name, options["template"], given)
    elif spec[0] == _CHOOSING:
        yield name, kind, ["COMBO", {"options": [one["key"] for one in options["options"]]}]
        chosen = [one["inputs"] for one in options["options"] if one["key"] == given.get(name)]
        for inner_kind, ones in (pair for inputs in chosen for pair in inputs.items()):
            for inner, inner_spec in ones.items():
                yield from _expanded(f"{name}.{inner}", inner_kind, inner_spec, given)
    else:
        yield name, kind, spec


def _grown(name: str, template: dict[str, Any], given: Mapping[str, Any]) -> Iterator[tuple[str, str, Spec]]:
    part = "required" if template["input"].get("required") else "optional"
    spec = next(iter(template["input"][part].values()))
    least = template["min"] if part == "required" else 0
    slots = template.get("names") or [f"{template['prefix']}{number}" for number in range(template["max"])]
    for number, slot in enumerate(slots):
        dotted = f"{name}.{slot}"
        if number < least or dotted in given:
            yield dotted, "required" if number < least else "optional", spec
