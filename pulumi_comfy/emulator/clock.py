"""The emulator's time: one UTC clock that tests may push forward, and a queue of things that happen later."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone


class Clock:
    """Naive UTC time with microseconds, as the platforms' databases keep it.

    Every reading is later than the one before, so rows sort by their timestamps without ties.
    """

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._last = datetime.min
        self._pinned: datetime | None = None

    def now(self) -> datetime:
        """The present moment; inside a scheduled event, the moment the event was due."""
        if self._pinned is not None:
            return self._pinned
        moment = self.real_now()
        if moment <= self._last:
            moment = self._last + timedelta(microseconds=1)
        self._last = moment
        return moment

    def real_now(self) -> datetime:
        """The present moment without the promise of being later than the last reading."""
        return datetime.now(timezone.utc).replace(tzinfo=None) + self._offset

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once: builds and runs that are due by then are finished by the next request.

        Raises:
            ValueError: It is no number that time can pass by.
        """
        if not math.isfinite(seconds):
            raise ValueError(f"give a number of seconds, not {seconds}")
        self._offset += timedelta(seconds=seconds)

    @contextmanager
    def pinned(self, moment: datetime) -> Iterator[None]:
        """Make `now` answer `moment`."""
        before, self._pinned = self._pinned, moment
        try:
            yield
        finally:
            self._pinned = before


class Scheduler:
    """Events in order of their due time, run when somebody looks (before each request and each dump).

    No background task exists: what nobody looks at need not happen yet, and stopping the emulator is immediate.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._clearings = 0

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` when `seconds` have passed from now (from the due time, inside an event)."""
        due = self._clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._queue, (due, next(self._order), action))

    def run_due(self) -> None:
        """Run everything that is due, each event at its own moment."""
        while self._queue and self._queue[0][0] <= self._clock.real_now():
            due, _, action = heapq.heappop(self._queue)
            with self._clock.pinned(due):
                action()

    def clear(self) -> None:
        """Forget all events."""
        self._queue.clear()
        self._clearings += 1

    async def passed(self, seconds: float) -> None:
        """Wait until so much of the emulator's time has passed."""
        due = self._clock.real_now() + timedelta(seconds=seconds)
        await self.until(lambda: self._clock.real_now() >= due)

    async def until(self, condition: Callable[[], bool], poll_seconds: float = 0.01) -> None:
        """Wait, letting due events happen, until `condition` holds or the events are forgotten."""
        self.run_due()
        clearings = self._clearings
        while not condition() and clearings == self._clearings:
            await asyncio.sleep(poll_seconds)
            self.run_due()
