"""What a request may override: nodes and inputs that the deployed prompt has, with values of the type they have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_comfy.emulator.comfyui.graph import Graph, is_link
from pulumi_comfy.emulator.runcomfy.errors import INVALID, RefusedError, field_problem


def merged(graph: Graph, overrides: dict[str, Any]) -> Graph:
    """The prompt with the overrides written in.

    Raises:
        RefusedError: 422001, with every place that does not fit.
    """
    problems = list(_problems(graph, overrides))
    if problems:
        raise RefusedError(INVALID, "Request validation failed", problems)
    return {
        node_id: {**node, "inputs": {**node.get("inputs", {}), **overrides[node_id]["inputs"]}}
        if node_id in overrides
        else node
        for node_id, node in graph.items()
    }


def _problems(graph: Graph, overrides: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for node_id, override in overrides.items():
        place = ("overrides", node_id)
        if node_id not in graph:
            yield field_problem(*place, because=f"Unknown node id {node_id}")
        elif not isinstance(override, dict) or not isinstance(override.get("inputs"), dict):
            yield field_problem(*place, "inputs", because="Field required", kind="missing")
        else:
            saved = graph[node_id].get("inputs", {})
            for name, value in override["inputs"].items():
                if name not in saved:
                    yield field_problem(*place, "inputs", name, because=f"Unknown input {name}")
                elif not _fits(value, saved[name]):
                    because = f"Input should be a valid {_kind(saved[name])}"
                    yield field_problem(*place, "inputs", name, because=because, kind="type_error")


def _fits(value: Any, saved: Any) -> bool:
    """Links and nothing stand for a value of any type."""
    return saved is None or is_link(saved) or is_link(value) or _kind(value) == _kind(saved)


def _kind(value: Any) -> str:
    kinds = ((bool, "boolean"), ((int, float), "number"), (str, "string"), (list, "array"), (dict, "object"))
    return next((word for kind, word in kinds if isinstance(value, kind)), "null")
