"""The web app's database in memory: one dict of rows a table, and who may see which row.

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.clock import Scheduler
from pulumi_comfy.emulator.gateway import UnhandledError
from pulumi_comfy.emulator.jsonb import stored
from pulumi_comfy.emulator.redaction import REDACTED, redact_texts
from pulumi_comfy.emulator.rows import Row, exported, imported
from pulumi_comfy.emulator.selfhosted.errors import failed
from pulumi_comfy.emulator.selfhosted.settings import SelfhostedSettings
from pulumi_comfy.emulator.world import World

TABLES = ("workflows", "versions", "machines", "deployments", "runs", "outputs", "api_keys", "auth_requests")
_CREDENTIALS = {("machines", "auth_token"), ("api_keys", "key")}


class State:
    """All tables. The rules live beside, by kind of object."""

    def __init__(self, world: World, scheduler: Scheduler, settings: SelfhostedSettings) -> None:
        self.world = world
        self.scheduler = scheduler
        self.settings = settings
        # Table to id to row.
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in TABLES}

    def __getitem__(self, table: str) -> dict[str, Row]:
        """One table."""
        return self.tables[table]

    def insert(self, table: str, columns: Row, key: str = "id") -> Row:
        """Add a row with an id and its moments."""
        now = self.world.clock.now()
        row = {
            "id": self.world.randomness.new_id(*self.tables.values()),
            **columns,
            "created_at": now,
            "updated_at": now,
        }
        self.tables[table][row[key]] = row
        return row

    def seen_by(self, caller: Caller, table: str) -> list[Row]:
        """The caller's rows, newest first."""
        rows = [row for row in self.tables[table].values() if caller.sees(row)]
        return sorted(rows, key=lambda row: row["created_at"], reverse=True)

    def dump(self, *, include_secrets: bool) -> dict[str, Any]:
        """The tables as JSON."""
        shown: dict[str, Any] = {}
        for name, table in self.tables.items():
            rows = [exported(row) for row in table.values()]
            if not include_secrets:
                rows = redact_texts([_masked(name, row) for row in rows])
            shown[name] = rows
        return shown

    def restore(self, dump: Mapping[str, Any]) -> None:
        """Fill the empty tables.

        Raises:
            ValueError: A table that there is not.
        """
        unknown = sorted(dump.keys() - set(TABLES))
        if unknown:
            raise ValueError(f"this is no dump of a self-hosted ComfyUI Deploy: there is no table {unknown[0]!r}")
        for name in TABLES:
            key = "request_id" if name == "auth_requests" else "id"
            self.tables[name].update({row[key]: imported(row) for row in dump[name]})

    def clear(self) -> None:
        """Empty all tables."""
        for table in self.tables.values():
            table.clear()


def kept(value: Any) -> Any:
    """A JSON value after the database: its keys come back in another order.

    Raises:
        AnsweredError: 500, what the database does not take.
    """
    try:
        return stored(value)
    except UnhandledError:
        raise failed("unsupported Unicode escape sequence") from None


def kept_text(value: str) -> str:
    """A text after the database.

    Raises:
        AnsweredError: As for JSON.
    """
    if "\0" in value:
        raise failed('invalid byte sequence for encoding "UTF8": 0x00')
    return str(kept(value))


def shown(row: Row, columns: Iterable[str]) -> Row:
    """The named columns, moments as JavaScript writes them."""
    return {name: _moment(row[name]) if isinstance(row[name], datetime) else row[name] for name in columns}


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds") + "Z"


def _masked(table: str, row: Row) -> Row:
    return {name: REDACTED if value and (table, name) in _CREDENTIALS else value for name, value in row.items()}
