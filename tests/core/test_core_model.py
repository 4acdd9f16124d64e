"""Models: unknown values pass, marks are found, stored state is revived whatever it holds."""

from __future__ import annotations

import copy
import re
from enum import Enum
from typing import Annotated, Any

import pytest
from core_toys import KettleInputs, Lid
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from pulumi_comfy.core.model import (
    REPLACES,
    SECRET,
    Model,
    description,
    fields_marked,
    has_mark,
    is_known,
    matching,
    revive,
    wire_name,
)
from pulumi_comfy.core.unknown import UNKNOWN, contains_unknown


class Color(str, Enum):
    RED = "red"


class Shelf(Model):
    """Lists and mappings of every depth."""

    colors: list[Color] = []
    lids: list[Lid] = []
    pair: tuple[int, int] = (1, 2)
    names: Annotated[list[str], Field(min_length=1)] = ["a"]
    by_room: dict[str, str] = {}
    lists_by_room: dict[str, list[int]] = {}
    lid: Lid | None = None
    maker: Annotated[str, Field(description="Who made it.")] = "us"
    made: Annotated[list[str], Field(default_factory=lambda: ["today"])]


def problems(**values: Any) -> list[tuple[Any, ...]]:
    with pytest.raises(ValidationError) as caught:
        Shelf(**values)
    return [row["loc"] for row in caught.value.errors()]


def test_a_copy_of_unknown_is_unknown_itself():
    assert copy.copy(UNKNOWN) is UNKNOWN
    assert copy.deepcopy([UNKNOWN])[0] is UNKNOWN


def test_unknown_shows_itself_as_unknown():
    assert repr(UNKNOWN) == "<unknown>"


@pytest.mark.parametrize("value", [UNKNOWN, [UNKNOWN], (1, UNKNOWN), {"a": [{"b": UNKNOWN}]}])
def test_an_unknown_is_found_at_any_depth(value: object):
    assert contains_unknown(value)


@pytest.mark.parametrize("value", [None, "unknown", [1, "a"], {"a": {"b": []}}])
def test_a_known_value_holds_no_unknown(value: object):
    assert not contains_unknown(value)


def test_an_unknown_field_passes_where_it_stands():
    assert Shelf(colors=UNKNOWN, lid=UNKNOWN).to_wire()["colors"] is UNKNOWN


def test_unknown_members_of_a_list_keep_their_places():
    assert Shelf(colors=["red", UNKNOWN, "red"]).to_wire()["colors"] == ["red", UNKNOWN, "red"]


def test_unknown_members_of_a_tuple_keep_their_places():
    assert Shelf(names=("a", UNKNOWN)).names == ["a", UNKNOWN]


def test_known_members_beside_an_unknown_one_are_still_validated():
    assert problems(colors=["red", UNKNOWN, "blue"]) == [("colors", 1)]


def test_an_unknown_member_may_be_the_one_that_a_minimum_length_asks_for():
    assert Shelf(names=[UNKNOWN]).names == [UNKNOWN]


def test_unknown_values_of_a_mapping_keep_their_keys():
    assert Shelf(by_room={"hall": "red", "attic": UNKNOWN}).by_room == {"hall": "red", "attic": UNKNOWN}


def test_a_mapping_whose_known_value_is_wrong_is_refused_beside_an_unknown():
    assert ("byRoom", "hall") in problems(byRoom={"hall": 3, "attic": UNKNOWN})


def test_a_list_with_an_unknown_inside_a_mapping_passes_whole():
    assert Shelf(listsByRoom={"hall": [1, UNKNOWN], "attic": [2]}).lists_by_room == {
        "hall": [1, UNKNOWN],
        "attic": [2],
    }


def test_an_unknown_field_of_a_nested_model_passes():
    assert Shelf(lid={"color": UNKNOWN, "isTight": False}).to_wire()["lid"] == {"color": UNKNOWN, "isTight": False}


def test_the_known_fields_of_a_nested_model_are_still_validated():
    assert problems(lid={"color": UNKNOWN, "isTight": "maybe"}) == [("lid", "isTight")]


def test_a_misspelt_field_of_a_nested_model_is_refused_even_when_its_value_is_unknown():
    assert problems(lid={"color": "red", "tight": UNKNOWN}) == [("lid", "tight")]


