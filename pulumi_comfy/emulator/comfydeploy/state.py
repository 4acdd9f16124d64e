"""The platform's database in memory: one dict of rows a table, and who may see which row.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.clock import Scheduler
from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError
from pulumi_comfy.emulator.comfydeploy.timestamps import Timestamps
from pulumi_comfy.emulator.settings import PlanLimits
from pulumi_comfy.emulator.world import World

# Column name to value; timestamps are datetimes. A name that starts with `_` is the emulator's own.
Row = dict[str, Any]

SHARE_ENVIRONMENTS = ("public-share", "private-share", "community-share")


class Platform:
    """All tables. The rules live beside, by kind of object."""

    def __init__(self, world: World, scheduler: Scheduler) -> None:
        self.world = world
        self.scheduler = scheduler
        self.times = Timestamps(world.settings)
        self.workflows: dict[str, Row] = {}
        self.versions: dict[str, Row] = {}
        self.machines: dict[str, Row] = {}
        self.machine_versions: dict[str, Row] = {}
        self.secrets: dict[str, Row] = {}
        # (machine id, secret id), in the order of linking.
        self.links: list[tuple[str, str]] = []
        self.deployments: dict[str, Row] = {}
        self.runs: dict[str, Row] = {}
        self.outputs: dict[str, Row] = {}
        self.api_keys: dict[str, Row] = {}
        self.downloads: dict[str, Row] = {}
        # Account to path to file row.
        self.volumes: dict[str, dict[str, Row]] = {}

    @property
    def tables(self) -> dict[str, dict[str, Row]]:
        """The tables whose rows have an id."""
        return {
            "workflows": self.workflows,
            "versions": self.versions,
            "machines": self.machines,
            "machine_versions": self.machine_versions,
            "secrets": self.secrets,
            "deployments": self.deployments,
            "runs": self.runs,
            "outputs": self.outputs,
            "api_keys": self.api_keys,
            "downloads": self.downloads,
        }

    def clear(self) -> None:
        """Empty all tables."""
        for table in self.tables.values():
            table.clear()
        self.links.clear()
        self.volumes.clear()

    def plan_of(self, caller: Caller) -> PlanLimits:
        """The plan of the caller's account."""
        settings = self.world.settings
        return settings.plans.get(caller.account, settings.default_plan)

    def new_id(self) -> str:
        """A fresh UUID."""
        return self.world.randomness.new_id(*self.tables.values())

    def live_workflow(self, caller: Caller, workflow_id: str) -> Row | None:
        """The caller's workflow, unless it is soft-deleted."""
        row = self.workflows.get(workflow_id)
        return row if row is not None and caller.sees(row) and not row["deleted"] else None

    def own_machine(self, caller: Caller, machine_id: str) -> Row | None:
        """The caller's machine, deleted or not."""
        row = self.machines.get(machine_id)
        return row if row is not None and caller.sees(row) else None

    def live_machine(self, caller: Caller, machine_id: str) -> Row | None:
        """The caller's machine, unless it is soft-deleted."""
        row = self.own_machine(caller, machine_id)
        return row if row is not None and not row["deleted"] else None

    def versions_of(self, workflow_id: str) -> list[Row]:
        """A workflow's versions, newest first."""
        return newest(row for row in self.versions.values() if row["workflow_id"] == workflow_id)

    def deployments_on(self, machine_id: str) -> list[Row]:
        """The deployments of live workflows that use a machine, whoever owns them."""
        return [
            row
            for row in self.deployments.values()
            if row["machine_id"] == machine_id and not self.workflows[row["workflow_id"]]["deleted"]
        ]


def newest(rows: Iterable[Row], column: str = "created_at") -> list[Row]:
    """Rows ordered by a timestamp, latest first."""
    return sorted(rows, key=lambda row: row[column], reverse=True)


def page(rows: list[Row], limit: int | None, offset: int = 0) -> list[Row]:
    """A slice as `LIMIT ... OFFSET ...` takes it.

    Raises:
        UnhandledError: A negative number, which the database refuses.
    """
    if offset < 0 or (limit is not None and limit < 0):
        raise UnhandledError
    return rows[offset:] if limit is None else rows[offset : offset + limit]


def contains(text: str | None, search: str | None) -> bool:
    """The search of the lists, `ILIKE '%…%'`: `%` and `_` in it stand for any letters; an empty one finds all.

    Raises:
        UnhandledError: NUL, which the database does not take.
    """
    if not search:
        return True
    if "\0" in search:
        raise UnhandledError
    return _pattern(search).fullmatch(text or "") is not None


@lru_cache
def _pattern(search: str) -> re.Pattern[str]:
    parts = re.findall(r"\\(?s:.)|(?s:.)", search + "%")  # a backslash takes its meaning from what follows it
    pattern = "".join(_LIKE.get(part) or re.escape(part[-1]) for part in parts)
    return re.compile(f".*{pattern}", re.IGNORECASE | re.DOTALL)


_LIKE = {"%": ".*", "_": "."}


def pick(row: Row, columns: Iterable[str], encode: Callable[[Any], str | None]) -> Row:
    """The named columns, timestamps spelled by `encode`."""
    return {name: encode(row[name]) if isinstance(row[name], datetime) else row[name] for name in columns}
