"""Faults for the next requests: a status, a delay, a reset, garbage, silence, or work done without an answer."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from pulumi_comfy.emulator.numbers import is_count, is_duration, is_whole

FaultKind = Literal["status", "delay", "reset", "garbage", "truncated", "timeout", "lost", "close_idle", "stale"]

_FIRST_STATUS, _LAST_STATUS = 200, 599
_ANY_METHOD = ("*", "ANY")
_PARAMETER = re.compile(r"\{[A-Za-z_]+(?::path)?\}")
_EXAMPLES = ("6d2b5f0e-1111-4222-8333-444455556666", "1")


def _as_pattern(route: str) -> re.Pattern[str]:
    """The route as a regular expression; `{name}` stands for one path segment."""
    return re.compile(_PARAMETER.sub("[^/]+", route))


def _example_paths(template: str) -> Iterator[str]:
    """Paths of a route, with an id or a number for each parameter."""
    for values in itertools.product(_EXAMPLES, repeat=len(_PARAMETER.findall(template))):
        yield _PARAMETER.sub("{}", template).format(*values)


@dataclass
class Fault:
    """One planned fault; `remaining` counts down to zero, None never ends."""

    method: str
    route: str
    kind: FaultKind
    remaining: int | None
    status: int = 503
    retry_after: str | None = None
    delay: float = 0.0
    body: Any = None
    _compiled: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the route.

        Raises:
            ValueError: It is neither a template nor a regular expression.
        """
        try:
            self._compiled = _as_pattern(self.route)
        except re.error as problem:
            raise ValueError(f"the route {self.route!r} is no regular expression: {problem}") from None

    def matches(self, method: str, path: str, template: Callable[[], str]) -> bool:
        """Whether the fault applies: templates are compared with the route that would answer, others with the path."""
        if self.remaining == 0 or self.method not in {*_ANY_METHOD, method}:
            return False
        if "{" in self.route:
            return self.route == template()
        return self._compiled.fullmatch(path) is not None

    def can_hit(self, method: str, template: str) -> bool:
        """Whether a request to this route could meet the fault; one that is written for a single id could."""
        if self.method not in {*_ANY_METHOD, method}:
            return False
        if "{" in self.route:
            return self.route == template
        is_for_one_id = _as_pattern(template).fullmatch(self.route) is not None
        return is_for_one_id or any(self._compiled.fullmatch(path) for path in _example_paths(template))


def _refuse_nonsense(times: object, status: object, delay: object) -> None:
    if times is not None and not is_count(times):
        raise ValueError(f"times={times!r} would hit no request: give 1 or more, or None for all")
    if not (is_whole(status) and _FIRST_STATUS <= status <= _LAST_STATUS):
        raise ValueError(f"status={status!r} is no answer of a server: give {_FIRST_STATUS} to {_LAST_STATUS}")
    if not is_duration(delay):
        raise ValueError(f"delay={delay!r} is no time to wait: give seconds, 0 or more")


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
        self._routes: Sequence[tuple[str, str]] = ()

    def only_on(self, routes: Sequence[tuple[str, str]]) -> None:
        """Refuse faults that could hit none of these routes, given as method and template."""
        self._routes = routes

    def add(
        self,
        method: str,
        route: str,
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
            route: A route template such as `/machine/{machine_id}`, or a regular expression that must match the
                whole path. Both without the platform's prefix.
            kind: See the class.
            times: How many requests it hits.
            status: For kind `status`.
            retry_after: For kind `status`: seconds or an HTTP date.
            delay: Seconds before anything else happens; goes with every kind.
            body: For `status` and `garbage`: text, or a JSON value.

        Raises:
            ValueError: An unknown kind, a route that the platform does not have, or numbers that make no sense.
        """
        _refuse_nonsense(times, status, delay)
        if kind not in get_args(FaultKind):
            raise ValueError(f"unknown kind of fault {kind!r}: choose one of {', '.join(get_args(FaultKind))}")
        retry = None if retry_after is None else str(retry_after)
        fault = Fault(method.upper(), route, kind, times, status, retry, delay, body)
        if self._routes and not any(fault.can_hit(*known) for known in self._routes):
            raise ValueError(f"unknown route {fault.method} {route}: the fault would never happen{self._near(route)}")
        self._planned.append(fault)

    def _near(self, route: str) -> str:
        known = sorted({f"{method} {template}" for method, template in self._routes})
        paths = difflib.get_close_matches(route, [row.partition(" ")[2] for row in known], n=1, cutoff=0.7)
        near = [row for row in known if row.partition(" ")[2] in paths]
        return f"; did you mean {' or '.join(near)}?" if near else "; docs/emulator.md lists the routes"

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
            {"method": fault.method, "route": fault.route, "kind": fault.kind, "remaining": fault.remaining}
            for fault in self._planned
            if fault.remaining != 0
        ]

    def __bool__(self) -> bool:
        """Whether any fault was planned."""
        return bool(self._planned)

    def clear(self) -> None:
        """Forget all faults."""
        self._planned.clear()
