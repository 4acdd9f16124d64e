"""What the editor's primitives rewrite: after each run their own value, and the widgets that they are linked to.

Facts: docs/workflow-documents.md 4.4, 4.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi_comfy.workflows.editor_nodes import PRIMITIVE
from pulumi_comfy.workflows.graph import GraphView
from pulumi_comfy.workflows.widgets import controlled_positions, widget_names, widget_values

__all__ = ["is_moving", "moved_widgets"]


def is_moving(node: Mapping[str, Any]) -> bool:
    """Whether it is a primitive whose value the editor rewrites after each run."""
    return node["type"] == PRIMITIVE and bool(controlled_positions(node))


def moved_widgets(
    node: Mapping[str, Any], view: GraphView, promoted_names: Callable[[Mapping[str, Any]], Sequence[str]]
) -> set[int | str]:
    """Positions (or names) of a node's widgets into which moving primitives write.

    A widget is known by the name of its input; where a node's widgets have no known names, it is the only one that
    holds the primitive's value.

    Args:
        node: The node.
        view: The graph that it stands in.
        promoted_names: Gives the names of the widgets of an instance of a subgraph.
    """
    linked = view.into.get(str(node["id"]), {})
    origins = {name: view.nodes[origin] for name, (origin, _) in linked.items() if origin in view.nodes}
    moved = {name: widget_values(origin) for name, origin in origins.items() if is_moving(origin)}
    if not moved:
        return set()
    values = widget_values(node)
    if isinstance(values, dict):
        return {name for name in moved if name in values}
    names = widget_names(node, None, promoted_names(node))
    by_name = {name: [at] for at, name in enumerate(names)}
    by_value = _places(values)
    found: set[int | str] = set()
    for name, brought in moved.items():
        places = by_name.get(name) or by_value.get(_key(brought[0] if isinstance(brought, list) else None), [])
        found |= {*places} if len(places) == 1 else set()
    return found


def _places(values: Sequence[Any]) -> dict[object, list[int]]:
    found: dict[object, list[int]] = {}
    for at, value in enumerate(values):
        if (key := _key(value)) is not None:
            found.setdefault(key, []).append(at)
    return found


def _key(value: object) -> object:
    """A number or a text as a key, where true is not 1; None for anything else."""
    return (isinstance(value, bool), value) if isinstance(value, (int, float, str)) else None
