"""Where a link comes from, as the editor works it out when it exports.

Links go through bends, getters and setters, the borders of subgraphs and bypassed nodes (docs/workflow-documents.md
4.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_comfy.workflows.conversion.scopes import Scope
from pulumi_comfy.workflows.conversion.trouble import Refusal
from pulumi_comfy.workflows.editor_nodes import GETTERS, PRIMITIVE, REROUTES, SETTERS, is_editor_only
from pulumi_comfy.workflows.graph import (
    BYPASSED,
    MUTED,
    SUBGRAPH_INPUTS,
    Link,
    list_of_objects,
    setter_key,
)
from pulumi_comfy.workflows.prompt import label

__all__ = ["NOTHING", "REMOVED", "Given", "Output", "end_of", "link_into"]


@dataclass(frozen=True)
class Output:
    """An output of a node of the prompt."""

    node_id: str
    slot: int


@dataclass(frozen=True)
class Given:
    """A value: a primitive's, or that of a promoted widget."""

    value: Any
    primitive: str = ""
    """The primitive in words, empty for a promoted widget."""


class _Nothing:
    """Neither a node nor a value."""


NOTHING = _Nothing()
"""Nobody is behind the link: the widget's own value counts."""

REMOVED = _Nothing()
"""A muted node is behind the link: the input is left out."""

End = Output | Given | _Nothing


def link_into(scope: Scope, port: Mapping[str, Any]) -> Link | None:
    """The link that ends in an input.

    Raises:
        Refusal: The input names a link that the graph does not hold.
    """
    if port.get("link") is None:
        return None
    link = scope.links.get(str(port["link"]))
    if link is None:
        raise Refusal(f"its input {port.get('name', '')} names link {port['link']}, which the graph does not hold")
    return link


def end_of(scope: Scope, link: Link, wanted: str) -> End:
    """What a link brings; each place on the ways of all links is gone through once.

    Args:
        scope: The graph that the link stands in.
        link: The link.
        wanted: The type of the input that it ends in.

    Raises:
        Refusal: The link leads to a node that is not there, or in a ring.
    """
    walk = _Walk(scope, wanted)
    passed: dict[tuple[Scope, tuple[str, int, str]], None] = {}
    end: End | Refusal | None = None
    while end is None:
        place = link.origin, link.origin_slot, walk.wanted
        if (walk.scope, place) in passed:
            end = Refusal("a link to it goes in a ring of nodes that pass it on")
            break
        passed[walk.scope, place] = None
        step = walk.scope.ends.get(place) or walk.tried(link)
        if isinstance(step, Link):
            link = step
        else:
            end = step
    for where, place in passed:
        where.ends[place] = end
    if isinstance(end, Refusal):
        raise Refusal(str(end))
    return end


