"""The end of what is under way: a stop that the engine asks for (Ctrl-C), and the loss of the engine itself."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from pulumi_comfy.core.errors import CancelledWaitError, LostEngineError

GRACE = 1.0
"""Seconds that a request under way may go on after a stop: most are answered by then."""
LAST = 2.0
"""Seconds after a stop in which all that is put back or looked up then has to end."""
SHORTEST = 0.5
"""Seconds that each request has even later: a platform that answers is asked all that is to be asked."""


def _now() -> float:
    """The loop's own time, by which deadlines go; anyio tells it to tasks only, and a stop comes outside of any."""
    return asyncio.get_running_loop().time()


class Cancellation:
    """Two grades of an end, the same for every call of a process. Belongs to one event loop.

    After a stop (`set`) every pause ends at once, and a request under way after `GRACE`. What is begun then, to look
    how things stand and to put them back, still runs, in the time that is left. After a loss (`lose`) nothing leaves
    this process any more: nobody keeps what comes of it, and another engine may be at work already.
    """

    def __init__(self) -> None:
        self._ended = asyncio.Event()
        self._is_lost = False
        self._stopped_at = math.inf
        self._under_way: set[anyio.CancelScope] = set()

    @property
    def is_set(self) -> bool:
        """Whether the engine has said stop, or is gone."""
        return self._ended.is_set()

    def set(self) -> None:
        """The engine said stop; call it on the loop's own thread. Saying it again changes nothing."""
        if self.is_set:
            return
        self._stopped_at = time.monotonic()
        self._ended.set()
        for scope in self._under_way:
            scope.deadline = min(scope.deadline, _now() + GRACE)

    def lose(self) -> None:
        """The engine is gone; call it on the loop's own thread."""
        self._is_lost = True
        self._ended.set()
        for scope in self._under_way:
            scope.cancel()

    async def sleep(self, seconds: float, *, tried: str) -> None:
        """Sleep, or end early with an error when the engine says stop.

        Raises:
            CancelledWaitError: the engine said stop.
            LostEngineError: the engine is gone.
        """
        try:
            await asyncio.wait_for(self._ended.wait(), timeout=seconds)
        except asyncio.TimeoutError:
            return
        self._refuse_if_lost(tried)
        raise CancelledWaitError("COMFY3003", tried=tried, got="stopped by Ctrl-C while waiting")

    def refuse_if_set(self, tried: str) -> None:
        """Begin nothing new after a stop, such as a build or a run.

        Raises:
            CancelledWaitError: the engine said stop.
            LostEngineError: the engine is gone.
        """
        self._refuse_if_lost(tried)
        if self.is_set:
            raise CancelledWaitError("COMFY3003", tried=tried, got="stopped by Ctrl-C")

    @contextmanager
    def limit(self, seconds: float, *, tried: str) -> Iterator[None]:
        """Bound one request: by `seconds`, by what a stop leaves it, and by the loss of the engine.

        Raises:
            TimeoutError: `seconds` are over.
            CancelledWaitError: the engine said stop, and no answer came in the time that was left.
            LostEngineError: the engine is gone.
        """
        self._refuse_if_lost(tried)
        end = _now() + seconds
        scope = anyio.CancelScope(deadline=min(end, _now() + self._left()))
        self._under_way.add(scope)
        try:
            with scope:
                yield
        finally:
            self._under_way.discard(scope)
        if scope.cancelled_caught:
            self._refuse_if_lost(tried)
            if scope.deadline < end:
                raise CancelledWaitError("COMFY3003", tried=tried, got="stopped by Ctrl-C before the platform answered")
            raise asyncio.TimeoutError

    def _left(self) -> float:
        """Seconds that a request which is begun now may take."""
        if not self.is_set:
            return math.inf
        return max(SHORTEST, LAST - (time.monotonic() - self._stopped_at))

    def _refuse_if_lost(self, tried: str) -> None:
        if self._is_lost:
            raise LostEngineError("COMFY3004", tried=tried, got="the engine that asked for it is gone")
