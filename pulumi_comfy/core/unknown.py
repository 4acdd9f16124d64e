"""A value that preview does not know yet, as the core sees it, whichever shell brought it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


class Unknown:
    """The type of `UNKNOWN`: one object, equal only to itself, so an `is` test suffices."""

    def __repr__(self) -> str:
        return "<unknown>"

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, _memo: object) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


def contains_unknown(value: object) -> bool:
    """Tell whether `value` is, or holds at any depth, a value that preview does not know."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(contains_unknown(item) for item in value)
    return False
