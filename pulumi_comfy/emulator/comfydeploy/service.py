"""The whole platform: its tables, its rules, its keys, and what tests may read of it.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jwt

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.clock import Scheduler
from pulumi_comfy.emulator.comfydeploy.builds import Builds
from pulumi_comfy.emulator.comfydeploy.deployments import Deployments
from pulumi_comfy.emulator.comfydeploy.errors import sql_text
from pulumi_comfy.emulator.comfydeploy.machines import Machines
from pulumi_comfy.emulator.comfydeploy.restoring import restore
from pulumi_comfy.emulator.comfydeploy.runs import Runs
from pulumi_comfy.emulator.comfydeploy.state import Platform, Row
from pulumi_comfy.emulator.redaction import REDACTED, redact_texts
from pulumi_comfy.emulator.world import World

_SIGNATURE_KEY = "the-emulator-signs-with-this-and-protects-nothing"
# Row and column that hold a credential.
_CREDENTIALS = {("machines", "auth_token"), ("api_keys", "key"), ("downloads", "user_url")}


class DoubleKeyError(Exception):
    """The text with which the database refuses a second key of one second."""

    def __init__(self, key: str) -> None:
        text = (
            'duplicate key value violates unique constraint "api_keys_key_unique"\n'
            f"DETAIL:  Key (key)=({key}) already exists."
        )
        super().__init__(
            sql_text("IntegrityError", "UniqueViolationError", text, "INSERT INTO comfyui_deploy.api_keys")
        )


class ComfyDeploy:
    """One emulated ComfyDeploy."""

    def __init__(self, world: World, scheduler: Scheduler) -> None:
        self.world = world
        self.platform = Platform(world, scheduler)
        self.builds = Builds(self.platform)
        self.runs = Runs(self.platform, self.builds)
        self.machines = Machines(self.platform, self.builds)
        self.deployments = Deployments(self.platform)

    def reset(self) -> None:
        """Empty the platform and forget every plan. Keys keep working: their signature is what counts."""
        self.platform.clear()
        self.builds.reset()
        self.runs.clear()

    def mint_key(self, user_id: str, org_id: str | None, name: str) -> Row:
        """Insert an API key of our own making: one of an earlier second, so that it is in nobody's way."""
        earlier = 1
        while self._is_taken(key := self._signed(user_id, org_id, earlier)):
            earlier += 1
        return self._insert_key(key, user_id, org_id, name)

    def create_key(self, caller: Caller, name: str) -> Row:
        """Insert an API key as the platform does: an HS256 JWT without expiry, which varies by the second only.

        Raises:
            DoubleKeyError: The account has a key of this second, revoked or not; the column is unique.
        """
        key = self._signed(caller.user_id, caller.org_id, 0)
        if self._is_taken(key):
            raise DoubleKeyError(key)
        return self._insert_key(key, caller.user_id, caller.org_id, name)

    def _signed(self, user_id: str, org_id: str | None, earlier: int) -> str:
        second = self.world.clock.real_now().timestamp() / self.world.settings.api_key_seconds
        claims: dict[str, Any] = {"user_id": user_id, "iat": int(second) - earlier}
        if org_id is not None:
            claims["org_id"] = org_id
        return jwt.encode(claims, _SIGNATURE_KEY, algorithm="HS256")

    def _is_taken(self, key: str) -> bool:
        return any(row["key"] == key for row in self.platform.api_keys.values())

    def _insert_key(self, key: str, user_id: str, org_id: str | None, name: str) -> Row:
        now = self.world.clock.now()
        row: Row = {
            "id": self.platform.new_id(),
            "key": key,
            "name": name,
            "user_id": user_id,
            "org_id": org_id,
            "revoked": False,
            "token_type": "user",
            "scopes": None,
            "created_at": now,
            "updated_at": now,
            "_revoked_at": None,
        }
        self.platform.api_keys[row["id"]] = row
        return row

    def caller_of(self, token: str) -> Caller | str:
        """Who a token names, or the reason for a 401 (1.1)."""
        try:
            claims = jwt.decode(token, _SIGNATURE_KEY, algorithms=["HS256"], options={"verify_iat": False})
        except jwt.InvalidTokenError:
            return "Invalid or expired token"
        if self._is_revoked(token):
            return "Revoked token"
        return Caller(str(claims.get("user_id")), claims.get("org_id"))

    def dump(self, *, include_secrets: bool = False, include_deleted: bool = False) -> dict[str, Any]:
        """The tables as JSON, by name; only what the API still shows unless `include_deleted`."""
        tables: dict[str, Any] = {}
        for table, rows in self.platform.tables.items():
            shown = [row for row in rows.values() if include_deleted or self._is_live(table, row)]
            exported = [self._exported(table, row, include_secrets) for row in shown]
            tables[table] = exported if include_secrets else redact_texts(exported)
        tables["volumes"] = {account: list(files.values()) for account, files in self.platform.volumes.items()}
        return tables

    def restore(self, dump: Mapping[str, Any]) -> None:
        """Fill the empty platform with what a dump with `include_secrets` shows; what is no dump fails halfway."""
        restore(self.platform, self.builds, dump)

    def _is_revoked(self, token: str) -> bool:
        for row in self.platform.api_keys.values():
            if row["key"] == token and row["_revoked_at"] is not None:
                age = (self.world.clock.real_now() - row["_revoked_at"]).total_seconds()
                return bool(age >= self.world.settings.revoked_key_cache_seconds)
        return False

    def _is_live(self, table: str, row: Row) -> bool:
        platform = self.platform
        if table in {"workflows", "machines"}:
            return not row["deleted"]
        if table in {"versions", "deployments", "runs"}:
            return not platform.workflows[row["workflow_id"]]["deleted"]
        if table == "machine_versions":
            return not platform.machines[row["machine_id"]]["deleted"]
        if table == "outputs":
            return self._is_live("runs", platform.runs[row["run_id"]])
        return not (table == "api_keys" and row["revoked"])

    def _exported(self, table: str, row: Row, include_secrets: bool) -> Row:
        exported: Row = {name: _plain(value) for name, value in row.items() if not name.startswith("_")}
        for name in exported:
            if (table, name) in _CREDENTIALS and exported[name] and not include_secrets:
                exported[name] = REDACTED
        if table == "secrets":
            variables = {item["key"]: item["value"] for item in exported.pop("variables")}
            exported["keys"] = [item["key"] for item in row["variables"]]
            exported["machine_ids"] = [machine for machine, secret in self.platform.links if secret == row["id"]]
            if include_secrets:
                exported["variables"] = variables
        elif table == "machine_versions":
            exported.update(self._export_build(row, include_secrets))
        elif table == "machines":
            serving = self.builds.serving.get(row["id"])
            exported["serving_version_id"] = None if serving is None else serving.version_id
        elif table == "runs":
            exported.update(served_by_version_id=row["_served_by"], log=[line for _, line in row["_log"]])
        return exported

    def _export_build(self, row: Row, include_secrets: bool) -> Row:
        build = self.builds.of_version.get(row["id"])
        environment = {} if build is None else build.environment
        exported: Row = {"built_environment_keys": sorted(environment)}
        if include_secrets:
            exported["built_environment"] = dict(environment)
        return exported


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") + "Z" if isinstance(value, datetime) else value
