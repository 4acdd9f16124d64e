"""Texts that the editor rewrites when it exports: what stands in the graph and what the prompt holds differ then."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["is_rewritten", "may_become"]

_MARK = re.compile(
    r"(?P<escaped>\\.)"
    r"|(?P<filled>%(?:date(?::[^%\n]*)?|[^%\n.]+\.[^%\n]+)%"  # the date, or the value of another node's widget
    r"|/\*(?:.*?\*/|.*)|//[^\n]*)"  # comments; one that does not end is looked for once
    r"|(?P<brace>[{}])",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\([{}|])")


def may_become(graph_text: str, prompt_text: str) -> bool:
    """Whether the editor may have exported the one as the other.

    It fills in `%date:...%` and `%Node.widget%`, draws one of `{a|b}`, and leaves out `/* */` and `//` comments. Asked
    is only whether what stands between such places comes in the same order, in time that grows as the texts do.
    """
    pieces = list(_pieces(graph_text))
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return prompt_text == first
    if not (prompt_text.startswith(first) and prompt_text.endswith(last)):
        return False
    at, end = len(first), len(prompt_text) - len(last)
    for piece in pieces[1:-1]:
        at = prompt_text.find(piece, at, max(at, end))
        if at < 0:
            return False
        at += len(piece)
    return at <= end


def is_rewritten(text: str) -> bool:
    """Whether the editor may export another text than this one."""
    return next(_holes(text), None) is not None


def _pieces(text: str) -> Iterator[str]:
    """What stands before, between and behind the places that are rewritten."""
    start = 0
    for hole in _holes(text):
        yield _ESCAPED.sub(r"\1", text[start : hole.start])
        start = hole.stop
    yield _ESCAPED.sub(r"\1", text[start:])


def _holes(text: str) -> Iterator[slice]:
    """The places that are rewritten; a brace that is not closed reaches to the end."""
    depth, opened = 0, 0
    for mark in _MARK.finditer(text):
        if mark["brace"] == "{":
            opened = opened if depth else mark.start()
            depth += 1
        elif mark["brace"] and depth:
            depth -= 1
            if not depth:
                yield slice(opened, mark.end())
        elif mark["filled"] and not depth:
            yield slice(mark.start(), mark.end())
    if depth:
        yield slice(opened, len(text))
