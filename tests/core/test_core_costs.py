"""What a declared resource costs: prices with date and source, what is billed of it, and the arithmetic."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated

import pytest
from core_toys import KettleHandler

from pulumi_comfy.core.costs.cost import Cost, cost_of, dollars
from pulumi_comfy.core.costs.footprint import NOTHING, Footprint, footprint_of
from pulumi_comfy.core.costs.prices import Price, PriceList, price_file, read_price_file
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.meanings import (
    ALWAYS_ON,
    GPU,
    IDLE_SECONDS,
    LONGEST_RUN,
    MACHINE,
    MOST_INSTANCES,
    OWN_APP,
    SERVES,
    TARGET,
)
from pulumi_comfy.core.model import Model
from pulumi_comfy.core.unknown import UNKNOWN

TODAY = date(2026, 11, 26)
LISTED = PriceList.of_seconds({"L4": "0.0001"}, "a page", date(2026, 11, 20))


class Flame(str, Enum):
    L4 = "L4"


class StoveInputs(Model):
    flame: Annotated[Flame, GPU] = Flame.L4
    most_pots: Annotated[int, MOST_INSTANCES] = 10
    pilot_flames: Annotated[int, ALWAYS_ON] = 0
    glow_seconds: Annotated[int | None, IDLE_SECONDS] = 60
    longest_boil: Annotated[int, LONGEST_RUN] = 300
    is_lit: Annotated[bool, SERVES] = True


class PotInputs(Model):
    flame: Annotated[str | None, GPU] = None
    stove_id: Annotated[str, MACHINE]


class PotOutputs(Model):
    own_flame_id: Annotated[str | None, OWN_APP] = None


class TasteInputs(Model):
    pot_id: Annotated[str, TARGET]


class Stove(KettleHandler):
    inputs_model = StoveInputs


class Pot(KettleHandler):
    inputs_model, outputs_model = PotInputs, PotOutputs


class Taste(KettleHandler):
    inputs_model = TasteInputs


def test_a_price_by_the_second_is_kept_by_the_hour_exactly():
    assert LISTED.of("L4") == Price(Decimal("0.36"), "a page", date(2026, 11, 20))


def test_a_machine_that_is_not_listed_has_no_price():
    assert LISTED.of("H100") is None


@pytest.mark.parametrize(
    ("dated", "words"),
    [
        (date(2026, 11, 20), "list price of 2026-11-20"),
        (date(2026, 8, 28), "list price of 2026-08-28"),
        (date(2026, 8, 27), "list price of 2026-08-27, 91 days old"),
        (None, "undated list price"),
        (TODAY + timedelta(days=1), f"list price of {TODAY + timedelta(days=1)}"),
        (TODAY + timedelta(days=2), f"list price of {TODAY + timedelta(days=2)}, a day to come"),
    ],
)
def test_a_price_older_than_ninety_days_or_of_a_day_to_come_is_told_as_old(dated, words):
    price = Price(Decimal(1), "a page", dated)
    assert price.words(TODAY) == words
    assert price.is_old(TODAY) == (dated is None or "old" in words or "to come" in words)


def test_a_file_of_prices_reads_back_as_it_was_written(tmp_path):
    file = tmp_path / "prices.json"
    file.write_text(price_file({"toys": LISTED}))
    assert read_price_file(file) == {"toys": LISTED}


def test_a_file_of_prices_wins_machine_by_machine():
    other = PriceList.of_hours({"L4": "2", "T4": "1"}, "our contract", TODAY)
    both = PriceList.of_hours({"L4": "9", "H100": "3"}, "a page", None).overlaid(other)
    assert {gpu: str(price.usd_per_hour) for gpu, price in both.rows.items()} == {"L4": "2", "H100": "3", "T4": "1"}


GOOD = {"source": "a page", "dated": "2026-11-20", "usdPerHour": {"L4": 1.5}}
BROKEN = {
    "no JSON": "{",
    "a list": "[]",
    "no date": json.dumps({"toys": {**GOOD, "dated": None}}),
    "no source": json.dumps({"toys": {"dated": "2026-11-20", "usdPerHour": {"L4": 1}}}),
    "a price in words": json.dumps({"toys": {**GOOD, "usdPerHour": {"L4": "cheap"}}}),
    "less than nothing": json.dumps({"toys": {**GOOD, "usdPerHour": {"L4": -1}}}),
    "more than anything costs": json.dumps({"toys": {**GOOD, "usdPerHour": {"L4": 1e30}}}),
    "a list of prices": json.dumps({"toys": {**GOOD, "usdPerHour": [1]}}),
    "a platform that is a list": json.dumps({"toys": []}),
    "too deep": "[" * 100_000,
    "a boolean": json.dumps({"toys": {**GOOD, "usdPerHour": {"L4": True}}}),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_of_prices_is_refused_by_its_name(tmp_path, text):
    file = tmp_path / "prices.json"
    file.write_text(text)
    with pytest.raises(InputError, match="is no file of prices") as refused:
        read_price_file(file)
    assert refused.value.code == "COMFY1104"


def test_a_file_of_another_shape_is_told_in_words_and_not_in_pythons(tmp_path):
    (tmp_path / "prices.json").write_text("[]")
    with pytest.raises(InputError, match="it is no object with a key for each platform"):
        read_price_file(tmp_path / "prices.json")


def test_a_platform_without_prices_is_left_out_of_a_file():
    assert price_file({"toys": PriceList()}) == "{}\n"


def test_a_file_of_prices_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "prices.json").write_text(price_file({"toys": LISTED}), encoding="utf-8-sig")
    assert read_price_file(tmp_path / "prices.json") == {"toys": LISTED}


def test_a_file_of_prices_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="FileNotFoundError"):
        read_price_file(tmp_path / "none.json")


def test_what_is_billed_is_found_by_the_marks_and_an_absent_field_has_its_default():
    seen = footprint_of(Stove(), {"pilotFlames": 2.0, "glowSeconds": UNKNOWN})
    assert seen == Footprint("L4", 10, 2, UNKNOWN, 300, is_on=True, payer=None)


@pytest.mark.parametrize(("lit", "is_on"), [(False, False), (UNKNOWN, UNKNOWN), ("what?", True)])
def test_what_does_not_serve_is_not_on(lit, is_on):
    assert footprint_of(Stove(), {"isLit": lit}).is_on is is_on


def test_a_kind_of_which_nothing_is_billed_has_no_footprint():
    assert footprint_of(KettleHandler(), {}) is None


def test_an_object_without_an_app_of_its_own_is_billed_by_its_machine():
    assert footprint_of(Pot(), {"stoveId": "s-1", "flame": "H100"}) == Footprint("H100", payer="s-1")
    assert footprint_of(Pot(), {"stoveId": "s-1", "ownFlameId": "f-1"}) == Footprint()
    assert footprint_of(Pot(), {"stoveId": UNKNOWN}) == Footprint(payer=UNKNOWN)


def test_a_check_by_itself_is_billed_by_its_target():
    assert footprint_of(Taste(), {"potId": "p-1"}) == Footprint(payer="p-1")


def test_a_value_of_another_kind_says_nothing():
    assert footprint_of(Stove(), {"flame": 3, "mostPots": True, "pilotFlames": "two"}) == Footprint(
        None, None, None, 60, 300
    )


def test_idle_and_most_are_the_counts_times_the_price():
    cost = cost_of(Footprint("L4", 10, 2, 60), LISTED)  # 0.36 USD/h
    assert (cost.idle, cost.most, cost.after_run) == (Decimal("0.72"), Decimal("3.6"), Decimal("0.006"))
    assert cost.price == LISTED.of("L4")


def test_the_worst_case_is_never_less_than_what_is_always_on():
    assert cost_of(Footprint("L4", 1, 3), LISTED).most == Decimal("1.08")


@pytest.mark.parametrize("nothing", [NOTHING, Footprint("H100", payer="s-1"), Footprint("L4", 3, 1, is_on=False)])
def test_what_is_not_on_or_billed_elsewhere_costs_nothing_itself(nothing):
    assert cost_of(nothing, LISTED) == Cost(Decimal(0), Decimal(0), Decimal(0))


NOT_KNOWN = {
    "known in the update only": [Footprint(UNKNOWN, 1, 0), Footprint("L4", UNKNOWN, 0), Footprint("L4", 1, UNKNOWN)],
    "no price known for H100": [Footprint("H100", 1, 0)],
    "its machine is left to the platform": [Footprint(None, 1, 0)],
    "how many may be on is left to the platform": [Footprint("L4", None, 0), Footprint("L4", 1, None)],
}


@pytest.mark.parametrize(("why", "one"), [(why, one) for why, many in NOT_KNOWN.items() for one in many])
def test_what_is_not_known_is_said_and_not_guessed(why, one):
    cost = cost_of(one, LISTED)
    assert (cost.idle, cost.most, cost.why) == (None, None, why)


def test_whether_it_serves_may_be_known_in_the_update_only():
    assert cost_of(Footprint("L4", 1, 0, is_on=UNKNOWN), LISTED).why == "known in the update only"


def test_a_platform_without_prices_says_so():
    assert cost_of(Footprint("L4", 1, 0), PriceList()).why == "no price known"


@pytest.mark.parametrize(("amount", "words"), [("0", "0.00"), ("0.005", "0.01"), ("1152.004", "1,152.00")])
def test_amounts_are_written_in_cents(amount, words):
    assert dollars(Decimal(amount)) == words
