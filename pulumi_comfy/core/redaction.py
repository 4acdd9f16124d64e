"""The one door through which every text leaves: no secret in it, and nothing that a terminal would obey.

Two nets: values registered when they are first seen (credentials, secret inputs), and the shape of a token.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from pulumi_comfy.core.plain_text import plain
from pulumi_comfy.core.spellings import spellings, unbroken, words

MASK = "[secret]"
_SHORTEST = 4  # masking shorter values would blot out ordinary words and give the value away by its absence
_SHORTEST_IN_DOCUMENT = 8  # a document is full of words such as `euler`
_SHORTEST_BROKEN = 8  # letters of a secret that is found across line breaks
_TOKEN_SHAPES = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|(?<=Bearer )(?![$<])\S+|(?<=cd_token=)[^&\s]+|(?<=://)[^\s/:@]+:[^\s/@]+(?=@)"
)
_PUBLIC_IN_DOCUMENT = frozenset({"class_type", "type", "Node name for S&R", "cnr_id", "aux_id", "ver"})
"""What names a node's class and its package: code that others wrote, and every line about a document tells it."""


@dataclass
class Known:
    """What is secret, as long as the process lives.

    Attributes:
        texts: masked wherever they stand, in capitals or not.
        numbers: as they print; masked where they are no part of a longer number or word.
    """

    texts: dict[str, str] = field(default_factory=dict)
    """Each in lower case too: by that it is looked for first."""
    numbers: set[str] = field(default_factory=set)

    def add(self, *found: str) -> None:
        """Add texts that are long enough."""
        self.texts.update({text: text.lower() for text in found if len(text) >= _SHORTEST})

    def mask(self, text: str) -> str:
        """Give `text` with every known secret masked."""
        lowered = text.lower()
        found = [secret for secret, lower in self.texts.items() if lower in lowered or secret in text]
        numbers = [number for number in self.numbers if number in text]
        if "\n" in text or "|" in text:
            found += self._broken(text)
        if not found and not numbers:
            return text
        found.sort(key=len, reverse=True)  # the longest first: one secret may hold another
        exact = [rf"(?<![\w.]){re.escape(number)}(?![\w]|\.\d)" for number in numbers]
        # Our own mask is matched first, so that a secret that is a part of it does not grow it.
        return re.sub("|".join((re.escape(MASK), *map(re.escape, found), *exact)), MASK, text, flags=re.IGNORECASE)

    def _broken(self, text: str) -> Iterator[str]:
        """Give the passages of `text` that are a secret broken into lines, as logs and our own ` | ` do."""
        whole = unbroken(text).lower()
        for lower in {unbroken(one) for one in self.texts.values()}:
            if len(lower) >= _SHORTEST_BROKEN and lower in whole:
                pattern = r"[\s|]*".join(map(re.escape, lower))
                yield from (found[0] for found in re.finditer(pattern, text, re.IGNORECASE))


_more_shapes: list[re.Pattern[str]] = []
_known = Known()
_lock = Lock()


def register_shape(shape: re.Pattern[str]) -> None:
    """Mask from now on whatever looks like this, too: a build's log may tell what no input declared as secret."""
    if shape not in _more_shapes:
        _more_shapes.append(shape)


def register_secret(value: object) -> None:
    """Remember every text in `value` (a text, or lists and mappings of them) as secret for the life of the process."""
    for _key, text in _leaves(value):
        if isinstance(text, str) and text not in _known.texts:
            _remember(*spellings(text))


def register_given(value: object, in_the_open: str = "") -> None:
    """Remember what a program gave as a secret: texts, numbers as they print, and what a log may tell of them alone.

    Of a text each word of eight letters or more is masked too, except those that also stand `in_the_open`: what the
    program gives beside it without hiding it. One of two or three letters is masked where it stands in quotes.
    """
    register_secret(value)
    for _key, one in _leaves(value):
        if isinstance(one, str):
            alone = [word for word in words(one) if word not in in_the_open]
            _remember(*(spelt for word in alone for spelt in spellings(word)))
            if len(one) < _SHORTEST:
                _remember(f'"{one}"', f"'{one}'")
        elif not isinstance(one, bool) and isinstance(one, int | float) and len(str(one)) >= _SHORTEST:
            _remember_number(one)


def register_document(text: object) -> None:
    """Remember what stands in a document (JSON text) that is secret as a whole.

    That is each text and whole number of eight letters or digits and more; not the names of settings and node classes.
    """
    register_secret(text)
    try:
        document = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return
    for key, one in _leaves(document):
        if len(str(one)) < _SHORTEST_IN_DOCUMENT or key in _PUBLIC_IN_DOCUMENT:
            continue
        register_secret(one)
        if isinstance(one, int):
            _remember_number(one)


def _remember(*found: str) -> None:
    with _lock:
        _known.add(*found)


def _remember_number(number: float) -> None:
    with _lock:
        _known.numbers.add(str(number))


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    """Give each single value inside lists and mappings, however deep, with the key that it stands under."""
    inside: list[tuple[str, Any]] = [("", value)]
    while inside:
        key, one = inside.pop()
        if isinstance(one, Mapping):
            inside.extend((str(name), item) for name, item in one.items())
        elif isinstance(one, list | tuple):
            inside.extend((key, item) for item in one)
        else:
            yield key, one


def tells_secret(text: str) -> bool:
    """Tell whether something registered stands in `text`."""
    with _lock:
        return _known.mask(text) != text


def redact(text: str) -> str:
    """Give `text` as it may be shown: registered secrets and what has the shape of a token masked, harmless."""
    shown = plain(text)
    with _lock:
        if shown != text:
            shown = plain(_known.mask(text))
        shown = _known.mask(shown)
    for shape in (_TOKEN_SHAPES, *_more_shapes):
        shown = shape.sub(MASK, shown)
    return shown


def last_lines(lines: Iterable[str], count: int) -> list[str]:
    """Give the last lines of a log that hold something, masked before they are cut: half a secret is not recognised."""
    masked = redact("\n".join(lines)).splitlines()
    return [line.strip() for line in masked if line.strip()][-count:]


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
