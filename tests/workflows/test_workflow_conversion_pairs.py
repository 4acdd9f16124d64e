"""Conversion held against real exports: graphs and prompts that editors of many versions wrote.

They are other people's, so none is kept here. `COMFY_PAIRS` names a folder with `<name>.ui.json` and `<name>.api.json`,
answers of `GET /object_info` as `servers/*.json`, tried in the order of their names, and where needed `edited.txt`: the
names of pairs, each with a reason behind a colon, that are not of one export. To make one: every picture that ComfyUI
saved holds both halves.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pulumi_comfy.workflows import ConversionError, convert, parse
from pulumi_comfy.workflows.canonical import canonical_value, is_same
from pulumi_comfy.workflows.conversion.slots import slots_of
from pulumi_comfy.workflows.drawn_texts import may_become
from pulumi_comfy.workflows.prompt import link_of, unwrapped

FOLDER = Path(os.environ.get("COMFY_PAIRS", ""))
NAMES = sorted(path.name.removesuffix(".ui.json") for path in FOLDER.glob("*.ui.json")) if FOLDER.name else []

pytestmark = pytest.mark.skipif(not NAMES, reason="COMFY_PAIRS names no folder of real graphs with their prompts")


@cache
def servers() -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted((FOLDER / "servers").glob("*.json"))]


@cache
def edited() -> dict[str, str]:
    file = FOLDER / "edited.txt"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return dict(line.split(": ", 1) for line in lines if line)


def converted(graph: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The prompt, and the first server that takes the graph."""
    refused: list[str] = ["there is no server"]
    for server in servers():
        try:
            return convert(graph, server), server
        except ConversionError as error:
            refused = list(error.problems)
    pytest.skip(f"refused, nothing guessed: {refused[0]}")


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any], server: Mapping[str, Any]) -> list[str]:
    """Where two prompts say different things to the server: ids, classes, inputs."""
    found = [f"#{key} is in one of them only" for key in ours.keys() ^ theirs.keys()]
    for key in ours.keys() & theirs.keys():
        kind = ours[key]["class_type"]
        known = {slot.name: slot for slot in slots_of(server[kind]) if slot.role != "button"}
        found += [f"#{key} is {kind} and {theirs[key]['class_type']}"] if kind != theirs[key]["class_type"] else []
        one, other = ours[key]["inputs"], theirs[key]["inputs"]
        for name in one.keys() | other.keys():
            if name not in one:
                if name not in known and link_of(other[name]) is None:
                    continue  # a button or a text that a node shows: no input
                found.append(f"{kind} #{key}: {name} is in theirs only")
            elif name not in other:
                if name in known and not known[name].is_required and one[name] == known[name].default:
                    continue  # an optional input that is younger than the export
                found.append(f"{kind} #{key}: {name} is in ours only")
            elif not agree(one[name], other[name]):
                found.append(f"{kind} #{key}: {name} {str(one[name])[:60]} and {str(other[name])[:60]}")
    return found


def agree(ours: Any, theirs: Any) -> bool:
    if link_of(ours) is not None or link_of(theirs) is not None:
        return link_of(ours) == link_of(theirs)
    one, other = canonical_value(unwrapped(ours)), canonical_value(unwrapped(theirs))
    drawn = isinstance(one, str) and isinstance(other, str) and may_become(one, other)
    return drawn or is_same(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_a_real_graph_becomes_the_prompt_that_the_editor_made(name: str):
    if name in edited():
        pytest.skip(f"not of one export: {edited()[name]}")
    graph = parse((FOLDER / f"{name}.ui.json").read_text("utf-8")).graph
    exported = json.loads((FOLDER / f"{name}.api.json").read_text("utf-8"))
    theirs = {key: node for key, node in exported.items() if isinstance(node, dict) and "class_type" in node}

    ours, server = converted(graph or {})

    assert differences(ours, theirs, server) == []
