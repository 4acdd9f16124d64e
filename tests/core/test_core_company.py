"""Reads that come together use a list, and a lone one does not."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from pulumi_comfy.core.company import among, listed_in_company


class Cupboard:
    """A list of cups, and how often it was read."""

    def __init__(self, *cups: str) -> None:
        self.cups, self.is_listed, self.readings = cups, False, 0

    async def find(self, cup: str) -> str | None:
        self.readings += not self.is_listed
        self.is_listed = True
        return cup if cup in self.cups else None

    async def look(self, cup: str, kind: str = "cups") -> str | None:
        return await listed_in_company(self, kind, is_listed=lambda: self.is_listed, find=lambda: self.find(cup))


def looks(cupboard: Cupboard, *asked: tuple[str, ...]) -> list[Any]:
    async def together() -> list[Any]:
        return await asyncio.gather(*(cupboard.look(*one) for one in asked))

    return asyncio.run(together())


def test_a_lone_read_asks_no_list():
    cupboard = Cupboard("red")

    assert looks(cupboard, ("red",)) == [None]
    assert cupboard.readings == 0


def test_reads_that_come_together_share_one_list():
    cupboard = Cupboard("red", "blue")

    assert looks(cupboard, ("red",), ("blue",), ("green",)) == ["red", "blue", None]
    assert cupboard.readings == 1


def test_reads_of_other_kinds_are_no_company():
    assert looks(Cupboard("red", "blue"), ("red", "cups"), ("blue", "saucers")) == [None, None]


def test_a_list_that_was_read_costs_nothing_and_serves_a_lone_read():
    cupboard = Cupboard("red")
    cupboard.is_listed = True

    assert looks(cupboard, ("red",)) == ["red"]
    assert cupboard.readings == 0


def test_a_row_is_found_by_its_id():
    red = SimpleNamespace(id="red")

    async def rows() -> list[Any]:
        return [SimpleNamespace(id="blue"), red]

    assert asyncio.run(among(rows, "red")) is red
    assert asyncio.run(among(rows, "green")) is None
