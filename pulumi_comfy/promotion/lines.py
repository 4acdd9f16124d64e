"""Sentences on a terminal: one line with nothing secret in it, wrapped to the width that a person has."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from pulumi_comfy.core.redaction import redact

_COMMAND = re.compile("`[^`]*`")
_NO_BREAK = "\xa0"


def one_line(text: str) -> str:
    """Give a text as it may be shown on a line."""
    return " ".join(redact(text).split())


def short(digest: str | None) -> str:
    """Give a digest as a person tells it from others; `unmark` takes as many digits."""
    return digest[:12] if digest else "unknown"


def wrapped(lines: Iterable[tuple[int, str]], columns: int) -> str:
    """Give lines as at most so many characters where words allow, each by its indent; what goes on stands deeper.

    What stands in backticks is to be copied, so it is not broken.
    """
    return "\n".join(_wrapped(text, indent, columns) for indent, text in lines)


def _wrapped(text: str, indent: int, columns: int) -> str:
    margin = " " * indent
    filled = textwrap.fill(
        _COMMAND.sub(lambda found: found[0].replace(" ", _NO_BREAK), text),
        max(columns, 20 + indent),
        initial_indent=margin,
        subsequent_indent=f"{margin}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace(_NO_BREAK, " ")
