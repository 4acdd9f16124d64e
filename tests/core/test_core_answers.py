"""Answers as real and as hostile servers give them."""

from __future__ import annotations

import email.utils
import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_comfy.core.error_codes import REGISTRY
from pulumi_comfy.core.http.answers import (
    RetryAfterError,
    detail_of,
    parse_body,
    retry_after_of,
)
from pulumi_comfy.core.http.dialect import Dialect
from pulumi_comfy.core.redaction import register_secret

LONG = "x" * 1000

BODIES: dict[str, tuple[Any, str]] = {
    "a FastAPI detail": ({"detail": "Machine not found"}, "Machine not found"),
    "an error": ({"error": "no"}, "no"),
    "a message": ({"message": "no"}, "no"),
    "a nested message": ({"error": {"message": "no", "type": "x"}}, "no"),
    "a nested error": ({"detail": {"error": "no"}}, "no"),
    "detail before error": ({"error": "b", "detail": "a"}, "a"),
    "validation rows": (
        {"detail": [{"loc": ["body", "gpu"], "msg": "wrong"}, {"loc": ["query", "a", 0], "msg": "bad"}]},
        "gpu: wrong; a.0: bad",
    ),
    "a validation row without a place": ({"detail": [{"loc": ["body"], "msg": "wrong"}]}, "wrong"),
    "a validation row without words": ({"detail": [{"loc": ["body", "gpu"]}]}, "gpu: not valid"),
    "an empty validation row": ({"detail": [{}]}, "not valid"),
    "a validation row whose place is null": ({"detail": [{"loc": None, "msg": "wrong"}]}, "wrong"),
    "a validation row whose place is a number": ({"detail": [{"loc": 5, "msg": "wrong"}]}, "wrong"),
    "rows that are plain text": ({"detail": ["a", "b"]}, "a; b"),
    "a leaked statement": ({"detail": "duplicate key\n[SQL: INSERT INTO x]\n[parameters: (1)]"}, "duplicate key"),
    "lines and tabs": ("a\n\n b\tc", "a b c"),
    "something long": ({"detail": LONG}, "x" * 239 + "…"),
    "exactly as long as allowed": ("y" * 240, "y" * 240),
    "an object that says nothing": ({"foo": 1}, "no reason given"),
    "nothing nested": ({"error": {}}, "no reason given"),
    "a reason that is an object": ({"error": {"message": {"a": 1}}}, "no reason given"),
    "null": (None, "no reason given"),
    "a null detail": ({"detail": None}, "no reason given"),
    "an empty text": ("", "no reason given"),
    "an empty list": ({"detail": []}, "no reason given"),
    "a number": (3, "3"),
}


@pytest.mark.parametrize(("body", "detail"), BODIES.values(), ids=BODIES.keys())
def test_an_error_body_is_told_in_one_short_line(body: Any, detail: str):
    assert detail_of(body) == detail


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["detail", "error", "message", "loc", "msg", "x"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_body_at_all_is_told_in_one_short_line(body: Any):
    detail = detail_of(body)

    assert 0 < len(detail) <= 240
    assert len(detail.splitlines()) == 1


def test_a_secret_is_masked_before_a_long_detail_is_cut_through_it():
    register_secret("secret-that-is-cut-in-two")

    detail = detail_of({"detail": "a" * 225 + "secret-that-is-cut-in-two"})

    assert "secret-that" not in detail


def test_a_secret_of_several_lines_is_masked_although_the_detail_is_one_line():
    register_secret("-----BEGIN KEY-----\nabcdefgh\n-----END KEY-----")

    detail = detail_of({"detail": "bad value: -----BEGIN KEY-----\nabcdefgh\n-----END KEY-----"})

    assert "abcdefgh" not in detail


@pytest.mark.parametrize(
    ("content", "body", "is_json"),
    [
        (b'{"seed": 18446744073709551615}', {"seed": 18446744073709551615}, True),
        (b"null", None, True),
        (b"<html>502</html>", "<html>502</html>", False),
        (b"", "", False),
        (b"\xff\xfe\x00", "��\x00", False),
        (b"[" * 100_000, "[" * 100_000, False),
        (b"9" * 5000, None, None),
    ],
    ids=["64 bits", "null", "HTML", "empty", "no text", "deep", "a number of 5000 digits"],
)
def test_a_body_is_parsed_or_given_as_text(content: bytes, body: Any, is_json: bool | None):
    parsed = parse_body(content)

    assert is_json is None or parsed == (body, is_json)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "COMFY2400"),
        (401, "COMFY2401"),
        (402, "COMFY2402"),
        (403, "COMFY2403"),
        (404, "COMFY2404"),
        (409, "COMFY2409"),
        (422, "COMFY2400"),
        (429, "COMFY2429"),
        (500, "COMFY2500"),
        (503, "COMFY2500"),
    ],
)
def test_a_status_has_its_code(status: int, code: str):
    assert Dialect().code_of(status) == code
    assert code in REGISTRY


