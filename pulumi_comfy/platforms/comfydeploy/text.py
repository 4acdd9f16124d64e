"""Text that the platform's builder cannot take, refused before it is sent: it would make a broken build.

It writes four of a machine's settings between single quotes into a Python program, as they are
(docs/platforms/comfydeploy.md 2.3.1). No value is repeated here: it may be a secret.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import AfterValidator

_READ_OTHERWISE = re.compile(r"""\\(?=[\\'"abfnrtv0-7xNuU]|$)""")
"""A backslash that does not stand for itself in Python: an escape, or one that takes the closing quote with it."""


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
