"""The canonical form of a workflow: what is left when everything that changes no result is taken away.

Facts: docs/workflow-documents.md 4.2, 4.3, 4.5. Out of the editor's graph go positions, sizes, colours, titles, groups,
notes, editor versions, link ids, slot numbers, reroutes and what a node last showed; links are named by the input they
end in. Out of the API prompt go `_meta` and the order of keys. Numbers are equal when their values are: 1 and 1.0.

A seed whose control is not `fixed` is rewritten by the editor after each run, so it is no content, neither in the graph
nor, when both documents are given, in the prompt that was exported with it: to pin a seed, set its control to `fixed`.
A prompt without a graph has no controls, there every seed counts. Graph and prompt both count where both are given: the
graph is what people open and edit, the prompt is what runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, Protocol

from pulumi_comfy.workflows.editor_nodes import is_shown, shows
from pulumi_comfy.workflows.graph import GraphView, definitions, list_of_objects
from pulumi_comfy.workflows.prompt import link_of
from pulumi_comfy.workflows.strict_json import dump_compactly
from pulumi_comfy.workflows.subgraphs import Graphs
from pulumi_comfy.workflows.widgets import controlled_positions, widget_values

__all__ = ["REWRITTEN", "CanonicalReader", "canonical", "canonical_text", "canonical_value", "is_same"]

REWRITTEN: Mapping[str, str] = {"seed": "rewritten by the editor after each run"}
"""Stands in the canonical form where a seed stood that is no content."""

_MODEL_KEYS = ("name", "directory", "url", "hash", "hash_type")


class Parts(Protocol):
    """What is read of a document: its two parts, either of which may be absent."""

    @property
    def graph(self) -> Mapping[str, Any] | None:
        """The editor's graph."""

    @property
    def prompt(self) -> Mapping[str, Any] | None:
        """The API prompt."""


def canonical(document: Parts) -> dict[str, Any]:
    """The canonical form of a document, as plain JSON values; its text with sorted keys is what the digest is made of.

    Returns:
        `{"graph": ..., "prompt": ...}`, None for the part that is absent.
    """
    reader = CanonicalReader(document)
    prompt = document.prompt
    return {
        "graph": reader.graph(),
        "prompt": None if prompt is None else {node_id: reader.prompt_node(node_id) for node_id in prompt},
    }


def canonical_text(document: Parts) -> Iterator[str]:
    """The text of `canonical(document)` with sorted keys, in pieces: a large prompt is never held twice."""
    reader = CanonicalReader(document)
    yield f'{{"graph":{dump_compactly(reader.graph(), sort_keys=True)},"prompt":'
    if document.prompt is None:
        yield "null}"
        return
    separator = ""
    yield "{"
    for node_id in sorted(document.prompt):
        yield f"{separator}{dump_compactly(node_id)}:{dump_compactly(reader.prompt_node(node_id), sort_keys=True)}"
        separator = ","
    yield "}}"


class CanonicalReader:
    """The canonical form of a document's parts, made when it is asked for.

    Args:
        document: The document.
    """

    def __init__(self, document: Parts) -> None:
        self._prompt = document.prompt or {}
        self._graph = document.graph
        self.graphs = None if document.graph is None else Graphs(document.graph)
        self._rewritten = self.graphs.rewritten_seeds(self._prompt) if self.graphs is not None else set()

    def prompt_node(self, node_id: str) -> dict[str, Any]:
        """A node of the prompt: its class and its inputs, without what a node last showed."""
        node = self._prompt[node_id]
        inputs = node["inputs"].items()
        if shows(node["class_type"]):
            links = {name for name, value in inputs if link_of(value) is not None}
            inputs = [
                (name, value)
                for name, value in inputs
                if name in links or not is_shown(node["class_type"], value, bool(links))
            ]
        return {
            "class_type": node["class_type"],
            "inputs": {
                name: REWRITTEN if (node_id, name) in self._rewritten else _canonical_input(value)
                for name, value in inputs
            },
        }

    def graph(self) -> dict[str, Any] | None:
        """The editor's graph; None when there is none."""
        if self._graph is None or self.graphs is None:
            return None
        form = _canonical_part(self._graph, self.graphs.top, self.graphs)
        extra = self._graph.get("extra")
        if isinstance(extra, Mapping):
            # The app view is the workflow's public interface (4.2); group nodes are the older subgraphs.
            app = {key: canonical_value(extra[key]) for key in ("linearMode", "linearData") if extra.get(key)}
            groups = extra.get("groupNodes")
            form |= {"app": app} if app else {}
            form |= {"group_nodes": _canonical_group_nodes(groups)} if groups and isinstance(groups, Mapping) else {}
        models = _canonical_models(self._graph.get("models"))
        return form | ({"models": models} if models else {})


