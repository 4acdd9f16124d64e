"""Reading the editor's graph: nodes without the decoration, links by name (docs/workflow-documents.md 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pulumi_comfy.workflows.editor_nodes import GETTERS, NOTES, REROUTES, SETTER_OF, SETTERS

__all__ = [
    "BYPASSED",
    "MUTED",
    "SUBGRAPH_INPUTS",
    "SUBGRAPH_OUTPUTS",
    "GraphView",
    "Link",
    "Origin",
    "all_definitions",
    "definitions",
    "list_of_objects",
    "read_graph",
    "read_links",
    "setter_key",
]

MUTED, BYPASSED = 2, 4
"""Node modes in which a node does not run (4.2)."""

SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS = "-10", "-20"
"""Ids by which links inside a subgraph name its boundary."""

Origin = tuple[str, "int | str"]
"""A node and its output slot, or the boundary and the name of a subgraph's input."""

SetterKey = tuple[str, str]
"""A setter's class and its name."""


@dataclass(frozen=True)
class GraphView:
    """What matters of a graph or subgraph.

    Attributes:
        nodes: The nodes that count, by id, as written.
        into: What each linked input is linked to: node id to input name to origin.
    """

    nodes: dict[str, Mapping[str, Any]]
    into: dict[str, dict[str, Origin]]

    @cached_property
    def feeding(self) -> frozenset[str]:
        """Ids of the nodes that something is linked to."""
        return frozenset(origin for inputs in self.into.values() for origin, _ in inputs.values())


@dataclass(frozen=True)
class Link:
    """A link of the table of links, its ends as texts and whole numbers."""

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
    found: list[Mapping[str, Any]] = []
    waiting = definitions(graph)[::-1]
    while waiting:
        found.append(waiting.pop())
        waiting += definitions(found[-1])[::-1]
    return found


def read_graph(graph: Mapping[str, Any]) -> GraphView:
    """The nodes and the links by name, of a graph or of a subgraph.

    A link counts when the input that it ends in refers to it, as in the editor; link ids and input slot numbers are
    not stable and do not appear. Reroutes are looked through, and so are getters whose setter stands beside them.
    """
    every = {str(node["id"]): node for node in list_of_objects(graph.get("nodes")) if node["type"] not in NOTES}
    reader = _Reader(every, read_links(graph.get("links")), _names(graph.get("inputs")))
    nodes = {node_id: node for node_id, node in every.items() if not reader.looks_through(node)}
    into = {node_id: reader.inputs_of(node_id, node) for node_id, node in nodes.items()}
    into[SUBGRAPH_OUTPUTS] = reader.outputs_of_subgraph(list_of_objects(graph.get("outputs")))
    return GraphView(nodes, {node_id: inputs for node_id, inputs in into.items() if inputs})


def _names(ports: object) -> list[str]:
    return [str(port.get("name", "")) for port in list_of_objects(ports)]


def read_links(links: object) -> dict[str, Link]:
    """Links by id, from the 6-tuples of format 0.4 or the objects of format 1.0."""
    found: dict[str, Link] = {}
    for link in links if isinstance(links, list) else []:
        if isinstance(link, Mapping):
            ends = [link[key] for key in ("id", "origin_id", "origin_slot", "target_id", "target_slot")]
        elif isinstance(link, list):
            ends = link[:5]
        else:
            continue
        found[str(ends[0])] = Link(str(ends[1]), _slot(ends[2]), str(ends[3]), _slot(ends[4]))
    return found


