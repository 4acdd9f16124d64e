"""Waiting for the platform: named pending states, named target states, everything else is an error."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, WaitTimeoutError
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
        state: the platform's word.
        value: the object looked at.
        line: what is worth showing while it lasts, e.g. the last log line.
    """

    state: str
    value: ValueT
    line: str = ""


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
        CancelledWaitError: the engine said stop.
    """
    pause, started = FIRST_PAUSE, time.monotonic()
    while True:
        seen = await look()
        waited = time.monotonic() - started
        if seen.state in target:
            return seen.value
        if seen.state not in pending:
            raise failed(seen)
        call.progress(f"{seen.state}{': ' + seen.line if seen.line else ''} ({waited:.0f} s)")
        if waited >= seconds:
            last = f', last line "{seen.line}"' if seen.line else ""
            raise WaitTimeoutError(
                "COMFY3002", tried=tried, got=f"still {seen.state} after {max(0, seconds):.0f} s{last}"
            )
        nap = min(paced(pause * random.uniform(1 - _JITTER, 1 + _JITTER)), max(0.01, seconds - waited))
        await call.cancellation.sleep(nap, tried=tried)
        pause = min(pause * _GROWTH, LONGEST_PAUSE)
