"""The inputs of a run by node: what the graph does not have, exact numbers, fresh seeds, and what no cache answers.

Facts: docs/comfyui-protocol.md 2.4.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy import workflows
from pulumi_comfy.core.model import SECRET, Json, Model
from pulumi_comfy.inference import settings
from pulumi_comfy.inference.nodes import MOST_LISTED, named, unknown_node
from pulumi_comfy.inference.proof import ProofInput
from pulumi_comfy.inference.runner import fresh_seed

_NONCE = "pulumi_comfy_run"


class GivenOverrides(Model):
    """How a run is given its inputs where they are told by node."""

    overrides: Annotated[
        dict[str, dict[str, Json]],
        settings.DECIDES,
        Field(
            description="Inputs of nodes by the node's id, e.g. `{'6': {'text': 'a lighthouse'}}`; all else stays as "
            "it was saved. Whole numbers beyond 2^53 are given as text."
        ),
    ] = {}
    extra_data: Annotated[
        dict[str, str] | None,
        SECRET,
        Field(description="What partner nodes need, e.g. `{'api_key_comfy_org': '...'}`; never shown. Default: none."),
    ] = None


def given_in(check: Any) -> dict[str, dict[str, Json]]:
    """Give the overrides of what is both, settings of a check and overrides by node; none while not known."""
    return dict(check.overrides) if isinstance(check.overrides, Mapping) else {}


def with_fresh_seeds(overrides: Mapping[str, Mapping[str, Json]], graph: Mapping[str, Any]) -> dict[str, Any]:
    """Give the overrides, exact, with a fresh seed wherever the program leaves one open."""
    found = exact(overrides, graph)
    for node, name in workflows.seed_places(graph):
        found.setdefault(node, {}).setdefault(name, fresh_seed())
    return found


def merged(graph: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Give the prompt with the overrides written in; the graph stays as it is."""
    return {
        node: {**one, "inputs": {**one["inputs"], **overrides[node]}} if node in overrides else one
        for node, one in graph.items()
    }


def with_nonce(prompt: Mapping[str, Any], nodes: Iterable[str], nonce: str) -> dict[str, Any]:
    """Give the prompt with an input at some nodes that no class has and no earlier run had: they run again.

    Servers ignore inputs that a class does not declare, but for their cache, which then has no answer (2.4).
    """
    return merged(prompt, {node: {_NONCE: nonce} for node in nodes})


def nodes_of(graph: Mapping[str, Any]) -> dict[str, Any]:
    """Give the nodes of a graph that are nodes; what else a platform puts there is none of ours."""
    return {node: one for node, one in graph.items() if isinstance(one, dict) and isinstance(one.get("inputs"), dict)}


def digest_of(graph: Mapping[str, Any]) -> str | None:
    """Give the digest of a graph's canonical form; None where there is none that we can read."""
    try:
        return workflows.parse(json.dumps(graph)).digest if graph else None
    except workflows.WorkflowError:
        return None


_TYPES = {str: "string", bool: "boolean", int: "integer", float: "float", list: "list", dict: "object"}


def described(graph: Mapping[str, Any]) -> list[ProofInput]:
    """Give what callers may override, as a proof tells it: every input that is no link; each has its saved value."""
    return [
        ProofInput(name=f"{node}.{name}", type=_TYPES[type(value)], has_default=True)
        for node, one in graph.items()
        for name, value in one["inputs"].items()
        if type(value) in _TYPES and workflows.link_of(value) is None
    ]


def exact(overrides: Mapping[str, Mapping[str, Json]], graph: Mapping[str, Any]) -> dict[str, dict[str, Json]]:
    """Give the overrides with a number for each text of digits where the graph has a number."""
    return {
        node: {name: _exact(value, graph.get(node, {}).get("inputs", {}).get(name)) for name, value in inputs.items()}
        for node, inputs in overrides.items()
    }


def _exact(value: Json, saved: Json) -> Json:
    is_number = isinstance(saved, int) and not isinstance(saved, bool)
    return int(value) if is_number and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value) else value


def unknown_places(overrides: Mapping[str, Any], graph: Mapping[str, Any]) -> Iterator[str]:
    """Say which nodes and inputs the graph does not have, with the nearest ones."""
    for node, inputs in overrides.items():
        if node not in graph:
            yield unknown_node(node, graph)
            continue
        known = graph[node]["inputs"]
        for name in inputs if isinstance(inputs, Mapping) else ():
            if name not in known:
                yield f"node {named(node, graph)} has no input {name!r}{_near_inputs(name, known)}"


def _near_inputs(name: str, known: Mapping[str, Any]) -> str:
    close = get_close_matches(name, known, n=1)
    listed = ", ".join(sorted(known)[:MOST_LISTED]) or "none"
    return f"; did you mean {close[0]!r}?" if close else f" (it has {listed})"
