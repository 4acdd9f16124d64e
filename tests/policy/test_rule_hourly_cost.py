"""The rule `hourly-cost`: what one resource may cost."""

from __future__ import annotations

import json

from good import deployment, machine, runcomfy

from pulumi_comfy.policy.kit import UNKNOWN, said, undecided
from pulumi_comfy.policy.rules.costs import HOURLY_COST


def test_a_resource_within_the_limit_passes():
    assert said(HOURLY_COST, machine(), most=2.304) == []


def test_a_resource_above_the_limit_is_told_with_price_and_date():
    assert said(HOURLY_COST, machine(), most=0.5) == [
        'comfydeploy.ServerlessMachine "gpu" costs at most 2.30 USD an hour (list price of 2025-11-02); '
        "the most in production is 0.50. "
        "Take fewer or smaller instances, or raise the limit in `hourly-cost`."
    ]


def test_another_platform_is_counted_by_its_own_prices():
    assert said(HOURLY_COST, runcomfy(), most=1) == [
        'runcomfy.Deployment "serving" costs at most 3.50 USD an hour (undated list price); the most in production is '
        "1.00. "
        "Take fewer or smaller instances, or raise the limit in `hourly-cost`."
    ]


def test_without_settings_any_sum_is_allowed():
    assert said(HOURLY_COST, machine(gpu="B200", keepWarm=100, concurrencyLimit=100)) == []


def test_an_environment_may_have_a_limit_of_its_own():
    assert said(HOURLY_COST, machine(), most=0.5, byEnvironment={"production": 2.304}) == []


def test_an_environment_without_a_limit_is_free():
    assert said(HOURLY_COST, machine(of_environment="dev"), byEnvironment={"production": 0.1}) == []


def test_a_deployment_that_its_machine_pays_for_costs_nothing():
    assert said(HOURLY_COST, deployment(gpu="B200", keepWarm=100), most=0) == []


def test_a_gpu_without_a_price_neither_passes_nor_fails_and_says_so():
    one = runcomfy(hardware="NEWEST_1000")

    assert said(HOURLY_COST, one, most=1) == []
    assert undecided(HOURLY_COST, one, most=1) == [
        'runcomfy.Deployment "serving": what it costs is not known: no price known for NEWEST_1000.'
    ]


def test_a_number_that_is_not_known_neither_passes_nor_fails():
    one = machine(keepWarm=UNKNOWN, concurrencyLimit=UNKNOWN)

    assert said(HOURLY_COST, one, most=1) == []
    assert undecided(HOURLY_COST, one, most=1) == [
        'comfydeploy.ServerlessMachine "gpu": what it costs is not known: known in the update only.'
    ]


def test_while_the_environment_is_not_known_nothing_is_judged():
    assert undecided(HOURLY_COST, deployment(environment=UNKNOWN), most=1) == [
        'comfydeploy.Deployment "serving": its environment is not known yet.'
    ]


def test_the_prices_that_a_team_shares_count_before_the_list_prices(tmp_path):
    file = tmp_path / "prices.json"
    ours = {"usdPerHour": {"L4": 9}, "source": "our contract", "dated": "2026-01-30"}
    file.write_text(json.dumps({"comfydeploy": ours}))

    (told,) = said(HOURLY_COST, machine(prices=str(file)), most=10)

    assert "at most 18.00 USD an hour (list price of 2026-01-30)" in told


def test_a_file_of_prices_that_makes_no_sense_neither_passes_nor_fails_and_says_so(tmp_path):
    one = machine(prices=str(tmp_path / "nowhere.json"))

    assert said(HOURLY_COST, one, most=1) == []
    assert "nowhere.json is no file of prices" in undecided(HOURLY_COST, one, most=1)[0]
