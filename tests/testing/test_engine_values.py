"""Property values: wire, state document, secrets, paths, comparison."""

from __future__ import annotations

import pytest
from google.protobuf import struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_comfy.testing import StateError, UnsupportedFeature, wire
from pulumi_comfy.testing.diffs import apply_ignore_changes, compare_inputs
from pulumi_comfy.testing.paths import covers, parse_path
from pulumi_comfy.testing.values import (
    UNKNOWN,
    ResourceReference,
    Secret,
    annotate_secrets,
    changed_keys,
    contains_secrets,
    contains_unknowns,
    equal,
    mark_outputs,
    marked_diff,
    to_python,
)

plain = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False, width=32) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=8,
)
marked = st.recursive(
    plain | plain.map(Secret) | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=8,
)
properties = st.dictionaries(st.text(min_size=1, max_size=5), marked, max_size=4)
few = settings(max_examples=40, deadline=None)


@pytest.mark.apart
@few
@given(properties)
def test_values_survive_the_wire(values):
    assert wire.decode(wire.encode(values, secrets=True, resources=True)) == values


@pytest.mark.apart
@few
@given(properties)
def test_values_survive_the_state_document(values):
    assert wire.from_json(wire.to_json(values)) == values


@pytest.mark.apart
@few
@given(properties)
def test_secrets_leave_no_mark_where_they_are_not_taken(values):
    assert not contains_secrets(wire.decode(wire.encode(values, secrets=False)))


def test_references_go_as_ids_where_they_are_not_taken():
    values = {
        "custom": ResourceReference("urn:a", "id-1"),
        "component": ResourceReference("urn:b"),
        "later": ResourceReference("urn:c", UNKNOWN),
    }

    assert wire.decode(wire.encode(values, secrets=True)) == {"custom": "id-1", "component": "urn:b", "later": UNKNOWN}
    assert wire.decode(wire.encode(values, secrets=True, resources=True)) == values


def test_output_values_become_plain_secret_or_unknown():
    struct = struct_pb2.Struct()
    struct.update(
        {
            "known": {wire.SIGNATURE: wire.OUTPUT, "value": 1, "secret": True},
            "unknown": {wire.SIGNATURE: wire.OUTPUT},
        }
    )

    assert wire.decode(struct) == {"known": Secret(1.0), "unknown": UNKNOWN}


@pytest.mark.parametrize(
    ("signature", "name"),
    [
        ("c44067f5952c0a294b673a41bacd8c17", "assets"),
        ("0def7320c3a5731c473e5ecbe6d01bc7", "archives"),
        ("803fd3297a5875dc03ca845dda5d2a98", "byte strings"),
        ("something else", "something else"),
    ],
)
def test_special_values_are_refused_by_name(signature, name):
    struct = struct_pb2.Struct()
    struct.update({"x": {wire.SIGNATURE: signature}})

    with pytest.raises(UnsupportedFeature, match=name):
        wire.decode(struct)


def test_encrypted_secrets_are_refused_with_a_hint():
    with pytest.raises(StateError, match="--show-secrets"):
        wire.from_json({"x": {wire.SIGNATURE: wire.SECRET, "ciphertext": "v1:abc"}})


def test_anything_but_property_values_is_a_type_error():
    with pytest.raises(TypeError, match="set"):
        wire.encode({"x": {1}}, secrets=True)


def test_whole_numbers_are_written_without_a_point():
    assert wire.to_json({"a": 3.0, "b": 1.5, "c": 1e300}) == {"a": 3, "b": 1.5, "c": 1e300}


