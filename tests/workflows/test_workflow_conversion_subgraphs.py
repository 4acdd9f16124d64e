"""Conversion of a graph: subgraphs with their promoted widgets, and group nodes."""

from __future__ import annotations

from typing import Any

import pytest
from conversion_documents import SERVER, graph, inputs_of, node, port, refusal

from pulumi_comfy.workflows import convert

SOURCE = node(1, "Source", 64, 32)


def part(*nodes: dict[str, Any], links: Any, inputs: Any = (), outputs: Any = (), name: str = "part") -> dict[str, Any]:
    """The definition of a subgraph; `inputs` and `outputs` are `(name, [link ids])`."""
    ports = {
        side: [{"name": each, "type": "*", "linkIds": ids} for each, ids in given]
        for side, given in (("inputs", inputs), ("outputs", outputs))
    }
    table = [
        {"id": one, "origin_id": origin, "origin_slot": slot, "target_id": target, "target_slot": at, "type": "*"}
        for one, origin, slot, target, at in links
    ]
    return {"id": name, "name": name, "nodes": list(nodes), "links": table, **ports}


BLURRED = part(
    node(2, "Blur", 3, inputs=[("image", 1), port("radius", 2, "INT", widget=True)]),
    links=[(1, -10, 0, 2, 0), (2, -10, 1, 2, 1), (3, 2, 0, -20, 0)],
    inputs=[("pic", [1]), ("radius", [2])],
    outputs=[("IMAGE", [3])],
)


def hosted(*parts: dict[str, Any], host: dict[str, Any], link: int = 4, **more: Any) -> dict[str, Any]:
    """A source into a subgraph's instance 7 into a save 9."""
    saved = node(9, "Save", "out", inputs=[("images", 5)])
    definitions = {"subgraphs": list(parts)}
    return graph(SOURCE, host, saved, links=[(link, 1, 0, 7), (5, 7, 0, 9)], definitions=definitions, **more)


def host(*values: Any, **more: Any) -> dict[str, Any]:
    return node(7, "part", *values, **{"inputs": [("pic", 4), port("radius", None, "INT", widget=True)], **more})


def listing(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"properties": {"proxyWidgets": [list(pair) for pair in pairs]}}


def test_a_node_inside_bears_the_ids_of_all_around_it():
    prompt = convert(hosted(BLURRED, host=host()), SERVER)

    assert list(prompt) == ["1", "7:2", "9"]
    assert prompt["7:2"]["inputs"] == {"radius": 3, "image": ["1", 0]}
    assert prompt["9"]["inputs"]["images"] == ["7:2", 0]


def test_a_subgraph_inside_a_subgraph_is_laid_open_too():
    outer = part(
        node(5, "part", inputs=[("pic", 1)]),
        links=[(1, -10, 0, 5, 0), (2, 5, 0, -20, 0)],
        inputs=[("in", [1])],
        outputs=[("IMAGE", [2])],
        name="outer",
    )

    prompt = convert(hosted(outer, BLURRED, host=node(7, "outer", inputs=[("in", 4)])), SERVER)

    assert prompt["7:5:2"]["inputs"]["image"] == ["1", 0]
    assert prompt["9"]["inputs"]["images"] == ["7:5:2", 0]


def test_a_promoted_widget_holds_what_the_instance_says():
    assert inputs_of(hosted(BLURRED, host=host(8)), "7:2")["radius"] == 8


def test_two_instances_have_a_value_each():
    document = hosted(BLURRED, host=host(8))
    document["nodes"].append(node(8, "part", 11, inputs=[("pic", 6)]))
    document["links"].append([6, 1, 0, 8, 0, "IMAGE"])

    assert inputs_of(document, "7:2")["radius"] == 8
    assert inputs_of(document, "8:2")["radius"] == 11


def test_the_instances_own_inputs_are_listed_with_a_minus_one():
    assert inputs_of(hosted(BLURRED, host=host(8, **listing(("-1", "radius")))), "7:2")["radius"] == 8


