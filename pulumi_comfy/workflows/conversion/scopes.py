"""A graph with its subgraphs and group nodes laid open: each instance is a place of its own.

Facts: docs/workflow-documents.md 4.2, 4.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pulumi_comfy.workflows.conversion.groups import group_definition
from pulumi_comfy.workflows.conversion.promoted import Promoted, promoted_values
from pulumi_comfy.workflows.conversion.trouble import Refusal, Trouble
from pulumi_comfy.workflows.editor_nodes import NOTES, SETTERS, is_group
from pulumi_comfy.workflows.graph import (
    SUBGRAPH_OUTPUTS,
    Link,
    SetterKey,
    all_definitions,
    list_of_objects,
    read_links,
    setter_key,
)
from pulumi_comfy.workflows.subgraphs import runs

__all__ = ["Scope", "open_graph"]

_MOST_NODES = 20_000
_DEEPEST = 30


@dataclass(eq=False)
class Scope:
    """A graph as it stands in one place.

    Attributes:
        prefix: What stands before the ids of its nodes in the prompt: empty, or `57:`.
        part: The graph, or the definition of the subgraph.
        outer: The graph around it, None at the top.
        host: The instance in `outer` that this is.
        inside: The scopes of the running instances in it, by node id.
        promoted: What its host says of widgets inside.
        ends: Where the links in it lead, as far as somebody has followed them: by origin, slot and the wanted type.
    """

    prefix: str
    part: Mapping[str, Any]
    outer: Scope | None = None
    host: Mapping[str, Any] = field(default_factory=dict)
    inside: dict[str, Scope] = field(default_factory=dict)
    promoted: Promoted = field(default_factory=Promoted)
    ends: dict[tuple[str, int, str], Any] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> dict[str, Mapping[str, Any]]:
        """Its nodes by id."""
        return {str(node["id"]): node for node in list_of_objects(self.part.get("nodes")) if node["type"] not in NOTES}

    @cached_property
    def links(self) -> dict[str, Link]:
        """Its links by id."""
        return read_links(self.part.get("links"))

    @cached_property
    def linked_to(self) -> frozenset[str]:
        """Ids of the nodes that a link ends in."""
        return frozenset(link.target for link in self.links.values())

    @cached_property
    def setters(self) -> dict[SetterKey, list[Mapping[str, Any]]]:
        """The setters by their class and name."""
        found: dict[SetterKey, list[Mapping[str, Any]]] = {}
        for node in self.nodes.values():
            if node["type"] in SETTERS:
                found.setdefault(setter_key(node), []).append(node)
        return found

    @cached_property
    def host_ports(self) -> dict[str, Mapping[str, Any]]:
        """The inputs of its instance by name, of two with one name the first."""
        return {str(port.get("name", "")): port for port in list_of_objects(self.host.get("inputs"))[::-1]}

    @cached_property
    def _input_names(self) -> list[str]:
        return [str(port.get("name", "")) for port in list_of_objects(self.part.get("inputs"))]

    def input_name(self, slot: int) -> str | None:
        """The name of an input of the subgraph."""
        return self._input_names[slot] if 0 <= slot < len(self._input_names) else None

    @cached_property
    def delivered(self) -> list[Link | None]:
        """What ends in each output of the subgraph: of several links the first that the output lists."""
        first: dict[int, Link] = {}
        for link in self.links.values():
            if link.target == SUBGRAPH_OUTPUTS:
                first.setdefault(link.target_slot, link)
        found: list[Link | None] = []
        for slot, port in enumerate(list_of_objects(self.part.get("outputs"))):
            ids = port.get("linkIds")
            listed = [self.links.get(str(link_id)) for link_id in ids] if isinstance(ids, list) else []
            ending = (link for link in listed if link is not None and link.target == SUBGRAPH_OUTPUTS)
            found.append(next(ending, first.get(slot)))
        return found

    def scopes(self) -> Iterator[Scope]:
        """This one, and those inside."""
        waiting = [self]
        while waiting:
            scope = waiting.pop()
            yield scope
            waiting += list(scope.inside.values())[::-1]


def open_graph(graph: Mapping[str, Any], trouble: Trouble) -> Scope:
    """Lay a graph open; what cannot be laid open is put to the problems."""
    parts = {str(part.get("id")): part for part in all_definitions(graph)}
    extra = graph.get("extra")
    groups = extra.get("groupNodes") if isinstance(extra, Mapping) else None
    top = Scope("", graph)
    waiting = [(top, 0)]
    count = 0
    while waiting:
        scope, depth = waiting.pop()
        count += len(scope.nodes)
        if depth > _DEEPEST or count > _MOST_NODES:
            trouble.add("the graph's subgraphs hold each other without end, or far too many nodes")
            return top
        for node_id, node in scope.nodes.items():
            part = _part_of(node, parts, groups, scope, trouble) if runs(node) else None
            if part is None:
                continue
            inner = Scope(f"{scope.prefix}{node_id}:", part, scope, node)
            if node["type"] in parts:
                with trouble.at(scope.prefix + node_id, node):
                    inner.promoted = promoted_values(node, part)
                    inner.promoted.take_over(node_id, scope.promoted, part)
            scope.inside[node_id] = inner
            waiting.append((inner, depth + 1))
    return top


def _part_of(
    node: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]], groups: object, scope: Scope, trouble: Trouble
) -> Mapping[str, Any] | None:
    kind = node["type"]
    if kind in parts:
        return parts[kind]
    if not is_group(kind):
        return None
    try:
        return group_definition(node, groups)
    except Refusal as refusal:
        trouble.refuse(f"{scope.prefix}{node['id']}", node, refusal)
        return None
