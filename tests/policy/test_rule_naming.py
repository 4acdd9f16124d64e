"""The rule `naming`: names have the team's form."""

from __future__ import annotations

from good import machine

from pulumi_comfy.policy.kit import UNKNOWN, said, undecided
from pulumi_comfy.policy.rules.upkeep import NAMING

FORM = "[a-z0-9]+([-._/][a-z0-9]+)*"


def test_a_name_of_the_form_passes():
    assert said(NAMING, machine("gpu-1", name="gpu-one")) == []


def test_a_logical_name_of_another_form_is_told():
    assert said(NAMING, machine("My GPU")) == [
        f'comfydeploy.ServerlessMachine "My GPU": its logical name must match `{FORM}`. Rename it; `aliases` keeps the '
        "object."
    ]


def test_a_name_on_the_platform_of_another_form_is_told():
    assert said(NAMING, machine(name="My GPU")) == [
        f'comfydeploy.ServerlessMachine "gpu": name, its name on the platform, must match `{FORM}`. Give it another '
        f"name."
    ]


def test_an_automatic_name_is_nobodys_choice():
    assert said(NAMING, machine("gpu", name="GPU-0123456")) == []


def test_the_form_can_be_said():
    assert said(NAMING, machine("gpu", name=None), pattern="[A-Z]+") != []
    assert said(NAMING, machine("GPU", name=None), pattern="[A-Z]+") == []


def test_a_name_that_is_not_known_neither_passes_nor_fails():
    unknown = machine(name=UNKNOWN)

    assert said(NAMING, unknown) == []
    assert undecided(NAMING, unknown) == ['comfydeploy.ServerlessMachine "gpu": name is not known yet.']


def test_a_preview_does_not_tell_of_each_name_that_the_update_will_make():
    assert undecided(NAMING, machine(name=UNKNOWN, is_preview=True)) == []
