"""A graph together with its subgraphs: who stands where, what is promoted, which seeds the editor rewrites.

Facts: docs/workflow-documents.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from pulumi_comfy.workflows.graph import (
    BYPASSED,
    MUTED,
    SUBGRAPH_INPUTS,
    GraphView,
    all_definitions,
    definitions,
    list_of_objects,
    read_graph,
)
from pulumi_comfy.workflows.primitives import is_moving, moved_widgets
from pulumi_comfy.workflows.prompt import SEED_NAMES, link_of
from pulumi_comfy.workflows.widget_tables import CONTROL
from pulumi_comfy.workflows.widgets import controlled_positions, is_number, widget_names, widget_values

__all__ = ["OWN_INPUT", "Graphs", "promoted_entries", "runs"]

_DRAWS_ITSELF = "Seed (rgthree)"
"""A seed node whose negative numbers mean that the editor draws, or counts, when it exports."""


def runs(node: Mapping[str, Any]) -> bool:
    """Whether the node is neither muted nor bypassed."""
    return node.get("mode") not in (MUTED, BYPASSED)


_Promoted = tuple[Mapping[str, Any], str]
"""The node inside and the name of its widget, in which an input of a subgraph ends."""


class Graphs:
    """The views of a graph and of every subgraph in it, each read once.

    Args:
        graph: The editor's graph.
    """

    def __init__(self, graph: Mapping[str, Any]) -> None:
        self.graph = graph
        self._views: dict[str, GraphView] = {}
        self._promoted: dict[str, dict[str, _Promoted]] = {}
        # What is known of a node inside, by its identity: many instances share it.
        self._moving: dict[tuple[int, str], bool] = {}
        self._names: dict[int, set[str]] = {}
        self._seeds: dict[int, tuple[bool, frozenset[float]]] = {}

    @cached_property
    def top(self) -> GraphView:
        """The graph itself."""
        return read_graph(self.graph)

    @cached_property
    def parts(self) -> dict[str, Mapping[str, Any]]:
        """Every subgraph's definition by its id."""
        return {str(part.get("id")): part for part in all_definitions(self.graph)}

    def counts(self, part: Mapping[str, Any]) -> bool:
        """Whether a subgraph stands anywhere in the graph, or may define one that does.

        The editor leaves the others out when it saves.
        """
        return str(part.get("id")) in self._used or bool(definitions(part))

    @cached_property
    def _used(self) -> frozenset[str]:
        found: set[str] = set()
        waiting = [self.graph]
        while waiting:
            for node in list_of_objects(waiting.pop().get("nodes")):
                kind = node["type"]
                if kind in self.parts and kind not in found:
                    found.add(kind)
                    waiting.append(self.parts[kind])
        return frozenset(found)

    def view(self, part_id: str) -> GraphView:
        """A subgraph."""
        if part_id not in self._views:
            self._views[part_id] = read_graph(self.parts[part_id])
        return self._views[part_id]

    def view_of(self, part: Mapping[str, Any]) -> GraphView:
        """A subgraph by its definition, also one whose id another has too."""
        part_id = str(part.get("id"))
        return self.view(part_id) if self.parts.get(part_id) is part else read_graph(part)

    def path_to(self, node_id: str) -> Iterator[tuple[GraphView, str]]:
        """The nodes on the way to a node of the prompt, outermost first, each with the graph it stands in.

        Nodes inside a subgraph appear in the prompt as "outer:inner" (4.4). Ends where the way is not known:
        at a node that is not there, which is still given, or that is no subgraph.
        """
        view: GraphView | None = self.top
        for key in node_id.split(":"):
            if view is None:
                return
            yield view, key
            kind = view.nodes[key]["type"] if key in view.nodes else ""
            view = self.view(kind) if kind in self.parts else None

    def promoted_names(self, node: Mapping[str, Any]) -> list[str]:
        """The names of an instance's widgets; empty when the node is no subgraph, or they do not fit its values."""
        return [name for _, name in self.promoted_entries(node)]

    def promoted_entries(self, node: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The node inside and the name of the widget of each of an instance's values, as `promoted_entries` has them.

        Where the instance lists none they are the subgraph's inputs that end in a widget; none where these do not fit.
        """
        count = len(widget_values(node))
        if not count or node["type"] not in self.parts:
            return []
        listed = promoted_entries(node)
        if count <= len(listed):
            return listed[:count]
        inputs = self._promoted_by(node["type"])
        names = inputs if len(inputs) == count else {**inputs, **{name: None for _, name in listed}}
        return [(OWN_INPUT, name) for name in names] if len(names) == count else []

    def moving(self, node: Mapping[str, Any], view: GraphView) -> set[int | str]:
        """Positions (or names) of widgets that the editor rewrites.

        A promoted seed's control sits inside; a primitive writes its value into the widgets that it is linked to.

        Args:
            node: The node.
            view: The graph that it stands in.
        """
        found = controlled_positions(node) | moved_widgets(node, view, self.promoted_names)
        entries = self.promoted_entries(node)
        if entries:
            nodes = self.view(node["type"]).nodes
            inputs = self._promoted_by(node["type"])
            inside = [
                inputs.get(name) if key == OWN_INPUT else (nodes[key], name) if key in nodes else None
                for key, name in entries
            ]
            said = _said_controls(node, entries)
            for at, promoted in enumerate(inside):
                if said.get(entries[at][0], "") != "fixed" and self._moves(promoted):
                    found = found | {at}
        return found

    def _promoted_by(self, part_id: str) -> dict[str, _Promoted]:
        if part_id not in self.parts:
            return {}
        if part_id not in self._promoted:
            self._promoted[part_id] = dict(self._promoted_inputs(part_id))
        return self._promoted[part_id]

    def _promoted_inputs(self, part_id: str) -> Iterator[tuple[str, _Promoted]]:
        view = self.view(part_id)
        ends: dict[str, tuple[str, str]] = {}
        for target, inputs in view.into.items():
            for name, (origin, port) in inputs.items():
                if origin == SUBGRAPH_INPUTS:
                    ends.setdefault(str(port), (target, name))
        widgets: dict[str, set[str]] = {}
        for written in list_of_objects(self.parts[part_id].get("inputs")):
            target, name = ends.get(str(written.get("name", "")), ("", ""))
            if target not in view.nodes:
                continue
            node = view.nodes[target]
            if target not in widgets:
                ports = list_of_objects(node.get("inputs"))
                widgets[target] = {str(port.get("name")) for port in ports if port.get("widget") is not None}
            if name in widgets[target]:
                yield str(written.get("name", "")), (node, name)

    def _moves(self, promoted: _Promoted | None) -> bool:
        """Whether the editor rewrites the widget in which a promoted one ends, however deep inside."""
        passed: dict[tuple[int, str], bool] = {}
        found = False
        while promoted is not None:
            node, name = promoted
            key = (id(node), name)
            if key in self._moving or key in passed:
                found = self._moving.get(key, False)
                break
            passed[key] = False
            promoted = self._promoted_by(node["type"]).get(name)
            if promoted is None:
                found = name in self._moving_names(node)
        self._moving.update(dict.fromkeys(passed, found))
        return found

    def _moving_names(self, node: Mapping[str, Any]) -> set[str]:
        if id(node) not in self._names:
            moving = controlled_positions(node)
            names = enumerate(widget_names(node))
            self._names[id(node)] = {name for at, name in names if at in moving or name in moving}
        return self._names[id(node)]

    def rewritten_seeds(self, prompt: Mapping[str, Any]) -> set[tuple[str, str]]:
        """Inputs of the prompt whose number the editor rewrites after each run, because the graph's control says so.

        The pair was exported together, so the graph's word holds for both: a seed is content only when its control is
        `fixed`. Servers go by the same word and draw such a seed anew for every run.

        Returns:
            Pairs of node id and input name.
        """
        found: set[tuple[str, str]] = set()
        for node_id, twin in prompt.items():
            path = list(self.path_to(node_id))
            view, key = path[-1]
            if len(path) != node_id.count(":") + 1 or key not in view.nodes:
                continue
            names = [*self._seed_inputs(view.nodes[key], twin), *self._fed_by_primitives(path, twin)]
            found |= {(node_id, name) for name in names if link_of(twin["inputs"].get(name)) is None}
        return found

    def _fed_by_primitives(self, path: list[tuple[GraphView, str]], twin: Mapping[str, Any]) -> Iterator[str]:
        """The inputs of the last node of a path that a primitive with a moving value feeds, also from outside."""
        view, key = path[-1]
        linked = view.into.get(key, {})
        for name in twin["inputs"]:
            at, (source, port) = len(path) - 1, linked.get(name, ("", 0))
            while source == SUBGRAPH_INPUTS and at > 0:
                at -= 1
                outer, host = path[at]
                source, port = outer.into.get(host, {}).get(str(port), ("", 0))
            node = path[at][0].nodes.get(source)
            if node is not None and is_moving(node):
                yield name

    def _seed_inputs(self, node: Mapping[str, Any], twin: Mapping[str, Any]) -> list[str]:
        """The inputs of a node's twin in the prompt that hold the node's moving seed.

        By the seed's usual names; else the only number that equals the graph's (so that no other number is ever
        ignored).
        """
        if twin["class_type"] != node["type"]:
            return []
        if id(node) not in self._seeds:
            self._seeds[id(node)] = _seed_values(node)
        is_moving, moving = self._seeds[id(node)]
        if not is_moving:
            return []
        by_name = [name for name in twin["inputs"] if name in SEED_NAMES]
        if by_name:
            return by_name
        equal = [name for name, value in twin["inputs"].items() if is_number(value) and value in moving]
        return equal if len(equal) == 1 else []


OWN_INPUT = "-1"
"""In a list of promoted widgets: the instance's own input of that name."""


def promoted_entries(node: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Promoted widgets as newer editors list them, in the order of the instance's values.

    Values at the end may be left out: those of widgets that hold theirs inside.

    Returns:
        The node inside and the name of its widget, or `OWN_INPUT` and the name of the subgraph's input.
    """
    properties = node.get("properties")
    pairs = properties.get("proxyWidgets") if isinstance(properties, Mapping) else None
    listed = [pair for pair in pairs if isinstance(pair, list) and len(pair) > 1] if isinstance(pairs, list) else []
    return [(str(pair[0]), str(pair[1])) for pair in listed]


def _said_controls(node: Mapping[str, Any], entries: list[tuple[str, str]]) -> dict[str, object]:
    """What an instance itself says becomes of the seeds inside it, by node; it wins over what stands there."""
    values = widget_values(node)
    pairs = zip(entries, values, strict=True) if isinstance(values, list) else ()
    return {key: value for (key, name), value in pairs if name == CONTROL}


def _seed_values(node: Mapping[str, Any]) -> tuple[bool, frozenset[float]]:
    """Whether the editor rewrites a seed of the node, and the numbers that the graph holds for it."""
    values = widget_values(node)
    controlled = controlled_positions(node)
    if isinstance(values, dict):
        return bool(controlled), frozenset()
    if node["type"] == _DRAWS_ITSELF and values and is_number(values[0]) and values[0] < 0:
        return True, frozenset()
    return bool(controlled), frozenset(
        value for position, value in enumerate(values) if position in controlled and is_number(value)
    )
