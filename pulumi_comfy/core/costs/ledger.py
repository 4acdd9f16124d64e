"""What one command has seen of the stack's money: who is billed for what, and what its changes come to so far.

A provider sees one resource after another and no end, so there is no line of the whole: each line tells the sum of all
changes up to it, and the last one tells it of all. What is removed is not asked about before it is removed, and what
does not change moves no sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from pulumi_comfy.core.costs.cost import Cost
from pulumi_comfy.core.costs.footprint import Footprint
from pulumi_comfy.core.costs.prices import PriceList, read_price_file
from pulumi_comfy.core.errors import InputError

_MOST_STEPS = 3
"""From a check by itself to the deployment that it runs, and on to its machine."""


@dataclass(frozen=True)
class Sum:
    """What several amounts come to.

    Attributes:
        idle: US dollars an hour.
        most: US dollars an hour.
        count: of how many resources.
        unknown: how many of them are not in it, since their cost is not known.
    """

    idle: Decimal
    most: Decimal
    count: int
    unknown: int


@dataclass(eq=False)
class Ledger:
    """One command's.

    Attributes:
        file: the prices that the team shares; None where only the package's own are used.
        today: gives the day.
    """

    file: Path | None = None
    today: Callable[[], date] = date.today
    _file_lists: dict[str, PriceList] | None = None
    _seen: dict[str, Footprint] = field(default_factory=dict)
    _changes: dict[str, tuple[Cost, Cost]] = field(default_factory=dict)
    _checks: dict[str, Decimal | None] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def prices(self, platform: str, own: PriceList, warn: Callable[[str], None]) -> PriceList:
        """Give a platform's prices: its own, and over them those of the file.

        Args:
            platform: its key.
            own: the package's.
            warn: tells, once a command, that the file cannot be used.
        """
        if self._file_lists is None:
            self._file_lists = {}
            try:
                self._file_lists = read_price_file(self.file) if self.file else {}
            except InputError as broken:
                warn(str(broken))
        return own.overlaid(self._file_lists.get(platform, PriceList()))

    def saw(self, object_id: str, footprint: Footprint) -> None:
        """Note what is billed of an object."""
        self._seen[object_id] = footprint

    def payer_of(self, footprint: Footprint) -> Footprint | None:
        """Give what a run is billed by; None where that object is not known, or not of this stack."""
        found = footprint
        for _ in range(_MOST_STEPS):
            if found.payer is None:
                return found
            payer = self._seen.get(found.payer) if isinstance(found.payer, str) else None
            if payer is None:
                return None
            found = payer if found.gpu is None else replace(payer, gpu=found.gpu)
        return None

    def is_first_word_of(self, urn: str) -> bool:
        """Tell whether nothing was said of a resource yet: a replacement is checked twice."""
        is_first = urn not in self._told
        self._told.add(urn)
        return is_first

    def changes(self, urn: str, before: Cost, after: Cost) -> Sum:
        """Note what a change moves, and give what all of them come to so far."""
        self._changes[urn] = (before, after)
        rows = list(self._changes.values())
        known = [(was, now) for was, now in rows if not (was.why or now.why)]
        return Sum(
            idle=sum((_or_nothing(now.idle) - _or_nothing(was.idle) for was, now in known), Decimal(0)),
            most=sum((_or_nothing(now.most) - _or_nothing(was.most) for was, now in known), Decimal(0)),
            count=len(rows),
            unknown=len(rows) - len(known),
        )

    def checks(self, urn: str, at_most: Decimal | None) -> Sum:
        """Note an inference check that will be run, and give what all of them come to at most so far."""
        self._checks[urn] = at_most
        rows = list(self._checks.values())
        known = [one for one in rows if one is not None]
        return Sum(Decimal(0), sum(known, Decimal(0)), len(rows), len(rows) - len(known))


def _or_nothing(amount: Decimal | None) -> Decimal:
    return Decimal(0) if amount is None else amount