def _slot(value: object) -> int:
    """A slot number; some packs write it as text."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() else -1


@dataclass(frozen=True)
class _Reader:
    """Finds where links come from; each node is looked at once, however many links pass through it."""

    nodes: Mapping[str, Mapping[str, Any]]
    links: Mapping[str, Link]
    subgraph_inputs: list[str]
    behind: dict[str, Origin | None] = field(default_factory=dict)
    """What nodes that are looked through deliver, as far as it is known."""

    def inputs_of(self, node_id: str, node: Mapping[str, Any]) -> dict[str, Origin]:
        inputs = _Unique()
        for name, link in self._linked_inputs(node_id, node):
            inputs.add(name, self._origin(link))
        return inputs.found

    def outputs_of_subgraph(self, outputs: list[Mapping[str, Any]]) -> dict[str, Origin]:
        """What each output delivers: of several links the editor takes the first that the output itself lists."""
        inputs = _Unique()
        in_table = self._by_target.get(SUBGRAPH_OUTPUTS, [])
        first: dict[int, Link] = {}
        for link in in_table:
            first.setdefault(link.target_slot, link)
        for slot, port in enumerate(outputs):
            ids = port.get("linkIds")
            listed = [self.links.get(str(link_id)) for link_id in ids] if isinstance(ids, list) else []
            chosen = next((link for link in listed if link and link.target == SUBGRAPH_OUTPUTS), first.get(slot))
            if chosen is not None:
                inputs.add(str(port.get("name", "")), self._origin(chosen))
        return inputs.found

    def looks_through(self, node: Mapping[str, Any]) -> bool:
        """Whether links pass through the node as if it were not there."""
        kind = node["type"]
        if kind in GETTERS:
            return node.get("mode") != BYPASSED and setter_key(node) in self._setters
        return kind in REROUTES or (kind in SETTERS and setter_key(node) in self._gotten)

    @cached_property
    def _setters(self) -> dict[SetterKey, str]:
        """The setter of each name; where several have one, all of them count and so do its getters."""
        found: dict[SetterKey, list[str]] = {}
        for node_id, node in self.nodes.items():
            if node["type"] in SETTERS:
                found.setdefault(setter_key(node), []).append(node_id)
        return {key: ids[0] for key, ids in found.items() if len(ids) == 1 and key[1]}

    @cached_property
    def _gotten(self) -> frozenset[SetterKey]:
        getters = (node for node in self.nodes.values() if node["type"] in GETTERS)
        return frozenset(map(setter_key, getters)) & self._setters.keys()

    @cached_property
    def _by_target(self) -> dict[str, list[Link]]:
        found: dict[str, list[Link]] = {}
        for link in self.links.values():
            found.setdefault(link.target, []).append(link)
        return found

    def _linked_inputs(self, node_id: str, node: Mapping[str, Any]) -> list[tuple[str, Link]]:
        if "inputs" not in node:
            # A graph written by hand: only the table of links knows.
            return [(f"input {link.target_slot}", link) for link in self._by_target.get(node_id, [])]
        return [
            (str(port.get("name", "")), self.links[str(port["link"])])
            for port in list_of_objects(node["inputs"])
            if port.get("link") is not None and str(port["link"]) in self.links
        ]

    def _origin(self, link: Link) -> Origin | None:
        """Where a link comes from behind all that is looked through; None when nothing is there."""
        passed: list[str] = []
        found: Origin | None = None
        while True:
            if link.origin == SUBGRAPH_INPUTS:
                inside = 0 <= link.origin_slot < len(self.subgraph_inputs)
                found = link.origin, self.subgraph_inputs[link.origin_slot] if inside else link.origin_slot
                break
            if link.origin in self.behind:
                found = self.behind[link.origin]
                break
            node = self.nodes.get(link.origin)
            if node is None:
                break
            if not self.looks_through(node):
                found = link.origin, link.origin_slot
                break
            passed.append(link.origin)
            self.behind[link.origin] = None  # a ring of reroutes comes from nowhere
            before = self._before(link.origin, node)
            if before is None:
                break
            link = before
        self.behind.update(dict.fromkeys(passed, found))
        return found

    def _before(self, node_id: str, node: Mapping[str, Any]) -> Link | None:
        """The link into a node that is looked through; into a getter it is that of its setter."""
        if node["type"] in GETTERS:
            node_id = self._setters[setter_key(node)]
            node = self.nodes[node_id]
        linked = self._linked_inputs(node_id, node)
        return linked[0][1] if linked else None


def setter_key(node: Mapping[str, Any]) -> SetterKey:
    """The setter's class and the name by which a getter finds it, of either; a node without a name finds nothing."""
    values = node.get("widgets_values")
    name = values[0] if isinstance(values, list) and values else None
    return SETTER_OF.get(node["type"], node["type"]), "" if name is None else str(name)


class _Unique:
    """Origins by input name, the name numbered when another input of the node already has it."""

    def __init__(self) -> None:
        self.found: dict[str, Origin] = {}
        self._numbers: dict[str, int] = {}

    def add(self, name: str, origin: Origin | None) -> None:
        if origin is None:
            return
        unused = name
        while unused in self.found:
            self._numbers[name] = self._numbers.get(name, 1) + 1
            unused = f"{name} ({self._numbers[name]})"
        self.found[unused] = origin
