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
    SUBGRAPH_OUTPUTS,
    Link,
    list_of_objects,
    setter_key,
)
from pulumi_comfy.workflows.prompt import label

__all__ = ["NOTHING", "REMOVED", "Given", "Output", "end_of", "link_into"]

_MOST_STEPS = 10_000


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
    """What a link brings.

    Args:
        scope: The graph that the link stands in.
        link: The link.
        wanted: The type of the input that it ends in.

    Raises:
        Refusal: The link leads to a node that is not there, or in a ring.
    """
    walk = _Walk(scope, wanted)
    for _ in range(_MOST_STEPS):
        step = walk.step(link)
        if not isinstance(step, Link):
            return step
        link = step
    raise Refusal("a link to it goes in a ring of nodes that pass it on")


class _Walk:
    """A walk from an input backwards; each step is one node, or one border."""

    def __init__(self, scope: Scope, wanted: str) -> None:
        self._scope = scope
        self._wanted = wanted

    def step(self, link: Link) -> Link | End:
        scope = self._scope
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
        if kind in GETTERS:
            return self._from_setter(node)
        if node.get("mode") == MUTED:
            return REMOVED
        if node.get("mode") == BYPASSED:
            return self._through(node, self._passed_on(node, link.origin_slot))
        if link.origin in scope.inside:
            return self._inwards(scope.inside[link.origin], link.origin_slot)
        if is_editor_only(kind):
            raise Refusal(f"it is linked to {label(kind, scope.prefix + link.origin)}, which works in the editor only")
        return Output(scope.prefix + link.origin, link.origin_slot)

    def _through(self, node: Mapping[str, Any], at: int | None) -> Link | End:
        ports = list_of_objects(node.get("inputs"))
        link = link_into(self._scope, ports[at]) if at is not None and at < len(ports) else None
        return NOTHING if link is None else link

    def _passed_on(self, node: Mapping[str, Any], slot: int) -> int | None:
        """Which input of a bypassed node stands for its output: that of the same place, else the first of its type."""
        kinds = [str(port.get("type", "")) for port in list_of_objects(node.get("inputs"))]
        if self._wanted in {"*", ""}:
            return min(slot, len(kinds) - 1) if kinds else None
        order = [*([slot] if slot < len(kinds) else []), *range(len(kinds))]
        exact = next((at for at in order if kinds[at] == self._wanted), None)
        return exact if exact is not None else next((at for at in order if _meet(kinds[at], self._wanted)), None)

    def _from_setter(self, getter: Mapping[str, Any]) -> Link | End:
        """What the setter of the name is given: in this graph, else in the nearest one around it."""
        name = setter_key(getter)
        scope: Scope | None = self._scope
        while scope is not None:
            found = scope.setters.get(name, [])
            if len(found) > 1:
                raise Refusal(f"it gets {name!r}, which {len(found)} nodes set")
            if found:
                self._scope = scope
                return self._through(found[0], 0)
            scope = scope.outer
        raise Refusal(f"it gets {name!r}, which no node sets")

    def _outwards(self, link: Link) -> Link | End:
        scope = self._scope
        name = scope.input_name(link.origin_slot)
        if scope.outer is None or name is None:
            raise Refusal("a link to it comes from an input that its subgraph does not have")
        self._scope = scope.outer
        ports = list_of_objects(scope.host.get("inputs"))
        port = next((port for port in ports if str(port.get("name", "")) == name), {})
        outer = link_into(self._scope, port)
        if outer is not None:
            return outer
        return Given(scope.promoted.of_inputs[name]) if name in scope.promoted.of_inputs else NOTHING

    def _inwards(self, inner: Scope, slot: int) -> Link | End:
        ports = list_of_objects(inner.part.get("outputs"))
        ids = ports[slot].get("linkIds") if 0 <= slot < len(ports) else None
        listed = [inner.links.get(str(link_id)) for link_id in ids] if isinstance(ids, list) else []
        by_table = [link for link in inner.links.values() if link.target_slot == slot]
        found = [link for link in [*listed, *by_table] if link is not None and link.target == SUBGRAPH_OUTPUTS]
        self._scope = inner
        return found[0] if found else NOTHING


def _given(scope: Scope, key: str, node: Mapping[str, Any]) -> Given:
    name_of = label(node["type"], scope.prefix + key)
    if (key, "value") in scope.promoted.of_widgets:
        return Given(scope.promoted.of_widgets[key, "value"], name_of)
    values = node.get("widgets_values")
    if not isinstance(values, list) or not values:
        raise Refusal(f"it is linked to {name_of}, which holds no value")
    return Given(values[0], name_of)


def _meet(one: str, other: str) -> bool:
    ours, theirs = ({part.strip() for part in text.split(",")} for text in (one, other))
    return "*" in ours or bool(ours & theirs)
