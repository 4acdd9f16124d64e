"""Reading a platform's answer: the body in whatever shape it comes, its error in one line, its Retry-After."""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone

import httpx

from pulumi_comfy.core.model import Json
from pulumi_comfy.core.redaction import redact

LONGEST_BODY = 64 * 1024 * 1024
"""Bytes of an answer, unpacked: two documents of 20 MB with room, and no more than a process can hold."""
PACKINGS = ("gzip", "deflate")
"""How an answer may be compressed: those whose parts unpack to a bounded multiple of what was read."""
_DEEPEST = 100
"""Lists and objects within each other; no document of people comes near it."""
_HALF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
"""What may be half of a character: text that no state can hold."""
_LONGEST_DETAIL = 240
_MOST_READ = 20_000
"""Characters of an error's text that are looked at for it: a page can be megabytes."""


@dataclass(frozen=True)
class Answer:
    """A status and the parsed body (the text itself where it is no JSON)."""

    status: int
    body: Json


class RetryAfterError(Exception):
    """The platform asks for a longer pause than we are ready to make."""

    def __init__(self, seconds: float, longest: float) -> None:
        super().__init__(f"asks to wait {seconds:.0f} s, longer than the {longest:.0f} s we wait")
        self.seconds = seconds


class BodyError(Exception):
    """A body that is not read to its end: too long, or packed in a way that nobody asked for."""


async def whole_body(response: httpx.Response, longest: int) -> bytes:
    """Read and unpack a body.

    Raises:
        BodyError: it is longer than `longest` bytes, or packed otherwise than asked for.
    """
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("", "identity", *PACKINGS):
        raise BodyError(f"the answer is packed as {packing[:20]}, which was not asked for")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > longest:
            raise BodyError(f"the answer is longer than {longest / 2**20:.3g} MiB")
    return bytes(body)


def parse_body(body: bytes) -> tuple[Json, bool]:
    """Give the body and whether it is JSON of a sane depth. Python keeps 64-bit integers exact."""
    text = body.decode(errors="replace")
    try:
        value = json.loads(text, parse_constant=_no_number)
        if _HALF_A_PAIR.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # the second: brackets by the thousand
        return text, False
    return (value, True) if _is_shallow(value) else (text, False)


def _no_number(word: str) -> Json:
    """Python reads NaN and Infinity, which are no JSON and no number that a state can hold."""
    raise ValueError(word)


def _is_shallow(value: Json) -> bool:
    level: list[Json] = [[value]]
    for _depth in range(_DEEPEST):
        level = [inner for one in level for inner in _members(one) if isinstance(inner, dict | list)]
        if not level:
            return True
    return False


def _members(holder: Json) -> Iterable[Json]:
    return holder.values() if isinstance(holder, dict) else holder


def sentence_of(body: Json) -> str | None:
    """Give the whole sentence that an error body says, in the two shapes that platforms have; None for any other."""
    said = body.get("detail", body.get("error")) if isinstance(body, dict) else None
    return said if isinstance(said, str) else None


def detail_of(body: Json) -> str:
    """Say in one short line what an error body says; in every shape that platforms have, JSON or not."""
    if isinstance(body, dict):
        body = body.get("detail", body.get("error", body.get("message", body)))
    if isinstance(body, dict):
        body = body.get("message", body.get("error"))
    if isinstance(body, list):
        body = "; ".join(filter(None, map(_validation_row, body)))
    text = _plain(body)[:_MOST_READ].split("\n[SQL:")[0]  # the server leaks statements with their parameters
    text = " ".join(redact(text).split()) or "no reason given"  # masked first: half a secret is not recognised
    return text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"


def _validation_row(row: Json) -> str:
    if not isinstance(row, dict):
        return _plain(row)
    steps = row["loc"] if isinstance(row.get("loc"), list) else []
    place = ".".join(_plain(step) for step in steps if step not in ("body", "query", "path"))
    message = _plain(row.get("msg")) or "not valid"
    return f"{place}: {message}" if place else message


def _plain(value: Json) -> str:
    """Give text and numbers as they are; of anything else a person learns nothing."""
    return str(value) if isinstance(value, str | int | float) else ""


def retry_after_of(response: httpx.Response, longest: float) -> float | None:
    """Give the pause in seconds that the platform asks for, in any of its spellings; None when it asks for none.

    Raises:
        RetryAfterError: it asks for more than `longest` seconds.
    """
    seconds = _asked_pause(response)
    if seconds is not None and seconds > longest:
        raise RetryAfterError(seconds, longest)
    return seconds


def asks_to_wait(response: httpx.Response) -> bool:
    """Tell whether the platform says when to come back."""
    return _asked_pause(response) is not None


def _asked_pause(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    for spelling, unit in ((response.headers.get("retry-after-ms", ""), 1000), (text, 1)):
        try:
            return max(0.0, float(spelling) / unit)
        except ValueError:
            continue
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (_in_utc(moment) - _now_there(response)).total_seconds())


def _now_there(response: httpx.Response) -> datetime:
    """Give the time by the clock of whoever answered, where it tells: ours may be minutes off."""
    try:
        return _in_utc(email.utils.parsedate_to_datetime(response.headers.get("date", "")))
    except (ValueError, OverflowError):
        return datetime.now(timezone.utc)


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