@pytest.mark.parametrize("value", [None, 8])
def test_a_listed_widget_inside_holds_what_the_instance_says_unless_that_is_nothing(value):
    assert inputs_of(hosted(BLURRED, host=host(value, **listing(("2", "radius")))), "7:2")["radius"] == (value or 3)


def test_listed_widgets_without_values_hold_what_stands_inside():
    assert inputs_of(hosted(BLURRED, host=host(**listing(("2", "radius")))), "7:2")["radius"] == 3


def test_values_at_the_end_that_live_inside_are_left_out_and_shift_nothing():
    swapped = part(
        node(2, "Blend", 0.5, inputs=[("first", 1), ("second", 1), port("factor", 2, "FLOAT", widget=True)]),
        node(3, "Sampler", 5, "randomize", 20, "euler", inputs=[port("seed", 4, "INT", widget=True)]),
        links=[(1, -10, 0, 2, 0), (2, -10, 1, 2, 2), (3, 2, 0, -20, 0), (4, -10, 2, 3, 0)],
        inputs=[("pic", [1]), ("factor", [2]), ("seed", [4])],
        outputs=[("IMAGE", [3])],
    )
    listed = listing(("-1", "seed"), ("-1", "factor"), ("3", "control_after_generate"))

    assert inputs_of(hosted(swapped, host=host(77, 0.25, **listed)), "7:3")["seed"] == 77
    assert inputs_of(hosted(swapped, host=host(77, 0.25, **listed)), "7:2")["factor"] == 0.25


def test_pictures_among_the_listed_widgets_have_no_value():
    shown = listing(("-1", "radius"), ("2", "$$canvas-image-preview"))

    assert inputs_of(hosted(BLURRED, host=host(8, **shown)), "7:2")["radius"] == 8


def test_a_promoted_seeds_control_is_no_input():
    sampled = part(
        node(2, "Sampler", 5, "randomize", 20, "euler", inputs=[port("seed", None, "INT", widget=True)]),
        links=[(3, 2, 0, -20, 0)],
        outputs=[("LATENT", [3])],
    )
    listed = host(9, "fixed", **listing(("2", "seed"), ("2", "control_after_generate")))

    assert inputs_of(hosted(sampled, host=listed), "7:2") == {"seed": 9, "steps": 20, "name": "euler"}


def test_a_link_into_the_instance_wins_over_its_value():
    document = hosted(BLURRED, host=host(8, inputs=[("pic", 4), port("radius", 6, "INT", widget=True)]))
    document["nodes"].append(node(3, "PrimitiveNode", 12, "fixed"))
    document["links"].append([6, 3, 0, 7, 1, "INT"])

    assert inputs_of(document, "7:2")["radius"] == 12


def test_a_value_outside_reaches_a_widget_two_subgraphs_deep():
    outer = part(
        node(5, "part", 6, inputs=[("pic", 1), port("radius", None, "INT", widget=True)]),
        links=[(1, -10, 0, 5, 0), (2, 5, 0, -20, 0)],
        inputs=[("in", [1])],
        outputs=[("IMAGE", [2])],
        name="outer",
    )
    around = node(7, "outer", 99, inputs=[("in", 4)], **listing(("5", "radius")))

    assert inputs_of(hosted(outer, BLURRED, host=around), "7:5:2")["radius"] == 99


def test_a_primitive_inside_may_be_promoted():
    fed = part(
        node(3, "PrimitiveNode", 1, "fixed"),
        node(2, "Blur", 3, inputs=[("image", 1), port("radius", 2, "INT", widget=True)]),
        links=[(1, -10, 0, 2, 0), (2, 3, 0, 2, 1), (3, 2, 0, -20, 0)],
        inputs=[("pic", [1])],
        outputs=[("IMAGE", [3])],
    )

    assert inputs_of(hosted(fed, host=host(42, **listing(("3", "value")))), "7:2")["radius"] == 42
    assert inputs_of(hosted(fed, host=host()), "7:2")["radius"] == 1


