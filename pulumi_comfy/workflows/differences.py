"""What changed between two documents, in words a person uses: `KSampler #3: steps 20 -> 30`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_comfy.workflows.canonical import CanonicalReader, is_same
from pulumi_comfy.workflows.document import Document
from pulumi_comfy.workflows.graph import SUBGRAPH_OUTPUTS, GraphView, definitions
from pulumi_comfy.workflows.prompt import label, link_fault, link_of, natural_order
from pulumi_comfy.workflows.secrets import names_a_secret, secret_meaning
from pulumi_comfy.workflows.subgraphs import Graphs
from pulumi_comfy.workflows.widgets import widget_names
from pulumi_comfy.workflows.wording import Source, mode_words, setting_words

__all__ = ["describe_changes"]


@dataclass(frozen=True)
class _Node:
    """A node as the words see it, from either format; values are held in one-element tuples, links are `Source`."""

    kind: str
    title: str
    mode: object = 0
    settings: dict[str, object] = field(default_factory=dict)
    shadowed: dict[str, object] = field(default_factory=dict)
    models: object = None


_Nodes = dict[str, _Node]
_Lines = dict[str, None]
"""An ordered set: what the graph and the prompt both say is said once."""


def describe_changes(old: Document, new: Document, *, limit: int = 20) -> list[str]:
    """The changes that matter, one line each, ordered by node; empty exactly when the digests are equal.

    Args:
        old: The document before.
        new: The document after.
        limit: At most this many changes are told, then `... and 7 more`.

    Returns:
        Lines such as `added LoraLoader #10`, `VAEDecode #8: samples now from KSampler #3 (was KSampler #5)`,
        `LoraLoader #10: bypassed`. Credentials never appear.
    """
    if old.digest == new.digest:
        return []
    before, after = CanonicalReader(old), CanonicalReader(new)
    old_graph, new_graph = before.graph(), after.graph()
    lines: _Lines = {}
    lines |= _part_words("API prompt", old.prompt, new.prompt)
    lines |= _part_words("editor's graph", old_graph, new_graph)
    changes: list[tuple[str, str]] = []
    if old.prompt is not None and new.prompt is not None:
        changed = _changed_in_prompt(old.prompt, new.prompt, before, after)
        pair = _prompt_nodes(old.prompt, before, changed), _prompt_nodes(new.prompt, after, changed)
        changes += _compare(*pair, unsaid=_switched(old_graph, new_graph))
    if before.graphs is not None and after.graphs is not None:
        names = {**_subgraph_names(before.graphs), **_subgraph_names(after.graphs)}
        pair_of_graphs = _GraphPair(before.graphs, after.graphs, names)
        changes += pair_of_graphs.compare((old_graph or {}, new_graph or {}), (old.prompt or {}, new.prompt or {}))
    # The graph's line stands beside the prompt's of the same node; sorting is stable.
    lines |= dict.fromkeys(text for _, text in sorted(changes, key=lambda change: natural_order(change[0])))
    if old_graph is not None and new_graph is not None:
        lines |= _other_words(old_graph, new_graph)
    told = list(lines) or ["settings of the workflow that have no name changed"]
    return told if len(told) <= limit else [*told[:limit], f"... and {len(told) - limit} more"]


def _part_words(name: str, before: object, after: object) -> _Lines:
    if (before is None) == (after is None):
        return {}
    return {f"{'removed' if after is None else 'added'} the {name}": None}


def _switched(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> set[str]:
    """Nodes that the graph mutes, bypasses or activates: the prompt loses or gains them, the graph says why."""
    if before is None or after is None:
        return set()
    old, new = before["nodes"], after["nodes"]
    return {node_id for node_id in old.keys() & new.keys() if old[node_id]["mode"] != new[node_id]["mode"]}


def _changed_in_prompt(
    old: Mapping[str, Any], new: Mapping[str, Any], before: CanonicalReader, after: CanonicalReader
) -> list[str]:
    """Ids of the nodes that differ, so that only these are held in a third form."""
    return [
        node_id
        for node_id in {**old, **new}
        if node_id not in old
        or node_id not in new
        or not is_same(before.prompt_node(node_id), after.prompt_node(node_id))
    ]


def _prompt_nodes(prompt: Mapping[str, Any], reader: CanonicalReader, wanted: list[str]) -> _Nodes:
    def held(value: Any) -> object:
        link = link_of(value)
        if link is None:
            return (value,)
        return Source(*link, label(prompt[link[0]]["class_type"], link[0]), link_fault(value))

    nodes: _Nodes = {}
    for node_id in wanted:
        if node_id in prompt:
            node = reader.prompt_node(node_id)
            settings = {name: held(value) for name, value in node["inputs"].items()}
            nodes[node_id] = _Node(node["class_type"], label(node["class_type"], node_id), settings=settings)
    return nodes


def _subgraph_names(graphs: Graphs) -> dict[str, str]:
    return {key: str(part.get("name") or key) for key, part in graphs.parts.items()}


def _graph_nodes(
    graphs: Graphs, view: GraphView, form: Mapping[str, Any], prompt: Mapping[str, Any], names: Mapping[str, str]
) -> _Nodes:
    def title(node_id: str) -> str:
        kind = view.nodes[node_id]["type"]
        return label(names.get(kind, kind), node_id)

    def sources(node_id: str) -> dict[str, object]:
        return {
            name: Source(origin, slot, title(origin) if origin in view.nodes else "the subgraph's input")
            for name, (origin, slot) in view.into.get(node_id, {}).items()
        }

    nodes: _Nodes = {}
    for node_id, node in form["nodes"].items():
        written, values = view.nodes[node_id], node["widgets"]
        widgets = widget_names(written, prompt.get(node_id), graphs.promoted_names(written))
        held = {
            name: (value,)
            for name, value in zip(widgets, values.values() if isinstance(values, dict) else values, strict=True)
        }
        linked = sources(node_id)
        shadowed: dict[str, object] = {name: value for name, value in held.items() if name in linked}
        nodes[node_id] = _Node(
            node["type"], title(node_id), node["mode"], {**held, **linked}, shadowed, node.get("models")
        )
    return {**nodes, SUBGRAPH_OUTPUTS: _Node("", "outputs", settings=sources(SUBGRAPH_OUTPUTS))}


@dataclass(frozen=True)
class _GraphPair:
    """Two graphs: their views, the prompt beside each, and the subgraphs' names."""

    old: Graphs
    new: Graphs
    names: Mapping[str, str]

    def compare(
        self, forms: tuple[Mapping[str, Any], Mapping[str, Any]], prompts: tuple[Mapping[str, Any], Mapping[str, Any]]
    ) -> list[tuple[str, str]]:
        """Changes of the graph itself, then of its subgraphs."""
        changes = _compare(
            _graph_nodes(self.old, self.old.top, forms[0], prompts[0], self.names),
            _graph_nodes(self.new, self.new.top, forms[1], prompts[1], self.names),
        )
        return changes + self._compare_subgraphs(*forms, self.old.graph, self.new.graph)

    def _compare_subgraphs(
        self, before: Mapping[str, Any], after: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> list[tuple[str, str]]:
        """Changes inside subgraphs, under the subgraph's name, behind those of the graph itself."""
        old_parts = {str(part.get("id")): part for part in definitions(old) if self.old.counts(part)}
        new_parts = {str(part.get("id")): part for part in definitions(new) if self.new.counts(part)}
        changes: list[tuple[str, str]] = []
        for key in sorted(old_parts.keys() | new_parts.keys()):
            title = f'subgraph "{self.names[key]}"'
            if key not in old_parts or key not in new_parts:
                changes.append((title, f"{'added' if key in new_parts else 'removed'} {title}"))
                continue
            was, now = before["subgraphs"][key], after["subgraphs"][key]
            inner = _compare(
                _graph_nodes(self.old, self.old.view_of(old_parts[key]), was, {}, self.names),
                _graph_nodes(self.new, self.new.view_of(new_parts[key]), now, {}, self.names),
            )
            inner.sort(key=lambda change: natural_order(change[0]))
            inner += self._compare_subgraphs(was, now, old_parts[key], new_parts[key])
            inner += [
                ("", f"its {ports} changed") for ports in ("inputs", "outputs", "widgets") if was[ports] != now[ports]
            ]
            changes += [(title, f"{title}: {text}") for _, text in inner]
        return changes


def _compare(old: _Nodes, new: _Nodes, unsaid: set[str] | None = None) -> list[tuple[str, str]]:
    changes: list[tuple[str, str]] = []
    for node_id in old.keys() | new.keys():
        before, after = old.get(node_id), new.get(node_id)
        if before is None or after is None:
            words = [] if unsaid and node_id in unsaid else [_presence_words(before, after)]
        elif before.kind != after.kind:
            words = [f"{before.title} replaced by {after.title.removesuffix(f' #{node_id}')}"]
        else:
            words = [f"{after.title}: {text}" for text in _node_words(before, after)]
        changes += [(node_id, text) for text in words]
    return changes


def _presence_words(before: _Node | None, after: _Node | None) -> str:
    if after is None:
        return f"removed {before.title if before else ''}"
    mode = "" if after.mode == 0 else f" ({mode_words(after.mode)})"
    return f"added {after.title}{mode}"


def _node_words(before: _Node, after: _Node) -> list[str]:
    words: list[str] = []
    if before.mode != after.mode:
        again = f" again (was {mode_words(before.mode)})" if after.mode == 0 else ""
        words.append(mode_words(after.mode) + again)
    for name in [*after.settings, *(name for name in before.settings if name not in after.settings)]:
        was, now = before.settings.get(name), after.settings.get(name)
        if not _same(was, now):
            words.append(setting_words(name, was, now, _meaning(name, before, after)))
    for name, now in after.shadowed.items():
        was = before.shadowed.get(name, now)
        if not _same(was, now):
            words.append(setting_words(name, was, now, name) + ", unused while linked")
    if before.models != after.models:
        words.append("declared models changed")
    return words


def _same(was: object, now: object) -> bool:
    if isinstance(was, tuple) and isinstance(now, tuple):
        return is_same(was[0], now[0])
    return was == now


def _meaning(name: str, before: _Node, after: _Node) -> str:
    """What the setting is; a credential if it was or is one."""
    for node in (before, after):
        input_id = node.settings.get("input_id")
        meaning = secret_meaning(name, {"input_id": input_id[0]} if isinstance(input_id, tuple) else {})
        if names_a_secret(meaning):
            return meaning
    return name


def _other_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> _Lines:
    names = {"app": "app view", "group_nodes": "group nodes", "models": "declared models"}
    return {f"{words} changed": None for key, words in names.items() if before.get(key) != after.get(key)}
