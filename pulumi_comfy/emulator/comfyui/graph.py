"""The API prompt: its nodes and the links between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Graph = dict[str, Any]


def nodes(graph: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """`(id, class, inputs)` of every entry that is a node."""
    if not isinstance(graph, dict):
        return
    for node_id, node in graph.items():
        if isinstance(node, dict) and isinstance(node.get("class_type"), str):
            inputs = node.get("inputs")
            yield node_id, node["class_type"], inputs if isinstance(inputs, dict) else {}


def is_link(value: Any) -> bool:
    """Whether an input's value is `[node id, output index]`."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int)
