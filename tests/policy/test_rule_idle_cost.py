"""The rule `idle-cost`: what one resource may cost."""

from __future__ import annotations

from good import deployment, machine, runcomfy

from pulumi_comfy.policy.kit import UNKNOWN, said, undecided
from pulumi_comfy.policy.rules.costs import IDLE_COST


def test_a_resource_within_the_limit_passes():
    assert said(IDLE_COST, machine(), most=840.96) == []


def test_a_resource_above_the_limit_is_told_with_price_and_date():
    assert said(IDLE_COST, machine(), most=0.5) == [
        'comfydeploy.ServerlessMachine "gpu" costs 840.96 USD a month while nothing runs (list price of 2025-11-02); '
        "the most in production is 0.50. "
        "Take fewer or smaller instances, or raise the limit in `idle-cost`."
    ]


def test_another_platform_is_counted_by_its_own_prices():
    assert said(IDLE_COST, runcomfy(), most=1) == [
        'runcomfy.Deployment "serving" costs 1,277.50 USD a month while nothing runs (undated list price); the most '
        "in production is 1.00. "
        "Take fewer or smaller instances, or raise the limit in `idle-cost`."
    ]


def test_without_settings_any_sum_is_allowed():
    assert said(IDLE_COST, machine(gpu="B200", keepWarm=100, concurrencyLimit=100)) == []


def test_an_environment_may_have_a_limit_of_its_own():
    assert said(IDLE_COST, machine(), most=0.5, byEnvironment={"production": 840.96}) == []


def test_an_environment_without_a_limit_is_free():
    assert said(IDLE_COST, machine(of_environment="dev"), byEnvironment={"production": 0.1}) == []


def test_a_deployment_that_its_machine_pays_for_costs_nothing():
    assert said(IDLE_COST, deployment(gpu="B200", keepWarm=100), most=0) == []


def test_a_gpu_without_a_price_neither_passes_nor_fails_and_says_so():
    one = runcomfy(hardware="NEWEST_1000")

    assert said(IDLE_COST, one, most=1) == []
    assert undecided(IDLE_COST, one, most=1) == [
        'runcomfy.Deployment "serving": what it costs is not known: no price known for NEWEST_1000.'
    ]


def test_a_number_that_is_not_known_neither_passes_nor_fails():
    one = machine(keepWarm=UNKNOWN, concurrencyLimit=UNKNOWN)

    assert said(IDLE_COST, one, most=1) == []
    assert undecided(IDLE_COST, one, most=1) == [
        'comfydeploy.ServerlessMachine "gpu": what it costs is not known: known in the update only.'
    ]


def test_while_the_environment_is_not_known_nothing_is_judged():
    assert undecided(IDLE_COST, deployment(environment=UNKNOWN), most=1) == [
        'comfydeploy.Deployment "serving": its environment is not known yet.'
    ]
