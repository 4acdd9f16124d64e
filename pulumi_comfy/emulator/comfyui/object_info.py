"""What the common ones of ComfyUI's own nodes take and give, as far as a prompt is checked without a server's files."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_comfy.emulator.comfyui.node_classes import CLASSES
from pulumi_comfy.emulator.comfyui.node_specs import NodeClass, Spec

_GROWING = "COMFY_AUTOGROW_V3"


@dataclass(frozen=True)
class Input:
    """One required input: a type with bounds, or the words it may be."""

    kind: str
    least: float | None = None
    most: float | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeInfo:
    """One class of nodes."""

    required: dict[str, Input]
    outputs: tuple[str, ...]


def _input(spec: Spec) -> Input:
    kind, options = spec[0], spec[1] if len(spec) > 1 else {}
    if isinstance(kind, list):
        return Input("COMBO", words=tuple(kind))
    if kind.startswith("@") or "@input" in options.values():
        return Input("FILE")
    return Input(kind, options.get("min"), options.get("max"), tuple(options.get("options", ())))


def _node(told: NodeClass) -> NodeInfo:
    required = told["input"]["required"]
    return NodeInfo({name: _input(spec) for name, spec in required.items()}, tuple(told["output"]))


def _grows(told: NodeClass) -> bool:
    return any(spec[0] == _GROWING for spec in told["input"]["required"].values())


NODES = {name: _node(told) for name, told in CLASSES.items() if not _grows(told)}
"""By class. A class that is not here is taken as it is."""
