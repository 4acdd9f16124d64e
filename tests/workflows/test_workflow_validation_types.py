"""What a server takes of newer and odd declarations: growing lists, types that match, lists and objects to choose."""

from __future__ import annotations

from typing import Any

import pytest
from conversion_documents import declared, graph, inputs_of, node

from pulumi_comfy.workflows import replaced_classes, validate_against

MATCHING = ["COMFY_MATCHTYPE_V3", {"template": {"template_id": "any", "allowed_types": "*"}}]
TEMPLATE = {"prefix": "image", "min": 1, "max": 3, "input": {"required": {"image": ["IMAGE", {}]}}}
GROWING = ["COMFY_AUTOGROW_V3", {"template": TEMPLATE}]
SERVER = {
    "Image": declared("IMAGE"),
    "Latent": declared("LATENT"),
    "Words": declared("COMBO"),
    "List": declared(["a", "b"]),  # type: ignore[arg-type]
}


def problems(kind: dict[str, Any], **given: Any) -> list[str]:
    """What stands against one node of a class beside an image #1, a latent #2, a choice #3 and a list of choices #4."""
    others = {str(at): {"class_type": name, "inputs": {}} for at, name in enumerate(SERVER, start=1)}
    server = {**SERVER, "It": {**kind, "output_node": True}}
    return validate_against(server, {**others, "9": {"class_type": "It", "inputs": given}})


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        (["1", 0], ""),
        (["2", 0], "takes IMAGE, but Latent #2 delivers LATENT there"),
        (["1", 1], "is linked to output 1 of Image #1, which has 1"),
        ([1, 0], 'is linked as no server reads it: its node id is a number; write ["1", 0]'),
    ],
)
def test_a_member_of_a_growing_list_is_judged_as_an_input_of_its_own(link: list[Any], problem: str):
    told = problems(declared(images=GROWING), **{"images.image0": link})

    assert told == ([f"It #9: images.image0 {problem}"] if problem else [])


def test_a_growing_list_inside_a_choice_is_judged_too():
    choice = ["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "many", "inputs": {"required": {"images": GROWING}}}]}]

    assert problems(declared(how=choice), how="many") == ["It #9: required input how.images.image0 is missing"]
    assert problems(declared(how=choice), how="many", **{"how.images.image0": ["2", 0]}) == [
        "It #9: how.images.image0 takes IMAGE, but Latent #2 delivers LATENT there"
    ]


def test_the_least_members_of_a_growing_list_are_required_whether_or_not_the_list_is():
    assert problems(declared(optional={"images": GROWING})) == ["It #9: required input images.image0 is missing"]


def test_members_of_a_growing_list_that_need_not_be_there_are_not_missed():
    template = {**TEMPLATE, "input": {"required": {}, "optional": {"image": ["IMAGE", {}]}}}

    assert problems(declared(images=["COMFY_AUTOGROW_V3", {"template": template}])) == []


def test_an_input_whose_type_matches_what_is_linked_is_required_like_any_other():
    assert problems(declared(it=MATCHING)) == ["It #9: required input it is missing"]
    assert problems(declared(it=MATCHING), it=["2", 0]) == []
    assert problems(declared(optional={"it": MATCHING})) == []


@pytest.mark.parametrize(
    ("taken", "link", "fits"),
    [
        ([["a", "b"]], ["4", 0], True),  # the same list
        ([["a", "c"]], ["4", 0], False),
        ([["a", "b"]], ["3", 0], False),
        (["COMBO", {"options": ["a"]}], ["4", 0], True),
        (["COMBO", {"options": ["a"]}], ["3", 0], True),
        (["*", {}], ["4", 0], True),
        (MATCHING, ["4", 0], True),
    ],
)
def test_a_choice_that_an_older_class_declares_takes_no_other_choice(taken: list[Any], link: list[Any], fits: bool):
    assert (problems(declared(it=taken), it=link) == []) is fits


def test_a_list_is_no_choice_where_one_thing_is_to_be_chosen():
    one = ["COMBO", {"options": ["a", "b"], "multiselect": False}]

    assert problems(declared(it=one), it={"__value__": ["a", "b"]}) == [
        'It #9: it ["a","b"] is not one of the server\'s choices'
    ]
    assert problems(declared(it=["COMBO", {**one[1], "multiselect": True}]), it={"__value__": ["a", "b"]}) == []


PICTURED = [[{"content": "a.safetensors", "image": None}, {"content": "b.safetensors", "image": "loras/b.png"}]]


def test_a_choice_with_a_picture_is_known_by_its_name():
    assert problems(declared(it=PICTURED), it={"content": "b.safetensors", "image": None}) == []
    assert len(problems(declared(it=PICTURED), it={"content": "c.safetensors", "image": None})) == 1


def test_a_choice_with_a_picture_is_converted_as_it_is_saved():
    value = {"content": "b.safetensors", "image": None}

    assert inputs_of(graph(node(9, "It", value)), It=declared(it=PICTURED)) == {"it": value}


@pytest.mark.parametrize(("meta", "fine"), [({"_meta": {}}, True), ({}, False), ({"_meta": None}, False)])
def test_a_replaced_class_needs_its_place_for_a_title_and_no_title(meta: dict[str, Any], fine: bool):
    prompt = {"1": {"class_type": "Old", "inputs": {}, **meta}}

    assert (validate_against(SERVER, prompt, replaced=["Old"]) == []) is fine


@pytest.mark.parametrize(
    ("rows", "replaced"),
    [([{"new_node_id": "Image"}], True), ([{"new_node_id": "Gone"}, {"new_node_id": "Image"}], False), ([], True)],
)
def test_a_class_is_replaced_only_where_the_first_in_its_place_is_there(rows: list[dict[str, str]], replaced: bool):
    assert replaced_classes({"Old": rows}, SERVER) == (("Old",) if replaced else ())