@pytest.mark.parametrize(
    ("outputs", "inputs", "expected"),
    [
        ({"a": 1}, {"a": Secret(1)}, {"a": Secret(1)}),
        ({"a": 1}, {"b": Secret(1)}, {"a": 1}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": Secret(1)}}, {"a": {"x": Secret(1), "y": 2}}),
        ({"a": [1, 2]}, {"a": [Secret(1), 2]}, {"a": Secret([1, 2])}),
        ({"a": Secret(1)}, {"a": Secret(1)}, {"a": Secret(1)}),
    ],
)
def test_same_named_secrets_are_marked_again(outputs, inputs, expected):
    assert annotate_secrets(outputs, inputs) == expected


def test_additional_secret_outputs_are_marked_once():
    assert mark_outputs({"a": 1, "b": Secret(2)}, {}, ["a", "b", "c"]) == {"a": Secret(1), "b": Secret(2)}


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (Secret(1.0), 1, True),
        (True, 1, False),
        ([1, {"a": Secret("x")}], [1.0, {"a": "x"}], True),
        ([1], [1, 2], False),
        ({"a": None}, {}, False),
        (UNKNOWN, UNKNOWN, True),
        (UNKNOWN, "x", False),
    ],
)
def test_equality_ignores_marks_only(left, right, same):
    assert equal(left, right) is same


def test_changes_are_marked_for_people_and_hidden_keys_left_out():
    old, new = {"gone": 1, "kept": 1, "other": 1, "__provider": "x"}, {"kept": 1, "other": 2, "new": 1}

    assert marked_diff(old, new) == ("+new", "-gone", "~other")
    assert "__provider" in changed_keys(old, new)


def test_a_comparison_names_the_path_that_differs():
    diff = compare_inputs({"a": {"b": [1, {"odd.key": 1}]}}, {"a": {"b": [1, {"odd.key": 2}, 3]}})

    assert set(diff.detailed or {}) == {'a.b[1]["odd.key"]', "a.b[2]"}


@pytest.mark.parametrize(
    ("text", "path"),
    [("a", ("a",)), ("a.b[0]", ("a", "b", 0)), ('a["x.y"].z', ("a", "x.y", "z")), ("*", ("*",)), ("a[*]", ("a", "*"))],
)
def test_property_paths_are_parsed(text, path):
    assert parse_path(text) == path


def test_what_is_no_path_is_refused():
    with pytest.raises(ValueError, match="not a property path"):
        parse_path('a["open')


def test_a_path_covers_itself_and_what_is_below():
    assert covers(parse_path("a.*"), parse_path("a.b.c"))
    assert not covers(parse_path("a.b"), parse_path("a"))


@pytest.mark.parametrize(
    ("ignored", "expected"),
    [
        (["a"], {"a": "old", "b": [9, {"c": 9}], "new": 1}),
        (["b[1].c"], {"a": "x", "b": [9, {"c": 2}], "new": 1}),
        (["b[*]"], {"a": "x", "b": [1, {"c": 2}], "new": 1}),
        (["new"], {"a": "x", "b": [9, {"c": 9}]}),
        (["gone"], {"a": "x", "b": [9, {"c": 9}], "new": 1, "gone": True}),
        (["*"], {"a": "old", "b": [1, {"c": 2}], "gone": True}),
        (['no path["'], {"a": "x", "b": [9, {"c": 9}], "new": 1}),
        (["a.deeper"], {"a": "x", "b": [9, {"c": 9}], "new": 1}),
    ],
)
def test_ignored_paths_are_set_back_to_the_old_inputs(ignored, expected):
    old = {"a": "old", "b": [1, {"c": 2}], "gone": True}
    new = {"a": "x", "b": [9, {"c": 9}], "new": 1}

    assert apply_ignore_changes(new, old, ignored) == expected


def test_ignored_paths_reach_into_secrets():
    old, new = {"a": Secret({"x": 1, "y": 1})}, {"a": Secret({"x": 2, "y": 2})}

    assert apply_ignore_changes(new, old, ["a.x"]) == {"a": Secret({"x": 1, "y": 2})}


def test_people_see_whole_numbers_ids_and_no_marks():
    value = {"n": 3.0, "s": Secret([1.5]), "r": ResourceReference("urn:a", "id"), "c": ResourceReference("urn:b")}

    assert to_python(value) == {"n": 3, "s": [1.5], "r": "id", "c": "urn:b"}


def test_unknowns_are_found_inside_secrets_and_references():
    assert contains_unknowns({"a": [Secret({"b": UNKNOWN})]})
    assert contains_unknowns(ResourceReference("urn", UNKNOWN))
    assert not contains_unknowns({"a": [1]})