def test_values_that_fit_no_list_of_promoted_widgets_are_refused():
    (problem,) = refusal(hosted(BLURRED, host=host(8, 9, 10, **listing(("-1", "radius")))))

    assert problem.startswith("part #7: it holds 3 values for 1 promoted widgets")


@pytest.mark.parametrize("listed", [{}, listing(("2", "radius")), listing(("-1", "radius"))])
def test_a_promoted_value_of_another_kind_is_refused(listed):
    assert refusal(hosted(BLURRED, host=host("wide", **listed))) == [
        "Blur #7:2: radius takes INT, but its value is a text, from the subgraph around it"
    ]


def test_a_subgraph_that_is_not_defined_is_told_as_that():
    kind = "dfe9eb32-97c0-43a5-90d5-4fd37768d91b"

    assert refusal(graph(node(1, kind))) == [
        f"{kind} #1: it is a subgraph that the graph does not define (definitions.subgraphs)"
    ]


@pytest.mark.parametrize("mode", [2, 4])
def test_nothing_inside_a_subgraph_that_is_switched_off_runs(mode):
    prompt = convert(hosted(BLURRED, host=host(mode=mode)), SERVER)

    assert list(prompt) == ["1", "9"]
    assert prompt["9"]["inputs"] == ({"prefix": "out"} if mode == 2 else {"prefix": "out", "images": ["1", 0]})


def test_of_several_links_into_an_output_the_first_that_it_lists_counts():
    both = part(
        node(2, "Source", 1, 1), node(3, "Source", 2, 2),
        links=[(1, 2, 0, -20, 0), (2, 3, 0, -20, 0)],
        outputs=[("IMAGE", [2, 1])],
    )  # fmt: skip

    assert inputs_of(hosted(both, host=host()))["images"] == ["7:3", 0]


def test_a_subgraph_may_hand_an_input_straight_on():
    straight = part(links=[(1, -10, 0, -20, 0)], inputs=[("pic", [1])], outputs=[("IMAGE", [1])])

    assert inputs_of(hosted(straight, host=host()))["images"] == ["1", 0]


def test_getters_and_setters_inside_find_each_other_there_first():
    inner = part(
        node(3, "SetNode", "pic", inputs=[("IMAGE", 1)]),
        node(4, "GetNode", "pic"),
        node(2, "Blur", 3, inputs=[("image", 2)]),
        links=[(1, -10, 0, 3, 0), (2, 4, 0, 2, 0), (3, 2, 0, -20, 0)],
        inputs=[("pic", [1])],
        outputs=[("IMAGE", [3])],
    )
    document = hosted(inner, host=host())
    document["nodes"].append(node(8, "SetNode", "pic", inputs=[("IMAGE", None)]))

    assert inputs_of(document, "7:2")["image"] == ["1", 0]


def test_a_getter_inside_finds_a_setter_around_it():
    inner = part(
        node(4, "GetNode", "pic"),
        node(2, "Blur", 3, inputs=[("image", 2)]),
        links=[(2, 4, 0, 2, 0), (3, 2, 0, -20, 0)],
        outputs=[("IMAGE", [3])],
    )
    document = hosted(inner, host=host(inputs=[]))
    document["nodes"].append(node(8, "SetNode", "pic", inputs=[("IMAGE", 4)]))

    assert inputs_of(document, "7:2")["image"] == ["1", 0]


def test_subgraphs_that_hold_each_other_are_refused():
    ring = part(node(2, "part"), links=[])

    assert "the graph's subgraphs hold each other without end, or far too many nodes" in refusal(
        hosted(ring, host=host())
    )


GROUP = {
    "nodes": [
        {"type": "Blur", "index": 0, "inputs": [port("image")], "outputs": [{"name": "IMAGE"}], "widgets_values": [1]},
        {"type": "Sampler", "index": 1, "inputs": [], "outputs": [{"name": "LATENT"}],
         "widgets_values": [0, "fixed", 20, "euler"]},
        {"type": "Blend", "index": 2, "inputs": [port("first"), port("second")], "outputs": [{"name": "IMAGE"}],
         "widgets_values": [0.5]},
    ],
    "links": [[0, 0, 2, 0, 4, "IMAGE"], [None, 0, 0, 0, 1, "IMAGE"]],
    "external": [],
}  # fmt: skip


