"""Conversion of a graph: where links come from, through all that only the editor knows."""

from __future__ import annotations

import pytest
from conversion_documents import declared, graph, inputs_of, node, port, refusal

from pulumi_comfy.workflows import convert

SOURCE = node(1, "Source", 64, 32)


def through(*between: dict, links: list, last: int = 5, **more) -> dict:
    """A source, nodes between, and a node 9 whose image is link `last`."""
    return graph(SOURCE, *between, node(9, "Blur", 3, inputs=[("image", last)]), links=[(4, 1, 0, 2), *links], **more)


def test_ids_in_links_are_texts_and_slots_are_numbers():
    assert inputs_of(through(links=[(5, 1, 0, 9)])) == {"radius": 3, "image": ["1", 0]}


@pytest.mark.parametrize("kind", ["Reroute", "Reroute (rgthree)"])
@pytest.mark.parametrize("mode", [0, 2, 4])
def test_a_reroute_is_looked_through_whatever_its_mode(kind, mode):
    document = through(node(2, kind, inputs=[("", 4, "*")], mode=mode), links=[(5, 2, 0, 9)])

    assert convert(document, {"Source": declared("IMAGE", width="INT", height="INT"), "Blur": BLUR}).keys() == {
        "1",
        "9",
    }
    assert inputs_of(document)["image"] == ["1", 0]


BLUR = declared("IMAGE", image="IMAGE", radius="INT")


@pytest.mark.parametrize(("setter", "getter"), [("SetNode", "GetNode"), ("easy setNode", "easy getNode")])
def test_a_getter_delivers_what_the_setter_of_its_name_is_given(setter, getter):
    document = through(node(2, setter, "pic", inputs=[("IMAGE", 4)]), node(3, getter, "pic"), links=[(5, 3, 0, 9)])

    assert inputs_of(document)["image"] == ["1", 0]


def test_a_getter_without_a_setter_is_refused():
    document = through(node(3, "GetNode", "pic"), links=[(5, 3, 0, 9)])

    assert refusal(document) == ["Blur #9: it gets 'pic', which no node sets"]


def test_a_getter_with_two_setters_is_refused():
    setters = [node(each, "SetNode", "pic", inputs=[("IMAGE", 4)]) for each in (2, 6)]
    document = through(*setters, node(3, "GetNode", "pic"), links=[(5, 3, 0, 9)])

    assert refusal(document) == ["Blur #9: it gets 'pic', which 2 nodes set"]


def test_a_setter_passes_on_what_it_is_given():
    document = through(node(2, "SetNode", "pic", inputs=[("IMAGE", 4)]), links=[(5, 2, 0, 9)])

    assert inputs_of(document)["image"] == ["1", 0]


def test_a_muted_node_takes_its_links_away():
    document = through(node(2, "Blur", 1, inputs=[("image", 4)], mode=2), links=[(5, 2, 0, 9)])

    assert convert(document, {"Source": declared("IMAGE", width="INT", height="INT"), "Blur": BLUR}).keys() == {
        "1",
        "9",
    }
    assert inputs_of(document) == {"radius": 3}


def test_a_muted_node_takes_the_widget_with_its_link_away():
    document = graph(
        node(1, "Text", "a", mode=2),
        node(9, "Save", "own", inputs=[port("prefix", 4, "STRING", widget=True)]),
        links=[(4, 1, 0, 9)],
    )

    assert inputs_of(document) == {}


def test_a_muted_node_may_be_of_a_class_that_the_server_does_not_know():
    assert inputs_of(through(node(2, "Nowhere", inputs=[("image", 4)], mode=2), links=[(5, 1, 0, 9)]))["image"] == [
        "1",
        0,
    ]


def test_a_bypassed_node_hands_on_its_first_input_of_the_type():
    mask = node(2, "Mask", inputs=[("mask", None, "MASK"), ("image", 4)], mode=4)

    assert inputs_of(through(mask, links=[(5, 2, 1, 9)]))["image"] == ["1", 0]


def test_a_bypassed_node_prefers_the_input_in_the_place_of_its_output():
    both = node(3, "Both", inputs=[("first", 6), ("second", 7)], mode=4)
    document = through(node(2, "Source", 1, 1), both, links=[(6, 1, 0, 3), (7, 2, 0, 3), (5, 3, 1, 9)])

    assert inputs_of(document)["image"] == ["2", 0]


def test_a_bypassed_node_takes_a_type_among_several_when_none_is_the_same():
    union = node(2, "Any", inputs=[("a", None, "MASK"), ("b", 4, "LATENT,IMAGE")], mode=4)

    assert inputs_of(through(union, links=[(5, 2, 0, 9)]))["image"] == ["1", 0]


def test_a_bypassed_node_before_an_input_of_any_type_keeps_the_place():
    document = graph(
        node(1, "Source", 1, 1),
        node(2, "Both", inputs=[("a", None, "MASK"), ("b", 4)], mode=4),
        node(9, "Any", inputs=[("source", 5, "*")]),
        links=[(4, 1, 0, 2), (5, 2, 1, 9)],
    )

    assert inputs_of(document, Any=declared(source="*")) == {"source": ["1", 0]}


@pytest.mark.parametrize("inputs", [[("image", None)], [("mask", 4, "MASK")], []])
def test_a_bypassed_node_without_such_an_input_leaves_nothing(inputs):
    assert inputs_of(through(node(2, "Odd", inputs=inputs, mode=4), links=[(5, 2, 0, 9)])) == {"radius": 3}