def test_the_wire_form_is_camel_case_without_none_all_the_way_down():
    shelf = Shelf(colors=[Color.RED], lids=[Lid(color="blue")], by_room={"hall_way": "x"})

    assert shelf.to_wire() == {
        "colors": ["red"],
        "lids": [{"color": "blue", "isTight": True}],
        "pair": [1, 2],
        "names": ["a"],
        "byRoom": {"hall_way": "x"},
        "listsByRoom": {},
        "maker": "us",
        "made": ["today"],
    }


def test_values_are_known_until_one_of_them_is_not():
    assert is_known([Lid(color="red")], "x")
    assert not is_known("x", [Lid(color=UNKNOWN)])


def test_marks_are_found_by_field():
    assert fields_marked(KettleInputs, REPLACES) == {"size"}
    assert has_mark(KettleInputs.model_fields["code"], SECRET)
    assert not has_mark(KettleInputs.model_fields["size"], SECRET)


def test_a_field_has_its_camel_case_name_on_the_wire():
    assert wire_name(Shelf, "lists_by_room") == "listsByRoom"


def test_a_description_is_told_and_a_missing_one_is_empty():
    assert description(Shelf.model_fields["maker"]) == "Who made it."
    assert description(Shelf.model_fields["lid"]) == ""


def test_revive_rebuilds_nested_models_and_fills_what_an_older_version_did_not_store():
    revived = revive(Shelf, {"colors": ["red"], "lid": {"color": "red"}})

    assert revived.colors == [Color.RED]
    assert revived.lid == Lid(color="red")
    assert revived.made == ["today"]


def test_revive_gives_none_for_a_missing_field_that_has_no_default():
    assert revive(Lid, {}).color is None


def test_revive_keeps_a_value_that_no_longer_validates():
    assert revive(Shelf, {"colors": ["purple"]}).colors == ["purple"]


def test_a_strict_revive_takes_a_value_that_does_not_validate_for_a_missing_one():
    assert revive(Shelf, {"colors": ["purple"], "lid": 5}, is_strict=True) == revive(Shelf, {})


def test_revive_keeps_a_value_whose_bounds_have_tightened():
    assert revive(Lid, {"color": "x"}).color == "x"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WIRE_NAMES = st.sampled_from([info.alias for model in (Shelf, KettleInputs) for info in model.model_fields.values()])


@given(st.dictionaries(WIRE_NAMES | st.text(max_size=5), JSON, max_size=8))
def test_revive_never_raises_whatever_the_state_holds(stored: dict[str, Any]):
    for model in (Shelf, KettleInputs, Lid):
        revived = revive(model, stored)

        assert set(revived.__dict__) == set(model.model_fields)


@given(st.dictionaries(WIRE_NAMES, JSON.filter(lambda value: value is not None), max_size=8))
def test_what_was_revived_can_be_stored_and_revived_to_the_same(stored: dict[str, Any]):
    once = revive(KettleInputs, stored).to_wire()

    assert repr(revive(KettleInputs, once).to_wire()) == repr(once)


class Coded(Model):
    code: Annotated[str | None, matching("[a-z]{3}", "three lower-case letters")] = None


@pytest.mark.parametrize("code", ["abc", None, UNKNOWN])
def test_a_constrained_text_takes_what_matches_and_what_is_not_known(code):
    assert Coded(code=code).code is code


@pytest.mark.parametrize("code", ["", "abcd", "ABC", "abc\n"])
def test_a_constrained_text_says_what_it_should_be(code):
    with pytest.raises(ValidationError, match=f"{re.escape(repr(code))} is not three lower-case letters"):
        Coded(code=code)


class Nest(Model):
    """Fields that are named as parts of a schema are."""

    type: str
    default: int = 0
    metadata: list[int] = []


@pytest.mark.parametrize("given", [{"default": "1"}, {"metadata": ["1"]}, {"metadata": [True]}], ids=str)
def test_a_field_whose_name_means_something_to_pydantic_takes_no_other_kind_either(given):
    assert Nest(type="int", default=1, metadata=[1]).type == "int"
    with pytest.raises(ValidationError):
        Nest(type="int", **given)
