"""diff: what counts as a change, where it is, and what it replaces."""

from __future__ import annotations

import struct
from typing import Annotated, Any

import pytest
from core_toys import HANDLER, KettleHandler, KettleInputs, KettleOutputs
from hypothesis import given
from hypothesis import strategies as st

from pulumi_comfy.core.diff import Difference, diff, equal
from pulumi_comfy.core.model import REPLACES, revive
from pulumi_comfy.core.resource import State
from pulumi_comfy.core.stored import stored_state
from pulumi_comfy.core.unknown import UNKNOWN


def difference(old: dict[str, Any], new: dict[str, Any], old_inputs: dict[str, Any] | None = None) -> Difference:
    return diff(HANDLER, stored_state(HANDLER, old), KettleInputs(**new), old_inputs)


NO_CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing at all": ({}, {}),
    "the same": ({"size": 2, "labels": {"a": "b"}}, {"size": 2, "labels": {"a": "b"}}),
    "an omitted default": ({"mode": "slow"}, {}),
    "a default that the older version did not store": ({}, {"mode": "slow"}),
    "the order of a set": ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}),
    "the spelling of a number": ({"size": 2.0, "power": 3}, {"size": 2, "power": 3.0}),
    "rounding to four bytes": ({"power": 0.10000000149011612}, {"power": 0.1}),
    "a setting of ours alone": ({"rollout": "a"}, {"rollout": "b"}),
    "the order of keys": ({"labels": {"a": "1", "b": "2"}}, {"labels": {"b": "2", "a": "1"}}),
    "what is left alone while it is not declared": ({"stand": "brass"}, {}),
    "a large value with the digest that is stored": ({"manualDigest": "4"}, {"manual": "abcd"}),
}


@pytest.mark.parametrize(("old", "new"), NO_CHANGES.values(), ids=NO_CHANGES.keys())
def test_it_is_no_change(old: dict[str, Any], new: dict[str, Any]):
    assert not difference(old, new)


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = {
    "a value": ({"mode": "slow"}, {"mode": "fast"}, ("mode",)),
    "a value that appears": ({}, {"note": "hot"}, ("note",)),
    "a value that goes away": ({"note": "hot"}, {}, ("note",)),
    "a member of a set": ({"tags": ["a"]}, {"tags": ["a", "b"]}, ("tags.1",)),
    "a key of a mapping": ({"labels": {"a": "1"}}, {"labels": {"a": "2"}}, ("labels.a",)),
    "a key that looks private": ({"labels": {"__a": "1"}}, {"labels": {"__a": "2"}}, ("labels.__a",)),
    "a field of a nested model": ({"lid": {"color": "red"}}, {"lid": {"color": "blue"}}, ("lid.color",)),
    "more than rounding": ({"power": 0.1}, {"power": 0.10001}, ("power",)),
    "a large value whose digest is another": ({"manualDigest": "3"}, {"manual": "abcd"}, ("manual",)),
    "a value that an older version stored in another shape": ({"tags": "a"}, {"tags": ["a"]}, ("tags",)),
    "two at once, in order": ({"size": 1, "mode": "slow"}, {"size": 2, "mode": "fast"}, ("mode", "size")),
}


@pytest.mark.parametrize(("old", "new", "paths"), CHANGES.values(), ids=CHANGES.keys())
def test_it_is_a_change_at_its_place(old: dict[str, Any], new: dict[str, Any], paths: tuple[str, ...]):
    assert difference(old, new).paths == paths


UNKNOWNS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = {
    "a whole field": ({"mode": "slow"}, {"mode": UNKNOWN}, ("mode",)),
    "a member of a list": ({"tags": ["a"]}, {"tags": [UNKNOWN]}, ("tags",)),
    "a value of a mapping": ({"labels": {"a": "1", "b": "2"}}, {"labels": {"a": "1", "b": UNKNOWN}}, ("labels.b",)),
    "a mapping that was not there": ({}, {"lid": {"color": UNKNOWN}}, ("lid",)),
}


@pytest.mark.parametrize(("old", "new", "paths"), UNKNOWNS.values(), ids=UNKNOWNS.keys())
def test_an_unknown_value_is_a_change(old: dict[str, Any], new: dict[str, Any], paths: tuple[str, ...]):
    assert difference(old, new).paths == paths


