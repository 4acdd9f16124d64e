"""Print every number with its bar beside it; exit 1 when one is missed. Ratios come from one run on one machine."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from bench.calls import call_rows
from bench.imports import import_rows
from bench.state import state_rows


@dataclass(frozen=True)
class Row:
    """One measured number.

    Attributes:
        what: what was measured, and on what.
        measured: the number, as it is printed.
        bar: the number to hold.
        is_held: whether it is.
    """

    what: str
    measured: str
    bar: str
    is_held: bool


def rows() -> Iterable[Row]:
    """Measure everything, one group after the other."""
    for group in (call_rows, state_rows, import_rows):
        for what, measured, bar, is_held in group():
            yield Row(what, measured, bar, is_held)


def main() -> int:
    """Print the table as it is measured."""
    missed = 0
    print(f"{'what':<66} {'measured':>12}  {'bar':<14}")
    for row in rows():
        missed += not row.is_held
        print(f"{row.what:<66} {row.measured:>12}  {row.bar:<14} {'ok' if row.is_held else 'MISSED'}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