class _Walk:
    """A walk from an input backwards; each step is one node, or one border.

    Attributes:
        scope: The graph in which it has come.
        wanted: The type of the input that is next: the first one's, behind a border or a bypassed node the one there.
    """

    def __init__(self, scope: Scope, wanted: str) -> None:
        self.scope = scope
        self.wanted = wanted

    def tried(self, link: Link) -> Link | End | Refusal:
        """The next link, what is behind this one, or why nobody can tell."""
        try:
            return self._step(link)
        except Refusal as refusal:
            return refusal

    def _step(self, link: Link) -> Link | End:
        scope = self.scope
        if link.origin == SUBGRAPH_INPUTS:
            return self._outwards(link)
        node = scope.nodes.get(link.origin)
        if node is None:
            raise Refusal(f"it is linked to node #{scope.prefix}{link.origin}, which the graph does not hold")
        kind = node["type"]
        if kind == PRIMITIVE:
            return _given(scope, link.origin, node)
        if kind in REROUTES or kind in SETTERS:
            return self._through(node, 0)
        if kind in GETTERS and node.get("mode") == BYPASSED:
            name_of = label(kind, scope.prefix + link.origin)
            raise Refusal(f"it is linked to {name_of}, which is bypassed: editors differ in whether it still delivers")
        if kind in GETTERS:
            return self._from_setter(node)
        if node.get("mode") == MUTED:
            return REMOVED
        if node.get("mode") == BYPASSED:
            return self._bypass(node, link.origin_slot)
        if link.origin in scope.inside:
            return self._inwards(scope.inside[link.origin], link.origin_slot)
        if is_editor_only(kind):
            raise Refusal(f"it is linked to {label(kind, scope.prefix + link.origin)}, which works in the editor only")
        return Output(scope.prefix + link.origin, link.origin_slot)

    def _through(self, node: Mapping[str, Any], at: int) -> Link | End:
        ports = list_of_objects(node.get("inputs"))
        link = link_into(self.scope, ports[at]) if at < len(ports) else None
        return NOTHING if link is None else link

    def _bypass(self, node: Mapping[str, Any], slot: int) -> Link | End:
        """The input that stands for an output of a bypassed node, and from there on the one whose type is wanted.

        It is that of the same place when it fits both the output and what is wanted, else the first of the wanted type,
        else the first that fits both.
        """
        kinds = [str(port.get("type", "")) for port in list_of_objects(node.get("inputs"))]
        outputs = list_of_objects(node.get("outputs"))
        output = str(outputs[slot].get("type", "")) if 0 <= slot < len(outputs) else ""
        fitting = [at for at, kind in enumerate(kinds) if _meet(kind, output) and _meet(kind, self.wanted)]
        if self.wanted in {"*", ""}:
            at = slot if slot < len(kinds) else 0
        elif slot in fitting:
            at = slot
        else:
            at = next((at for at, kind in enumerate(kinds) if kind == self.wanted), fitting[0] if fitting else -1)
        if not 0 <= at < len(kinds):
            return NOTHING
        self.wanted = kinds[at]
        return self._through(node, at)

    def _from_setter(self, getter: Mapping[str, Any]) -> Link | End:
        """What the setter of the name is given: in this graph, else in the nearest one around it."""
        key = setter_key(getter)
        scope: Scope | None = self.scope
        while scope is not None:
            found = scope.setters.get(key, []) if key[1] else []
            if len(found) > 1:
                raise Refusal(f"it gets {key[1]!r}, which {len(found)} nodes set")
            if found:
                self.scope = scope
                return self._through(found[0], 0)
            scope = scope.outer
        raise Refusal(f"it gets {key[1]!r}, which no node sets")

    def _outwards(self, link: Link) -> Link | End:
        scope = self.scope
        name = scope.input_name(link.origin_slot)
        if scope.outer is None or name is None:
            raise Refusal("a link to it comes from an input that its subgraph does not have")
        self.scope = scope.outer
        port = scope.host_ports.get(name, {})
        self.wanted = str(port.get("type") or self.wanted)
        outer = link_into(self.scope, port)
        if outer is not None:
            return outer
        return Given(scope.promoted.of_inputs[name]) if name in scope.promoted.of_inputs else NOTHING

    def _inwards(self, inner: Scope, slot: int) -> Link | End:
        if not 0 <= slot < len(inner.delivered):
            count = len(inner.delivered)
            raise Refusal(f"it is linked to output {slot} of a subgraph, which has {count}; link it anew in the editor")
        self.scope = inner
        link = inner.delivered[slot]
        return NOTHING if link is None else link


def _given(scope: Scope, key: str, node: Mapping[str, Any]) -> Given:
    name_of = label(node["type"], scope.prefix + key)
    promoted = scope.promoted.of_widgets.get(key, {})
    if "value" in promoted:
        return Given(promoted["value"], name_of)
    values = node.get("widgets_values")
    if not isinstance(values, list) or not values:
        raise Refusal(f"it is linked to {name_of}, which holds no value")
    return Given(values[0], name_of)


def _meet(one: str, other: str) -> bool:
    """Whether the editor lets two types be linked: `*` and nothing fit any, of several one is enough, in any case."""
    ours, theirs = ({part.strip().lower() for part in text.split(",")} for text in (one, other))
    return bool(ours & theirs or (ours | theirs) & {"*", ""})
