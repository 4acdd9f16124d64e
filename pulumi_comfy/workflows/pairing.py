"""Whether the editor's graph and the API prompt of one document tell the same story."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_comfy.workflows.bounds import first_few
from pulumi_comfy.workflows.canonical import canonical_value
from pulumi_comfy.workflows.document import Document
from pulumi_comfy.workflows.drawn_texts import may_become
from pulumi_comfy.workflows.editor_nodes import adds_links, is_editor_only
from pulumi_comfy.workflows.prompt import label, link_of, natural_order, unwrapped
from pulumi_comfy.workflows.subgraphs import Graphs, runs
from pulumi_comfy.workflows.widgets import widget_names, widget_values
from pulumi_comfy.workflows.wording import Source, setting_words

__all__ = ["pair_problems"]


def pair_problems(document: Document) -> list[str]:
    """Where graph and prompt disagree: the graph was edited and the prompt not exported again, or the reverse.

    Compared are the nodes at the top of the graph that run, their classes, the links between two such nodes and the
    widgets whose names are known; of a subgraph, whether it and its nodes run. What only the editor can work out (what
    enters and leaves a subgraph, primitives, links through bypassed nodes, texts that it fills in or draws) is left
    alone, and so are seeds that the editor rewrites and nodes that exist in the editor only.

    Returns:
        One sentence for each difference, in the natural order of the nodes, the first few and how many more; empty
        when one of the two is absent.
    """
    if document.graph is None or document.prompt is None:
        return []
    return first_few(_Pair(document.graph, document.prompt).problems(), "differences")


class _Pair:
    def __init__(self, graph: Mapping[str, Any], prompt: Mapping[str, Any]) -> None:
        self._graphs = Graphs(graph)
        self._view = self._graphs.top
        self._prompt = prompt
        self._running = {
            node_id: node
            for node_id, node in self._view.nodes.items()
            if runs(node) and not is_editor_only(node["type"]) and node["type"] not in self._graphs.parts
        }
        self._rewritten = self._graphs.rewritten_seeds(prompt)
        self._adds_links = any(adds_links(node["type"]) for node in self._view.nodes.values())

    def problems(self) -> Iterator[str]:
        for node_id in sorted(self._running.keys() | self._prompt.keys(), key=natural_order):
            if node_id not in self._running:
                yield from self._extra_node(node_id)
            elif node_id in self._prompt:
                yield from self._node_problems(node_id)
            elif self._is_linked(node_id):
                yield f"{label(self._running[node_id]['type'], node_id)} is in the graph and not in the API prompt"

    def _is_linked(self, node_id: str) -> bool:
        """A node without a link changes nothing that runs; packs have many of these that exist in the editor only."""
        return node_id in self._view.into or node_id in self._view.feeding

    def _extra_node(self, node_id: str) -> Iterator[str]:
        """Why a node of the prompt has no running twin at the top of the graph, when that is a difference."""
        nodes = [view.nodes.get(key) for view, key in self._graphs.path_to(node_id)]
        last = nodes[-1]
        if any(node is not None and not runs(node) for node in nodes):
            why = "switched off in the graph"
        elif last is None:
            why = "not in the graph"
        elif ":" in node_id or is_editor_only(last["type"]):
            return  # from inside a subgraph or a group node, or exported after all
        else:
            why = "a subgraph in the graph"
        yield f"{label(self._prompt[node_id]['class_type'], node_id)} is in the API prompt and {why}"

    def _node_problems(self, node_id: str) -> Iterator[str]:
        node, twin = self._running[node_id], self._prompt[node_id]
        name_of = label(node["type"], node_id)
        if node["type"] != twin["class_type"]:
            yield f"{name_of} of the graph is {twin['class_type']} in the API prompt"
            return
        in_graph = self._graph_settings(node_id, node, twin)
        for name, ours in in_graph.items():
            theirs = self._prompt_setting(twin["inputs"].get(name), name in twin["inputs"])
            compared = theirs is not None or isinstance(ours, Source)
            if compared and (node_id, name) not in self._rewritten and not _agree(ours, theirs):
                yield f"{name_of}, from the graph to the API prompt: {setting_words(name, ours, theirs)}"
        if self._adds_links:
            return
        linked = self._view.into.get(node_id, {})
        for name, value in twin["inputs"].items():
            if link_of(value) is not None and name not in in_graph and name not in linked:
                yield f"{name_of}: its input {name} is linked in the API prompt and not in the graph"

    def _graph_settings(self, node_id: str, node: Mapping[str, Any], twin: Mapping[str, Any]) -> dict[str, object]:
        """Widgets and links by input name, without those that only the editor can work out."""
        values = widget_values(node)
        items = values.values() if isinstance(values, dict) else values
        settings: dict[str, object] = {
            name: (canonical_value(value),) for name, value in zip(widget_names(node, twin), items, strict=True)
        }
        for name, (origin, slot) in self._view.into.get(node_id, {}).items():
            settings.pop(name, None)
            if origin in self._running:
                settings[name] = Source(origin, slot, label(self._running[origin]["type"], origin))
        if self._adds_links:
            settings = {name: held for name, held in settings.items() if link_of(twin["inputs"].get(name)) is None}
        return settings

    def _prompt_setting(self, value: Any, present: bool) -> object:
        if not present:
            return None
        link = link_of(value)
        if link is not None:
            origin = self._prompt.get(link[0])  # a link that dangles is told by `parse_leniently`
            return Source(*link, label(origin["class_type"], link[0]) if origin else f"node #{link[0]}")
        return (canonical_value(unwrapped(value)),)


def _agree(ours: object, theirs: object) -> bool:
    if ours == theirs:
        return True
    values = (ours[0], theirs[0]) if isinstance(ours, tuple) and isinstance(theirs, tuple) else (None, None)
    return isinstance(values[0], str) and isinstance(values[1], str) and may_become(values[0], values[1])
