"""Reading the editor's graph: nodes without the decoration, links by name (reference 4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "BYPASSED",
    "MUTED",
    "PRIMITIVE",
    "Edges",
    "GraphView",
    "all_definitions",
    "definitions",
    "list_of_objects",
    "read_graph",
]

MUTED, BYPASSED = 2, 4
"""Node modes in which a node does not run (reference 4.2)."""

PRIMITIVE = "PrimitiveNode"
"""The editor's own node that hands its value to the inputs it is linked to."""

_REROUTE = "Reroute"
_DECORATION = frozenset({"Note", "MarkdownNote", "ComfyDeploy", _REROUTE})
"""Node types that change nothing that runs: documentation, ComfyDeploy's panel (its widgets hold the workflow's id and
version number and are rewritten on every upload), and reroutes, which are looked through."""

_SUBGRAPH_INPUTS, _SUBGRAPH_OUTPUTS = "-10", "-20"
"""Ids by which links inside a subgraph name its boundary."""

Edges = dict[tuple[str, str], tuple[str, "int | str"]]
"""(target node, input name) -> (origin node, output slot, or the name of a subgraph's input)."""


@dataclass(frozen=True)
class GraphView:
    """What matters of a graph or subgraph.

    Attributes:
        nodes: The nodes that count, by id, as written.
        edges: What each linked input is linked to.
    """

    nodes: dict[str, Mapping[str, Any]]
    edges: Edges


@dataclass(frozen=True)
class _Link:
    origin: str
    origin_slot: int
    target: str
    target_slot: int


def list_of_objects(value: object) -> list[Mapping[str, Any]]:
    """The objects in a JSON list; empty for anything else."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def definitions(graph: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The subgraphs that a graph defines."""
    inner = graph.get("definitions")
    return list_of_objects(inner.get("subgraphs")) if isinstance(inner, Mapping) else []


def all_definitions(graph: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The subgraphs that a graph defines, and those that they define in turn."""
    return [found for inner in definitions(graph) for found in (inner, *all_definitions(inner))]


def read_graph(graph: Mapping[str, Any]) -> GraphView:
    """The nodes and the links by name, of a graph or of a subgraph.

    A link counts when the input that it ends in refers to it, as in the editor; link ids and input slot numbers are
    not stable and do not appear. Reroutes are looked through.
    """
    every = {str(node["id"]): node for node in list_of_objects(graph.get("nodes"))}
    links = _read_links(graph.get("links"))
    reader = _EdgeReader(every, links, _names(graph.get("inputs")))
    edges: Edges = {}
    for node_id, node in every.items():
        if node["type"] not in _DECORATION:
            edges.update(reader.edges_into(node_id, node))
    edges.update(reader.edges_out_of_subgraph(_names(graph.get("outputs"))))
    nodes = {node_id: node for node_id, node in every.items() if node["type"] not in _DECORATION}
    return GraphView(nodes, edges)


def _names(ports: object) -> list[str]:
    return [str(port.get("name", "")) for port in list_of_objects(ports)]


def _read_links(links: object) -> dict[str, _Link]:
    """Links by id, from the 6-tuples of format 0.4 or the objects of format 1.0."""
    found: dict[str, _Link] = {}
    for link in links if isinstance(links, list) else []:
        if isinstance(link, Mapping):
            ends = [link[key] for key in ("id", "origin_id", "origin_slot", "target_id", "target_slot")]
        elif isinstance(link, list):
            ends = link[:5]
        else:
            continue
        found[str(ends[0])] = _Link(str(ends[1]), _slot(ends[2]), str(ends[3]), _slot(ends[4]))
    return found


def _slot(value: object) -> int:
    """A slot number; some packs write it as text."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() else -1


@dataclass(frozen=True)
class _EdgeReader:
    nodes: Mapping[str, Mapping[str, Any]]
    links: Mapping[str, _Link]
    subgraph_inputs: list[str]

    def edges_into(self, node_id: str, node: Mapping[str, Any]) -> Edges:
        edges: Edges = {}
        for name, link in self._linked_inputs(node_id, node):
            origin = self._origin(link)
            if origin is not None:
                edges[node_id, _unused(name, (taken for _, taken in edges))] = origin
        return edges

    def edges_out_of_subgraph(self, outputs: list[str]) -> Edges:
        edges: Edges = {}
        for link in self.links.values():
            if link.target == _SUBGRAPH_OUTPUTS and 0 <= link.target_slot < len(outputs):
                origin = self._origin(link)
                if origin is not None:
                    edges[_SUBGRAPH_OUTPUTS, outputs[link.target_slot]] = origin
        return edges

    def _linked_inputs(self, node_id: str, node: Mapping[str, Any]) -> list[tuple[str, _Link]]:
        if "inputs" not in node:
            # A graph written by hand: only the table of links knows.
            return [(f"input {link.target_slot}", link) for link in self.links.values() if link.target == node_id]
        return [
            (str(port.get("name", "")), self.links[str(port["link"])])
            for port in list_of_objects(node["inputs"])
            if port.get("link") is not None and str(port["link"]) in self.links
        ]

    def _origin(self, link: _Link) -> tuple[str, int | str] | None:
        """Where a link comes from behind all reroutes; None when nothing is there."""
        seen: set[str] = set()
        while True:
            if link.origin == _SUBGRAPH_INPUTS:
                inside = 0 <= link.origin_slot < len(self.subgraph_inputs)
                return link.origin, self.subgraph_inputs[link.origin_slot] if inside else link.origin_slot
            node = self.nodes.get(link.origin)
            if node is None:
                return None
            if node["type"] != _REROUTE:
                return link.origin, link.origin_slot
            before = self._linked_inputs(link.origin, node)
            if link.origin in seen or not before:
                return None
            seen.add(link.origin)
            link = before[0][1]


def _unused(name: str, taken: Iterable[str]) -> str:
    """The name, numbered when another input of the node already has it."""
    names = set(taken)
    number, unused = 1, name
    while unused in names:
        number += 1
        unused = f"{name} ({number})"
    return unused
