"""API keys, one after the other: two that one account makes within a second are the same text, which is refused."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.pace import paced

ValueT = TypeVar("ValueT")

SAME_SECOND: Final = "duplicate key value"
"""What the server's database says of a second key of one second; the rest of its words hold a key in clear."""
_APART = 1.1
"""Seconds from one key's answer to the next key's request."""


@dataclass
class KeyQueue:
    """The API keys that this process makes, one after the other.

    Attributes:
        lock: held while one is made.
        answered: when the last request for one ended, on the monotonic clock.
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answered: float = float("-inf")


async def in_a_second_of_its_own(
    make: Callable[[], Awaitable[ValueT]], queue: KeyQueue, call: Call[Any], *, tried: str, is_first: bool
) -> ValueT:
    """Create a key when the last one of this process is long enough ago; after a refusal at some odd moment.

    Args:
        make: creates it.
        queue: the account's.
        call: the call.
        tried: what it is for, as a verb with its object.
        is_first: whether none was refused before.
    """
    # A refusal is the platform's clock speaking, which no pace of ours hurries.
    apart = paced(_APART) if is_first else _APART * random.uniform(1, 2)
    async with queue.lock:
        rest = queue.answered + apart - time.monotonic()
        if rest > 0:
            await call.cancellation.sleep(rest, tried=tried)
        try:
            return await make()
        finally:
            queue.answered = time.monotonic()
