"""What the outputs of a prompt need, and the loops on the way: each link is followed once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pulumi_comfy.workflows.prompt import link_of, output_node_ids

__all__ = ["first_loop", "hopeless_loop", "needed_by", "possible_outputs"]


def _origins(prompt: Mapping[str, Any], node_id: str) -> Iterator[str]:
    for value in prompt[node_id]["inputs"].values():
        link = link_of(value)
        if link is not None and link[0] in prompt:
            yield link[0]


def needed_by(outputs: Iterable[str], prompt: Mapping[str, Any]) -> set[str]:
    """The nodes that an output needs; the server looks at no others."""
    reached: set[str] = set()
    waiting = list(outputs)
    while waiting:
        node_id = waiting.pop()
        if node_id not in reached:
            reached.add(node_id)
            waiting += _origins(prompt, node_id)
    return reached


def possible_outputs(prompt: Mapping[str, Any]) -> set[str]:
    """The nodes that may be outputs: those of known classes, and without knowing its class any that feeds nothing."""
    feeding = {origin for node_id in prompt for origin in _origins(prompt, node_id)}
    return {*output_node_ids(prompt), *(prompt.keys() - feeding)}


def first_loop(prompt: Mapping[str, Any], wanted: Iterable[str]) -> str:
    """One loop of links that a wanted node needs, in words; empty when there is none."""
    loop = _loop(prompt, wanted)
    if not loop:
        return ""
    shown = [f"#{node_id}" for node_id in loop]
    if len(shown) > _LONGEST:
        shown = [*shown[: _LONGEST - 1], f"... ({len(loop) - _LONGEST} more)", shown[-1]]
    return f"nodes {' -> '.join(shown)} form a loop"


_LONGEST = 12
"""Nodes of a loop that are named."""


def hopeless_loop(prompt: Mapping[str, Any]) -> str:
    """Say which loop keeps every server from running anything of a prompt; empty when something of it may run.

    A server runs the outputs that it can and leaves the others out, and any node that feeds nothing may be an output.
    """
    outputs = possible_outputs(prompt)
    sound = _soundly_fed(prompt)
    if any(output in sound for output in outputs):
        return ""
    loop = first_loop(prompt, outputs or prompt)
    return f"{loop}, which no output can do without" if loop else ""


def _soundly_fed(prompt: Mapping[str, Any]) -> set[str]:
    """The nodes that need no loop: those whose origins are all such nodes, counted down from the ones without any."""
    missing: dict[str, int] = {}
    feeds: dict[str, list[str]] = {}
    for node_id in prompt:
        origins = set(_origins(prompt, node_id))
        missing[node_id] = len(origins)
        for origin in origins:
            feeds.setdefault(origin, []).append(node_id)
    ready = [node_id for node_id, count in missing.items() if not count]
    sound: set[str] = set()
    while ready:
        node_id = ready.pop()
        sound.add(node_id)
        for fed in feeds.get(node_id, ()):
            missing[fed] -= 1
            if not missing[fed]:
                ready.append(fed)
    return sound


def _loop(prompt: Mapping[str, Any], wanted: Iterable[str]) -> list[str]:
    """One loop of links, first node repeated at the end; empty when there is none."""
    done: set[str] = set()
    for start in wanted:
        path: dict[str, None] = {}
        waiting = [iter([start])]
        while waiting:
            node_id = next(waiting[-1], None)
            if node_id is None:
                waiting.pop()
                if path:
                    done.add(path.popitem()[0])
            elif node_id in path:
                nodes = list(path)
                return [*nodes[nodes.index(node_id) :], node_id][::-1]
            elif node_id not in done:
                path[node_id] = None
                waiting.append(iter(list(_origins(prompt, node_id))))
    return []
