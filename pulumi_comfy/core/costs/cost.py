"""What a footprint costs: idle floor and worst case an hour, by the platform's prices, or why that is not known."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pulumi_comfy.core.costs.footprint import Footprint
from pulumi_comfy.core.costs.prices import SECONDS_AN_HOUR, Price, PriceList
from pulumi_comfy.core.unknown import Unknown

NOT_YET = "known in the update only"


@dataclass(frozen=True)
class Cost:
    """What one resource costs, in US dollars. Where something is not known, `why` says so and the rest may be None.

    Attributes:
        idle: an hour in which nothing runs.
        most: an hour in which everything is on that may be.
        after_run: the idle time that follows each run.
        price: the price of its machine.
        why: why it is not known; None where it is.
    """

    idle: Decimal | None = None
    most: Decimal | None = None
    after_run: Decimal | None = None
    price: Price | None = None
    why: str | None = None


ZERO = Cost(Decimal(0), Decimal(0), Decimal(0))
"""What is not on, or is billed in another's place, costs nothing itself."""


def cost_of(footprint: Footprint, prices: PriceList) -> Cost:
    """Give what a resource costs an hour.

    Args:
        footprint: what of it is billed.
        prices: of its platform.
    """
    if footprint.is_on is False or footprint.payer is not None:
        return ZERO
    unpriced = price_for(footprint, prices)
    if isinstance(unpriced, str):
        return Cost(why=unpriced)
    counts = (footprint.always_on, footprint.most)
    if isinstance(footprint.is_on, Unknown) or any(isinstance(one, Unknown) for one in counts):
        return Cost(price=unpriced, why=NOT_YET)
    always_on, most = (one if isinstance(one, int) else None for one in counts)
    if always_on is None or most is None:
        return Cost(price=unpriced, why="how many may be on is left to the platform")
    hour, seconds = unpriced.usd_per_hour, footprint.idle_seconds
    after = hour * seconds / SECONDS_AN_HOUR if isinstance(seconds, int) else None
    return Cost(hour * always_on, hour * max(always_on, most), after, unpriced)


def price_for(footprint: Footprint, prices: PriceList) -> Price | str:
    """Give the price of what a footprint runs on, or why there is none."""
    if isinstance(footprint.gpu, Unknown):
        return NOT_YET
    if not prices.rows:
        return "no price known"
    if footprint.gpu is None:
        return "its machine is left to the platform"
    return prices.of(footprint.gpu) or f"no price known for {footprint.gpu}"


def dollars(amount: Decimal) -> str:
    """Write an amount in cents, e.g. `0.42`."""
    return f"{amount.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def step(before: Decimal | None, after: Decimal | None) -> str:
    """Write an amount before and after, once where both are written alike; `?` for one that is not known."""
    old, new = ("?" if one is None else dollars(one) for one in (before, after))
    return new if old == new else f"{old} -> {new}"
