"""Where credentials stand in a text: by what they begin with, by their structure, by the words beside them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from pulumi_comfy.policy.credential_looks import (
    UNKNOWN_VENDOR,
    is_opaque,
    is_password,
    is_placeholder,
    is_word_alone,
    looks_random,
    tells_secret,
    vendor_in,
)
from pulumi_comfy.policy.credential_shapes import SHAPES, SK_VENDORS, Shape

__all__ = ["Span", "spans_by_rank"]


class Span(NamedTuple):
    """A credential in a text: whose, known by what, from where to where."""

    vendor: str
    rule: str
    start: int
    end: int


def spans_by_rank(text: str) -> Iterator[tuple[int, Span]]:
    """Every place that looks like a credential; the lower the rank, the surer the kind."""
    lowered = _lower_in_place(text)
    if _TOKEN.search(text):
        yield from ((0, span) for span in _shape_spans(text))
        yield from ((1, span) for span in _tokens_and_keys(text))
        yield from ((2, span) for span in _header_spans(text, lowered))
    yield from ((1, span) for span in _address_spans(text))
    yield from ((3, span) for span in _named_spans(text, lowered))


_TOKEN = re.compile(r"[A-Za-z0-9_+/=.~-]{15}")
"""The shortest that any rule for tokens asks for; most texts of a document are words."""
_NEAR = 60
"""Characters around a credential that are looked at."""
_BLOB = re.compile(rf"[A-Za-z0-9+/]{{{_NEAR}}}")
_FILE_ENDING = re.compile(r"\.(?:safetensors|ckpt|pth?|bin|gguf|onnx|sft|png|jpe?g|webp|gif|mp[34]|wav)\b")

_BY_LITERAL: dict[str, list[Shape]] = {}
for _one in SHAPES:
    _BY_LITERAL.setdefault(_one.literal, []).append(_one)


def _shape_spans(text: str) -> Iterator[Span]:
    """Tokens that begin as their vendor's do."""
    for literal, shapes in _BY_LITERAL.items():
        for at in _occurrences(text, literal):
            for shape in shapes:
                if (end := _fit(text, at, shape)) is not None:
                    start = at + len(literal) if literal.endswith("=") else at - shape.lead
                    yield Span(_vendor(text, at, shape.vendor), shape.rule, start, end)
                    break


def _fit(text: str, at: int, shape: Shape) -> int | None:
    """Give the end of a token of this shape whose literal stands at `at`."""
    start = at - shape.lead
    if start < 0 or not _is_boundary(text, start):
        return None
    body_start = start if shape.lead else at + len(shape.literal)
    found = shape.body.match(text, body_start)
    if found is None or not _ends_here(text, found.end()):
        return None
    return found.end() if looks_random(found[0], is_mixed=shape.is_mixed) else None


def _vendor(text: str, at: int, vendor: str) -> str:
    """Of a shape that several vendors share, the one that the words before it name."""
    if vendor != SK_VENDORS:
        return vendor
    named = vendor_in(text[max(0, at - _NEAR) : at])
    return vendor if named == UNKNOWN_VENDOR else named


def _occurrences(text: str, literal: str) -> Iterator[int]:
    at = text.find(literal)
    while at >= 0:
        yield at
        at = text.find(literal, at + len(literal))


def _is_boundary(text: str, at: int) -> bool:
    r"""Whether a word may begin here: also behind the escapes `\n` and `%3D`, but never inside an encoded picture."""
    before = text[at - 1 : at]
    if before.isalnum() or before in ("_", "-"):
        return at > 0 and (_is_escaped(text, at) or text[at - 3 : at - 2] == "%")
    return not (before in ("+", "/") and _BLOB.fullmatch(text, max(0, at - _NEAR), at))


def _is_escaped(text: str, at: int) -> bool:
    return at >= 2 and text[at - 2] == "\\" and text[at - 1 : at] in ("n", "r", "t")


def _ends_here(text: str, at: int) -> bool:
    """Whether the word ends here, and no name of a file goes on."""
    after = text[at : at + 2]
    if after[:1].isalnum() or after[:1] == "_" or (after[:1] == "-" and after[1:].isalnum()):
        return False
    return _FILE_ENDING.match(text, at) is None


_JWT = re.compile(r"(eyJ[\w-]{10,2000})\.eyJ[\w-]{10,8000}\.[\w-]{16,2000}", re.ASCII)
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_PEM_BODY = re.compile(r"[A-Za-z0-9+/=]{40}")
_LONGEST_PEM = 20_000
_FIRST_LINES = 600
_ESCAPED_BREAK = re.compile(r"\\+[nr]|\s")
_USER_AND_PASSWORD = re.compile(r"""[^\s/:@?#"'<>\\]{0,128}:([^\s/@?#"'<>\\]{3,256})@[A-Za-z0-9\[_]""")


