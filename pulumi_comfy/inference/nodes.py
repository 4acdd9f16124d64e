"""Nodes that a check names and a graph does not have, with the nearest ones that it has."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pulumi_comfy.inference.settings import CheckSettings, Expect

MOST_LISTED = 8


def names_any(check: CheckSettings, given: Mapping[str, Any]) -> bool:
    """Tell whether a check names anything that its target may lack: what a run is given, or a node with an output."""
    return bool(given or getattr(check.expect, "node_ids", None))


def unknown_outputs(check: CheckSettings, graph: Mapping[str, Any]) -> list[str]:
    """Say which nodes that must have an output the graph does not have; of what is not known nothing is said.

    Args:
        check: the check's settings.
        graph: the nodes of the API prompt by id; empty where it is not known.
    """
    expect = check.expect
    asked = expect.node_ids if graph and isinstance(expect, Expect) else None
    return [
        unknown_node(node, graph)
        for node in (asked if isinstance(asked, list) else ())
        if isinstance(node, str) and _root(node) not in graph
    ]


def _root(node: str) -> str:
    """Give the node that a node of a run belongs to: one that a node makes while it runs is named `<id>.0.0.1`."""
    return node.split(".", 1)[0]


def unknown_node(node: str, graph: Mapping[str, Any]) -> str:
    """Say that there is no such node, with those that may be meant, by a like id, class or title; else some of all."""
    words: dict[str, list[str]] = {}
    for one, row in graph.items():
        title = row["_meta"].get("title") if isinstance(row.get("_meta"), Mapping) else None
        for word in {str(word).casefold() for word in (one, row.get("class_type"), title) if word}:
            words.setdefault(word, []).append(one)
    close = [one for word in get_close_matches(node.casefold(), words, n=MOST_LISTED) for one in words[word]]
    there_is_none = f"there is no node {node!r}"
    if close:
        return f"{there_is_none}; did you mean {' or '.join(named(one, graph) for one in dict.fromkeys(close))}?"
    listed = sorted(graph, key=lambda one: (int(one), "") if one.isdecimal() else (10**9, one))
    rest = f" and {len(listed) - MOST_LISTED} more" if len(listed) > MOST_LISTED else ""
    return f"{there_is_none} (there are {', '.join(named(one, graph) for one in listed[:MOST_LISTED])}{rest})"


def named(node: str, graph: Mapping[str, Any]) -> str:
    """Give a node's id with its class."""
    return f"{node} ({graph[node].get('class_type')})"
