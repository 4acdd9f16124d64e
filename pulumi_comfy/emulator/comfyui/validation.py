"""What ComfyUI finds wrong with a prompt before it runs it: inputs that are missing, of no use, or of another type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_comfy.emulator.comfyui.evaluate import output_kind
from pulumi_comfy.emulator.comfyui.graph import Graph, is_link, nodes
from pulumi_comfy.emulator.comfyui.object_info import NODES, Input

_LISTED = 20
_ANYTHING = {"*", "COMFY_MATCHTYPE_V3"}


def invalid_inputs(graph: Graph) -> Iterator[str]:
    """A line of ComfyUI's log for each wrong input of a node that an output needs."""
    found = {node_id: (node_class, inputs) for node_id, node_class, inputs in nodes(graph)}
    for node_id in _needed(found):
        node_class, inputs = found[node_id]
        if node_class not in NODES:
            continue
        for name, told in NODES[node_class].required.items():
            problem = _problem(found, name, told, inputs)
            if problem is not None:
                yield f"* {node_class} {node_id}: - {problem}"


def _needed(found: dict[str, tuple[str, dict[str, Any]]]) -> list[str]:
    """The output nodes and all that they are linked to."""
    needed = [node_id for node_id, (node_class, _) in found.items() if output_kind(node_class)]
    for node_id in needed:
        links = (value[0] for value in found[node_id][1].values() if is_link(value))
        needed += [target for target in dict.fromkeys(links) if target in found and target not in needed]
    return needed


def _problem(
    found: dict[str, tuple[str, dict[str, Any]]], name: str, told: Input, inputs: dict[str, Any]
) -> str | None:
    if name not in inputs:
        return f"Required input is missing: {name}"
    value = inputs[name]
    if is_link(value):
        return _link_problem(found, name, told, value)
    if told.kind in {"INT", "FLOAT"}:
        return _number_problem(name, told, value)
    if told.words and value not in told.words:
        listed = f"(list of length {len(told.words)})" if len(told.words) > _LISTED else list(told.words)
        return f"Value not in list: {name}: '{value}' not in {listed}"
    return None


def _link_problem(found: dict[str, tuple[str, dict[str, Any]]], name: str, told: Input, link: list[Any]) -> str | None:
    source = NODES.get(found[link[0]][0]) if link[0] in found else None
    if source is None:
        return None
    if not 0 <= link[1] < len(source.outputs):
        return f"Exception when validating node: tuple index out of range ({name})"
    given = source.outputs[link[1]]
    if given == told.kind or _ANYTHING & {given, told.kind}:
        return None
    return f"Return type mismatch between linked nodes: {name}, received_type({given}) mismatch input_type({told.kind})"


def _number_problem(name: str, told: Input, value: Any) -> str | None:
    try:
        number = int(value) if told.kind == "INT" else float(value)
    except (TypeError, ValueError, OverflowError) as problem:
        return f"Failed to convert an input value to a {told.kind} value: {name}, {value}, {problem}"
    if told.least is not None and number < told.least:
        return f"Value {value} smaller than min of {told.least}: {name}"
    if told.most is not None and number > told.most:
        return f"Value {value} bigger than max of {told.most}: {name}"
    return None