def date_in(seconds: float) -> str:
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


RETRY_AFTER: dict[str, tuple[dict[str, str], float | None]] = {
    "nothing": ({}, None),
    "seconds": ({"retry-after": "7"}, 7),
    "part of a second": ({"retry-after": "0.5"}, 0.5),
    "zero": ({"retry-after": "0"}, 0),
    "less than nothing": ({"retry-after": "-3"}, 0),
    "milliseconds": ({"retry-after-ms": "1500"}, 1.5),
    "milliseconds win": ({"retry-after-ms": "1500", "retry-after": "60"}, 1.5),
    "garbage": ({"retry-after": "soon"}, None),
    "garbage in milliseconds": ({"retry-after-ms": "soon"}, None),
    "garbage in milliseconds and good seconds": ({"retry-after-ms": "soon", "retry-after": "4"}, 4),
    "no number": ({"retry-after": "nan"}, 0),
    "a date in the past": ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
    "a date without a zone": ({"retry-after": "Wed, 21 Oct 2015 07:28:00"}, 0),
    "a date that does not exist": ({"retry-after": "Wed, 99 Oct 2015 07:28:00 GMT"}, None),
    "a year beyond the calendar": ({"retry-after": "Fri, 31 Dec 99999 23:59:59 GMT"}, None),
    "a zone beyond the clock": ({"retry-after": "Wed, 21 Oct 2015 07:28:00 +999999999999999999"}, None),
}


@pytest.mark.parametrize(("headers", "pause"), RETRY_AFTER.values(), ids=RETRY_AFTER.keys())
def test_a_pause_is_read_in_every_spelling(headers: dict[str, str], pause: float | None):
    assert retry_after_of(httpx.Response(429, headers=headers), longest=60) == pause


def test_a_date_in_the_future_is_a_pause_until_then():
    pause = retry_after_of(httpx.Response(429, headers={"retry-after": date_in(3000)}), longest=7000)

    assert pause == pytest.approx(3000, abs=1000)


@pytest.mark.parametrize("date", ["Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00"])
def test_a_date_is_read_by_the_clock_of_whoever_answered(date: str):
    headers = {"date": date, "retry-after": "Wed, 21 Oct 2015 07:28:30 GMT"}

    assert retry_after_of(httpx.Response(429, headers=headers), longest=60) == 30


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": "61"},
        {"retry-after-ms": "61000"},
        {"retry-after": "inf"},
        {"retry-after": date_in(90_000)},
    ],
)
def test_a_pause_that_is_too_long_is_refused(headers: dict[str, str]):
    with pytest.raises(RetryAfterError, match=r"asks to wait \S+ s, longer than the 60 s we wait"):
        retry_after_of(httpx.Response(429, headers=headers), longest=60)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_any_header_at_all_is_a_pause_or_none(header: str):
    pause = retry_after_of(httpx.Response(429, headers={"retry-after": header}), longest=float("inf"))

    assert pause is None or pause >= 0
