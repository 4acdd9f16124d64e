"""Saved workflows: content is only ever appended, and a version that somebody else appended is not overwritten."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from pulumi_comfy.emulator.comfycloud.errors import coded, not_found
from pulumi_comfy.emulator.comfycloud.state import Account, Row, State, spelled

View = Literal["workflow", "app"]
Sort = Literal["create_time", "update_time", "name"]
_SORT_COLUMN = {"create_time": "created_at", "update_time": "updated_at", "name": "name"}


class Body(BaseModel):
    """A request's body; unknown keys are ignored."""

    model_config = ConfigDict(strict=True)


class NewWorkflow(Body):
    """`POST /api/workflows`."""

    workflow_json: dict[str, Any]
    name: str | None = None
    description: str | None = None
    default_view: View | None = None
    forked_from_workflow_id: str | None = None
    forked_from_workflow_version_id: str | None = None


class Changes(Body):
    """`PATCH /api/workflows/{id}`: what is left out stays; nothing is null."""

    name: str = ""
    description: str = ""
    default_view: View = "workflow"


class NewVersion(Body):
    """`POST /api/workflows/{id}/versions`."""

    base_version: int
    workflow_json: dict[str, Any]


class Workflows:
    """The rules of saved workflows."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, account: Account, body: NewWorkflow) -> Row:
        """A workflow with its first version."""
        columns = body.model_dump(
            exclude={"workflow_json", "forked_from_workflow_id", "forked_from_workflow_version_id"}
        )
        now, drawn = self._state.world.clock.now(), self._state.new_id()
        path = f"workflows/{body.name or drawn}.json"
        row: Row = {"id": drawn, "workspace": account.workspace, "created_by": account.user, **columns}
        row.update(created_at=now, updated_at=now, deleted=False, userdata_path=path, forked_from=None)
        if body.forked_from_workflow_id is not None:
            names = ("workflow_id", "workflow_version_id")
            values = (body.forked_from_workflow_id, body.forked_from_workflow_version_id)
            row["forked_from"] = dict(zip(names, values, strict=True))
        self._state.workflows[drawn] = row
        self._append(row, account, body.workflow_json)
        return row

    def find(self, account: Account, workflow_id: str, *, tells_foreign: bool = True) -> Row:
        """The workspace's workflow.

        Raises:
            RefusedError: 404, there is none or it was deleted; 403, it is another workspace's, unless the route does
                not tell that apart.
        """
        row = self._state.workflows.get(workflow_id)
        if row is None or row["deleted"]:
            raise not_found("Workflow")
        if row["workspace"] != account.workspace:
            raise coded(403, "FORBIDDEN", "Not the owner of this workflow") if tells_foreign else not_found("Workflow")
        return row

    def versions_of(self, workflow_id: str) -> list[Row]:
        """Oldest first."""
        return [row for row in self._state.versions if row["workflow_id"] == workflow_id]

    def append(self, account: Account, workflow_id: str, body: NewVersion) -> Row:
        """One more version.

        Raises:
            RefusedError: 409, somebody appended one since `base_version`.
        """
        row = self.find(account, workflow_id)
        latest = len(self.versions_of(workflow_id))
        if body.base_version != latest:
            raise coded(409, "CONFLICT", f"base_version {body.base_version} is not the latest version {latest}")
        return self.save(account, row, body.workflow_json)

    def save(self, account: Account, row: Row, document: dict[str, Any]) -> Row:
        """Append without asking, as a browser tab does that is up to date."""
        row["updated_at"] = self._state.world.clock.now()
        return self._append(row, account, document)

    def list(
        self, account: Account, *, sort: Sort, order: Literal["asc", "desc"], name: str | None, view: View | None
    ) -> list[Row]:
        """The workspace's, by a part of their names."""
        found = [
            row
            for row in self._state.workflows.values()
            if row["workspace"] == account.workspace
            and not row["deleted"]
            and (name is None or name.lower() in (row["name"] or "").lower())
            and view in (None, row["default_view"])
        ]
        column = _SORT_COLUMN[sort]
        return sorted(found, key=lambda row: row[column] or "", reverse=order == "desc")

    def change(self, row: Row, changes: Changes) -> None:
        """Metadata; no version comes of it."""
        row.update(changes.model_dump(exclude_unset=True), updated_at=self._state.world.clock.now())

    def shown(self, row: Row) -> Row:
        """As the API gives it: neither its content nor the id of its version."""
        optional = {name: row[name] for name in ("name", "description", "default_view", "forked_from")}
        if self._state.settings.absent_fields == "left out":
            optional = {name: value for name, value in optional.items() if value is not None}
        moments = {name: spelled(row[name]) for name in ("created_at", "updated_at")}
        latest = len(self.versions_of(row["id"]))
        return {"id": row["id"], "latest_version": latest, "created_by": row["created_by"], **moments, **optional}

    def shown_version(self, version: Row) -> Row:
        """As the answer to appending it."""
        shown = {name: version[name] for name in ("id", "version", "created_by")}
        latest = len(self.versions_of(version["workflow_id"]))
        return {**shown, "latest_version": latest, "created_at": spelled(version["created_at"])}

    def shown_content(self, version: Row) -> Row:
        """With the document, as the database gives it back."""
        shown = {name: version[name] for name in ("id", "version", "created_by", "dependency_asset_ids")}
        return {**shown, "created_at": spelled(version["created_at"]), "workflow_json": self.stored(version)}

    def stored(self, version: Row) -> dict[str, Any]:
        """A version's document."""
        is_sorted = self._state.settings.reorders_documents
        document: dict[str, Any] = json.loads(json.dumps(version["workflow_json"], sort_keys=is_sorted))
        return document

    def _append(self, row: Row, account: Account, document: dict[str, Any]) -> Row:
        version = {
            "id": self._state.new_id(),
            "workflow_id": row["id"],
            "version": len(self.versions_of(row["id"])) + 1,
            "workflow_json": document,
            "created_by": account.user,
            "created_at": self._state.world.clock.now(),
            "dependency_asset_ids": [],
        }
        self._state.versions.append(version)
        return version
