"""How a ComfyUI server goes through a prompt: which nodes, in which order, and which it has done before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from pulumi_comfy.emulator.comfyui.graph import Graph, is_link
from pulumi_comfy.emulator.comfyui.node_specs import NodeClass


class DanglingLinkError(Exception):
    """A link to a node that is not there, which no check finds where the input is none of the class's."""


def needed(graph: Graph, outputs: list[str]) -> list[str]:
    """The nodes that the outputs need, in the prompt's order.

    Raises:
        DanglingLinkError: One of them is not there.
    """
    found = list(outputs)
    for node_id in found:
        for target in _origins(graph, node_id):
            if target not in graph:
                raise DanglingLinkError(target)
            if target not in found:
                found.append(target)
    return [node_id for node_id in graph if node_id in found]


def order(graph: Graph, wanted: list[str], classes: Mapping[str, NodeClass]) -> list[str]:
    """The order in which the nodes are done: an output as soon as it can be, else the first of those that can.

    Args:
        graph: The prompt.
        wanted: What `needed` gave.
        classes: By name.
    """
    done: list[str] = []
    waiting = list(wanted)
    while waiting:
        ready = [node_id for node_id in waiting if not {*_origins(graph, node_id)} & {*waiting}] or waiting
        following = next((one for one in ready if classes[graph[one]["class_type"]]["output_node"]), ready[0])
        done.append(following)
        waiting.remove(following)
    return done


def signatures(graph: Graph, done: list[str], file_digest: Callable[[Any], str]) -> dict[str, str]:
    """What decides whether a node's earlier results are taken again: class, inputs and ancestry, never ids or titles.

    Args:
        graph: The prompt.
        done: Its nodes, each after what it needs.
        file_digest: Tells an input that names an upload by what the file holds.
    """
    known: dict[str, str] = {}
    for node_id in done:
        node = graph[node_id]
        inputs = {
            name: {"from": known.get(value[0]), "slot": value[1]} if is_link(value) else [value, file_digest(value)]
            for name, value in dict(node.get("inputs") or {}).items()
        }
        text = json.dumps([node["class_type"], inputs], sort_keys=True)
        known[node_id] = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return known


def _origins(graph: Graph, node_id: str) -> list[str]:
    inputs = graph[node_id].get("inputs")
    return [value[0] for value in inputs.values() if is_link(value)] if isinstance(inputs, dict) else []
