"""The rule `keep-warm`: a number that costs money."""

from __future__ import annotations

from good import machine, runcomfy

from pulumi_comfy.policy.kit import UNKNOWN, said, undecided
from pulumi_comfy.policy.rules.limits import KEEP_WARM


def test_a_number_within_the_limit_passes():
    assert said(KEEP_WARM, machine(keepWarm=1)) == []


def test_a_number_above_the_limit_is_told_with_it():
    assert said(KEEP_WARM, machine(keepWarm=2.0)) == [
        'comfydeploy.ServerlessMachine "gpu": keepWarm is 2; the most in production is 1. Lower it, or raise the '
        "limit in `keep-warm`."
    ]


def test_an_environment_may_have_a_limit_of_its_own():
    assert said(KEEP_WARM, machine(keepWarm=2), byEnvironment={"production": 2}) == []


def test_another_platforms_field_is_looked_at_too():
    assert len(said(KEEP_WARM, runcomfy(minInstances=2))) == 1


def test_a_number_that_is_not_known_neither_passes_nor_fails():
    assert said(KEEP_WARM, machine(keepWarm=UNKNOWN)) == []
    assert undecided(KEEP_WARM, machine(keepWarm=UNKNOWN)) == [
        'comfydeploy.ServerlessMachine "gpu": keepWarm is not known yet.'
    ]
