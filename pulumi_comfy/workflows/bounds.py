"""A document of any size is told about in a few lines."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

__all__ = ["MOST", "first_few"]

MOST = 20
"""Sentences of one kind that are told; of the others only how many there are."""


def first_few(lines: Iterable[str], what: str, most: int = MOST) -> list[str]:
    """The first lines, and how many more there are.

    Args:
        lines: The sentences.
        what: What they are, in the plural: `problems`.
        most: How many are told.
    """
    rest = iter(lines)
    told = list(islice(rest, most))
    more = sum(1 for _ in rest)
    return [*told, f"... and {more} more {what}"] if more else told
