"""Reading a platform's answer: the body in whatever shape it comes, its error in one line, its Retry-After."""

from __future__ import annotations

import email.utils
import json
from dataclasses import dataclass
from datetime import datetime, timezone

import httpx

from pulumi_comfy.core.model import Json
from pulumi_comfy.core.redaction import redact

_LONGEST_DETAIL = 240


@dataclass(frozen=True)
class Answer:
    """A status and the parsed body (the text itself where it is no JSON)."""

    status: int
    body: Json


class RetryAfterError(Exception):
    """The platform asks for a longer pause than we are ready to make."""


def parse_body(response: httpx.Response) -> tuple[Json, bool]:
    """Give the body and whether it is JSON. Python keeps 64-bit integers exact."""
    try:
        return json.loads(response.text), True
    except (ValueError, RecursionError):  # the second: brackets by the thousand
        return response.text, False


def code_for_status(status: int) -> str:
    """Give the registry's code for an HTTP status. 402 means «machine in use» here, not billing (reference 1.3)."""
    exact = {401: "2401", 402: "2409", 403: "2403", 404: "2404", 409: "2409", 429: "2429"}
    return "COMFY" + exact.get(status, "2500" if status >= 500 else "2400")


def detail_of(body: Json) -> str:
    """Say in one short line what an error body says; every shape of reference 1.2 and non-JSON bodies."""
    if isinstance(body, dict):
        body = body.get("detail", body.get("error", body.get("message", body)))
    if isinstance(body, dict):
        body = body.get("message", body.get("error"))
    if isinstance(body, list):
        body = "; ".join(filter(None, map(_validation_row, body)))
    text = _plain(body).split("\n[SQL:")[0]  # the server leaks statements with their parameters
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
        raise RetryAfterError(f"asks to wait {seconds:.0f} s, longer than the {longest:.0f} s we wait")
    return seconds


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
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())
