"""Classes that a newer server does not have any more, and what it puts in their place when a prompt names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_comfy.emulator.comfyui.node_specs import NodeClass


def replaced(prompt: Any, classes: Mapping[str, NodeClass], known: Mapping[str, Mapping[str, Any]]) -> Any:
    """The prompt with the new classes, of those that the server lacks.

    Raises:
        KeyError: A node without `_meta`, over which the server trips.
    """
    if not isinstance(prompt, dict):
        return prompt
    found = dict(prompt)
    for node_id, node in prompt.items():
        old = node.get("class_type") if isinstance(node, dict) else None
        if not isinstance(old, str) or old in classes or old not in known:
            continue
        new = known[old]
        if new["new_node_id"] not in classes:
            continue  # it would only be another class that is not there
        renamed = {row["old_id"]: row["new_id"] for row in new.get("input_mapping", ()) if "old_id" in row}
        inputs = {renamed.get(name, name): value for name, value in node["inputs"].items()}
        found[node_id] = {"class_type": new["new_node_id"], "inputs": inputs, "_meta": node["_meta"]}
    return found


def listed(known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """As the route has it: for each old class, what may take its place."""
    empty = {"old_widget_ids": None, "input_mapping": None, "output_mapping": None}
    return {old: [{"old_node_id": old, **empty, **new}] for old, new in known.items()}
