"""The record of every request to a platform's routes, without any credential, private text or document."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pulumi_comfy.emulator.redaction import redact, redact_query, redact_text


@dataclass
class LoggedRequest:
    """One request. `path` is the route template, `url_path` what was asked; times are seconds since the epoch.

    `in_flight` counts the requests being answered when this one arrived, itself included. `status` is None while
    the answer is outstanding and stays None when none was given (a reset). `fault` names the fault that was applied.
    """

    sequence: int
    platform: str
    method: str
    path: str
    url_path: str
    query: dict[str, str]
    in_flight: int
    started: float
    ended: float | None = None
    status: int | None = None
    request_json: Any = None
    fault: str | None = None
    account: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The request as a JSON object."""
        return dict(self.__dict__)


@dataclass
class RequestLog:
    """All requests since the start or the last clearing, oldest first."""

    entries: list[LoggedRequest] = field(default_factory=list)
    _sequence: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _in_flight: int = 0

    def begin(self, platform: str, method: str, url_path: str, query_string: bytes) -> LoggedRequest:
        """Note that a request arrived."""
        self._in_flight += 1
        shown_path = redact_text(url_path)
        entry = LoggedRequest(
            sequence=next(self._sequence),
            platform=platform,
            method=method,
            path=shown_path,
            url_path=shown_path,
            query=redact_query(query_string),
            in_flight=self._in_flight,
            started=time.time(),
        )
        self.entries.append(entry)
        return entry

    def end(self, entry: LoggedRequest) -> None:
        """Note that it was answered, or given up."""
        self._in_flight -= 1
        entry.ended = time.time()

    def clear(self) -> None:
        """Forget all requests; numbering goes on."""
        self.entries.clear()


def readable_body(body: bytes) -> Any:
    """The request's JSON as the log may show it; None when empty, not JSON, or nested too deeply to look into."""
    if not body:
        return None
    try:
        return redact(json.loads(body))
    except (ValueError, RecursionError):
        return None
