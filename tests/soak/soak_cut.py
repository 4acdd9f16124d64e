"""An operation that is ended before its time."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

PATIENCE = 2.0
"""Seconds after which an operation is cut in any case: it waits, and asks the platform ever more seldom."""


class Cut:
    """Cancels or kills the running operation once the platform has seen so many requests."""

    def __init__(self, stack: Any, emulator: Any, cut: str | None, after: int) -> None:
        ends = {
            "cancel": stack.cancel,
            "kill": stack.kill,
            "kill the engine": partial(stack.kill, spares_provider=True),
        }
        self._end = ends[cut] if cut else None
        self._requests = emulator
        self._after = after
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        if self._end is not None:
            self._requests.clear_requests()
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._end is not None:
            self._thread.join()

    def _watch(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(self._requests.requests) < self._after and time.monotonic() < deadline:
            if self._over.wait(0.001):
                return
        self._end()
