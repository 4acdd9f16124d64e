"""Prices and limits of a platform: each with its date and its source, or absent. No number is made up.

A platform's own table is part of the package and ages with it. A file that a team shares (`comfy:prices`, written by
`pulumi-comfy prices --refresh` or by hand) wins over it, machine by machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import Json

OLD_AFTER = timedelta(days=90)
"""A price that was read longer ago is told as old."""
_ZONES = timedelta(days=1)
"""Who asked for a price may be a day ahead."""
_MOST_USD = 1_000_000
"""No machine costs that much an hour; a bound keeps every sum one that can be written in cents."""
SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Price:
    """What an hour of one machine costs, as its platform lists it.

    Attributes:
        usd_per_hour: US dollars.
        source: where the number stands.
        dated: the day on which it stood there; None where the source bears no date, which is told as old too.
    """

    usd_per_hour: Decimal
    source: str
    dated: date | None = None

    def is_old(self, today: date) -> bool:
        """Tell whether it may no longer be true, or not yet."""
        return self.dated is None or today - self.dated > OLD_AFTER or self._is_to_come(today)

    def _is_to_come(self, today: date) -> bool:
        return self.dated is not None and self.dated - today > _ZONES

    def words(self, today: date) -> str:
        """Say how good it is, e.g. `list price of 2026-11-20`."""
        if self.dated is None:
            return "undated list price"
        if self._is_to_come(today):
            return f"list price of {self.dated}, a day to come"
        age = f", {(today - self.dated).days} days old" if self.is_old(today) else ""
        return f"list price of {self.dated}{age}"


@dataclass(frozen=True)
class PriceList:
    """What a platform's machines cost, by the words of the field marked `GPU`; empty where no price is known."""

    rows: Mapping[str, Price] = field(default_factory=dict)

    @classmethod
    def of_seconds(cls, usd_per_second: Mapping[str, str | Decimal], source: str, dated: date | None) -> PriceList:
        """Take a list that is kept by the second, as decimal numbers."""
        hours = {gpu: Decimal(usd) * SECONDS_AN_HOUR for gpu, usd in usd_per_second.items()}
        return cls.of_hours(hours, source, dated)

    @classmethod
    def of_hours(cls, usd_per_hour: Mapping[str, str | Decimal], source: str, dated: date | None) -> PriceList:
        """Take a list that is kept by the hour, as decimal numbers."""
        return cls({gpu: Price(Decimal(usd), source, dated) for gpu, usd in usd_per_hour.items()})

    def of(self, gpu: str) -> Price | None:
        """Give the price of a machine; None where none is known."""
        return self.rows.get(gpu)

    def overlaid(self, other: PriceList) -> PriceList:
        """Give the list in which `other` wins for each machine that it names."""
        return PriceList({**self.rows, **other.rows})


@dataclass(frozen=True)
class Limit:
    """One limit that a platform sets, for people to look up; the platform's own answer is what counts.

    Attributes:
        what: what is limited.
        most: in words, where it differs by plan.
        source: where it stands.
        dated: the day on which it stood there; None where the source bears no date.
    """

    what: str
    most: str
    source: str
    dated: date | None = None


def read_price_file(path: Path) -> dict[str, PriceList]:
    """Read the file that `comfy:prices` names: price lists by platform.

    Raises:
        InputError: it cannot be read, or holds something else.
    """
    try:
        told = json.loads(path.read_text("utf-8-sig"), parse_float=Decimal, parse_int=Decimal)
        if not isinstance(told, dict):
            raise ValueError("it is no object with a key for each platform")
        return {platform: _list_in(row) for platform, row in told.items()}
    except (OSError, ValueError, KeyError, TypeError, InvalidOperation, RecursionError) as wrong:
        raise InputError(
            "COMFY1104",
            tried="read the prices",
            got=f"{path} is no file of prices: {type(wrong).__name__}: {wrong}",
            todo="Write it by `pulumi-comfy prices --refresh`, or take comfy:prices out.",
        ) from None


def _list_in(row: Json) -> PriceList:
    rows: dict[str, Price] = {}
    if not isinstance(row, dict) or not isinstance(row.get("usdPerHour"), dict):
        raise ValueError("a platform has `source`, `dated`, and `usdPerHour`, an object with a price for each GPU")
    for gpu, usd in row["usdPerHour"].items():
        if not isinstance(usd, Decimal) or not usd.is_finite() or not 0 <= usd < _MOST_USD:
            raise ValueError(f"the price of {gpu} is no number of US dollars")
        rows[gpu] = Price(usd, str(row["source"]), date.fromisoformat(row["dated"]))
    return PriceList(rows)


def price_file(lists: Mapping[str, PriceList]) -> str:
    """Write price lists as `read_price_file` reads them; each is of one source and one day."""
    rows = {platform: _row_of(prices) for platform, prices in sorted(lists.items()) if prices.rows}
    return json.dumps(rows, indent=2) + "\n"


def _row_of(prices: PriceList) -> Json:
    one = next(iter(prices.rows.values()))
    hours = {gpu: float(price.usd_per_hour) for gpu, price in prices.rows.items()}
    return {"source": one.source, "dated": str(one.dated), "usdPerHour": hours}