def grouped(*values: Any, kind: str = "workflow>both", group: Any = None, inputs: Any = None) -> dict[str, Any]:
    names = [("image", 4), ("second", 4)] if inputs is None else inputs
    outputs = [{"name": "LATENT"}, {"name": "IMAGE"}]
    instance = node(7, kind, *values, inputs=names, outputs=outputs)
    saved = node(9, "Save", "out", inputs=[("images", 5)])
    extra = {"groupNodes": {"both": GROUP if group is None else group}}
    return graph(SOURCE, instance, saved, links=[(4, 1, 0, 7), (5, 7, 1, 9)], extra=extra)


@pytest.mark.parametrize("kind", ["workflow>both", "workflow/both"])
def test_a_group_node_is_its_nodes_with_the_values_of_the_instance(kind):
    prompt = convert(grouped(4, 77, "randomize", 30, "heun", 0.25, kind=kind), SERVER)

    assert {key: each["inputs"] for key, each in prompt.items() if ":" in key} == {
        "7:0": {"radius": 4, "image": ["1", 0]},
        "7:1": {"seed": 77, "steps": 30, "name": "heun"},
        "7:2": {"factor": 0.25, "first": ["7:0", 0], "second": ["1", 0]},
    }
    assert prompt["9"]["inputs"]["images"] == ["7:2", 0]


def test_a_reroute_inside_a_group_is_looked_through():
    group = {
        "nodes": [
            {"type": "Reroute", "inputs": [port("", None, "*")], "outputs": [{"name": ""}]},
            {"type": "Sampler", "inputs": [], "outputs": [{"name": "A"}], "widgets_values": [0, "fixed", 1, "heun"]},
            {"type": "Blur", "inputs": [port("image")], "outputs": [{"name": "IMAGE"}], "widgets_values": [1]},
        ],
        "links": [[0, 0, 2, 0, 4, "IMAGE"]],
    }  # fmt: skip

    prompt = convert(grouped(7, "fixed", 1, "heun", 2, group=group, inputs=[("image", 4)]), SERVER)

    assert prompt["7:2"]["inputs"] == {"radius": 2, "image": ["1", 0]}
    assert "7:0" not in prompt


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (grouped(4, 77, "fixed", 30, "heun"), "it holds 5 values, and the nodes of its group 6"),
        (grouped(4, 77, "fixed", 30, "heun", 0.5, inputs=[("image", 4)]), "it has 1 inputs, and its group 2"),
        (grouped(kind="workflow>gone"), "the graph does not hold the group node's own graph"),
        (grouped(group={"nodes": [{"type": "PrimitiveNode"}], "links": []}), "a primitive or a group node inside"),
        (grouped(group={"nodes": [{"type": "workflow>x"}], "links": []}), "a primitive or a group node inside"),
        (
            grouped(
                4, 77, "fixed", 30, "heun", 0.5, inputs=[("image", 4), ("second", 4), port("radius", 4, widget=True)]
            ),
            "one of its widgets is linked",
        ),
    ],
)
def test_a_group_node_that_does_not_fit_its_group_is_refused(document, words):
    assert any(problem.startswith("workflow>") and words in problem for problem in refusal(document))


def test_an_output_that_the_subgraph_does_not_have_is_refused():
    document = hosted(BLURRED, host=host())
    document["links"][1][2] = 3

    assert refusal(document) == [
        "Save #9: it is linked to output 3 of a subgraph, which has 1; link it anew in the editor"
    ]


def test_nulls_behind_an_instances_values_are_no_values():
    assert inputs_of(hosted(BLURRED, host=host(8, None, None)), "7:2")["radius"] == 8


def test_two_nodes_of_one_id_in_the_prompt_are_refused():
    document = hosted(BLURRED, host=host())
    document["nodes"].append(node("7:2", "Source", 1, 1))

    assert refusal(document) == [
        "Blur #7:2: another node has the same id in the prompt; give one of them a new id",
    ]
