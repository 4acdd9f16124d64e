"""The ways in which a server's answer, an error or a log may write a secret."""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from pulumi_comfy.core.plain_text import plain

_SHORTEST_PART = 8
"""Letters of a part that is masked alone (a line, a word, a signature): shorter ones are ordinary words."""
_BETWEEN_WORDS = re.compile(r"[\s\"'`=,;:/\\?&@()\[\]{}<>|$]+")


def spellings(secret: str) -> set[str]:
    """Give every spelling of a secret, itself among them."""
    composed = {unicodedata.normalize(form, secret) for form in ("NFC", "NFD")}
    return set().union(*map(_spellings, {secret, *composed}))


def _spellings(secret: str) -> set[str]:
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    quoted = {quote(secret, errors="replace"), quote(secret, safe="", errors="replace")}
    quoted.add(quote_plus(secret, errors="replace"))
    return {
        secret,
        plain(secret),
        " ".join(secret.split()),
        *(line for line in secret.splitlines() if len(line) >= _SHORTEST_PART),
        *escaped,
        *(json.dumps(one)[1:-1] for one in escaped),  # JSON in JSON, as build logs are
        *quoted,
        html.escape(secret),
        html.escape(secret).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),  # as Go and Jinja write them
        secret.replace("'", "'\"'\"'"),  # in a shell's single quotes
        *_in_bytes(secret),
        *_signatures(secret),
    }


def words(secret: str) -> set[str]:
    """Give the words of a secret text that are long enough to be a secret alone: a log may tell a part of a command."""
    return {word for word in _BETWEEN_WORDS.split(secret) if len(word) >= _SHORTEST_PART}


def unbroken(text: str) -> str:
    """Give `text` without white space and bars: what a log broken into lines has in common with what it tells."""
    return "".join(text.replace("|", " ").split())


def _in_bytes(secret: str) -> set[str]:
    if len(secret) < _SHORTEST_PART:
        return set()
    written = secret.encode(errors="replace")
    found = {written.hex(), written.hex().upper()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        found.add(encode(written).decode().rstrip("="))
        for before in range(3):  # bytes of something else in the same group of three, as a user's name is
            text = encode(bytes(before) + written).decode()
            found.add(text[-(-before * 8 // 6) : (before + len(written)) * 8 // 6])
    return found


def _signatures(secret: str) -> set[str]:
    """Give the values in a signed URL's query that may be what signs it: a server may tell them alone."""
    try:
        query = urlsplit(secret).query
    except ValueError:
        return set()
    return {value for _, value in parse_qsl(query) if len(value) >= _SHORTEST_PART}
