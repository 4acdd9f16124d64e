"""How the SDK's server writes what a provider answers: without an event loop, where nothing in it waits.

It makes one for each answer, since a value may be an awaitable. A loop opens and closes descriptors, and each time the
interpreter goes to another thread, which a refresh of hundreds feels. This leans on the SDK's internals; tests pin it,
and whatever is not as expected gets a loop as before.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

from pulumi.output import Unknown

_PLAIN = (str, bool, int, float, type(None), Unknown)


def write_without_loops(servicer: object) -> None:
    """Give the module of the SDK's servicer a loop that is one only where it must be."""
    known = type(servicer).Cancel.__globals__  # type: ignore[attr-defined]
    if known.get("asyncio") is asyncio:
        known["asyncio"] = SimpleNamespace(**{**vars(asyncio), "new_event_loop": LoopWhereNeeded})


class LoopWhereNeeded:
    """Stands in the place of the loop in which the SDK serialises properties, and then closes."""

    def run_until_complete(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run `serialize_properties`, whose `inputs` tell whether it can wait for something."""
        if not is_plain(inspect.getcoroutinelocals(work).get("inputs", ...)):
            return _run_in_a_loop(work)
        try:
            work.send(None)
        except StopIteration as done:
            return done.value
        raise AssertionError("what is plain does not wait")

    def close(self) -> None:
        """Nothing is open."""


def _run_in_a_loop(work: Coroutine[Any, Any, Any]) -> Any:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


def is_plain(value: object) -> bool:
    """Tell whether a value is JSON, or not known yet, as a whole."""
    if type(value) is dict:
        return all(map(is_plain, value.values()))
    if type(value) is list:
        return all(map(is_plain, value))
    return type(value) in _PLAIN
