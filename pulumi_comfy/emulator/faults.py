"""Faults for the next requests: a status, a delay, a reset, garbage, silence, or work done without an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

FaultKind = Literal["status", "delay", "reset", "garbage", "truncated", "timeout", "lost", "close_idle", "stale"]


@dataclass
class Fault:
    """One planned fault; `remaining` counts down to zero, None never ends."""

    method: str
    pattern: str
    kind: FaultKind
    remaining: int | None
    status: int = 503
    retry_after: str | None = None
    delay: float = 0.0
    body: Any = None
    _compiled: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the pattern; `{name}` stands for one path segment."""
        self._compiled = re.compile(re.sub(r"\{[A-Za-z_]+\}", "[^/]+", self.pattern))

    def matches(self, method: str, path: str, template: Callable[[], str]) -> bool:
        """Whether the fault applies: templates are compared with the route that would answer, others with the path."""
        if self.remaining == 0 or self.method not in {"*", "ANY", method}:
            return False
        if "{" in self.pattern:
            return self.pattern == template()
        return self._compiled.fullmatch(path) is not None


class Faults:
    """The planned faults of one emulator.

    | kind | what the caller sees |
    | --- | --- |
    | `status` | `status` (503) with `body`, and `retry_after` as the Retry-After header; nothing is done |
    | `delay` | the right answer, `delay` seconds late |
    | `reset` | a TCP reset before anything is done |
    | `garbage` | 200 with a body that is not JSON; nothing is done |
    | `truncated` | the work is done, its answer is cut in half |
    | `timeout` | no answer at all; nothing is done |
    | `lost` | the work is done, then a TCP reset instead of the answer |
    | `close_idle` | the right answer, then the kept-alive connection is closed |
    | `stale` | the right answer; the next request on the same connection meets a reset and does nothing |
    """

    def __init__(self) -> None:
        self._planned: list[Fault] = []

    def add(
        self,
        method: str,
        pattern: str,
        kind: FaultKind,
        *,
        times: int | None = 1,
        status: int = 503,
        retry_after: str | float | None = None,
        delay: float = 0.0,
        body: Any = None,
    ) -> None:
        """Plan a fault for the next `times` matching requests (None: all).

        Args:
            method: An HTTP method, or `*`.
            pattern: A route template such as `/machine/{machine_id}`, or a regular expression that must match the
                whole path. Both without the platform's prefix.
            kind: See the class.
            times: How many requests it hits.
            status: For kind `status`.
            retry_after: For kind `status`: seconds or an HTTP date.
            delay: Seconds before anything else happens; goes with every kind.
            body: For `status` and `garbage`: text, or a JSON value.

        Raises:
            ValueError: An unknown kind.
        """
        if kind not in get_args(FaultKind):
            raise ValueError(f"unknown kind of fault {kind!r}: choose one of {', '.join(get_args(FaultKind))}")
        retry = None if retry_after is None else str(retry_after)
        self._planned.append(Fault(method.upper(), pattern, kind, times, status, retry, delay, body))

    def take(self, method: str, path: str, template: Callable[[], str]) -> Fault | None:
        """The first planned fault for this request, used up by one."""
        for fault in self._planned:
            if fault.matches(method, path, template):
                if fault.remaining is not None:
                    fault.remaining -= 1
                return fault
        return None

    @property
    def pending(self) -> list[dict[str, Any]]:
        """The faults that have not run out."""
        return [
            {"method": fault.method, "pattern": fault.pattern, "kind": fault.kind, "remaining": fault.remaining}
            for fault in self._planned
            if fault.remaining != 0
        ]

    def __bool__(self) -> bool:
        """Whether any fault was planned."""
        return bool(self._planned)

    def clear(self) -> None:
        """Forget all faults."""
        self._planned.clear()
