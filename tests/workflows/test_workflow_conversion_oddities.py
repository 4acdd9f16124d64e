"""Conversion of graphs and answers of servers with one thing in them that nobody expects: refused, never a crash."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from conversion_documents import SEED, SERVER, declared, graph, node, port

from pulumi_comfy.workflows import ConversionError, WorkflowError, convert, parse

ODD: list[Any] = [None, True, 7, "x", [], [["a"]], {"a": [1]}, 1e300]

CHOICE = ["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "a", "inputs": {"required": {"b": ["INT", {}]}}}]}]
RICH_SERVER = {
    "Source": SERVER["Source"],
    "Blur": SERVER["Blur"],
    "Rich": declared(
        seed=SEED,
        how=CHOICE,
        file=["COMBO", {"options": ["a.png"], "image_upload": True}],
        format=[["gif"], {"formats": {"gif": [["crf", "INT"]]}}],
        optional={"images": ["COMFY_AUTOGROW_V3", {"template": {"prefix": "i"}}], "name": ["STRING", {"default": "n"}]},
    ),
}
PART = {
    "id": "part",
    "inputs": [{"name": "pic", "linkIds": [1]}, {"name": "radius", "linkIds": [2]}],
    "outputs": [{"name": "IMAGE", "linkIds": [3]}],
    "nodes": [node(2, "Blur", 3, inputs=[("image", 1), port("radius", 2, "INT", widget=True)])],
    "links": [{"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 2, "target_slot": 0},
              [2, -10, 1, 2, 1, "INT"], [3, 2, 0, -20, 0, "IMAGE"]],
}  # fmt: skip
GROUP = {
    "nodes": [{"type": "Blur", "inputs": [port("image")], "outputs": [{"name": "IMAGE"}], "widgets_values": [1]}],
    "links": [[None, 0, 0, 0, 1, "IMAGE"]],
    "external": [[0, 0, "IMAGE"]],
    "config": {"0": {"input": {"image": {"visible": True}}}},
}
RICH = graph(
    node(1, "Source", 64, 32, title="First"),
    node(3, "PrimitiveNode", 5, "fixed"),
    node(4, "SetNode", "s", inputs=[("IMAGE", 10)]),
    node(5, "GetNode", "s"),
    node(6, "part", 8, inputs=[("pic", 11), port("radius", 12, "INT", widget=True)],
         properties={"proxyWidgets": [["-1", "radius"]]}),
    node(7, "workflow>g", 2, inputs=[("image", 13)], outputs=[{"name": "IMAGE"}]),
    node(8, "Blur", 1, inputs=[("image", 14)], mode=4),
    node(9, "Rich", 5, "fixed", "a", 3, "a.png", "gif", "n", inputs=[("images.i0", 15)]),
    {"id": 10, "type": "Rich", "inputs": [],
     "widgets_values": {"seed": 1, "how": "a", "how.b": 2, "file": "a.png", "format": "gif", "crf": 3}},
    links=[(10, 1, 0, 4), (11, 5, 0, 6), (12, 3, 0, 6), (13, 6, 0, 7), (14, 7, 0, 8), (15, 8, 0, 9)],
    definitions={"subgraphs": [PART]},
    extra={"groupNodes": {"g": GROUP}},
)  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from places(inner, (*at, key))


def with_odd(value: Any, place: tuple[Any, ...], odd: Any) -> Any:
    made = copy.deepcopy(value)
    inner = made
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = copy.deepcopy(odd)
    return made


def test_the_graph_without_oddities_is_converted():
    assert sorted(convert(RICH, RICH_SERVER)) == ["1", "10", "6:2", "7:0", "9"]


@pytest.mark.parametrize("odd", ODD, ids=json.dumps)
def test_an_oddity_anywhere_in_the_graph_is_converted_or_refused(odd):
    for place in places(RICH):
        try:
            made = convert(parse(json.dumps(with_odd(RICH, place, odd))).graph or {}, RICH_SERVER)
        except (ConversionError, WorkflowError):
            continue
        assert parse(json.dumps(made)).prompt == made


@pytest.mark.parametrize("odd", ODD, ids=json.dumps)
def test_an_oddity_anywhere_in_the_servers_answer_is_converted_or_refused(odd):
    for place in places(RICH_SERVER):
        try:
            made = convert(RICH, with_odd(RICH_SERVER, place, odd))
        except ConversionError:
            continue
        assert parse(json.dumps(made)).prompt == made
