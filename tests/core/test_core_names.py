"""Automatic names and the URNs they come from."""

from __future__ import annotations

import pytest

from pulumi_comfy.core.names import Urn, automatic_name

DYNAMIC = "urn:pulumi:dev::shop::pulumi-python:comfydeploy:Deployment::blue"


def test_a_urn_is_taken_apart():
    assert Urn.parse(DYNAMIC) == Urn(
        text=DYNAMIC,
        stack="dev",
        project="shop",
        type="pulumi-python:comfydeploy:Deployment",
        name="blue",
    )


def test_the_type_is_the_resource_s_own_without_its_parents():
    assert Urn.parse("urn:pulumi:dev::shop::app:Site$app:Page$comfy:x:Y::blue").type == "comfy:x:Y"


def test_a_name_may_hold_the_separator():
    assert Urn.parse("urn:pulumi:dev::shop::a:B::one::two").name == "one::two"


@pytest.mark.parametrize("text", ["", "blue", "urn:pulumi:dev::shop::a:B", "urn:other:dev::shop::a:B::blue"])
def test_what_is_no_urn_is_refused(text: str):
    with pytest.raises(ValueError, match="not a Pulumi URN"):
        Urn.parse(text)


def test_an_automatic_name_is_pinned_for_ever():
    assert automatic_name(Urn.parse(DYNAMIC)) == "blue-4676def"


def test_an_automatic_name_is_the_same_in_both_shells():
    plugin = Urn.parse("urn:pulumi:dev::shop::comfy:comfydeploy:Deployment::blue")

    assert automatic_name(plugin) == automatic_name(Urn.parse(DYNAMIC))


@pytest.mark.parametrize(
    ("part", "other"),
    [(":dev::", ":prod::"), ("::shop::", "::cafe::"), (":Deployment::", ":Secret::"), ("::blue", "::red")],
    ids=["stack", "project", "type", "name"],
)
def test_an_automatic_name_differs_with_each_part_of_the_identity(part: str, other: str):
    stranger = Urn.parse(DYNAMIC.replace(part, other))

    assert automatic_name(stranger) != automatic_name(Urn.parse(DYNAMIC))


def test_an_automatic_name_does_not_depend_on_the_parents():
    child = Urn.parse(DYNAMIC.replace("pulumi-python:", "app:Site$pulumi-python:"))

    assert automatic_name(child) == automatic_name(Urn.parse(DYNAMIC))