def test_a_known_change_beside_an_unknown_one_is_named_too():
    old, new = {"labels": {"a": "1", "b": "2"}}, {"labels": {"a": "9", "b": UNKNOWN}}

    assert difference(old, new).paths == ("labels.a", "labels.b")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"n": 1}, {"n": True}),
        ({"n": 2**60}, {"n": 2**60 + 1}),
        ({"n": 1e-13}, {"n": 3e-13}),
        ([{"n": [0]}], [{"n": [False]}]),
    ],
)
def test_values_that_a_platform_tells_apart_are_not_equal(old: Any, new: Any):
    assert not equal(KettleInputs, "labels", old, new)


@pytest.mark.parametrize(("old", "new"), [({"n": 1}, {"n": 1.0}), ([1, [2.0]], [1.0, [2]]), (3, 3.0)])
def test_the_same_number_in_another_spelling_is_equal(old: Any, new: Any):
    assert equal(KettleInputs, "labels", old, new)


@given(st.floats(min_value=1e-30, max_value=1e30))
def test_a_number_equals_what_four_bytes_leave_of_it(number: float):
    (rounded,) = struct.unpack("<f", struct.pack("<f", number))

    assert equal(KettleInputs, "power", rounded, number)


@given(st.lists(st.text(max_size=3)), st.randoms())
def test_any_order_of_a_set_is_equal(members: list[str], randomness: Any):
    shuffled = list(members)
    randomness.shuffle(shuffled)

    assert equal(KettleInputs, "tags", members, shuffled)


def test_a_change_of_a_marked_field_replaces():
    assert difference({"size": 1, "mode": "slow"}, {"size": 2, "mode": "fast"}).replaces == {"size"}


def test_the_handler_adds_fields_that_replace():
    assert difference({"lid": {"color": "red"}}, {}).replaces == {"lid"}


def test_no_change_replaces_nothing():
    assert difference({}, {}) == Difference()


def test_a_repair_is_something_to_do_although_nothing_changed():
    prior = State(revive(KettleInputs, {}), KettleOutputs(broken="leaking"))

    found = diff(HANDLER, prior, KettleInputs())

    assert (bool(found), found.changed, found.repair) == (True, frozenset(), "it is leaking")


def test_changes_are_put_in_words_where_the_old_inputs_are_known():
    assert difference({"size": 1}, {"size": 2}, {"size": 1}).words == ("size was 1",)


@pytest.mark.parametrize("old_inputs", [None, {}])
def test_changes_have_no_words_where_the_old_inputs_are_not_known(old_inputs: dict[str, Any] | None):
    assert difference({"size": 1}, {"size": 2}, old_inputs).words == ()


def test_no_change_has_no_words():
    assert difference({}, {}, {"size": 1}).words == ()


def test_taking_out_what_cannot_be_unset_replaces():
    assert difference({"handle": "oak"}, {}).replaces == {"handle"}
    assert difference({"handle": "oak"}, {"handle": "ash"}).replaces == frozenset()


def test_what_was_left_alone_is_a_change_once_it_is_declared():
    assert difference({}, {"stand": "brass"}).changed == {"stand"}


class SetInputs(KettleInputs):
    """What no set of a kettle and cups is without."""

    maker: Annotated[str, REPLACES]
    cups: int


class SetHandler(KettleHandler):
    inputs_model = SetInputs


def set_difference(old: dict[str, Any], old_inputs: dict[str, Any] | None, **new: Any) -> Difference:
    inputs = SetInputs(**{"name": "mine", "maker": "ours", "cups": 6, **new})
    return diff(SetHandler(), stored_state(SetHandler(), old), inputs, old_inputs)


def test_what_every_object_has_and_an_older_version_did_not_store_is_what_the_inputs_say():
    stored, old_inputs = {"name": "mine"}, {"name": "mine", "maker": "ours", "cups": 6}

    assert not set_difference(stored, old_inputs)
    assert set_difference(stored, old_inputs, maker="theirs").replaces == {"maker"}
    assert set_difference(stored, old_inputs, cups=7).changed == {"cups"}


@pytest.mark.parametrize("old_inputs", [None, {"name": "mine"}])
@pytest.mark.parametrize("maker", ["ours", UNKNOWN])
def test_what_nobody_knows_of_an_object_does_not_replace_it(old_inputs: dict[str, Any] | None, maker: Any):
    found = set_difference({"name": "mine"}, old_inputs, maker=maker)

    assert (found.replaces, found.changed) == (frozenset(), {"cups"})


def test_a_value_that_was_taken_away_from_an_object_by_hand_is_not_what_the_inputs_say():
    assert set_difference({"name": "mine", "maker": "ours", "cups": 6}, {"power": 3.0}, power=3.0).changed == {"power"}
