"""Text that the platform cannot take, refused before it is sent: its answer would be a 500, or a broken build.

Its database takes U+0000 in no text, and its builder writes four of a machine's settings between single quotes into a
Python program, as they are (docs/platforms/comfydeploy.md 2.3.1). No value is repeated here: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import AfterValidator, BaseModel

_READ_OTHERWISE = re.compile(r"""\\(?=[\\'"abfnrtv0-7xNuU]|$)""")
"""A backslash that does not stand for itself in Python: an escape, or one that takes the closing quote with it."""


def refuse_nul(value: object) -> None:
    """Refuse U+0000 in a value's texts, at any depth, keys included.

    Raises:
        ValueError: there is one.
    """
    if any("\0" in text for text in _texts(value)):
        raise ValueError("it holds U+0000, which the platform takes in no text")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        yield from _texts(value.__dict__)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)


def _check_builder_text(text: str | None) -> str | None:
    fault = builder_fault(text or "")
    if fault:
        raise ValueError(f"the platform's builder writes it between single quotes into a program: it may hold {fault}")
    return text


def builder_fault(text: str) -> str | None:
    """Say what in a text does not reach the image as written, as the end of a sentence; None when all of it does."""
    if "'" in text:
        return "no single quote; a shell takes double quotes too"
    if "\n" in text or "\r" in text:
        return "no line break; `&&` or `;` joins shell commands"
    found: Any = _READ_OTHERWISE.search(text)
    if found is None:
        return None
    place = "at its end" if found.end() == len(text) else f"at character {found.start() + 1}"
    return f"no backslash that Python reads as an escape, as the one {place}"


BUILDER_TEXT = AfterValidator(_check_builder_text)
"""A setting that the builder writes between single quotes."""
