"""The rule `most-instances`: a number that costs money."""

from __future__ import annotations

from good import machine, runcomfy

from pulumi_comfy.policy.kit import UNKNOWN, said, undecided
from pulumi_comfy.policy.rules.limits import MOST_AT_ONCE


def test_a_number_within_the_limit_passes():
    assert said(MOST_AT_ONCE, machine(concurrencyLimit=4)) == []


def test_a_number_above_the_limit_is_told_with_it():
    assert said(MOST_AT_ONCE, machine(concurrencyLimit=40.0)) == [
        'comfydeploy.ServerlessMachine "gpu": concurrencyLimit is 40; the most in production is 4. Lower it, or raise '
        "the "
        "limit in `most-instances`."
    ]


def test_an_environment_may_have_a_limit_of_its_own():
    assert said(MOST_AT_ONCE, machine(concurrencyLimit=40), byEnvironment={"production": 40}) == []


def test_another_platforms_field_is_looked_at_too():
    assert len(said(MOST_AT_ONCE, runcomfy(maxInstances=40))) == 1


def test_a_number_that_is_not_known_neither_passes_nor_fails():
    assert said(MOST_AT_ONCE, machine(concurrencyLimit=UNKNOWN)) == []
    assert undecided(MOST_AT_ONCE, machine(concurrencyLimit=UNKNOWN)) == [
        'comfydeploy.ServerlessMachine "gpu": concurrencyLimit is not known yet.'
    ]
