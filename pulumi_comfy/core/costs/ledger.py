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
from threading import Lock

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

    idle: Decimal = Decimal(0)
    most: Decimal = Decimal(0)
    count: int = 0
    unknown: int = 0

    def plus(self, idle: Decimal | None, most: Decimal | None) -> Sum:
        """Add one more; it counts as not known where one of its amounts is."""
        if idle is None or most is None:
            return replace(self, count=self.count + 1, unknown=self.unknown + 1)
        return replace(self, idle=self.idle + idle, most=self.most + most, count=self.count + 1)


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
    _changes: Sum = Sum()
    _checks: Sum = Sum()
    _told: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

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

    def changes(self, before: Cost, after: Cost) -> Sum:
        """Add what a change moves, and give what all of them come to so far."""
        with self._lock:
            self._changes = self._changes.plus(_moved(before.idle, after.idle), _moved(before.most, after.most))
            return self._changes

    def checks(self, at_most: Decimal | None) -> Sum:
        """Add an inference check that will be run, and give what all of them come to at most so far."""
        with self._lock:
            self._checks = self._checks.plus(Decimal(0), at_most)
            return self._checks


def _moved(before: Decimal | None, after: Decimal | None) -> Decimal | None:
    return None if before is None or after is None else after - before
