"""Meanings: every field of a resource is found with what it holds, however deep it stands."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel

from pulumi_comfy.core.meanings import COMMAND, GPU, NODE_COMMIT, NODE_SOURCE, places, places_marked
from pulumi_comfy.core.model import Json, Model, Shapes
from pulumi_comfy.core.unknown import UNKNOWN


class Clone(BaseModel):
    url: Annotated[str, NODE_SOURCE]
    hash: Annotated[str | None, NODE_COMMIT] = None


class Step(Model):
    kind: str
    data: Annotated[Json, COMMAND, Shapes(by="kind", one_of={"clone": Clone, "raw": str})]


class Box(Model):
    gpu_name: Annotated[str, GPU]
    steps: list[Step] = []


CLONE = {"kind": "clone", "data": {"url": "https://git.example/a", "hash": "abc"}}


def found(mark, **values):
    return {place.name: place.value for place in places_marked(Box, values, mark)}


def test_a_field_is_found_by_its_mark_under_its_name_on_the_wire():
    assert found(GPU, gpuName="L4") == {"gpuName": "L4"}


def test_a_field_that_is_not_there_is_found_with_none():
    assert found(GPU) == {"gpuName": None}


def test_a_field_of_a_nested_object_in_a_list_is_found_with_its_place():
    assert found(NODE_COMMIT, steps=[{"kind": "raw", "data": "RUN x"}, CLONE]) == {"steps[1].data.hash": "abc"}


def test_what_has_several_shapes_is_entered_as_the_shape_that_it_has():
    assert found(COMMAND, steps=[{"kind": "raw", "data": "RUN x"}]) == {"steps[0].data": "RUN x"}
    assert found(NODE_SOURCE, steps=[{"kind": "raw", "data": "RUN x"}]) == {}


def test_a_field_inside_what_is_not_known_is_not_known():
    assert found(NODE_COMMIT, steps=UNKNOWN) == {"steps.data.hash": UNKNOWN}
    assert found(NODE_COMMIT, steps=[CLONE, UNKNOWN]) == {"steps[0].data.hash": "abc", "steps[1].data.hash": UNKNOWN}
    assert found(NODE_COMMIT, steps=[{"kind": "clone", "data": UNKNOWN}]) == {"steps[0].data.hash": UNKNOWN}


def test_while_nobody_knows_the_shape_every_shape_is_entered():
    step = {"kind": UNKNOWN, "data": {"url": "u"}}

    assert found(NODE_SOURCE, steps=[step]) == {"steps[0].data.url": "u"}


def test_what_has_another_shape_is_not_entered():
    assert found(NODE_COMMIT, steps="none") == {}
    assert found(NODE_COMMIT, steps=[{"kind": "raw", "data": UNKNOWN}]) == {}


def test_a_place_knows_what_stands_beside_it():
    (commit,) = places_marked(Box, {"steps": [CLONE]}, NODE_COMMIT)

    assert commit.sibling(NODE_SOURCE) == "https://git.example/a"
    assert commit.sibling(GPU) is None


def test_every_field_is_given_once():
    assert [place.name for place in places(Box, {"steps": [CLONE]})] == [
        "gpuName", "steps", "steps[0].kind", "steps[0].data", "steps[0].data.url", "steps[0].data.hash",
    ]  # fmt: skip
