"""Whether the editor's graph and the API prompt of one document tell the same story."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_comfy.workflows.canonical import canonical_value
from pulumi_comfy.workflows.document import Document
from pulumi_comfy.workflows.graph import BYPASSED, MUTED, PRIMITIVE, GraphView, definitions, read_graph
from pulumi_comfy.workflows.prompt import label, link_of, natural_order, unwrapped
from pulumi_comfy.workflows.widgets import rewritten_seeds, widget_names, widget_values
from pulumi_comfy.workflows.wording import Source, setting_words

__all__ = ["pair_problems"]


def pair_problems(document: Document) -> list[str]:
    """Where graph and prompt disagree: the graph was edited and the prompt not exported again, or the reverse.

    Compared are the nodes at the top of the graph that run, their classes, the links between two such nodes and the
    widgets whose names are known. What only the editor can work out (subgraphs, primitives, links through bypassed
    nodes) is left alone, and so are seeds that the editor rewrites.

    Returns:
        One sentence for each difference, in the natural order of the nodes; empty when one of the two is absent.
    """
    graph, prompt = document.graph, document.prompt
    if graph is None or prompt is None:
        return []
    view = read_graph(graph)
    virtual = {str(part.get("id")) for part in definitions(graph)} | {PRIMITIVE}
    running = {
        node_id: node
        for node_id, node in view.nodes.items()
        if node["type"] not in virtual and node.get("mode") not in (MUTED, BYPASSED)
    }
    rewritten = rewritten_seeds(graph, prompt)
    problems: list[str] = []
    for node_id in sorted(running.keys() | prompt.keys(), key=natural_order):
        if node_id not in running:
            problems += _extra_node(node_id, prompt[node_id], view)
        elif node_id not in prompt:
            problems.append(f"{label(running[node_id]['type'], node_id)} is in the graph and not in the API prompt")
        else:
            problems += _node_problems(node_id, running, view, prompt, rewritten)
    return problems


def _extra_node(node_id: str, twin: Mapping[str, Any], view: GraphView) -> list[str]:
    if ":" in node_id:
        return []  # from inside a subgraph
    why = "switched off in the graph" if node_id in view.nodes else "not in the graph"
    return [f"{label(twin['class_type'], node_id)} is in the API prompt and {why}"]


def _node_problems(
    node_id: str,
    running: Mapping[str, Mapping[str, Any]],
    view: GraphView,
    prompt: Mapping[str, Any],
    rewritten: set[tuple[str, str]],
) -> list[str]:
    node, twin = running[node_id], prompt[node_id]
    name_of = label(node["type"], node_id)
    if node["type"] != twin["class_type"]:
        return [f"{name_of} of the graph is {twin['class_type']} in the API prompt"]
    in_graph = _graph_settings(node_id, node, running, view, twin)
    problems: list[str] = []
    for name, ours in in_graph.items():
        theirs = _prompt_setting(twin["inputs"].get(name), name in twin["inputs"], prompt)
        compared = theirs is not None or isinstance(ours, Source)
        if compared and (node_id, name) not in rewritten and ours != theirs:
            problems.append(f"{name_of}, from the graph to the API prompt: {setting_words(name, ours, theirs)}")
    for name, value in twin["inputs"].items():
        if link_of(value) is not None and name not in in_graph and (node_id, name) not in view.edges:
            problems.append(f"{name_of}: its input {name} is linked in the API prompt and not in the graph")
    return problems


def _graph_settings(
    node_id: str,
    node: Mapping[str, Any],
    running: Mapping[str, Mapping[str, Any]],
    view: GraphView,
    twin: Mapping[str, Any],
) -> dict[str, object]:
    """Widgets and links by input name, without those that only the editor can work out."""
    values = widget_values(node)
    items = values.values() if isinstance(values, dict) else values
    settings: dict[str, object] = {
        name: (canonical_value(value),) for name, value in zip(widget_names(node, twin), items, strict=True)
    }
    for (target, name), (origin, slot) in view.edges.items():
        if target == node_id:
            settings.pop(name, None)
            if origin in running:
                settings[name] = Source(origin, slot, label(running[origin]["type"], origin))
    return settings


def _prompt_setting(value: Any, present: bool, prompt: Mapping[str, Any]) -> object:
    if not present:
        return None
    link = link_of(value)
    if link is not None:
        origin = prompt.get(link[0])  # a link that dangles is told by `parse_leniently`
        return Source(*link, label(origin["class_type"], link[0]) if origin else f"node #{link[0]}")
    return (canonical_value(unwrapped(value)),)