def _tokens_and_keys(text: str) -> Iterator[Span]:
    """JSON web tokens and private keys, known by how they are built."""
    for at in _occurrences(text, "eyJ"):
        token = _JWT.match(text, at) if _is_boundary(text, at) else None
        if token and _is_header(token[1]):
            yield Span(_address_vendor(text, at), "json-web-token", at, token.end())
    for at in _occurrences(text, "-----BEGIN "):
        if (begin := _PEM.match(text, at)) and (end := _end_of_key(text, begin.end())):
            yield Span("private key", "pem-private-key", at, end)


def _address_spans(text: str) -> Iterator[Span]:
    """Passwords in addresses."""
    for at in _occurrences(text, "://"):
        found = _USER_AND_PASSWORD.match(text, at + 3)
        if found and not is_placeholder(found[1]) and not is_word_alone(found[1]):
            yield Span(vendor_in(text[at : at + 3 + _NEAR]), "password-in-url", found.start(1), found.end(1))


def _is_header(part: str) -> bool:
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header


def _end_of_key(text: str, at: int) -> int | None:
    """Give the end of a private key whose first line ends at `at`; none where only its frame is shown."""
    if not (body := _PEM_BODY.search(_ESCAPED_BREAK.sub("", text[at : at + _FIRST_LINES]))) or is_placeholder(body[0]):
        return None
    end = text.find("-----END", at, at + _LONGEST_PEM)
    behind = text.find("-----", end + 8, end + 60) if end >= 0 else -1
    return behind + 5 if behind >= 0 else min(len(text), at + _FIRST_LINES)


_BEARER = re.compile(r"""bearer\s{1,4}([A-Za-z0-9_.~+/=-]{16,2048})""", re.IGNORECASE)
_BASIC = re.compile(r"""basic\s{1,4}([A-Za-z0-9+/]{8,512}={0,2})""", re.IGNORECASE)


def _header_spans(text: str, lowered: str) -> Iterator[Span]:
    """What follows `Bearer` and `Basic`."""
    for at in _occurrences(lowered, "bearer"):
        found = _BEARER.match(text, at)
        if found and is_opaque(found[1], 16):
            yield Span(_address_vendor(text, at), "bearer-header", *found.span(1))
    for at in _occurrences(lowered, "basic"):
        found = _BASIC.match(text, at)
        if found and _is_user_and_password(found[1]):
            yield Span(_address_vendor(text, at), "basic-header", *found.span(1))


def _is_user_and_password(encoded: str) -> bool:
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return bool(colon) and (user + password).isprintable() and len(password) >= 4 and not is_placeholder(password)


_KEYWORDS = ("key", "token", "secret", "passw", "pwd", "credential", "sig")
_NAME_BEFORE = re.compile(r"[\w.-]{0,40}$", re.ASCII)
_ASSIGNED = re.compile(
    r"""[\w-]{0,24}(?P<is>\\{0,3}["'`]?[ \t]{0,4}(?:=>|:=|=|:)[ \t]{0,4}|[ \t]{1,4})\\{0,3}["'`]?"""
    r"""(?P<value>[A-Za-z0-9_.~+/!@#$%^*-]{8,512}={0,2})""",
    re.ASCII,
)
"""A name from its keyword on, and its value. No value holds what separates: none is looked at twice."""
_SIGNATURE = re.compile(r"(?:^|[-_])sig(?:nature)?$", re.IGNORECASE)


def _named_spans(text: str, lowered: str) -> Iterator[Span]:
    """Values beside a telling name: `HF_TOKEN=...`, `"api_key": "..."`, `?token=...`, `--password ...`."""
    for keyword in _KEYWORDS:
        for at in _occurrences(lowered, keyword):
            if (found := _ASSIGNED.match(text, at)) is not None and (span := _named(text, at, found)) is not None:
                yield span


def _named(text: str, at: int, found: re.Match[str]) -> Span | None:
    before = _NAME_BEFORE.search(text[max(0, at - 40) : at])
    start = at - len(before[0]) if before else at
    start += _is_escaped(text, start + 1)  # the letter of a line break, `\nNAME=`
    name = text[start : found.start("is")]
    left = text[max(0, start - 4) : start]
    if found["is"].isspace() and not (name.startswith("--") or left.upper() == "ENV "):
        return None
    value = found["value"].rstrip(".")
    is_signature = left[-1:] in ("?", "&") and _SIGNATURE.search(name)
    is_call = text[found.end() : found.end() + 1] in ("(", "[")
    if is_call or not (is_signature or tells_secret(name)) or not is_opaque(value, 8 if is_password(name) else 16):
        return None
    vendor = vendor_in(name)
    vendor = _address_vendor(text, start) if vendor == UNKNOWN_VENDOR else vendor
    return Span(vendor, "named", found.start("value"), found.start("value") + len(value))


def _address_vendor(text: str, at: int) -> str:
    """Give whose token it is by the line before it: an address, or the name of a variable."""
    return vendor_in(text[max(0, at - 2 * _NEAR) : at].rpartition("\n")[2])


_CAPITALS = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def _lower_in_place(text: str) -> str:
    """The text in small letters, every one at its place: where `str.lower` makes two of one, only A to Z."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.translate(_CAPITALS)
