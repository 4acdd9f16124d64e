"""The record of every request to a platform's routes, without any credential."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

REDACTED = "[redacted]"

_SECRET_NAMES = {
    "auth_token",
    "cd_token",
    "authorization",
    "encrypted_value",
    "hugging_face_token",
    "s3_access_key_id",
    "s3_secret_access_key",
    "downloadLink",
    "api_key",
    "token",
}


def redact(value: Any) -> Any:
    """A copy of a JSON value with every slot that can hold a credential blanked."""
    if isinstance(value, list):
        return [redact(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_variable = set(value) >= {"key", "value"}
    return {
        name: REDACTED if (name in _SECRET_NAMES and item) or (is_variable and name == "value") else redact(item)
        for name, item in value.items()
    }


def redact_query(query_string: bytes) -> dict[str, str]:
    """The query as a dict (the last of equal names wins) with credentials blanked."""
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    return {name: REDACTED if name in _SECRET_NAMES else value for name, value in pairs}


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
        entry = LoggedRequest(
            sequence=next(self._sequence),
            platform=platform,
            method=method,
            path=url_path,
            url_path=url_path,
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
    """The request's JSON without credentials; None when empty, not JSON, or nested too deeply to look into."""
    if not body:
        return None
    try:
        return redact(json.loads(body))
    except (ValueError, RecursionError):
        return None