def canonical_value(value: Any) -> Any:
    """The value with every number in one spelling."""
    if isinstance(value, dict):
        return {key: canonical_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [canonical_value(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def is_same(one: Any, other: Any) -> bool:
    """Whether two canonical values are equal as JSON, where true is not 1; makes no text of either."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def canonical_node(
    node: Mapping[str, Any], moving: Set[int | str], promoted: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """A node of the graph: its class, its mode, its widgets' values but the moving ones, the models it declares.

    Args:
        node: The node.
        moving: Positions (or names) of the widgets whose values do not count.
        promoted: Of an instance of a subgraph, whose values its own are: the node inside and the widget's name of each.
    """
    form: dict[str, Any] = {
        "type": node["type"],
        "mode": canonical_value(node.get("mode") or 0),
        "widgets": _canonical_widgets(node, moving, promoted),
    }
    properties = node.get("properties")
    models = _canonical_models(properties.get("models")) if isinstance(properties, Mapping) else []
    return {**form, "models": models} if models else form


def _canonical_widgets(
    node: Mapping[str, Any], moving: Set[int | str], promoted: Sequence[tuple[str, str]]
) -> list[Any] | dict[str, Any]:
    values = widget_values(node)
    if isinstance(values, dict):
        return {name: REWRITTEN if name in moving else canonical_value(value) for name, value in values.items()}
    found = [REWRITTEN if at in moving else canonical_value(value) for at, value in enumerate(values)]
    places = [f"{key}:{name}" for key, name in promoted]
    # The order of promoted widgets is an instance's own, so their values count by what they are of.
    return dict(zip(places, found, strict=True)) if places and len({*places}) == len(found) else found


def _canonical_input(value: Any) -> Any:
    """A value or a link; a link counts as written, since servers follow no other spelling of it."""
    return canonical_value(value) if link_of(value) is None else value


def _canonical_part(graph: Mapping[str, Any], view: GraphView, graphs: Graphs) -> dict[str, Any]:
    """A graph, or one of the subgraphs in it, with the subgraphs that it defines."""
    form: dict[str, Any] = {
        "nodes": {
            node_id: canonical_node(node, graphs.moving(node, view), graphs.promoted_entries(node))
            for node_id, node in view.nodes.items()
        },
        "links": _canonical_links(view),
    }
    inner = {
        str(part.get("id")): _canonical_subgraph(part, graphs) for part in definitions(graph) if graphs.counts(part)
    }
    return {**form, "subgraphs": inner} if inner else form


def _canonical_links(view: GraphView) -> list[list[Any]]:
    links = [[target, name, *origin] for target, inputs in view.into.items() for name, origin in inputs.items()]
    return sorted(links, key=lambda link: list(map(str, link)))


def _canonical_subgraph(part: Mapping[str, Any], graphs: Graphs) -> dict[str, Any]:
    return _canonical_part(part, graphs.view_of(part), graphs) | {
        "inputs": [[port.get("name"), port.get("type")] for port in list_of_objects(part.get("inputs"))],
        "outputs": [[port.get("name"), port.get("type")] for port in list_of_objects(part.get("outputs"))],
        "widgets": [[str(item.get("id")), item.get("name")] for item in list_of_objects(part.get("widgets"))],
    }


def _canonical_group_nodes(groups: Mapping[str, Any]) -> dict[str, Any]:
    form: dict[str, Any] = {}
    for name, group in groups.items():
        nodes = list_of_objects(group.get("nodes")) if isinstance(group, Mapping) else []
        form[name] = {
            "nodes": [
                canonical_node(node, controlled_positions(node)) for node in nodes if isinstance(node.get("type"), str)
            ],
            "links": canonical_value(group.get("links")) if isinstance(group, Mapping) else None,
        }
    return form


def _canonical_models(models: object) -> list[dict[str, Any]]:
    """Declared model files (4.2), in one order."""
    found = [{key: str(model[key]) for key in _MODEL_KEYS if model.get(key)} for model in list_of_objects(models)]
    return sorted((model for model in found if model), key=lambda model: sorted(model.items()))
