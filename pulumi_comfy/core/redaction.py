"""Secrets kept out of every log, error, diff and progress line.

Two nets: values registered when they are first seen (credentials, secret inputs), and the shape of a token.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from threading import Lock
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

MASK = "[secret]"
_SHORTEST = 4  # masking shorter values would blot out ordinary words and give the value away by its absence
_SHORTEST_SIGNATURE = 8
_SHORTEST_LINE = 8  # of a secret of several lines, which a log shows one by one
_TOKEN_SHAPES = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|(?<=Bearer )(?![$<])\S+|(?<=cd_token=)[^&\s]+|(?<=://)[^\s/:@]+:[^\s/@]+(?=@)"
)

_more_shapes: list[re.Pattern[str]] = []
_known: set[str] = set()
_lock = Lock()


def register_shape(shape: re.Pattern[str]) -> None:
    """Mask from now on whatever looks like this, too: a build's log may tell what no input declared as secret."""
    if shape not in _more_shapes:
        _more_shapes.append(shape)


def register_secret(value: object) -> None:
    """Remember every text in `value` (a text, or lists and mappings of them) as secret for the life of the process."""
    if isinstance(value, str):
        with _lock:
            _known.update(spelling for spelling in _spellings(value) if len(spelling) >= _SHORTEST)
    elif isinstance(value, Mapping):
        for item in value.values():
            register_secret(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            register_secret(item)


def _spellings(secret: str) -> set[str]:
    """Give the ways in which a server's answer, an error or a log may write a secret."""
    return {
        secret,
        " ".join(secret.split()),
        *(line for line in secret.splitlines() if len(line) >= _SHORTEST_LINE),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        quote(secret, errors="replace"),
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
        *_signatures(secret),
    }


def _signatures(secret: str) -> set[str]:
    """Give the values in a signed URL's query that may be what signs it: a server may tell them alone."""
    try:
        query = urlsplit(secret).query
    except ValueError:
        return set()
    return {value for _, value in parse_qsl(query) if len(value) >= _SHORTEST_SIGNATURE}


def redact(text: str) -> str:
    """Give `text` with every registered secret and everything shaped like a token masked."""
    with _lock:
        found = [secret for secret in _known if secret in text]
    if found:
        found.sort(key=len, reverse=True)  # the longest first: one secret may hold another
        text = re.sub("|".join(map(re.escape, found)), MASK, text)
    for shape in (_TOKEN_SHAPES, *_more_shapes):
        text = shape.sub(MASK, text)
    return text


class RedactingFilter(logging.Filter):
    """A logging filter, so that no call has to remember: sits on the package's logger and its handlers."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the finished message in place; always lets the record through."""
        record.msg = redact(record.getMessage())
        record.args = None
        if record.exc_info:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


logger = logging.getLogger("pulumi_comfy")
"""The one logger. Silent unless the embedding program configures logging, or `PULUMI_COMFY_LOG=debug` is set."""
logger.addFilter(RedactingFilter())
logger.addHandler(logging.NullHandler())
