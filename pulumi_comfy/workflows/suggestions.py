"""What somebody may have meant: names that are really alike, looked for within bounds."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import PurePosixPath

__all__ = ["Suggestions", "closest"]

_LONGEST = 100
"""Characters of a name that is compared with others: comparing takes the square of it."""

_MOST_KNOWN = 20_000
_MOST_ASKED = 20
"""As many as there are sentences in a report."""

_ALIKE = 0.75


def closest(name: str, known: Iterable[str], *, count: int = 1) -> list[str]:
    """The most alike of the known names, best first; names of files are compared without folder and suffix."""
    if len(name) > _LONGEST:
        return []
    by_stem: dict[str, str] = {}
    for number, one in enumerate(known):
        if number < _MOST_KNOWN and len(one) <= _LONGEST:
            by_stem.setdefault(_stem(one), one)
    return [by_stem[stem] for stem in difflib.get_close_matches(_stem(name), by_stem, n=count, cutoff=_ALIKE)]


def _stem(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    is_file = path.suffix[1:].isalnum()
    return (path.stem if is_file else name).casefold()


class Suggestions:
    """Hints for the sentences of one report: each name is looked for once, and a few names at most."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[str]] = {}

    def nearest(self, name: str, known: Iterable[str], among: str) -> list[str]:
        """The two most alike of the known names, or fewer.

        Args:
            name: What was written.
            known: What there is.
            among: What `known` is, which two different collections never share.
        """
        key = name, among
        if key not in self._found:
            if len(self._found) >= _MOST_ASKED:
                return []
            self._found[key] = closest(name, known, count=2)
        return self._found[key]

    def hint(self, name: str, known: Iterable[str], among: str) -> str:
        """`; did you mean KSampler or KSamplerAdvanced?`, empty when nothing is alike; arguments as of `nearest`."""
        names = self.nearest(name, known, among)
        return f"; did you mean {' or '.join(names)}?" if names else ""
