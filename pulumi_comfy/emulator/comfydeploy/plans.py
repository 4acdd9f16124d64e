"""What plans of builds and of runs have in common: nonsense is refused where it is planned."""

from __future__ import annotations

from collections.abc import Sequence


def refuse_nonsense(*, times: int | None, seconds: float | None, log: Sequence[str]) -> None:
    """Refuse a plan that would meet nothing, or would show one letter a line.

    Raises:
        ValueError: says what to give instead.
    """
    if times is not None and times < 1:
        raise ValueError(f"times={times!r} would meet nothing: give 1 or more, or None for all")
    if seconds is not None and seconds < 0:
        raise ValueError(f"seconds={seconds!r} is no time to take: give 0 or more")
    if isinstance(log, str):
        raise ValueError(f"log={log!r} is a text: give a list of lines")
