"""The platform's contents in memory, and who may see which of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pulumi_comfy.emulator.clock import Scheduler
from pulumi_comfy.emulator.redaction import redact_texts
from pulumi_comfy.emulator.rows import exported, imported
from pulumi_comfy.emulator.runcomfy.errors import DELETED, FOREIGN, NOT_FOUND, RefusedError
from pulumi_comfy.emulator.runcomfy.settings import RunComfySettings
from pulumi_comfy.emulator.world import World

# Column name to value; moments are datetimes in columns that end with `_at`; what begins with `_` is the emulator's.
Row = dict[str, Any]

START_BALANCE = 10_000_000
"""What an account has until a test says otherwise, in millionths of a US dollar."""


class State:
    """All tables. The rules live beside, by kind of object."""

    def __init__(self, world: World, scheduler: Scheduler, settings: RunComfySettings) -> None:
        self.world = world
        self.scheduler = scheduler
        self.settings = settings
        self.deployments: dict[str, Row] = {}
        self.requests: dict[str, Row] = {}
        # Saved versions of workflows, oldest first.
        self.versions: list[Row] = []
        self.balances: dict[str, int] = {}
        # Token to account; tokens outlive a reset.
        self.tokens: dict[str, str] = {}

    def new_token(self, account: str) -> str:
        """An opaque token, which says nothing of its account."""
        token = self.world.randomness.opaque(account, len(self.tokens))[:48]
        self.tokens[token] = account
        return token

    def new_id(self) -> str:
        """A fresh UUID."""
        workflows = {row["workflow_id"] for row in self.versions}
        return self.world.randomness.new_id(self.deployments, self.requests, workflows)

    def deployment(self, account: str, deployment_id: str, gone: int | None = NOT_FOUND) -> Row:
        """The account's deployment; with no word for `gone` a deleted one too.

        Raises:
            RefusedError: There is none (404001), it is another account's (403003), or it was deleted (`gone`).
        """
        row = self.deployments.get(deployment_id)
        if row is None:
            raise RefusedError(NOT_FOUND, "Deployment not found")
        if row["account"] != account:
            raise RefusedError(FOREIGN, "The deployment belongs to another account")
        if row["deleted"] and gone is not None:
            raise RefusedError(gone, "The deployment was deleted" if gone == DELETED else "Deployment not found")
        return row

    def balance(self, account: str) -> int:
        """In millionths of a US dollar."""
        return self.balances.get(account, START_BALANCE)

    def disable_for_balance(self, account: str) -> None:
        """Disable what an account that owes money has; paying alone does not enable it again."""
        for row in self.deployments.values():
            if row["account"] == account and row["is_enabled"]:
                row.update(is_enabled=False, is_out_of_funds=True, updated_at=self.world.clock.now())

    def clear(self) -> None:
        """Empty all tables; tokens stay."""
        self.deployments.clear()
        self.requests.clear()
        self.versions.clear()
        self.balances.clear()

    def dump(self, *, include_secrets: bool, include_deleted: bool) -> dict[str, Any]:
        """The tables as JSON."""
        live = [row for row in self.deployments.values() if include_deleted or not row["deleted"]]
        ids = {row["id"] for row in live}
        rows = {
            "deployments": live,
            "requests": [row for row in self.requests.values() if row["deployment_id"] in ids],
            "versions": self.versions,
        }
        tables: dict[str, Any] = {name: [exported(row) for row in table] for name, table in rows.items()}
        tables["accounts"] = [{"name": name, "balance_microdollars": held} for name, held in self.balances.items()]
        if not include_secrets:
            return {name: redact_texts(table) for name, table in tables.items()}
        return {**tables, "tokens": [{"token": token, "account": account} for token, account in self.tokens.items()]}

    def restore(self, dump: Mapping[str, Any]) -> None:
        """Fill the empty tables. What was under way stays so.

        Raises:
            ValueError: A table that there is not.
        """
        unknown = sorted(dump.keys() - {"deployments", "requests", "versions", "accounts", "tokens"})
        if unknown:
            raise ValueError(f"this is no dump of RunComfy: there is no table {unknown[0]!r}")
        for row in map(imported, dump["deployments"]):
            self.deployments[row["id"]] = row
        for row in map(imported, dump["requests"]):
            self.requests[row["id"]] = {**row, "_graph": {}, "_seed": 0, "_script": None, "_is_taken": True}
        self.versions += map(imported, dump["versions"])
        self.balances.update({row["name"]: row["balance_microdollars"] for row in dump["accounts"]})
        self.tokens.update({row["token"]: row["account"] for row in dump.get("tokens", ())})


def spelled(moment: datetime | None, zone: str = "Z") -> str | None:
    """A moment as the platform writes it: `Z` on deployments, `+00:00` on results."""
    return None if moment is None else moment.isoformat(timespec="microseconds") + zone
