"""How the SDK's server writes what a provider answers: without an event loop, where nothing in it waits.

It makes one for each answer, since a value may be an awaitable. A loop opens and closes descriptors, and each time the
interpreter goes to another thread, which a refresh of hundreds feels. This leans on the SDK's internals: what it leans
on is looked at once, and where that is otherwise the server is left as it is. Tests pin it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine
from contextlib import suppress
from types import CodeType, SimpleNamespace
from typing import Any

from pulumi.output import Unknown
from pulumi.runtime import rpc

from pulumi_comfy.shells.values import to_struct

_ANSWERS = ("Check", "Create", "Update", "Read")
_USED = {"new_event_loop", "run_until_complete", "close"}
"""All that the SDK's methods use of asyncio and of a loop."""
_PLAIN = (str, bool, int, float, type(None), Unknown)
_PROBE: dict[str, Any] = {"a": [{"b": "text"}, True, 1, 0.5, ""]}


def write_without_loops(servicer: object) -> bool:
    """Give the module of the SDK's servicer a loop that is one only where it must be; False where it is left alone."""
    known = getattr(type(servicer).Cancel, "__globals__", {})  # type: ignore[attr-defined]
    if known.get("asyncio") is not asyncio or not _is_as_expected(servicer):
        return False
    known["asyncio"] = SimpleNamespace(**{**vars(asyncio), "new_event_loop": LoopWhereNeeded})
    return True


class LoopWhereNeeded:
    """Stands in the place of the loop in which the SDK serialises the properties of one answer."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def run_until_complete(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run `serialize_properties`, whose `inputs` tell whether it can wait for something."""
        if not is_plain(inspect.getcoroutinelocals(work).get("inputs", ...)):
            self._loop = self._loop or asyncio.new_event_loop()  # one for all of an answer: its values may share it
            return self._loop.run_until_complete(work)
        try:
            work.send(None)
        except StopIteration as done:
            return done.value
        raise AssertionError("what is plain does not wait")

    def close(self) -> None:
        """Close the loop, if there is one."""
        if self._loop is not None:
            self._loop.close()


def is_plain(value: object) -> bool:
    """Tell whether a value is JSON, or not known yet, as a whole."""
    if type(value) is dict:
        return all(map(is_plain, value.values()))
    if type(value) is list:
        return all(map(is_plain, value))
    return type(value) in _PLAIN


def _is_as_expected(servicer: object) -> bool:
    """Tell whether the SDK uses a loop as it is known to, and serialises what is plain without waiting."""
    names = {name for method in _ANSWERS for name in _names_in(getattr(type(servicer), method, None))}
    if names & {*dir(asyncio), *dir(asyncio.AbstractEventLoop)} != _USED:
        return False
    with suppress(Exception):  # whatever it is, it is not as expected
        probe = {**_PROBE, "c": Unknown()}  # type: ignore[no-untyped-call]
        written = LoopWhereNeeded().run_until_complete(rpc.serialize_properties(probe, {}))
        return bool(written == to_struct({**_PROBE, "c": rpc.UNKNOWN}))
    return False


def _names_in(method: object) -> tuple[str, ...]:
    """Give the names that a method uses; it is wrapped in what turns exceptions into answers."""
    inside = [cell.cell_contents for cell in getattr(method, "__closure__", None) or ()]
    codes = [code for one in (method, *inside) if isinstance(code := getattr(one, "__code__", None), CodeType)]
    return tuple(name for code in codes for name in code.co_names)
