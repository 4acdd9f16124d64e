"""Print every number with its bar beside it; exit 1 when one is missed. Ratios come from one run on one machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.calls import call_rows
from bench.costs import cost_rows
from bench.documents import document_rows
from bench.engines import engine_rows
from bench.imports import import_rows
from bench.per_resource import per_resource_rows
from bench.policies import policy_rows
from bench.state import state_rows

Measured = tuple[str, str, str, bool | None]


@dataclass(frozen=True)
class Row:
    """One measured number.

    Attributes:
        what: what was measured, and on what.
        measured: the number, as it is printed.
        bar: the number to hold.
        is_held: whether it is; None where it cannot be measured here.
    """

    what: str
    measured: str
    bar: str
    is_held: bool | None


def rows() -> Iterable[Row]:
    """Measure everything, one group after the other."""
    groups: tuple[Callable[[], Iterable[Measured]], ...] = (
        per_resource_rows,
        call_rows,
        state_rows,
        document_rows,
        cost_rows,
        import_rows,
        engine_rows,
        policy_rows,
    )
    for group in groups:
        for what, measured, bar, is_held in group():
            yield Row(what, measured, bar, is_held)


def main() -> int:
    """Print the table as it is measured."""
    missed = 0
    words = {True: "ok", False: "MISSED", None: ""}
    print(f"{'what':<84} {'measured':>12}  {'bar':<14}")
    for row in rows():
        missed += row.is_held is False
        print(f"{row.what:<84} {row.measured:>12}  {row.bar:<14} {words[row.is_held]}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
