"""What a preview says of money: one line for each resource whose change moves some, and nothing is asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pulumi_comfy.core.costs.checks import declared_check
from pulumi_comfy.core.costs.cost import NOT_YET, ZERO, Cost, cost_of, dollars, price_for, step
from pulumi_comfy.core.costs.footprint import NOTHING, Footprint, billed_fields, footprint_of
from pulumi_comfy.core.costs.prices import SECONDS_AN_HOUR, PriceList
from pulumi_comfy.core.meanings import CHECKED
from pulumi_comfy.core.model import Json, fields_marked
from pulumi_comfy.core.unknown import UNKNOWN, Unknown

if TYPE_CHECKING:
    from pulumi_comfy.core.call import Call
    from pulumi_comfy.core.costs.ledger import Ledger, Sum
    from pulumi_comfy.core.diff import Difference
    from pulumi_comfy.core.resource import Handler

ADOPTED = Cost(why="what is adopted was not asked what it costs now")
"""Of what is taken over, before that."""
_SECRET = Cost(why="what decides it is secret")
_HIDDEN = Footprint(gpu=UNKNOWN)
"""What others may know of an object whose cost is secret."""


def tell_of_new(handler: Handler[Any, Any, Any], news: Mapping[str, Json], call: Call[Any]) -> None:
    """Say what a resource that is to be made will cost, and that a check follows.

    Args:
        handler: the kind's.
        news: its checked inputs.
        call: the call; its ledger says whether costs are told.
    """
    ledger = call.ledger
    if ledger is None or call.urn is None or not ledger.is_first_word_of(call.urn.text):
        return
    teller = _Teller(handler, news, footprint_of(handler, news), call, ledger)
    teller.tell(NOTHING, ADOPTED if news.get("adopt") else ZERO, is_checked=True)


def note_new(
    handler: Handler[Any, Any, Any],
    object_id: str,
    outputs: Mapping[str, Json],
    news: Mapping[str, Json],
    call: Call[Any],
) -> None:
    """Note what is billed of an object that has just been made: a check that runs on it may follow.

    Args:
        handler: the kind's.
        object_id: the platform's.
        outputs: what the state is to hold.
        news: its checked inputs.
        call: the call; its ledger says whether costs are told.
    """
    if call.ledger is not None:
        _Teller(handler, news, footprint_of(handler, news, outputs), call, call.ledger).note(object_id)


def tell_of_change(
    handler: Handler[Any, Any, Any],
    object_id: str,
    outputs: Mapping[str, Json],
    news: Mapping[str, Json],
    difference: Difference,
    call: Call[Any],
) -> None:
    """Say what a change moves, and whether a check follows; note what is billed, also where nothing changes.

    Args:
        handler: the kind's.
        object_id: the platform's.
        outputs: what the state holds.
        news: the checked inputs.
        difference: between both.
        call: the call; its ledger says whether costs are told.
    """
    ledger = call.ledger
    if ledger is None or call.urn is None or not call.memory.is_checked(call.urn):  # a refresh asks, too
        return
    teller = _Teller(handler, news, footprint_of(handler, news, outputs), call, ledger)
    teller.note(object_id)
    if not difference or not ledger.is_first_word_of(call.urn.text):
        return
    was = footprint_of(handler, outputs) or NOTHING
    teller.tell(was, cost_of(was, teller.prices), is_checked=_is_check_due(handler, difference))


def _is_check_due(handler: Handler[Any, Any, Any], difference: Difference) -> bool:
    """Tell whether an update is followed by a check; a check by itself, of which no field is marked, is one."""
    checked = fields_marked(handler.inputs_model, CHECKED)
    return not checked or bool(difference.changed & checked or difference.repair or difference.replaces)


@dataclass(frozen=True)
class _Teller:
    """One resource's line."""

    handler: Handler[Any, Any, Any]
    news: Mapping[str, Json]
    now: Footprint | None
    call: Call[Any]
    ledger: Ledger

    @property
    def prices(self) -> PriceList:
        platform = self.call.connection.platform
        return self.ledger.prices(platform.key, platform.prices, self.call.warn)

    @property
    def is_secret(self) -> bool:
        names = billed_fields(self.handler.inputs_model).values()
        return any(self.call.secrecy.covers((name,)) for name in names)

    def note(self, object_id: str) -> None:
        if self.now is not None:
            self.ledger.saw(object_id, _HIDDEN if self.is_secret else self.now)

    def tell(self, was: Footprint, before: Cost, *, is_checked: bool) -> None:
        words = [] if self.now is None else [*self._machine(was, self.now), *self._moved(was, self.now, before)]
        if is_checked and self.call.checks_enabled:
            words += self._check()
        if words:
            self.call.inform("; ".join(words))

    def _moved(self, was: Footprint, now: Footprint, before: Cost) -> list[str]:
        """Say what an hour costs before and after, and what all changes so far come to."""
        if now.gpu is None and not self.prices.rows:
            return []  # a server of one's own
        after = cost_of(now, self.prices)
        if self.is_secret:
            before = after = _SECRET
        if before == after and (after.why is None or was == now):
            return []
        idle, most = step(before.idle, after.idle), step(before.most, after.most)
        after_run = ""
        if None not in (before.after_run, after.after_run) and was != NOTHING and before.after_run != after.after_run:
            after_run = f", {step(before.after_run, after.after_run)} USD idle after each run"
        words = [f"idle {idle}, at most {most} USD/h{after_run} ({self._reason(was, now, before, after)})"]
        so_far = self.ledger.changes(before, after)
        if so_far.count > 1:
            words.append(
                f"all changes so far: idle {so_far.idle:+.2f}, at most {so_far.most:+.2f} USD/h{_without(so_far)}"
            )
        return words

    def _reason(self, was: Footprint, now: Footprint, before: Cost, after: Cost) -> str:
        price = after.price or before.price
        why = after.why or before.why
        if why or price is None:
            return str(why)
        shown = now if after.price else was
        is_other = before.price and after.price and was.gpu != now.gpu
        gpu = f"{was.gpu} -> {now.gpu}" if is_other else shown.gpu
        return f"{gpu} x {shown.most}, {price.words(self.ledger.today())}"

    def _machine(self, was: Footprint, now: Footprint) -> list[str]:
        """Say that what is billed in another's place is run on another machine than that one's."""
        if now.payer is None or now.gpu is None or now.gpu == was.gpu or self.is_secret:
            return []
        price = price_for(now, self.prices)
        if isinstance(price, str):
            return [f"its runs are on a GPU of their own ({price})"]
        words = price.words(self.ledger.today())
        return [f"each instance that runs it {dollars(price.usd_per_hour)} USD/h ({now.gpu}, {words})"]

    def _check(self) -> list[str]:
        """Say that a check follows, and what it costs at most: all its time limits, and the idle time after it."""
        seconds = declared_check(self.handler.inputs_model, self.news)
        if seconds is None or (self.now is not None and self.now.is_on is False):
            return []
        at_most, reason = self._at_most(seconds)
        so_far = self.ledger.checks(at_most)
        amount = "" if at_most is None else f", at most {dollars(at_most)} USD"
        words = [f"one inference check{amount} ({reason})"]
        if so_far.count > so_far.unknown and so_far.count > 1:
            words.append(f"{so_far.count} checks so far, at most {dollars(so_far.most)} USD{_without(so_far)}")
        return words

    def _at_most(self, seconds: Decimal | Unknown) -> tuple[Decimal | None, str]:
        if self.now is None or not self.prices.rows:
            return None, "no price known"
        if self.is_secret:
            return None, str(_SECRET.why)
        payer = self.ledger.payer_of(self.now)
        if payer is None:
            return None, "its machine is not known here" if isinstance(self.now.payer, str) else NOT_YET
        price = price_for(payer, self.prices)
        if isinstance(price, str):
            return None, price
        if isinstance(seconds, Unknown) or not isinstance(payer.idle_seconds, int):
            return None, NOT_YET
        billed = seconds + payer.idle_seconds
        words = f", {price.words(self.ledger.today())}" if self.now.payer else ""
        return billed * price.usd_per_hour / SECONDS_AN_HOUR, f"{billed:f} s of {payer.gpu}{words}"


def _without(so_far: Sum) -> str:
    return f", without {so_far.unknown} not known" if so_far.unknown else ""
