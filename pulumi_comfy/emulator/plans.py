"""What plans of builds and of runs have in common: nonsense is refused where it is planned."""

from __future__ import annotations

from pulumi_comfy.emulator.numbers import is_count, is_duration


def refuse_nonsense(*, times: object, seconds: object, log: object) -> None:
    """Refuse a plan that would meet nothing or never end, would fail later, or would show one letter a line.

    Raises:
        ValueError: says what to give instead.
    """
    if times is not None and not is_count(times):
        raise ValueError(f"times={times!r} would meet nothing: give 1 or more, or None for all")
    if seconds is not None and not is_duration(seconds):
        raise ValueError(f"seconds={seconds!r} is no time to take: give 0 or more")
    if isinstance(log, str):
        raise ValueError(f"log={log!r} is a text: give a list of lines")
    if not isinstance(log, (list, tuple)) or not all(isinstance(line, str) for line in log):
        raise ValueError(f"log={log!r} is no log: give a list of lines")
