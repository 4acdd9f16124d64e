"""`python -m pulumi_comfy.emulator.page [--check]`: write the table of routes into `docs/emulator.md`.

What stands above the mark in that page is written by hand and left alone. `--check` says what to run and exits with 1
when the table has drifted.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import get_args

from pulumi_comfy.emulator.provenance import Evidence
from pulumi_comfy.emulator.registry import PLATFORMS, route_table

ROOT = Path(__file__).resolve().parents[2]
"""The repository's root: generating is for whoever works in a checkout."""
PAGE = "docs/emulator.md"
MARK = "<!-- Written by `python -m pulumi_comfy.emulator.page` from here on. -->\n"
COMMAND = "python -m pulumi_comfy.emulator.page"


def routes_text() -> str:
    """The generated part of the page: of each platform how many routes have which evidence, then all of them."""
    return "\n".join(_table(slug, kind.name) for slug, kind in PLATFORMS.items())


def _table(slug: str, name: str) -> str:
    rows = [row for row in route_table() if row.platform == slug]
    counts = Counter(row.evidence for row in rows)
    told = ", ".join(f"{counts[evidence]} {evidence}" for evidence in get_args(Evidence) if counts[evidence])
    lines = [f"### {name}, under `/{slug}`", "", f"{len(rows)} routes: {told}.", ""]
    lines += ["| method | route | evidence | where |", "| --- | --- | --- | --- |"]
    ordered = sorted(rows, key=lambda row: (row.path, row.method))
    lines += [f"| {row.method} | `{row.path}` | {row.evidence} | {row.source} |" for row in ordered]
    return "\n".join(lines) + "\n"


def page_text(current: str) -> str:
    """The page with its hand-written head and a fresh table.

    Raises:
        ValueError: A page without the mark.
    """
    head, mark, _ = current.partition(MARK)
    if not mark:
        raise ValueError(f"{PAGE} lacks the line {MARK.strip()}")
    return f"{head}{mark}\n{routes_text()}"


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run it in the checkout at `root`; says nothing unless the page changed or drifted."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(f"usage: {COMMAND} [--check]\n")
        return 2
    place = root / PAGE
    current = place.read_text(encoding="utf-8")
    fresh = page_text(current)
    if fresh == current:
        return 0
    if arguments:
        sys.stdout.write(f"drifted {PAGE}: run {COMMAND}\n")
        return 1
    place.write_text(fresh, encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
