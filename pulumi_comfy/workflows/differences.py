"""What changed between two documents, in words a person uses: `KSampler #3: steps 20 -> 30`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_comfy.workflows.canonical import canonical
from pulumi_comfy.workflows.document import Document
from pulumi_comfy.workflows.graph import all_definitions, definitions, read_graph
from pulumi_comfy.workflows.prompt import label, link_of, natural_order
from pulumi_comfy.workflows.secrets import names_a_secret, secret_meaning
from pulumi_comfy.workflows.strict_json import dump_compactly
from pulumi_comfy.workflows.widgets import widget_names
from pulumi_comfy.workflows.wording import Source, mode_words, setting_words

__all__ = ["describe_changes"]

_SUBGRAPH_OUTPUTS = "-20"


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
    before, after = canonical(old), canonical(new)
    lines: _Lines = {}
    lines |= _part_words("API prompt", before["prompt"], after["prompt"])
    lines |= _part_words("editor's graph", before["graph"], after["graph"])
    changes: list[tuple[str, str]] = []
    if before["prompt"] is not None and after["prompt"] is not None:
        switched = _switched(before["graph"], after["graph"])
        pair = _prompt_nodes(before["prompt"]), _prompt_nodes(after["prompt"])
        changes += _compare(*pair, unsaid=switched)
    if before["graph"] is not None and after["graph"] is not None:
        changes += _compare_graphs(old, new, before["graph"], after["graph"])
    # The graph's line stands beside the prompt's of the same node; sorting is stable.
    lines |= dict.fromkeys(text for _, text in sorted(changes, key=lambda change: natural_order(change[0])))
    if before["graph"] is not None and after["graph"] is not None:
        lines |= _other_words(before["graph"], after["graph"])
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


def _prompt_nodes(prompt: Mapping[str, Any]) -> _Nodes:
    def held(value: object) -> object:
        link = link_of(value)
        if link is None:
            return (value,)
        return Source(*link, label(prompt[link[0]]["class_type"], link[0]))

    return {
        node_id: _Node(
            node["class_type"],
            label(node["class_type"], node_id),
            settings={name: held(value) for name, value in node["inputs"].items()},
        )
        for node_id, node in prompt.items()
    }


def _subgraph_names(graph: Mapping[str, Any]) -> dict[str, str]:
    return {str(part.get("id")): str(part.get("name") or part.get("id")) for part in all_definitions(graph)}


def _graph_nodes(
    graph: Mapping[str, Any], form: Mapping[str, Any], prompt: Mapping[str, Any], subgraph_names: Mapping[str, str]
) -> _Nodes:
    def title(node_id: str) -> str:
        kind = view.nodes[node_id]["type"]
        return label(subgraph_names.get(kind, kind), node_id)

    view = read_graph(graph)
    links: dict[str, dict[str, object]] = {}
    for (target, name), (origin, slot) in view.edges.items():
        words = title(origin) if origin in view.nodes else "the subgraph's input"
        links.setdefault(target, {})[name] = Source(origin, slot, words)
    nodes: _Nodes = {}
    for node_id, node in form["nodes"].items():
        values = node["widgets"]
        names = widget_names(view.nodes[node_id], prompt.get(node_id))
        held = {
            name: (value,)
            for name, value in zip(names, values.values() if isinstance(values, dict) else values, strict=True)
        }
        linked = links.get(node_id, {})
        shadowed: dict[str, object] = {name: value for name, value in held.items() if name in linked}
        nodes[node_id] = _Node(
            node["type"], title(node_id), node["mode"], {**held, **linked}, shadowed, node.get("models")
        )
    return {**nodes, _SUBGRAPH_OUTPUTS: _Node("", "outputs", settings=links.get(_SUBGRAPH_OUTPUTS, {}))}


def _compare_graphs(
    old: Document, new: Document, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, str]]:
    old_graph, new_graph = old.graph or {}, new.graph or {}
    names = {**_subgraph_names(old_graph), **_subgraph_names(new_graph)}
    changes = _compare(
        _graph_nodes(old_graph, before, old.prompt or {}, names),
        _graph_nodes(new_graph, after, new.prompt or {}, names),
    )
    return changes + _compare_subgraphs(old_graph, new_graph, before, after, names)


def _compare_subgraphs(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    names: Mapping[str, str],
) -> list[tuple[str, str]]:
    """Changes inside subgraphs, under the subgraph's name, behind those of the graph itself."""
    old_parts = {str(part.get("id")): part for part in definitions(old)}
    new_parts = {str(part.get("id")): part for part in definitions(new)}
    changes: list[tuple[str, str]] = []
    for key in sorted(old_parts.keys() | new_parts.keys()):
        title = f'subgraph "{names[key]}"'
        if key not in old_parts or key not in new_parts:
            changes.append((title, f"{'added' if key in new_parts else 'removed'} {title}"))
            continue
        was, now = before["subgraphs"][key], after["subgraphs"][key]
        inner = _compare(_graph_nodes(old_parts[key], was, {}, names), _graph_nodes(new_parts[key], now, {}, names))
        inner.sort(key=lambda change: natural_order(change[0]))
        inner += _compare_subgraphs(old_parts[key], new_parts[key], was, now, names)
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
    """Equal as JSON, where true is not 1."""
    if isinstance(was, tuple) and isinstance(now, tuple):
        return dump_compactly(was, sort_keys=True) == dump_compactly(now, sort_keys=True)
    return was == now


def _meaning(name: str, before: _Node, after: _Node) -> str:
    """What the setting is; a credential if it was or is one."""
    for node in (before, after):
        values = {key: held[0] for key, held in node.settings.items() if isinstance(held, tuple)}
        meaning = secret_meaning(name, values)
        if names_a_secret(meaning):
            return meaning
    return name


def _other_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> _Lines:
    names = {"app": "app view", "group_nodes": "group nodes", "models": "declared models"}
    return {f"{words} changed": None for key, words in names.items() if before.get(key) != after.get(key)}
