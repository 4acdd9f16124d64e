"""Values between Pulumi's wire and the core."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown as PulumiUnknown
from pulumi.runtime import rpc

from pulumi_comfy.core.unknown import UNKNOWN
from pulumi_comfy.shells.values import Properties, from_engine, to_engine, to_struct


def sent_and_received(properties: dict[str, Any]) -> Any:
    return from_engine(rpc.deserialize_properties(to_struct(properties), True))


@pytest.mark.parametrize(
    ("arrived", "value"),
    [(3.0, 3), (0.5, 0.5), (-0.0, 0), (1e300, int(1e300)), (True, True), ("3.0", "3.0"), (None, None)],
)
def test_a_number_that_is_whole_becomes_whole_again(arrived: object, value: object):
    received = from_engine(arrived)

    assert received == value
    assert type(received) is type(value)


@pytest.mark.parametrize("endless", [float("inf"), float("-inf")])
def test_a_number_without_end_stays_as_it_is(endless: float):
    assert from_engine(endless) == endless


def test_whole_numbers_are_found_at_any_depth():
    assert from_engine({"a": [1.0, {"b": 2.0}], "c": (3.0,)}) == {"a": [1, {"b": 2}], "c": [3]}


def test_unknown_values_arrive_in_both_their_forms():
    assert from_engine([PulumiUnknown(), rpc.UNKNOWN, "known"]) == [UNKNOWN, UNKNOWN, "known"]


def test_an_unknown_value_leaves_as_the_sdk_s_own():
    left = to_engine({"a": [UNKNOWN, "known"], "b": (UNKNOWN,)})

    assert isinstance(left["a"][0], PulumiUnknown)
    assert left["a"][1] == "known"
    assert isinstance(left["b"][0], PulumiUnknown)


def test_a_secret_is_unwrapped_with_what_is_inside():
    assert from_engine({"a": rpc.wrap_rpc_secret([1.0, rpc.UNKNOWN])}) == {"a": [1, UNKNOWN]}


JSON = st.recursive(
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON))
def test_whatever_json_is_sent_arrives_the_same(properties: dict[str, Any]):
    assert sent_and_received(properties) == properties


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON | st.none()))
def test_properties_that_are_read_when_asked_for_are_those_that_are_read_at_once(properties: dict[str, Any]):
    lazy = Properties(to_struct(properties))

    assert lazy == sent_and_received(properties)
    assert len(lazy) == len(sent_and_received(properties))


def test_properties_hold_what_is_secret_and_what_is_unknown():
    given = {"a": rpc.wrap_rpc_secret("s"), "b": rpc.UNKNOWN, "c": None}

    assert dict(Properties(to_struct(given))) == {"a": "s", "b": UNKNOWN}


def test_a_property_that_is_null_is_none():
    lazy = Properties(to_struct({"a": None}))

    assert (lazy.get("a", "none"), lazy.get("b", "none"), "a" in lazy) == ("none", "none", False)


def test_a_property_whose_name_is_no_text_is_none():
    assert Properties(to_struct({"a": 1})).get(3) is None  # type: ignore[call-overload]


def test_a_property_is_read_once():
    lazy = Properties(to_struct({"a": ["x"]}))

    assert lazy["a"] is lazy["a"]
