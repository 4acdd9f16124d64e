"""Deployments: what their bodies must hold, and what creating, changing and deleting them does."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pulumi_comfy.emulator.runcomfy.errors import (
    DELETED,
    DISABLED,
    INVALID,
    NO_FUNDS,
    RefusedError,
    field_problem,
    invalid,
)
from pulumi_comfy.emulator.runcomfy.state import Row, State, spelled
from pulumi_comfy.emulator.runcomfy.workflows import Workflows

Sku = Literal["TURING_16", "AMPERE_24", "AMPERE_48", "ADA_48_PLUS", "AMPERE_80", "ADA_80_PLUS", "HOPPER_141"]
Hardware = Annotated[list[Sku], Field(min_length=1, max_length=1)]
Count = Annotated[int, Field(ge=0)]
Word = Annotated[str, Field(min_length=1)]

_LIMITS = {"current": (30, 60), "legacy": (3, 10)}
_COLUMNS = (
    *("id", "name", "workflow_id", "workflow_version", "hardware", "min_instances", "max_instances", "queue_size"),
    *("keep_warm_duration_in_seconds", "is_enabled", "status"),
)
Include = Literal["payload", "readme"]


class NewDeployment(BaseModel):
    """`POST /deployments`: all eight, of exactly these types; anything else is ignored, `is_enabled` too."""

    model_config = ConfigDict(strict=True)

    name: Word
    workflow_id: Word
    workflow_version: Word
    hardware: Hardware
    min_instances: Count
    max_instances: int = Field(ge=1)
    queue_size: Count
    keep_warm_duration_in_seconds: Count


class Changes(BaseModel):
    """`PATCH /deployments/{id}`: what is sent is merged; `workflow_id` and unknown keys are ignored."""

    model_config = ConfigDict(strict=True)

    name: str = ""
    workflow_version: Word = ""
    hardware: Hardware = []
    min_instances: Count = 0
    max_instances: int = Field(default=1, ge=1)
    queue_size: Count = 0
    keep_warm_duration_in_seconds: Count = 0
    is_enabled: bool = True


class Deployments:
    """The rules of deployments."""

    def __init__(self, state: State, workflows: Workflows) -> None:
        self._state = state
        self._workflows = workflows

    def create(self, account: str, body: NewDeployment) -> Row:
        """An enabled deployment on standby; nothing runs until somebody asks.

        Raises:
            RefusedError: 422001, limits; 404001, no such version of the account's.
        """
        self._check_limits(body.model_dump())
        self._workflows.find(account, body.workflow_id, body.workflow_version)
        return self.insert(account, body.model_dump())

    def insert(self, account: str, columns: Row) -> Row:
        """The row itself."""
        now = self._state.world.clock.now()
        row = {"id": self._state.new_id(), "account": account, **columns, "is_enabled": True, "status": "standby"}
        row.update(created_at=now, updated_at=now, deleted=False, is_out_of_funds=False)
        self._state.deployments[row["id"]] = row
        return row

    def update(self, row: Row, body: Changes) -> None:
        """Merge what was sent.

        Raises:
            RefusedError: 422001, no name or beyond the limits; 404001, no such version; 10001, enabling what the
                account cannot pay.
        """
        changes = body.model_dump(exclude_unset=True)
        if not changes.get("name") and (self._state.settings.patch_needs_name or "name" in changes):
            raise invalid("name", because="Deployment name is required", kind="missing")
        self._check_limits({**row, **changes})
        account, before = row["account"], row["workflow_version"]
        if changes.get("workflow_version", before) != before:
            self._workflows.find(account, row["workflow_id"], changes["workflow_version"])
        if changes.get("is_enabled") and not row["is_enabled"]:
            if self._state.balance(account) <= 0:
                raise RefusedError(NO_FUNDS, "Insufficient funds: add balance before enabling the deployment")
            row["is_out_of_funds"] = False
        row.update(changes, updated_at=self._state.world.clock.now())
        for label in (before, row["workflow_version"]):
            self._workflows.let_go(account, row["workflow_id"], label)

    def delete(self, row: Row) -> None:
        """For good; the id is remembered."""
        row["deleted"] = True
        self._workflows.let_go(row["account"], row["workflow_id"], row["workflow_version"])

    def gate(self, account: str, deployment_id: str) -> Row:
        """The deployment that a request may run on.

        Raises:
            RefusedError: 10003, deleted; 10001, not paid; 10002, disabled; 404001 and 403003 as everywhere.
        """
        row = self._state.deployment(account, deployment_id, gone=DELETED)
        if self._state.balance(account) <= 0:
            self._state.disable_for_balance(account)
        if row["is_out_of_funds"]:
            raise RefusedError(NO_FUNDS, "Insufficient funds: the deployment has been disabled")
        if not row["is_enabled"]:
            raise RefusedError(DISABLED, "The deployment is disabled")
        return row

    def shown(self, row: Row, includes: list[Include]) -> Row:
        """The deployment as the API gives it."""
        moments = {name: spelled(row[name]) for name in ("created_at", "updated_at")}
        answer = {**{name: row[name] for name in _COLUMNS}, **moments}
        if "payload" in includes:
            graph = self.graph_of(row)
            answer["payload"] = {"workflow_api_json": graph, "overrides": {}, "object_info_url": ""}
        if "readme" in includes:
            answer["readme"] = f"# {row['name']}\n"
        return answer

    def graph_of(self, row: Row) -> dict[str, Any]:
        """The prompt that it runs; empty for one that was made of no workflow, or whose version is gone."""
        try:
            version = self._workflows.find(row["account"], row["workflow_id"], row["workflow_version"])
        except RefusedError:
            return {}
        graph: dict[str, Any] = version["graph"]
        return graph

    def _check_limits(self, columns: Row) -> None:
        highest = dict(zip(("min_instances", "max_instances"), _LIMITS[self._state.settings.limits], strict=True))
        problems = [
            field_problem(name, because=f"Input should be at most {limit}", kind="less_than_equal")
            for name, limit in highest.items()
            if columns[name] > limit
        ]
        if columns["min_instances"] > columns["max_instances"]:
            problems.append(field_problem("min_instances", because="min_instances is larger than max_instances"))
        if problems:
            raise RefusedError(INVALID, "Request validation failed", problems)
