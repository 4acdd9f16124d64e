"""The rule `idle-time`: a number that costs money."""

from __future__ import annotations

from good import machine, runcomfy

from pulumi_comfy.policy.kit import UNKNOWN, said, undecided
from pulumi_comfy.policy.rules.limits import IDLE_TIME


def test_a_number_within_the_limit_passes():
    assert said(IDLE_TIME, machine(idleTimeout=300)) == []


def test_a_number_above_the_limit_is_told_with_it():
    assert said(IDLE_TIME, machine(idleTimeout=900.0)) == [
        'comfydeploy.ServerlessMachine "gpu": idleTimeout is 900; the most in production is 300. Lower it, or raise '
        "the "
        "limit in `idle-time`."
    ]


def test_an_environment_may_have_a_limit_of_its_own():
    assert said(IDLE_TIME, machine(idleTimeout=900), byEnvironment={"production": 900}) == []


def test_another_platforms_field_is_looked_at_too():
    assert len(said(IDLE_TIME, runcomfy(keepWarmDurationInSeconds=900))) == 1


def test_a_number_that_is_not_known_neither_passes_nor_fails():
    assert said(IDLE_TIME, machine(idleTimeout=UNKNOWN)) == []
    assert undecided(IDLE_TIME, machine(idleTimeout=UNKNOWN)) == [
        'comfydeploy.ServerlessMachine "gpu": idleTimeout is not known yet.'
    ]
