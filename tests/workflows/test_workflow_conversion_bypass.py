"""Conversion of links through bypassed nodes: which input stands for an output, as the editor chooses it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conversion_documents import declared, graph, inputs_of, node, refusal

from pulumi_comfy.workflows import parse

SERVER = {"Latent": declared("LATENT"), "Any": declared(source="*"), "Two": declared(samples="LATENT")}


def bypassed(node_id: int, *kinds: str, outputs: list[str], links: list[int | None]) -> dict[str, Any]:
    """A bypassed node with inputs of these types."""
    ports = [(f"in{at}", link, kind) for at, (kind, link) in enumerate(zip(kinds, links, strict=True))]
    return node(node_id, "Odd", inputs=ports, mode=4, outputs=[{"name": kind, "type": kind} for kind in outputs])


def chosen(middle: dict[str, Any], slot: int = 0, wanted: str = "IMAGE") -> Any:
    """What a node takes that a bypassed node 3 hands on, between an image #1 and a latent #2."""
    document = graph(
        node(1, "Source", 1, 1),
        node(2, "Latent"),
        middle,
        node(9, "Any", inputs=[("source", 5, wanted)]),
        links=[(1, 1, 0, 3), (2, 2, 0, 3), (5, 3, slot, 9)],
    )
    return inputs_of(document, server=SERVER).get("source")


@pytest.mark.parametrize("kind", ["*", "", "image", "IMAGE,MASK"])
def test_the_input_in_the_outputs_place_counts_when_it_fits_though_another_is_of_the_very_type(kind: str):
    middle = bypassed(3, kind, "IMAGE", outputs=["*"], links=[2, 1])

    assert chosen(middle) == ["2", 0]


def test_the_input_in_the_outputs_place_must_fit_the_output_too():
    middle = bypassed(3, "LATENT,IMAGE", "IMAGE", outputs=["MASK"], links=[2, 1])

    assert chosen(middle) == ["1", 0]


def test_where_anything_is_wanted_and_no_input_is_in_the_outputs_place_the_first_counts():
    middle = bypassed(3, "IMAGE", "LATENT", outputs=["A", "B", "C"], links=[1, 2])

    assert chosen(middle, 2, wanted="*") == ["1", 0]


def test_behind_a_bypassed_node_the_type_of_its_input_is_wanted():
    document = graph(
        node(1, "Source", 1, 1),
        node(2, "Latent"),
        bypassed(3, "IMAGE", "LATENT", outputs=["LATENT", "IMAGE"], links=[1, 2]),
        bypassed(4, "LATENT", outputs=["LATENT"], links=[6]),
        node(9, "Any", inputs=[("source", 5, "*")]),
        links=[(1, 1, 0, 3), (2, 2, 0, 3), (6, 3, 0, 4), (5, 4, 0, 9)],
    )

    assert inputs_of(document, server=SERVER) == {"source": ["2", 0]}


def test_a_ring_of_bypassed_nodes_is_refused_for_every_node_behind_it():
    ring = [
        bypassed(3, "IMAGE", outputs=["IMAGE"], links=[2]),
        bypassed(4, "IMAGE", outputs=["IMAGE"], links=[1]),
    ]
    behind = [node(at, "Save", "p", inputs=[("images", 5)]) for at in (8, 9)]

    assert refusal(graph(*ring, *behind, links=[(1, 3, 0, 4), (2, 4, 0, 3), (5, 3, 0, 9)])) == [
        f"Save #{at}: a link to it goes in a ring of nodes that pass it on" for at in (8, 9)
    ]


def test_a_chain_of_many_thousand_nodes_is_no_ring():
    size = 12_000
    chain = [node(at, "Reroute", inputs=[("", at)]) for at in range(2, size)]
    save = node(size, "Save", "p", inputs=[("images", size)])
    document = graph(node(1, "Source", 1, 1), *chain, save, links=[(at, at - 1, 0, at) for at in range(2, size + 1)])

    assert inputs_of(document, str(size))["images"] == ["1", 0]


def by_name(mode: int) -> dict[str, Any]:
    """A source, a set node, a get node in a mode, a node that saves."""
    return graph(
        node(1, "Source", 1, 1),
        node(3, "SetNode", "x", inputs=[("IMAGE", 1)]),
        node(4, "GetNode", "x", mode=mode),
        node(9, "Save", "p", inputs=[("images", 5)]),
        links=[(1, 1, 0, 3), (5, 4, 0, 9)],
    )


def test_a_bypassed_get_node_is_refused_since_editors_differ():
    assert inputs_of(by_name(2))["images"] == ["1", 0]
    assert refusal(by_name(4)) == [
        "Save #9: it is linked to GetNode #4, which is bypassed: editors differ in whether it still delivers"
    ]


def test_that_a_get_node_is_bypassed_is_content():
    digests = {mode: parse(json.dumps(by_name(mode))).digest for mode in (0, 2, 4)}

    assert digests[0] == digests[2] != digests[4]
