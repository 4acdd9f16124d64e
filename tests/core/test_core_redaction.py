"""Secrets never survive: in text, in logs, in tracebacks, in any spelling that an answer may use."""

from __future__ import annotations

import base64
import html
import io
import json
import logging
import re
import shlex
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pulumi_comfy.core import redaction
from pulumi_comfy.core.errors import ComfyError
from pulumi_comfy.core.redaction import MASK, RedactingFilter, last_lines, logger, redact, register_secret

CANARY = "canary-8f3b!z"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What a handler on a logger of its own wrote, with our filter on the handler."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(RedactingFilter())
    own = logging.getLogger("redaction-test")
    own.addHandler(handler)
    own.setLevel(logging.DEBUG)
    yield written
    own.removeHandler(handler)


def test_a_registered_secret_is_masked_everywhere_in_a_text():
    register_secret(CANARY)

    assert redact(f"{CANARY}={CANARY}") == f"{MASK}={MASK}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"A": "in-mapping-1"}, "in-mapping-1"),
        (["in-list-1"], "in-list-1"),
        (("in-tuple-1",), "in-tuple-1"),
        ({"A": [{"B": "in-depth-1"}]}, "in-depth-1"),
    ],
)
def test_every_text_inside_a_registered_value_is_masked(value: Any, text: str):
    register_secret(value)

    assert redact(text) == MASK


@pytest.mark.parametrize("value", [None, 12345, True, 1.5])
def test_what_is_no_text_is_not_registered(value: object):
    register_secret(value)

    assert redact(f"it is {value}") == f"it is {value}"


def test_a_very_short_secret_is_not_registered_since_it_would_blot_out_words():
    register_secret("abc")

    assert redact("abcdef") == "abcdef"


def test_of_two_secrets_of_which_one_holds_the_other_nothing_is_left():
    register_secret("inner-77")
    register_secret("outer-inner-77-outer")

    assert redact("outer-inner-77-outer") == MASK


@pytest.mark.parametrize("spelled", ["X-Sig=abcdefgh12", "signature abcdefgh12 is wrong"])
def test_what_signs_a_secret_url_is_masked_alone_too(spelled: str):
    register_secret("https://files.example/model?expires=1&X-Sig=abcdefgh12")

    assert "abcdefgh12" not in redact(spelled)


@pytest.mark.parametrize("spelled", ["pa\u0308sse fu\u0308r 1", "p\u00e4sse f\u00fcr 1"], ids=["in parts", "composed"])
def test_letters_with_marks_are_masked_however_they_are_composed(spelled: str):
    register_secret("p\u00e4sse fu\u0308r 1")

    assert redact(spelled) == MASK


def test_quotes_are_masked_in_every_spelling_of_html():
    register_secret('a "word" o\'clock')

    assert redact("a &#34;word&#34; o&#39;clock") == redact("a &quot;word&quot; o&#x27;clock") == MASK


def test_the_last_lines_of_a_log_do_not_begin_within_a_secret():
    register_secret("wrapped-in-the-middle")

    assert last_lines(["wrapped-in-\nthe-middle of it", "", " then ", "an end"], 3) == [
        f"{MASK} of it",
        "then",
        "an end",
    ]


def test_a_secret_that_looks_like_a_broken_url_is_masked_all_the_same():
    register_secret("http://[broken?x=abcdefgh")

    assert redact("http://[broken?x=abcdefgh") == MASK


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key eyJhbGciOiJI.eyJvcmciOiJ4.c2lnbmF0dXJl!", f"key {MASK}!"),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {MASK}"),
        ('"Authorization: Bearer $COMFYDEPLOY_API_KEY" -d', '"Authorization: Bearer $COMFYDEPLOY_API_KEY" -d'),
        ("https://x.example/v?cd_token=abcd&b=1", f"https://x.example/v?cd_token={MASK}&b=1"),
        ("git clone https://x-access-token:abcd@github.com/o/r", f"git clone https://{MASK}@github.com/o/r"),
        ("see https://x.example/a:b@c and http://h:80/", "see https://x.example/a:b@c and http://h:80/"),
        ("eyJ is how they begin", "eyJ is how they begin"),
    ],
)
def test_what_has_the_shape_of_a_token_is_masked_without_being_registered(text: str, masked: str):
    assert redact(text) == masked


