"""Waiting for the platform: named pending states, named target states, everything else is an error.

A wait outlives an outage that is shorter than itself: what passes by itself is «not known yet», not an answer.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, PlatformError, WaitTimeoutError
from pulumi_comfy.core.pace import paced

ValueT = TypeVar("ValueT")

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0
_GROWTH = 1.4
_JITTER = 0.2


@dataclass(frozen=True)
class Look(Generic[ValueT]):
    """What one look at the platform showed.

    Attributes:
        state: how far it is, which is judged.
        value: the object looked at.
        line: what is worth showing while it lasts, e.g. the last log line.
        word: the platform's word for it, where the state is another.
    """

    state: str
    value: ValueT
    line: str = ""
    word: str = ""

    @property
    def shown(self) -> str:
        """What a person is told of how far it is."""
        return self.word or self.state


async def outlast(work: Callable[[], Awaitable[ValueT]], *, tried: str, call: Call[Any], seconds: float) -> ValueT:
    """Do something that may be done twice, again and again while the platform is away.

    Args:
        work: what to do; done once at least.
        tried: what it is for, as a verb with its object.
        call: reports progress and ends the pauses when the engine says stop.
        seconds: the longest this may take, pauses included.

    Raises:
        PlatformError: the last one when `seconds` are over, or one that does not pass by itself.
        CancelledWaitError: the engine said stop.
    """
    started, pauses = time.monotonic(), _pauses()
    while True:
        try:
            return await work()
        except PlatformError as away:
            waited = time.monotonic() - started
            nap = away.pause or next(pauses)
            if not away.passes or waited + (away.pause or 0) >= seconds or call.cancellation.is_set:
                raise
            call.progress(f"{away.got}; asking again ({waited:.0f} s)")
        await call.cancellation.sleep(min(nap, max(0.01, seconds - waited)), tried=tried)


async def wait_until(
    look: Callable[[], Awaitable[Look[ValueT]]],
    *,
    tried: str,
    pending: frozenset[str],
    target: frozenset[str],
    failed: Callable[[Look[ValueT]], ComfyError],
    call: Call[Any],
    seconds: float,
) -> ValueT:
    """Look again and again, with growing jittered pauses, until a target state.

    Args:
        look: one look at the platform.
        tried: what is waited for, as a verb with its object.
        pending: states that mean «not yet».
        target: states that mean «done».
        failed: makes the error for any other state.
        call: reports progress and ends the wait when the engine says stop.
        seconds: the longest this may take.

    Raises:
        ComfyError: what `failed` made.
        WaitTimeoutError: `seconds` are over.
        PlatformError: `seconds` are over and the platform is away, or it fails in a way that does not pass by itself.
        CancelledWaitError: the engine said stop.
    """
    started, pauses = time.monotonic(), _pauses()
    while True:
        seen = await outlast(look, tried=tried, call=call, seconds=seconds - (time.monotonic() - started))
        waited = time.monotonic() - started
        if seen.state in target:
            return seen.value
        if seen.state not in pending:
            raise failed(seen)
        call.progress(f"{seen.shown}{': ' + seen.line if seen.line else ''} ({waited:.0f} s)")
        if waited >= seconds:
            last = f', last line "{seen.line}"' if seen.line else ""
            raise WaitTimeoutError(
                "COMFY3002", tried=tried, got=f"still {seen.shown} after {max(0, seconds):.0f} s{last}"
            )
        await call.cancellation.sleep(min(next(pauses), max(0.01, seconds - waited)), tried=tried)


def _pauses() -> Iterator[float]:
    """Give growing, jittered pauses without end."""
    pause = FIRST_PAUSE
    while True:
        yield paced(pause * random.uniform(1 - _JITTER, 1 + _JITTER))
        pause = min(pause * _GROWTH, LONGEST_PAUSE)