def test_bypassed_nodes_are_gone_through_one_behind_the_other():
    chain = [node(2, "Blur", 1, inputs=[("image", 4)], mode=4), node(3, "Blur", 1, inputs=[("image", 6)], mode=4)]

    assert inputs_of(through(*chain, links=[(6, 2, 0, 3), (5, 3, 0, 9)]))["image"] == ["1", 0]


def test_a_primitive_gives_its_value_and_is_no_node_of_the_prompt():
    document = graph(
        node(1, "PrimitiveNode", 7, "randomize"),
        node(9, "Sampler", 5, "fixed", 20, "euler", inputs=[port("seed", 4, "INT", widget=True)]),
        links=[(4, 1, 0, 9)],
    )

    assert inputs_of(document) == {"seed": 7, "steps": 20, "name": "euler"}
    assert convert(document, {"Sampler": declared("LATENT", seed="INT", steps="INT", name=[["euler"]])}).keys() == {"9"}


def test_a_primitive_gives_its_value_through_a_reroute_to_several():
    document = graph(
        node(1, "PrimitiveNode", 7, "fixed"),
        node(2, "Reroute", inputs=[("", 4, "*")]),
        node(8, "Source", 1, 1, inputs=[port("width", 5, "INT", widget=True)]),
        node(9, "Source", 1, 1, inputs=[port("height", 6, "INT", widget=True)]),
        links=[(4, 1, 0, 2), (5, 2, 0, 8), (6, 2, 0, 9)],
    )

    assert inputs_of(document, "8") == {"width": 7, "height": 1}
    assert inputs_of(document) == {"width": 1, "height": 7}


def test_a_primitive_without_a_value_is_refused():
    document = graph(
        node(1, "PrimitiveNode"),
        node(9, "Source", 1, 1, inputs=[port("width", 4, "INT", widget=True)]),
        links=[(4, 1, 0, 9)],
    )

    assert refusal(document) == ["Source #9: it is linked to PrimitiveNode #1, which holds no value"]


def test_a_primitive_for_an_input_that_is_no_widget_is_refused():
    document = through(node(2, "PrimitiveNode", 7), links=[(5, 2, 0, 9)])

    assert refusal(document) == ["Blur #9: PrimitiveNode #2 gives a value to image, which is no widget on this server"]


def test_a_primitive_whose_value_is_of_another_kind_is_refused():
    wide = port("width", 4, "INT", widget=True)
    document = graph(node(1, "PrimitiveNode", "a"), node(9, "Source", 1, 1, inputs=[wide]), links=[(4, 1, 0, 9)])

    assert refusal(document) == ["Source #9: width takes INT, but its value is a text, from PrimitiveNode #1"]


def test_an_input_that_the_server_does_not_declare_is_linked_as_the_editor_does():
    document = graph(
        SOURCE, node(9, "Blur", 3, inputs=[("image", 5), ("any_2", 6)]), links=[(5, 1, 0, 9), (6, 1, 0, 9)]
    )

    assert inputs_of(document) == {"radius": 3, "image": ["1", 0], "any_2": ["1", 0]}


def test_links_may_be_objects_and_ids_texts():
    document = {
        "nodes": [node("a", "Source", 1, 1), node("b", "Blur", 3, inputs=[("image", "x")])],
        "links": [
            {"id": "x", "origin_id": "a", "origin_slot": "0", "target_id": "b", "target_slot": 0, "type": "IMAGE"}
        ],
    }

    assert inputs_of(document, "b") == {"radius": 3, "image": ["a", 0]}


def test_a_link_that_the_graph_does_not_hold_is_refused():
    assert refusal(through(links=[], last=77)) == [
        "Blur #9: its input image names link 77, which the graph does not hold"
    ]


def test_a_link_from_a_node_that_is_not_there_is_refused():
    assert refusal(through(links=[(5, 6, 0, 9)])) == ["Blur #9: it is linked to node #6, which the graph does not hold"]


def test_a_ring_of_reroutes_is_refused():
    ring = [node(2, "Reroute", inputs=[("", 6, "*")]), node(3, "Reroute", inputs=[("", 7, "*")])]

    assert refusal(through(*ring, links=[(6, 3, 0, 2), (7, 2, 0, 3), (5, 2, 0, 9)])) == [
        "Blur #9: a link to it goes in a ring of nodes that pass it on"
    ]


def test_a_node_that_does_not_name_its_inputs_is_refused_when_something_is_linked_to_it():
    bare = {"id": 9, "type": "Blur", "widgets_values": [3]}

    assert refusal(graph(SOURCE, bare, links=[(5, 1, 0, 9)])) == [
        "Blur #9: it does not list its inputs, so nobody can tell which of them a link ends in"
    ]


@pytest.mark.parametrize(
    "kind", ["Anything Everywhere", "Anything Everywhere3", "Prompts Everywhere", "Seed Everywhere"]
)
def test_a_node_that_adds_links_is_refused_unless_it_is_switched_off(kind):
    def with_mode(mode: int) -> dict:
        return through(node(2, kind, inputs=[("anything", 4)], mode=mode), links=[(5, 1, 0, 9)])

    (problem,) = refusal(with_mode(0))

    assert problem.startswith(f"{kind} #2: it adds links that only the editor can work out")
    assert inputs_of(with_mode(2))["image"] == ["1", 0]


NOTES = ["Note", "MarkdownNote", "Label (rgthree)", "Fast Groups Muter (rgthree)", "Bookmark (rgthree)"]


@pytest.mark.parametrize("kind", NOTES)
def test_what_exists_in_the_editor_only_is_left_out(kind):
    document = through(node(2, kind, "hello"), links=[(5, 1, 0, 9)])

    assert convert(document, {"Source": declared("IMAGE", width="INT", height="INT"), "Blur": BLUR}).keys() == {
        "1",
        "9",
    }
