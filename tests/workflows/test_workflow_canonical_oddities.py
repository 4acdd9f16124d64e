"""What counts in a graph that the editor writes seldom: two setters of one name, spare subgraphs, rarer controls."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conversion_documents import graph, inputs_of, node, port, refusal

from pulumi_comfy.workflows import WorkflowError, describe_changes, parse


def digest(document: dict[str, Any]) -> str:
    return parse(json.dumps(document)).digest


def test_a_list_of_choices_that_begins_anew_behind_its_end_is_no_content():
    def stepping(value: str, control: str) -> str:
        return digest(graph(node(1, "PrimitiveNode", value, control, "")))

    assert stepping("a", "increment-wrap") == stepping("b", "increment-wrap")
    assert stepping("a", "fixed") != stepping("b", "fixed")


def gotten(first: tuple[str, int], second: tuple[str, int], getter: str = "GetNode") -> dict[str, Any]:
    """Two setters of one name, each of a class and fed by a node, and a getter of that name."""
    setters = [node(5 + at, kind, "x", inputs=[("IMAGE", link)]) for at, (kind, link) in enumerate((first, second))]
    return graph(
        node(1, "Source", 1, 1),
        node(2, "Source", 2, 2),
        *setters,
        node(8, getter, "x"),
        node(9, "Save", "p", inputs=[("images", 3)]),
        links=[(1, 1, 0, 5), (2, 2, 0, 6), (3, 8, 0, 9)],
    )


def test_what_feeds_either_of_two_setters_of_one_name_is_content():
    told = gotten(("SetNode", 1), ("SetNode", 2))

    assert digest(told) != digest(gotten(("SetNode", 2), ("SetNode", 2)))
    assert digest(told) != digest(gotten(("SetNode", 1), ("SetNode", 1)))


def test_a_getter_finds_the_setter_of_its_own_pack():
    told = gotten(("SetNode", 1), ("easy setNode", 2))

    assert digest(told) != digest(gotten(("SetNode", 2), ("easy setNode", 2)))
    assert inputs_of(told)["images"] == ["1", 0]
    assert inputs_of(gotten(("SetNode", 1), ("easy setNode", 2), "easy getNode"))["images"] == ["2", 0]


@pytest.mark.parametrize("name", ["", None])
def test_a_getter_without_a_name_finds_nothing(name: str | None):
    document = gotten(("SetNode", 1), ("easy setNode", 2))
    for each in document["nodes"][2:5]:
        each["widgets_values"] = [name]

    assert refusal(document) == ["Save #9: it gets '', which no node sets"]


def subgraph(part_id: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": part_id, "name": part_id, "nodes": [node(1, kind, 1, 1)], "links": [], **more}


def using(*parts: dict[str, Any]) -> dict[str, Any]:
    return graph(node(7, "part"), definitions={"subgraphs": list(parts)})


def test_a_subgraph_that_stands_nowhere_is_no_content():
    used, spare = subgraph("part", "inside"), subgraph("spare", "Source")
    inside = subgraph("inside", "Source")

    assert digest(using(used, inside)) == digest(using(used, inside, spare))
    assert digest(using(used, inside)) != digest(using(used, subgraph("inside", "Save")))


def test_a_subgraph_that_stands_nowhere_may_define_one_that_does():
    def nested(kind: str) -> dict[str, Any]:
        return using(subgraph("spare", "Source", definitions={"subgraphs": [subgraph("part", kind)]}))

    assert digest(nested("Source")) != digest(nested("Save"))


def test_a_subgraph_that_is_used_no_more_is_told_as_removed():
    before = parse(json.dumps(using(subgraph("part", "Source"))))
    after = parse(json.dumps(graph(node(7, "Save", "p"), definitions={"subgraphs": [subgraph("part", "Source")]})))

    assert 'removed subgraph "part"' in describe_changes(before, after)


@pytest.mark.parametrize("links", [{"1": [1, 1, 0, 2, 0, "IMAGE"]}, "1", 5])
def test_links_that_are_no_list_are_refused(links: Any):
    with pytest.raises(WorkflowError, match="where its list of links belongs") as raised:
        parse(json.dumps({"nodes": [], "links": links}))

    assert raised.value.code == "bad-graph"


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"definitions": {"subgraphs": {"part": {}}}}, "list of subgraphs"),
        ({"nodes": [{"id": 7, "type": "A", "inputs": {"image": {"link": 1}}}]}, "node #7's list of inputs"),
    ],
)
def test_what_would_be_passed_over_since_it_is_no_list_is_refused(more: dict[str, Any], place: str):
    with pytest.raises(WorkflowError, match=f"an object where its {place} belongs"):
        parse(json.dumps({"nodes": [], "links": [], **more}))


@pytest.mark.parametrize("links", [{}, None, []])
def test_a_graph_may_have_no_links(links: Any):
    assert parse(json.dumps({"nodes": [], "links": links})).graph is not None


def fed(value: Any, *widgets: Any, kind: str, name: str, control: str = "randomize", **more: Any) -> dict[str, Any]:
    """A primitive that feeds a widget of a node, which holds the same value."""
    target = node(2, kind, *widgets, inputs=[port(name, 1, "INT", widget=True)])
    return graph(node(1, "PrimitiveNode", value, control), target, links=[(1, 1, 0, 2)], **more)


def sampler(seed: int, control: str = "randomize") -> dict[str, Any]:
    values = (seed, "fixed", 20, 7, "euler", "normal", 1)
    return fed(seed, *values, kind="KSampler", name="seed", control=control)


def test_a_widget_into_which_a_moving_primitive_writes_is_no_content():
    assert digest(sampler(5)) == digest(sampler(6))
    assert digest(sampler(5, "fixed")) != digest(sampler(6, "fixed"))


def test_the_other_widgets_beside_it_are_content():
    before = sampler(5)
    before["nodes"][1]["widgets_values"][2] = 21

    assert digest(before) != digest(sampler(5))


def test_a_choice_through_which_a_primitive_steps_is_no_content_where_it_writes_it():
    def stepping(value: str) -> str:
        widgets = (1, "fixed", 20, 7, value, "normal", 1)
        return digest(fed(value, *widgets, kind="KSampler", name="sampler_name", control="increment"))

    assert stepping("euler") == stepping("heun")


def test_the_widget_of_a_class_that_names_none_is_known_by_the_primitives_value():
    def of_a_pack(seed: int, *widgets: Any) -> str:
        return digest(fed(seed, *widgets, kind="PackSampler", name="noise"))

    assert of_a_pack(51, 51, 20) == of_a_pack(61, 61, 20)
    assert of_a_pack(51, 51, 20) != of_a_pack(51, 51, 21)
    assert of_a_pack(51, 51, 51) != of_a_pack(61, 61, 61)  # it may be either


def test_the_widget_of_an_instance_into_which_a_primitive_writes_is_no_content():
    def hosted(seed: int) -> str:
        inner = node(1, "KSampler", 5, "fixed", inputs=[port("seed", 1, "INT", widget=True)])
        inputs = {"inputs": [{"name": "seed"}], "links": [[1, -10, 0, 1, 0, "INT"]]}
        parts = {"subgraphs": [{"id": "part", "nodes": [inner], **inputs}]}
        return digest(fed(seed, seed, kind="part", name="seed", definitions=parts))

    assert hosted(5) == hosted(6)


def test_a_widget_saved_by_name_into_which_a_primitive_writes_is_no_content():
    def named(seed: int, steps: int) -> str:
        document = fed(seed, kind="PackSampler", name="noise")
        document["nodes"][1]["widgets_values"] = {"noise": seed, "steps": steps}
        return digest(document)

    assert named(5, 20) == named(6, 20)
    assert named(5, 20) != named(5, 21)


def promoting(*pairs: tuple[str, str, int]) -> dict[str, Any]:
    """An instance that holds values of widgets inside, each given as node, widget and value."""
    host = node(7, "part", *(value for _, _, value in pairs))
    host["properties"] = {"proxyWidgets": [[inside, name] for inside, name, _ in pairs]}
    return graph(host, definitions={"subgraphs": [subgraph("part", "Source")]})


def test_a_promoted_value_counts_by_the_widget_that_it_is_of_and_not_by_its_place():
    told = digest(promoting(("1", "width", 20), ("1", "height", 7)))

    assert told == digest(promoting(("1", "height", 7), ("1", "width", 20)))
    assert told != digest(promoting(("1", "height", 20), ("1", "width", 7)))
    assert told != digest(promoting(("2", "width", 20), ("2", "height", 7)))


def test_a_promoted_value_of_another_widget_is_told_in_words():
    before = parse(json.dumps(promoting(("1", "width", 20), ("1", "height", 7))))
    after = parse(json.dumps(promoting(("1", "height", 20), ("1", "width", 7))))

    assert describe_changes(before, after) == ["part #7: height 7 -> 20", "part #7: width 20 -> 7"]


def test_a_widget_that_is_promoted_twice_counts_by_its_places():
    assert digest(promoting(("1", "width", 1), ("1", "width", 2))) != digest(
        promoting(("1", "width", 2), ("1", "width", 1))
    )
