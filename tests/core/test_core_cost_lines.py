"""What a preview says of money: which changes, in which words, and what it does not know."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
from core_toys import PLATFORM, KettleHandler, Shown, knowing, make_call

from pulumi_comfy.core.call import Level
from pulumi_comfy.core.costs.checks import declared_check
from pulumi_comfy.core.costs.footprint import Footprint
from pulumi_comfy.core.costs.ledger import Ledger
from pulumi_comfy.core.costs.lines import note_new, tell_of_change, tell_of_new
from pulumi_comfy.core.costs.prices import PriceList
from pulumi_comfy.core.diff import Difference
from pulumi_comfy.core.meanings import (
    ALWAYS_ON,
    CHECK_SECONDS,
    CHECKED,
    GPU,
    IDLE_SECONDS,
    MACHINE,
    MOST_INSTANCES,
    OWN_APP,
    SERVES,
    TARGET,
)
from pulumi_comfy.core.model import Model
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.secrecy import Secrecy
from pulumi_comfy.core.unknown import UNKNOWN

TODAY = date(2026, 11, 26)
PAGE = PriceList.of_hours({"L4": "0.42", "H100": "4"}, "a page", date(2026, 11, 20))
LIST = "list price of 2026-11-20"


class Taste(Model):
    wait_seconds: Annotated[float, CHECK_SECONDS] = 900
    boil_seconds: Annotated[float, CHECK_SECONDS] = 600


class StoveInputs(Model):
    flame: Annotated[str | None, GPU, CHECKED] = "L4"
    most: Annotated[int, MOST_INSTANCES] = 10
    warm: Annotated[int, ALWAYS_ON] = 0
    glow: Annotated[int | None, IDLE_SECONDS] = 60
    is_lit: Annotated[bool, SERVES] = True
    taste: Annotated[Taste | None, CHECKED] = None
    adopt: str | None = None


class PotInputs(Model):
    flame: Annotated[str | None, GPU] = None
    stove_id: Annotated[str, MACHINE]
    taste: Annotated[Taste | None, CHECKED] = None


class PotOutputs(Model):
    own_flame: Annotated[str | None, OWN_APP] = None


class TasterInputs(Taste):
    pot_id: Annotated[str, TARGET]


class Stove(KettleHandler):
    inputs_model = StoveInputs


class Pot(KettleHandler):
    inputs_model, outputs_model = PotInputs, PotOutputs


class Taster(KettleHandler):
    inputs_model = TasterInputs


class Kitchen:
    """One command on a platform with these prices; tells what is shown, resource by resource."""

    def __init__(self, prices: PriceList = PAGE, **changes: Any) -> None:
        self.ledger = Ledger(changes.pop("file", None), today=lambda: TODAY)
        self.prices, self.changes = prices, changes

    def call(self, name: str) -> Any:
        urn = Urn.parse(f"urn:pulumi:dev::shop::pulumi-python:toys:Stove::{name}")
        given = {"urn": urn, "memory": knowing(urn=urn), "ledger": self.ledger, **self.changes}
        call = make_call(**given)
        call.connection.platform = replace(PLATFORM, prices=self.prices)
        return call

    def new(self, handler: Any, name: str = "blue", **news: Any) -> list[str]:
        call = self.call(name)
        tell_of_new(handler, news, call)
        return shown(call)

    def change(self, handler: Any, olds: dict[str, Any], name: str = "blue", **news: Any) -> list[str]:
        call = self.call(name)
        fields = {info.alias or key: key for key, info in handler.inputs_model.model_fields.items()}
        changed = frozenset(fields[key] for key in fields if olds.get(key) != news.get(key))
        tell_of_change(handler, f"{name}-id", olds, news, Difference(changed), call)
        return shown(call)


def shown(call: Any) -> list[str]:
    assert isinstance(call.show, Shown)
    assert all(level is Level.INFO for _text, level in call.show)
    return call.show.texts


def test_a_new_resource_says_idle_and_most_with_its_machine_and_the_day_of_the_price():
    assert Kitchen().new(Stove(), warm=1) == [f"idle 0.00 -> 0.42, at most 0.00 -> 4.20 USD/h (L4 x 10, {LIST})"]


def test_a_change_says_before_and_after_and_the_idle_time_where_that_moves_too():
    line = "idle 0.00 -> 0.42, at most 4.20 USD/h, 0.01 -> 0.07 USD idle after each run"  # 0.42 x 60 s, x 600 s
    assert Kitchen().change(Stove(), {}, warm=1, glow=600) == [f"{line} (L4 x 10, {LIST})"]


def test_another_machine_is_named_with_the_one_before():
    assert Kitchen().change(Stove(), {"glow": 0}, flame="H100", glow=0) == [
        f"idle 0.00, at most 4.20 -> 40.00 USD/h (L4 -> H100 x 10, {LIST})"
    ]


def test_what_is_put_out_is_named_as_it_was():
    assert Kitchen().change(Stove(), {"glow": 0}, isLit=False, glow=0) == [
        f"idle 0.00, at most 4.20 -> 0.00 USD/h (L4 x 10, {LIST})"
    ]


def test_an_idle_time_that_is_not_known_is_no_change_of_an_amount():
    assert Kitchen().change(Stove(), {}, glow=UNKNOWN, warm=1) == [
        f"idle 0.00 -> 0.42, at most 4.20 USD/h (L4 x 10, {LIST})"
    ]


def test_what_moves_no_money_says_nothing():
    assert Kitchen().change(Stove(), {"adopt": "x"}) == []
    assert Kitchen().change(Stove(), {"flame": UNKNOWN, "adopt": "x"}, flame=UNKNOWN) == []


def test_what_is_not_known_is_said():
    assert Kitchen().new(Stove(), flame=UNKNOWN) == [
        "idle 0.00 -> ?, at most 0.00 -> ? USD/h (known in the update only)"
    ]
    assert Kitchen().change(Stove(), {}, most=UNKNOWN) == [
        "idle 0.00 -> ?, at most 4.20 -> ? USD/h (known in the update only)"
    ]
    assert Kitchen(PriceList()).new(Stove()) == ["idle 0.00 -> ?, at most 0.00 -> ? USD/h (no price known)"]


def test_what_names_no_machine_on_a_platform_without_prices_says_nothing():
    assert Kitchen(PriceList()).new(Pot(), stoveId=None) == []
    assert Kitchen().new(Pot(), stoveId=None) == [
        "idle 0.00 -> ?, at most 0.00 -> ? USD/h (its machine is left to the platform)"
    ]


def test_what_is_adopted_was_not_asked_what_it_costs():
    (line,) = Kitchen().new(Stove(), adopt="s-1")
    assert line.startswith("idle ? -> 0.00, at most ? -> 4.20 USD/h (what is adopted was not asked")


def test_a_secret_is_not_told_by_its_price():
    kitchen = Kitchen(secrecy=Secrecy(frozenset({("flame",)})))
    assert kitchen.change(Stove(), {}, flame="H100", taste={}) == [
        "idle ?, at most ? USD/h (what decides it is secret); one inference check (what decides it is secret)"
    ]
    assert kitchen.ledger.payer_of(Footprint(payer="blue-id")) == Footprint(gpu=UNKNOWN)


def test_nothing_is_told_while_it_is_off_or_where_the_shell_does_not_say_which_resource_it_is():
    for missing in ({"ledger": None}, {"urn": None}):
        kitchen = Kitchen(**missing)
        assert kitchen.new(Stove()) == kitchen.change(Stove(), {}, flame="H100") == []


def test_a_refresh_says_nothing():
    call = make_call(ledger=Ledger())
    tell_of_change(Stove(), "s-1", {}, {"flame": "H100"}, Difference(frozenset({"flame"})), call)
    assert shown(call) == []


def test_a_replacement_is_told_once_and_as_a_change():
    kitchen = Kitchen()
    assert len(kitchen.change(Stove(), {}, most=20)) == 1
    assert kitchen.new(Stove(), most=20) == []


def test_what_is_equal_is_noted_and_says_nothing():
    kitchen, call = Kitchen(), None
    call = kitchen.call("blue")
    tell_of_change(Stove(), "s-1", {}, {}, Difference(), call)
    assert shown(call) == []
    assert kitchen.ledger.payer_of(Footprint(payer="s-1")) == Footprint("L4", 10, 0, 60)


def test_a_kind_of_which_nothing_is_billed_says_nothing():
    assert Kitchen().new(KettleHandler()) == []
    assert Kitchen().change(KettleHandler(), {}, size=2) == []


def test_what_is_billed_elsewhere_says_only_that_it_runs_on_another_machine():
    assert Kitchen().new(Pot(), stoveId="s-1") == []
    assert Kitchen().new(Pot(), stoveId="s-1", flame="H100") == [
        f"each instance that runs it 4.00 USD/h (H100, {LIST})"
    ]
    assert Kitchen().new(Pot(), stoveId="s-1", flame="T4") == [
        "its runs are on a GPU of their own (no price known for T4)"
    ]


def test_a_line_after_the_first_tells_what_all_changes_come_to():
    kitchen = Kitchen()
    kitchen.new(Stove(), "one", warm=2)
    (second,) = kitchen.change(Stove(), {"warm": 1}, "two", most=1)
    assert second.endswith("; all changes so far: idle +0.42, at most +0.42 USD/h")  # +0.84 -0.42; +4.20 -3.78
    (third,) = kitchen.new(Stove(), "three", flame=UNKNOWN)
    assert third.endswith("; all changes so far: idle +0.42, at most +0.42 USD/h, without 1 not known")


def check_lines(kitchen: Kitchen, handler: Any, name: str = "blue", **news: Any) -> list[str]:
    """What is said of a check that is new."""
    return [line[line.index("one inference") :] for line in kitchen.new(handler, name, **news)]


def test_a_check_costs_at_most_its_time_limits_and_the_idle_time_after_it():
    # (900 + 600 + 60) s x 0.42 / 3600 = 0.182
    assert check_lines(Kitchen(), Stove(), taste={}) == ["one inference check, at most 0.18 USD (1560 s of L4)"]


def test_further_checks_are_counted():
    kitchen = Kitchen()
    check_lines(kitchen, Stove(), "one", taste={})
    (second,) = check_lines(kitchen, Stove(), "two", taste={"waitSeconds": 30, "boilSeconds": 30.5}, flame="H100")
    # (30 + 30.5 + 60) s x 4 / 3600 = 0.1339; 0.182 + 0.1339
    assert second == "one inference check, at most 0.13 USD (120.5 s of H100); 2 checks so far, at most 0.32 USD"
    (third,) = check_lines(kitchen, Stove(), "three", taste=UNKNOWN)
    assert third.endswith("(known in the update only); 3 checks so far, at most 0.32 USD, without 1 not known")


def test_a_check_is_billed_by_what_runs_its_target():
    kitchen = Kitchen()
    kitchen.change(Stove(), {}, "stove")
    kitchen.change(Pot(), {"stoveId": "stove-id", "flame": "H100"}, "pot", stoveId="stove-id", flame="H100")
    # 1560 s x 4 / 3600 = 1.7333
    assert kitchen.new(Taster(), "taster", potId="pot-id") == [
        f"one inference check, at most 1.73 USD (1560 s of H100, {LIST})"
    ]


def test_a_check_of_what_the_same_up_has_made_is_priced():
    kitchen = Kitchen()
    note_new(Stove(), "stove-id", {}, {}, kitchen.call("stove"))
    note_new(Pot(), "pot-id", {}, {"stoveId": "stove-id"}, kitchen.call("pot"))

    assert kitchen.new(Taster(), "taster", potId="pot-id") == [
        f"one inference check, at most 0.18 USD (1560 s of L4, {LIST})"
    ]


def test_what_is_made_is_not_noted_where_costs_are_not_told():
    quiet = Kitchen(ledger=None)

    note_new(Stove(), "stove-id", {}, {}, quiet.call("stove"))

    assert quiet.ledger.payer_of(Footprint(payer="stove-id")) is None


def test_checks_of_which_none_is_priced_come_to_no_amount():
    kitchen = Kitchen()
    for name in ("one", "two"):
        told = check_lines(kitchen, Stove(), name, flame="T4", taste={})

    assert told == ["one inference check (no price known for T4)"]


NOT_PRICED = {
    "its machine is not known here": (Pot(), {"stoveId": "another stack's", "taste": {}}),
    "known in the update only": (Pot(), {"stoveId": UNKNOWN, "taste": {}}),
    "no price known for T4": (Stove(), {"flame": "T4", "taste": {}}),
}


@pytest.mark.parametrize(("why", "one"), NOT_PRICED.items())
def test_a_check_that_cannot_be_priced_says_why(why, one):
    handler, news = one
    assert check_lines(Kitchen(), handler, **news) == [f"one inference check ({why})"]


def test_a_check_whose_idle_time_is_not_known_is_not_priced():
    assert check_lines(Kitchen(), Stove(), taste={}, glow=UNKNOWN) == ["one inference check (known in the update only)"]


def test_a_check_of_a_platform_without_prices_says_so():
    assert check_lines(Kitchen(PriceList()), Stove(), taste={}) == ["one inference check (no price known)"]


def test_no_check_is_told_where_none_will_be_run():
    assert "check" not in str(Kitchen(checks_enabled=False).new(Stove(), taste={}))
    assert "check" not in str(Kitchen().new(Stove(), taste={}, isLit=False))
    assert "check" not in str(Kitchen().change(Stove(), {"taste": {}}, taste={}, most=3))


def test_a_change_of_what_runs_a_repair_and_a_replacement_are_followed_by_a_check():
    assert "one inference check" in str(Kitchen().change(Stove(), {"taste": {}}, taste={}, flame="H100"))
    for difference in (Difference(repair="it failed"), Difference(frozenset({"most"}), replaces=frozenset({"most"}))):
        call = Kitchen().call("blue")
        tell_of_change(Stove(), "s-1", {"taste": {}}, {"taste": {}}, difference, call)
        assert "one inference check" in str(shown(call))


def test_a_check_by_itself_runs_at_every_update():
    assert "one inference check" in str(Kitchen().change(Taster(), {"potId": "p-1"}, potId="p-1", boilSeconds=5))


def test_a_limit_of_a_check_that_is_not_known_yet_is_not_guessed():
    assert declared_check(StoveInputs, {"taste": {"waitSeconds": UNKNOWN}}) is UNKNOWN
    assert declared_check(StoveInputs, {"taste": {"waitSeconds": 1}}) == Decimal(601)
    assert declared_check(PotInputs, {}) is None


def test_objects_that_name_each_other_as_payers_have_none():
    ledger = Ledger()
    ledger.saw("a", Footprint(payer="b"))
    ledger.saw("b", Footprint(payer="a"))
    assert ledger.payer_of(Footprint(payer="a")) is None


def test_a_file_of_prices_wins_and_is_read_once(tmp_path):
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({"toys": {"source": "us", "dated": "2026-11-25", "usdPerHour": {"L4": 1}}}))
    kitchen = Kitchen(file=file)
    assert kitchen.new(Stove(), "one") == ["idle 0.00, at most 0.00 -> 10.00 USD/h (L4 x 10, list price of 2026-11-25)"]
    file.unlink()
    assert kitchen.new(Stove(), "two")[0].startswith("idle 0.00, at most 0.00 -> 10.00 USD/h")


def test_a_file_of_prices_that_cannot_be_read_is_warned_of_once_and_the_packages_own_are_used(tmp_path):
    kitchen = Kitchen(file=tmp_path / "none.json")
    first, second = kitchen.call("one"), kitchen.call("two")
    for call in (first, second):
        tell_of_new(Stove(), {}, call)
    assert [level for _text, level in first.show] == [Level.WARNING, Level.INFO]
    assert first.show.texts[1] == f"idle 0.00, at most 0.00 -> 4.20 USD/h (L4 x 10, {LIST})"
    assert [level for _text, level in second.show] == [Level.INFO]
