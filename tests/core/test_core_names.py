"""Automatic names and the URNs they come from."""

from __future__ import annotations

import pytest

from pulumi_comfy.core.names import Urn, automatic_name, is_automatic, random_name

DYNAMIC = "urn:pulumi:dev::shop::pulumi-python:comfydeploy:Deployment::blue"


def test_a_urn_is_taken_apart():
    assert Urn.parse(DYNAMIC) == Urn(
        text=DYNAMIC,
        stack="dev",
        project="shop",
        parents="",
        type="pulumi-python:comfydeploy:Deployment",
        name="blue",
    )


def test_the_type_is_the_resource_s_own_without_its_parents():
    urn = Urn.parse("urn:pulumi:dev::shop::app:Site$app:Page$comfy:x:Y::blue")

    assert (urn.parents, urn.type) == ("app:Site$app:Page", "comfy:x:Y")


def test_a_name_may_hold_the_separator():
    assert Urn.parse("urn:pulumi:dev::shop::a:B::one::two").name == "one::two"


@pytest.mark.parametrize("text", ["", "blue", "urn:pulumi:dev::shop::a:B", "urn:other:dev::shop::a:B::blue"])
def test_what_is_no_urn_is_refused(text: str):
    with pytest.raises(ValueError, match="not a Pulumi URN"):
        Urn.parse(text)


IDENTITY = "acme/7a5f1c9e-0000-4000-8000-000000000000"


def test_an_automatic_name_is_pinned_for_ever():
    assert automatic_name(IDENTITY, Urn.parse(DYNAMIC)) == "blue-4e427e7"


@pytest.mark.parametrize("token", ["comfy:", "pulumi-python:dynamic/comfy/"], ids=["plugin", "older states"])
def test_an_automatic_name_is_the_same_under_every_spelling_of_the_type(token: str):
    other = Urn.parse(DYNAMIC.replace("pulumi-python:", token))

    assert automatic_name(IDENTITY, other) == automatic_name(IDENTITY, Urn.parse(DYNAMIC))


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (":dev::", ":prod::"),
        ("::shop::", "::cafe::"),
        (":Deployment::", ":Secret::"),
        ("::blue", "::red"),
        ("pulumi-python:", "app:Site$pulumi-python:"),
    ],
    ids=["stack", "project", "type", "name", "parents"],
)
def test_an_automatic_name_differs_with_each_part_of_the_urn(part: str, other: str):
    stranger = Urn.parse(DYNAMIC.replace(part, other))

    assert automatic_name(IDENTITY, stranger) != automatic_name(IDENTITY, Urn.parse(DYNAMIC))


def test_two_states_of_one_project_and_stack_never_derive_the_same_name():
    urn = Urn.parse(DYNAMIC)

    assert automatic_name(IDENTITY, urn) != automatic_name("acme/7a5f1c9e-0000-4000-8000-000000000001", urn)


def test_a_random_name_has_the_form_of_an_automatic_one():
    assert is_automatic(random_name(Urn.parse(DYNAMIC)))
