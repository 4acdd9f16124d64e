"""Reads that come together: one list serves them all, so that a refresh of N costs N / page calls and not N.

Which list that is, and which of its rows tell enough, each platform says; this knows when a list is worth its price.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

WINDOW = 0.05
"""Seconds that a read waits for company at most: the engine asks for as many as `--parallel` allows within a few ms."""

_waiting: WeakKeyDictionary[Any, dict[str, asyncio.Future[bool]]] = WeakKeyDictionary()
"""Whoever waits alone, by client and kind; the next to come tells it."""


class Identified(Protocol):
    """A row of a list."""

    @property
    def id(self) -> str:
        """The platform's id."""


RowT = TypeVar("RowT")
IdentifiedT = TypeVar("IdentifiedT", bound=Identified)


async def listed_in_company(
    client: object, kind: str, *, is_listed: Callable[[], bool], find: Callable[[], Awaitable[RowT | None]]
) -> RowT | None:
    """Give an object's row of the list where other reads come at the same time; None: ask for it alone.

    What a list does not show may still be there: a change meanwhile can move a row past a page's edge, and a server may
    give shorter pages than it was asked for.

    Args:
        client: whose objects they are.
        kind: which list, e.g. `workflows`.
        is_listed: whether the list was read since the last write, so that it costs nothing.
        find: looks for the object in the list, which is read once for all who ask.

    Raises:
        ComfyError: the list cannot be read.
    """
    return await find() if await _has_company(client, kind, is_listed) else None


async def among(rows: Callable[[], Awaitable[list[IdentifiedT]]], object_id: str) -> IdentifiedT | None:
    """Give the row of an object in a list; None when it is not in it."""
    return next((row for row in await rows() if row.id == object_id), None)


async def _has_company(client: object, kind: str, is_listed: Callable[[], bool]) -> bool:
    """Wait for another read; the list that one of them asked for serves until something is written."""
    if is_listed():
        return True
    waiting = _waiting.setdefault(client, {})
    if kind in waiting:
        _settle(waiting[kind], is_joined=True)
        await asyncio.sleep(0)  # whoever waited goes first and asks for the list; who comes second shares its answer
        return True
    loop = asyncio.get_running_loop()
    waiting[kind] = joined = loop.create_future()
    timer = loop.call_later(WINDOW, _settle, joined, False)
    try:
        return await joined or is_listed()
    finally:
        timer.cancel()
        del waiting[kind]


def _settle(joined: asyncio.Future[bool], is_joined: bool) -> None:
    if not joined.done():
        joined.set_result(is_joined)
