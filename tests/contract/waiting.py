"""Waiting in tests for the moment that matters, never for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def in_background(work: Callable[[], Any]) -> Iterator[list[Any]]:
    """Run something beside the test and wait for its end; the list then holds what it gave."""
    gave: list[Any] = []
    running = threading.Thread(target=lambda: gave.append(work()), daemon=True)
    running.start()
    yield gave
    running.join(timeout=60)
    assert not running.is_alive()


def eventually(is_true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Look until it is so; the bound only ends a test that has failed."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
