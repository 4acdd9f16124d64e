"""Widgets inside a subgraph that its instance shows: what the instance says of their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_comfy.workflows.conversion.trouble import Refusal
from pulumi_comfy.workflows.graph import list_of_objects
from pulumi_comfy.workflows.subgraphs import OWN_INPUT, promoted_entries
from pulumi_comfy.workflows.widget_tables import CONTROL

__all__ = ["Promoted", "promoted_values"]


@dataclass
class Promoted:
    """What an instance says.

    Attributes:
        of_inputs: Values of the subgraph's inputs, by name; they count where the input is not linked.
        of_widgets: Values of widgets inside, by node id, then by name.
    """

    of_inputs: dict[str, Any] = field(default_factory=dict)
    of_widgets: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take_over(self, host_id: str, outer: Promoted, part: Mapping[str, Any]) -> None:
        """What the graph around says of the instance's own widgets wins.

        Args:
            host_id: The instance.
            outer: What is said of the graph that it stands in.
            part: The subgraph's definition.

        Raises:
            Refusal: It is not certain which widget inside is meant.
        """
        said = outer.of_widgets.get(host_id, {})
        if not said:
            return
        inputs = {str(port.get("name", "")) for port in list_of_objects(part.get("inputs"))}
        holders: dict[str, list[dict[str, Any]]] = {}
        for held in self.of_widgets.values():
            for name in held:
                holders.setdefault(name, []).append(held)
        for name, value in said.items():
            if name == CONTROL:
                continue
            if name in inputs:
                self.of_inputs[name] = value
            elif len(holders.get(name, ())) == 1:
                holders[name][0][name] = value
            else:
                raise Refusal(f"its promoted widget {name} has a value outside, and nobody can tell whose it is inside")


def promoted_values(host: Mapping[str, Any], part: Mapping[str, Any]) -> Promoted:
    """Read them from an instance.

    Newer editors list the promoted widgets in `properties.proxyWidgets`, in the order of the values, and leave values
    at the end out that live inside; older ones save a value for each input that ends in a widget.

    Args:
        host: The instance.
        part: The subgraph's definition.

    Raises:
        Refusal: It holds another number of values than of widgets.
    """
    values = host.get("widgets_values")
    values = list(values) if isinstance(values, list) else []
    while values and values[-1] is None:  # it lives inside, or is of a widget that is not saved
        values.pop()
    if not values:
        return Promoted()
    listed = promoted_entries(host)
    if listed and len(values) <= len(listed):
        return _pair(listed, values)
    inputs = _widget_inputs(part)
    if not listed and len(inputs) == len(values):
        return _pair([(OWN_INPUT, name) for name in inputs], values)
    raise Refusal(
        f"it holds {len(values)} values for {len(listed or inputs)} promoted widgets; open it in a current editor and "
        "save it again"
    )


def _pair(entries: list[tuple[str, str]], values: list[Any]) -> Promoted:
    found = Promoted()
    for (node_id, name), value in zip(entries, values, strict=False):
        if value is None:
            continue  # the value lives inside
        if node_id == OWN_INPUT:
            found.of_inputs[name] = value
        else:
            found.of_widgets.setdefault(node_id, {})[name] = value
    return found


def _widget_inputs(part: Mapping[str, Any]) -> list[str]:
    """The inputs of a subgraph that end in a widget, in their order."""
    ends = {
        str(port.get("link"))
        for node in list_of_objects(part.get("nodes"))
        for port in list_of_objects(node.get("inputs"))
        if port.get("widget") is not None and port.get("link") is not None
    }
    return [
        str(port.get("name", ""))
        for port in list_of_objects(part.get("inputs"))
        if isinstance(port.get("linkIds"), list) and not ends.isdisjoint(map(str, port["linkIds"]))
    ]
