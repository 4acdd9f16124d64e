"""The rule `protected-production`: production is protected."""

from __future__ import annotations

from good import deployment, machine, runcomfy

from pulumi_comfy.policy.kit import UNKNOWN, said, undecided
from pulumi_comfy.policy.rules.upkeep import PROTECTED


def test_a_protected_deployment_passes():
    assert said(PROTECTED, deployment()) == []


def test_one_that_is_not_protected_is_told():
    assert said(PROTECTED, deployment(protect=False)) == [
        'comfydeploy.Deployment "serving" is in production and not protected, so that a `pulumi destroy` or a '
        "replacement "
        "removes it. Give it `pulumi.ResourceOptions(protect=True)`."
    ]


def test_staging_needs_none():
    assert said(PROTECTED, deployment(protect=False, environment="staging")) == []


def test_a_platform_without_environments_goes_by_the_stacks():
    assert len(said(PROTECTED, runcomfy())) == 1


def test_a_machine_needs_none():
    assert said(PROTECTED, machine()) == []


def test_its_note_says_that_a_flag_overrides_it():
    assert "--ignore-protect" in PROTECTED.note


def test_while_the_environment_is_not_known_nothing_is_judged():
    assert undecided(PROTECTED, deployment(protect=False, environment=UNKNOWN)) == [
        'comfydeploy.Deployment "serving": its environment is not known yet.'
    ]
