"""Deployments: the upsert, share slugs, fluid ones, and what a delete takes (2.5).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.comfydeploy import declared
from pulumi_comfy.emulator.comfydeploy.errors import bad_uuid_text, foreign_key_text, is_uuid, sql_text
from pulumi_comfy.emulator.comfydeploy.rows import version_row
from pulumi_comfy.emulator.comfydeploy.state import SHARE_ENVIRONMENTS, Platform, Row

# In the database's order.
ENVIRONMENTS = ("staging", "production", "public-share", "private-share", "preview", "community-share")

LIMITS = ("concurrency_limit", "gpu", "run_timeout", "idle_timeout", "keep_warm")


class RefusedError(Exception):
    """The text that the platform wraps into a 500."""


class Deployments:
    """The rules of deployments."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def find(self, caller: Caller, deployment_id: str) -> Row | None:
        """The caller's deployment, also when its workflow is deleted."""
        row = self._platform.deployments.get(deployment_id)
        return row if row is not None and caller.sees(row) else None

    def find_live(self, caller: Caller, deployment_id: str) -> Row | None:
        """The caller's deployment of a workflow that is not deleted."""
        row = self.find(caller, deployment_id)
        return row if row is not None and not self._platform.workflows[row["workflow_id"]]["deleted"] else None

    def upsert(self, caller: Caller, body: Row) -> Row:
        """Create, or take over the row that matches `deployment_id`, else `(workflow_id, environment)`.

        Raises:
            RefusedError: Anything the database or the platform's own checks refuse.
        """
        machine_id, pinned = self._machine_of(body)
        workflow_id, environment = body["workflow_id"], body["environment"]
        self._check_key(workflow_id, environment)
        workflow = self._platform.workflows.get(workflow_id)
        if workflow is None:
            raise RefusedError("404: Workflow not found")
        if not is_uuid(machine_id):
            raise RefusedError(bad_uuid_text(machine_id, "SELECT comfyui_deploy.machines.id"))
        if machine_id not in self._platform.machines:
            raise RefusedError("404: Machine not found")
        existing = self._match(caller, body)
        values: Row = {
            "workflow_version_id": body["workflow_version_id"],
            "machine_id": machine_id,
            "environment": environment,
            "description": workflow["description"],
        }
        if existing is None:
            return self._insert(caller, workflow, values, pinned)
        self._check_version(body["workflow_version_id"], "UPDATE")
        existing.update(values, **self._pin(machine_id, pinned, {}))
        existing["share_slug"] = self._slug_after(caller, existing, workflow)
        # Also when nothing differs: 17 steps 18 and 20.
        existing["updated_at"] = self._moment_after(existing)
        return existing

    def upsert_preview(self, caller: Caller, workflow_id: str, version_id: str, machine_id: str) -> None:
        """The implicit deployment that a workflow or version created with a machine makes or moves."""
        body = {"workflow_id": workflow_id, "workflow_version_id": version_id, "environment": "preview"}
        self.upsert(caller, {**body, "machine_id": machine_id, "machine_version_id": None, "deployment_id": None})

    def update(self, row: Row, body: Row) -> Row:
        """Store what is not null and pin again.

        Raises:
            RefusedError: A version, machine or machine version that is not there; a number of more than 32 bits.
        """
        given = {name: value for name, value in body.items() if value is not None}
        if any(isinstance(value, int) and not -(2**31) <= value < 2**31 for value in given.values()):
            raise RefusedError("value out of int32 range")
        pinned = None
        machine_id = given.get("machine_id", row["machine_id"])
        if "machine_version_id" in given:
            pinned = self._platform.machine_versions.get(given["machine_version_id"])
            if pinned is None:
                raise RefusedError("404: Machine version not found")
            machine_id = pinned["machine_id"]
        if machine_id not in self._platform.machines:
            raise RefusedError("404: Machine not found")
        self._check_version(str(given.get("workflow_version_id", row["workflow_version_id"])), "UPDATE")
        before = dict(row)
        row.update({name: given[name] for name in (*LIMITS, "workflow_version_id") if name in given})
        row["machine_id"] = machine_id
        row.update(self._pin(machine_id, pinned, given))
        # An id that is sent is written, also the same one; a setting only when it differs (09 steps 19, 28 and 35).
        if row != before or {"workflow_version_id", "machine_id"} & given.keys():
            row["updated_at"] = self._moment_after(row)
        return row

    def delete(self, row: Row) -> None:
        """Remove the row for good."""
        del self._platform.deployments[row["id"]]

    def active_runs(self, row: Row) -> bool:
        """Whether a run of the deployment has not ended."""
        ended = {"success", "failed", "timeout", "cancelled"}
        runs = self._platform.runs.values()
        return any(run["deployment_id"] == row["id"] and run["status"] not in ended for run in runs)

    def as_model(self, row: Row, *, is_read: bool = False, with_machine: bool = False) -> Row:
        """The answer: writes leave the joined objects null; only a workflow's list names the machine."""
        times = self._platform.times
        answer: Row = {name: row[name] for name in _COLUMNS}
        for name in ("created_at", "updated_at", "activated_at"):
            answer[name] = times.model(row[name])
        answer.update(dict.fromkeys(("workflow", "version", "machine", "input_types", "output_types", "dub_link")))
        if not is_read:
            return answer
        workflow = self._platform.workflows[row["workflow_id"]]
        version = self._platform.versions[row["workflow_version_id"]]
        answer["workflow"] = {"id": workflow["id"], "name": workflow["name"], "cover_url": None}
        answer["version"] = version_row(self._platform, version)
        answer["input_types"] = declared.input_types(version["workflow_api"])
        answer["output_types"] = declared.output_types(version["workflow"])
        if with_machine:
            machine = self._platform.machines[row["machine_id"]]
            answer["machine"] = {"id": machine["id"], "name": machine["name"]}
            # A workflow's own list leaves out what is empty.
            answer.update({name: answer[name] or None for name in ("input_types", "output_types")})
        return answer

    def _moment_after(self, row: Row) -> datetime:
        """The moment of a later write: answers show milliseconds, and on the platform no two writes share one."""
        created: datetime = row["created_at"]
        return max(self._platform.world.clock.now(), created + timedelta(milliseconds=1))

    def _machine_of(self, body: Row) -> tuple[str, Row | None]:
        if body["machine_version_id"] is None:
            return body["machine_id"], None
        version = self._platform.machine_versions.get(body["machine_version_id"])
        if version is None:
            raise RefusedError("'NoneType' object has no attribute 'machine_id'")
        return version["machine_id"], version

    def _check_key(self, workflow_id: str, environment: str) -> None:
        if not is_uuid(workflow_id):
            raise RefusedError(bad_uuid_text(workflow_id, "SELECT comfyui_deploy.deployments.id"))
        if environment not in ENVIRONMENTS:
            text = f'invalid input value for enum deployment_environment: "{environment}"'
            statement = "SELECT comfyui_deploy.deployments.id"
            raise RefusedError(sql_text("Error", "InvalidTextRepresentationError", text, statement))

    def _check_version(self, version_id: str, verb: str) -> None:
        if not is_uuid(version_id):
            raise RefusedError(bad_uuid_text(version_id, f"{verb} comfyui_deploy.deployments"))
        if version_id not in self._platform.versions:
            constraint = "deployments_workflow_version_id_workflow_versions_id_fk"
            column = "workflow_version_id"
            text = foreign_key_text(verb, "deployments", constraint, column, version_id, "workflow_versions")
            raise RefusedError(text)

    def _match(self, caller: Caller, body: Row) -> Row | None:
        if body["deployment_id"] is not None:
            if not is_uuid(body["deployment_id"]):
                raise RefusedError(bad_uuid_text(body["deployment_id"], "SELECT comfyui_deploy.deployments.id"))
            return self.find(caller, body["deployment_id"])
        key = (body["workflow_id"], body["environment"])
        rows = [row for row in self._platform.deployments.values() if caller.sees(row)]
        found = [row for row in rows if (row["workflow_id"], row["environment"]) == key]
        if len(found) > 1:
            raise RefusedError("Multiple rows were found when one or none was required")
        return found[0] if found else None

    def _insert(self, caller: Caller, workflow: Row, values: Row, pinned: Row | None) -> Row:
        slug = _slug(caller, workflow["name"]) if values["environment"] in SHARE_ENVIRONMENTS else None
        self._check_version(values["workflow_version_id"], "INSERT INTO")
        self._check_slug(caller, slug, None)
        now = self._platform.world.clock.now()
        defaults: Row = {"gpu": None, "run_timeout": 300, "idle_timeout": 0, "concurrency_limit": 2, "keep_warm": 0}
        row: Row = {**dict.fromkeys(_COLUMNS), **defaults, **caller.owner, **values, "share_slug": slug}
        row.update(id=self._platform.new_id(), workflow_id=workflow["id"], created_at=now, updated_at=now)
        row.update(self._pin(values["machine_id"], pinned, {}))
        self._platform.deployments[row["id"]] = row
        return row

    def _pin(self, machine_id: str, pinned: Row | None, given: Row) -> Row:
        """A deployment is fluid exactly when the pinned version has an image of its own; else nothing is pinned."""
        machine = self._platform.machines[machine_id]
        version = pinned or self._platform.machine_versions.get(machine["machine_version_id"] or "")
        if version is None or not version["modal_image_id"]:
            return {"machine_version_id": None, "modal_image_id": None}
        copied = {name: given.get(name, version[name]) for name in ("gpu", "run_timeout", "idle_timeout")}
        return {"machine_version_id": version["id"], "modal_image_id": version["modal_image_id"], **copied}

    def _slug_after(self, caller: Caller, row: Row, workflow: Row) -> str | None:
        """Shares that others may run keep their slug or get one; anything else posted again has none."""
        if row["environment"] not in {"public-share", "community-share"}:
            return None
        if row["share_slug"] is not None:
            return str(row["share_slug"])
        slug = _slug(caller, workflow["name"])
        self._check_slug(caller, slug, row["id"])
        return slug

    def _check_slug(self, caller: Caller, slug: str | None, own_id: str | None) -> None:
        taken = (row for row in self._platform.deployments.values() if row["user_id"] == caller.user_id)
        if slug is not None and any(row["share_slug"] == slug and row["id"] != own_id for row in taken):
            text = (
                'duplicate key value violates unique constraint "deployments_user_slug_unique"\n'
                f"DETAIL:  Key (user_id, share_slug)=({caller.user_id}, {slug}) already exists."
            )
            statement = "INSERT INTO comfyui_deploy.deployments"
            raise RefusedError(sql_text("IntegrityError", "UniqueViolationError", text, statement))


_COLUMNS = (
    *("id", "user_id", "org_id", "workflow_version_id", "workflow_id", "machine_id", "share_slug", "description"),
    *("share_options", "showcase_media", "environment", "created_at", "updated_at", *LIMITS, "machine_version_id"),
    *("modal_image_id", "activated_at", "modal_app_id"),
)


def _slug(caller: Caller, name: str) -> str:
    words: Any = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"{caller.account}_{words}"
