"""The rule `stack-idle-cost`: what a stack may cost."""

from __future__ import annotations

from good import deployment, machine, runcomfy

from pulumi_comfy.policy.kit import UNKNOWN, said, stack, undecided
from pulumi_comfy.policy.rules.costs import STACK_IDLE_COST


def test_a_stack_within_the_limit_passes():
    assert said(STACK_IDLE_COST, stack(machine(), deployment()), most=840.96) == []


def test_what_all_resources_cost_together_counts():
    assert said(STACK_IDLE_COST, stack(machine(), runcomfy("other")), most=840.96) == [
        "the stack costs 2,118.46 USD a month while nothing runs; the most is 840.96. Take fewer or smaller "
        "instances, or raise the limit in "
        "`stack-idle-cost`."
    ]


def test_without_settings_any_sum_is_allowed():
    assert said(STACK_IDLE_COST, stack(machine(keepWarm=100))) == []


def test_an_environment_may_have_a_limit_of_its_own():
    assert said(STACK_IDLE_COST, stack(machine()), most=0.1, byEnvironment={"production": 840.96}) == []


def test_a_sum_that_is_above_the_limit_without_what_is_not_known_is_told_with_it():
    one = stack(machine(), runcomfy(hardware="NEWEST_1000"))

    (told,) = said(STACK_IDLE_COST, one, most=0.5)

    assert ', and what is not known: runcomfy.Deployment "serving" (no price known for NEWEST_1000); ' in told


def test_a_sum_that_is_not_known_neither_passes_nor_fails_and_says_so():
    one = stack(machine(keepWarm=UNKNOWN))

    assert said(STACK_IDLE_COST, one, most=0.5) == []
    assert undecided(STACK_IDLE_COST, one, most=0.5) == [
        'what the stack costs is not known: comfydeploy.ServerlessMachine "gpu" (known in the update only).'
    ]
