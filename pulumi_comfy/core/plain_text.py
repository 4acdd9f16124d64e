"""Texts from outside, harmless to a terminal: nothing moves a cursor, colours, hides or turns letters around."""

from __future__ import annotations

import re

_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles, links, pictures
    r"|\x1b[ -/]*[0-Z\\^-~]"
)
"""Whole control sequences (ECMA-48). One that does not end is none: its first character is shown escaped."""
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""C0 without tab and line feed, C1, and what turns the direction of writing."""
_HALVES = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    r"""Give `text` without control sequences and invisible characters; other control characters as `\x07`.

    Every way to end a line becomes a line feed. Pulumi's own colour tags (`<{%`) are broken up: the CLI would take out
    all that follows up to the next `%}>`.
    """
    if text.isascii() and text.isprintable() and "<{%" not in text:
        return text
    text = _INVISIBLE.sub("", _BREAKS.sub("\n", _SEQUENCES.sub("", text)))
    text = _HALVES.sub("\ufffd", _CONTROLS.sub(_escaped, text))  # half a character cannot be sent to the engine
    return text.replace("<{%", "<{ %")


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