def test_a_shape_that_is_registered_is_masked_however_often_it_was(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(redaction, "_more_shapes", [])
    for _ in range(2):
        redaction.register_shape(re.compile(r"hf_\w{4,}"))

    assert redact("RUN wget --header hf_abcdef") == f"RUN wget --header {MASK}"
    assert len(redaction._more_shapes) == 1


@given(st.text(min_size=4, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_a_registered_secret_never_survives(secret: str, before: str, after: str):
    assume(secret not in MASK)
    register_secret(secret)

    assert not any(secret in rest for rest in redact(before + secret + after).split(MASK))


SPELLINGS = {
    "JSON": json.dumps,
    "JSON in its own letters": lambda secret: json.dumps(secret, ensure_ascii=False),
    "Python": repr,
    "a query": urllib.parse.quote_plus,
    "a path": lambda secret: urllib.parse.quote(secret, safe=""),
    "one line": lambda secret: " ".join(secret.split()),
    "JSON in JSON": lambda secret: json.dumps(json.dumps(secret)[1:-1]),
    "HTML": html.escape,
    "a shell": shlex.quote,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode().rstrip("="),
    "capitals": str.upper,
    "hex": lambda secret: secret.encode().hex(),
    "hex in capitals": lambda secret: secret.encode().hex().upper(),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS.keys())
@pytest.mark.parametrize("secret", ['pass"word\\1', "line-one\nline-two", "schlüssel & co/1", "tab\there-1"])
def test_a_secret_is_masked_in_the_spelling_of(spell: Any, secret: str):
    register_secret(secret)

    assert redact(spell(secret)).strip("'\"") == MASK


@pytest.mark.parametrize("after", ["", "1", "12", "123"])
@pytest.mark.parametrize("before", ["", "u", "us", "usr", "user:"])
def test_a_secret_is_masked_in_base64_of_a_text_that_holds_it(before: str, after: str):
    secret = "CAN4RY-unmarked3-Zq"
    register_secret(secret)

    shown = redact(base64.b64encode(f"{before}{secret}{after}".encode()).decode())

    left = shown.replace(MASK, "")
    assert MASK in shown
    assert len(left) <= len(base64.b64encode(f"{before}{after}".encode())) + 4


@settings(max_examples=30)
@given(st.text(min_size=4, max_size=30))
def test_an_error_never_holds_a_secret(secret: str):
    assume(secret not in MASK)
    register_secret(secret)

    error = ComfyError("COMFY9001", tried=f"a {secret}", got=f"b {secret}", todo=f"c {secret}")

    assert redact(str(error)) == str(error)


def test_a_log_line_is_masked_with_its_arguments(log: io.StringIO):
    register_secret(CANARY)

    logging.getLogger("redaction-test").info("got %s and %s", CANARY, {"key": CANARY})

    assert log.getvalue() == f"got {MASK} and {{'key': '{MASK}'}}\n"


def test_a_logged_traceback_is_masked(log: io.StringIO):
    register_secret(CANARY)

    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("redaction-test").exception("it failed")

    assert "ValueError: [secret]" in log.getvalue()
    assert CANARY not in log.getvalue()


def test_a_logged_stack_is_masked(log: io.StringIO):
    register_secret("stack_info=True)  # the-secret")

    logging.getLogger("redaction-test").info("here", stack_info=True)  # the-secret

    assert "# the-secret" not in log.getvalue()


def test_the_package_s_logger_masks_whatever_handlers_the_embedding_program_adds(caplog: pytest.LogCaptureFixture):
    register_secret(CANARY)

    with caplog.at_level(logging.DEBUG, logger="pulumi_comfy"):
        logger.debug("found %s", CANARY)

    assert caplog.messages == [f"found {MASK}"]


def test_the_package_s_logger_is_silent_by_default(capsys: pytest.CaptureFixture[str]):
    logger.warning("nobody asked")

    assert capsys.readouterr().err == ""


def test_a_secret_of_several_lines_is_masked_line_by_line_too():
    register_secret("-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----")

    assert redact("log: MIIEvQIBADANBgkq") == f"log: {MASK}"


@pytest.mark.parametrize(
    "text",
    [
        "cana\nry-8f3b!z",
        "cana\r\n  ry-8f3b!z",
        "cana | ry-8f3b!z",
        "c\x1b[1mana\x1b[0mry-8f3b!z",
        "canary\u200b-8f3b!z",
    ],
)
def test_a_secret_that_a_log_broke_into_lines_or_coloured_is_masked(text: str):
    register_secret(CANARY)

    assert redact(text) == MASK


def test_lines_that_hold_no_broken_secret_are_shown_as_they_are():
    register_secret(CANARY)
    register_secret("a\nb c")

    assert redact("one | two\nthree, canary") == "one | two\nthree, canary"


@pytest.mark.parametrize("secret", ["secret", "cret]"])
def test_a_text_that_is_masked_already_stays_as_it_is(secret: str):
    register_secret(secret)

    assert redact(redact(f"it is {secret}")) == redact(f"it is {secret}")


def test_a_secret_in_capitals_is_masked_where_it_is_told_in_small_letters():
    register_secret("Canary-8F3B")

    assert redact("repository canary-8f3b") == f"repository {MASK}"
