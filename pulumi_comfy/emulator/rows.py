"""Rows of a platform's tables as a dump has them, and back again.

Moments are datetimes in columns that end with `_at` or `_date`; what begins with `_` is the emulator's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Row = dict[str, Any]


def exported(row: Mapping[str, Any]) -> Row:
    """A row as JSON."""
    shown = {name: value for name, value in row.items() if not name.startswith("_")}
    return {
        name: value.isoformat(timespec="microseconds") + "Z" if isinstance(value, datetime) else value
        for name, value in shown.items()
    }


def imported(row: Mapping[str, Any]) -> Row:
    """A row from a dump."""
    moments = {name for name in row if name.endswith(("_at", "_date")) and row[name] is not None}
    return {
        name: datetime.fromisoformat(value.removesuffix("Z")) if name in moments else value
        for name, value in row.items()
    }
