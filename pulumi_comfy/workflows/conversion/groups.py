"""Group nodes, which subgraphs came after, as subgraphs: the one group's nodes, with the values of one instance.

Facts: docs/workflow-documents.md 4.4. The instance holds the values of all its nodes in one row, and its inputs and
outputs are those that the group itself leaves unlinked, in the order of its nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_comfy.workflows.conversion.trouble import Refusal
from pulumi_comfy.workflows.editor_nodes import PRIMITIVE, is_group
from pulumi_comfy.workflows.graph import SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS, list_of_objects

__all__ = ["group_definition"]

_Port = tuple[int, int]
"""A node's place in the group, and its slot."""


def group_definition(host: Mapping[str, Any], groups: object) -> Mapping[str, Any]:
    """The definition of a subgraph that does what this instance of a group node does.

    Raises:
        Refusal: The group is not in the graph, or the instance does not fit it.
    """
    name = host["type"][len("workflow>") :]
    group = groups.get(name) if isinstance(groups, Mapping) else None
    nodes = list_of_objects(group.get("nodes")) if isinstance(group, Mapping) else []
    kinds = [node.get("type") for node in nodes]
    if not isinstance(group, Mapping) or not nodes or not all(isinstance(kind, str) for kind in kinds):
        raise Refusal("the graph does not hold the group node's own graph (extra.groupNodes)")
    if PRIMITIVE in kinds or any(is_group(str(kind)) for kind in kinds):
        raise Refusal(
            "it is a group node with a primitive or a group node inside, whose values only the editor can tell apart; "
            "convert it to a subgraph there"
        )
    inside = _inside_links(group)
    inputs = _inputs(host, group, nodes, inside)
    outputs = _outputs(host, group, nodes, inside)
    return {
        "id": host["type"],
        "inputs": [{"name": name} for name, _ in inputs],
        "outputs": [{"name": name} for name, _ in outputs],
        "nodes": [
            {**node, "id": at, "inputs": _ports(node, at, inside, [port for _, port in inputs]), "widgets_values": row}
            for at, (node, row) in enumerate(zip(nodes, _rows(host, nodes), strict=True))
        ],
        "links": [
            *([f"{to[0]}.{to[1]}", *origin, *to, "*"] for to, origin in inside.items()),
            *([f"{to[0]}.{to[1]}", SUBGRAPH_INPUTS, at, *to, "*"] for at, (_, to) in enumerate(inputs)),
            *([f"out {at}", *origin, SUBGRAPH_OUTPUTS, at, "*"] for at, (_, origin) in enumerate(outputs)),
        ],
    }


def _inside_links(group: Mapping[str, Any]) -> dict[_Port, _Port]:
    """Links between nodes of the group: where each ends, and where it comes from."""
    links = group.get("links")
    found: dict[_Port, _Port] = {}
    for link in links if isinstance(links, list) else []:
        if isinstance(link, list) and len(link) > 3 and all(isinstance(end, int) for end in link[:4]):
            found[link[2], link[3]] = link[0], link[1]
    return found


def _inputs(
    host: Mapping[str, Any], group: Mapping[str, Any], nodes: list[Mapping[str, Any]], inside: Mapping[_Port, _Port]
) -> list[tuple[str, _Port]]:
    free = [
        (at, slot)
        for at, node in enumerate(nodes)
        for slot, port in enumerate(list_of_objects(node.get("inputs")))
        if (at, slot) not in inside
        and port.get("widget") is None
        and _is_shown(group, at, "input", str(port.get("name", "")))
    ]
    ports = list_of_objects(host.get("inputs"))
    if any(port.get("widget") is not None and port.get("link") is not None for port in ports):
        raise Refusal("one of its widgets is linked, which only the editor can follow; convert it to a subgraph there")
    names = [str(port.get("name", "")) for port in ports if port.get("widget") is None]
    if len(names) != len(free):
        raise Refusal(f"it has {len(names)} inputs, and its group {len(free)}")
    return list(zip(names, free, strict=True))


def _outputs(
    host: Mapping[str, Any], group: Mapping[str, Any], nodes: list[Mapping[str, Any]], inside: Mapping[_Port, _Port]
) -> list[tuple[str, _Port]]:
    used = set(inside.values())
    external = group.get("external")
    also = [item[:2] for item in (external if isinstance(external, list) else []) if isinstance(item, list)]
    free = [
        (at, slot)
        for at, node in enumerate(nodes)
        for slot, _ in enumerate(list_of_objects(node.get("outputs")))
        if ((at, slot) not in used or [at, slot] in also) and _is_shown(group, at, "output", str(slot))
    ]
    names = [str(port.get("name", "")) for port in list_of_objects(host.get("outputs"))]
    if len(names) != len(free):
        raise Refusal(f"it has {len(names)} outputs, and its group {len(free)}")
    return list(zip(names, free, strict=True))


def _is_shown(group: Mapping[str, Any], at: int, side: str, name: str) -> bool:
    config = group.get("config")
    for key in (str(at), side, name):
        config = config.get(key) if isinstance(config, Mapping) else None
    return not (isinstance(config, Mapping) and config.get("visible") is False)


def _rows(host: Mapping[str, Any], nodes: list[Mapping[str, Any]]) -> list[list[Any]]:
    """The instance's values, cut into the rows of its nodes."""
    lengths = [len(row) if isinstance(row := node.get("widgets_values"), list) else 0 for node in nodes]
    values = host.get("widgets_values")
    values = values if isinstance(values, list) else []
    if len(values) != sum(lengths):
        raise Refusal(f"it holds {len(values)} values, and the nodes of its group {sum(lengths)}")
    rest = iter(values)
    return [[next(rest) for _ in range(length)] for length in lengths]


def _ports(node: Mapping[str, Any], at: int, inside: Mapping[_Port, _Port], free: list[_Port]) -> list[dict[str, Any]]:
    linked = {*inside, *free}
    return [
        {**port, "link": f"{at}.{slot}" if (at, slot) in linked else None}
        for slot, port in enumerate(list_of_objects(node.get("inputs")))
    ]
