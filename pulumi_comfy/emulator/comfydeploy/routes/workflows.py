"""Workflows and their versions (2.1, 2.2).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy import bodies
from pulumi_comfy.emulator.comfydeploy.auth import Call, Here
from pulumi_comfy.emulator.comfydeploy.deployments import RefusedError
from pulumi_comfy.emulator.comfydeploy.errors import (
    UnhandledError,
    bad_uuid_text,
    error,
    foreign_key_text,
    is_uuid,
    refuse,
)
from pulumi_comfy.emulator.comfydeploy.rows import (
    WORKFLOW_COLUMNS,
    created_version_row,
    embedded_version_row,
    user_icon,
    version_row,
)
from pulumi_comfy.emulator.comfydeploy.state import Row, contains, newest, page, pick
from pulumi_comfy.emulator.jsonb import stored
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_LISTED = ("id", "name", "created_at", "updated_at", "pinned", "cover_image", "user_id", "selected_machine_id")
_NO_WORKFLOW = "Workflow not found or you don't have access to it"
_NO_VERSION = "Workflow version not found or you don't have access to it"


@router.post("/workflow", openapi_extra=seen("recorded", "02 steps 0, 23-35; 09 step 79"))
async def create_workflow(body: bodies.WorkflowCreate, call: Here) -> JSONResponse:
    """Workflow, version 1, and a preview deployment when a machine is named."""
    try:
        graph = stored(json.loads(body.workflow_json))
        prompt = None if body.workflow_api is None else stored(json.loads(body.workflow_api))
    except ValueError:
        return error(400, "Invalid JSON format")
    except RecursionError:
        raise UnhandledError from None
    platform, machine_id = call.platform, body.machine_id
    if body.machine_version_id is not None:
        _check_uuid(body.machine_version_id)
        pinned = platform.machine_versions.get(body.machine_version_id)
        if pinned is None or platform.own_machine(call.caller, pinned["machine_id"]) is None:
            return error(404, "Machine version not found")
        machine_id = pinned["machine_id"]
    if machine_id is not None:
        _check_uuid(machine_id)
        if platform.live_machine(call.caller, machine_id) is None:
            return error(404, "Machine not found")
    workflow = _insert_workflow(call, body.name, machine_id)
    content = {"workflow": graph, "workflow_api": prompt, "comfyui_snapshot": stored(body.comfyui_snapshot)}
    machines = {"machine_id": machine_id, "machine_version_id": body.machine_version_id}
    version = _insert_version(call, workflow["id"], 1, {**content, **machines, "comment": "initial version"})
    if machine_id is not None:
        call.service.deployments.upsert_preview(call.caller, workflow["id"], version["id"], machine_id)
    return JSONResponse({"workflow_id": workflow["id"], "machine_id": machine_id})


@router.get("/workflows", openapi_extra=seen("recorded", "02 steps 18-22; 12 steps 3-4; user_ids, machine_id read"))
async def list_workflows(
    call: Here,
    search: str | None = None,
    limit: int = 100,
    offset: int = 0,
    user_ids: str | None = None,
    machine_id: str | None = None,
) -> JSONResponse:
    """Pinned first, then the latest update."""
    users = user_ids.split(",") if user_ids else None
    rows = [
        row
        for row in newest(_live(call), "updated_at")
        if contains(row["name"], search)
        and (users is None or row["user_id"] in users)
        and (machine_id is None or row["selected_machine_id"] == machine_id)
    ]
    rows.sort(key=lambda row: not row["pinned"])
    return JSONResponse([_listed(call, row) for row in page(rows, limit, offset)])


@router.get("/workflows/all", openapi_extra=seen("recorded", "02 steps 20-21, 53"))
async def list_all_workflows(call: Here, search: str | None = None, limit: int | None = None) -> JSONResponse:
    """Full rows, newest first; a UUID finds the id, other text a part of the name."""
    is_id = search is not None and is_uuid(search)
    rows = [row for row in newest(_live(call)) if (row["id"] == search if is_id else contains(row["name"], search))]
    times = call.platform.times
    return JSONResponse([pick(row, WORKFLOW_COLUMNS, times.sql) for row in page(rows, limit)])


@router.get("/workflow/{workflow_id}", openapi_extra=seen("recorded", "02 steps 1-3, 36-37; 03 steps 20-21"))
async def get_workflow(workflow_id: str, call: Here, limit: int = 1) -> JSONResponse:
    """The row with its latest versions."""
    _check_uuid(workflow_id)
    row = call.platform.live_workflow(call.caller, workflow_id)
    if row is None:
        raise refuse(404, _NO_WORKFLOW)
    answer = pick(row, WORKFLOW_COLUMNS, call.platform.times.spaced)
    versions = page(call.platform.versions_of(workflow_id), limit)
    answer["versions"] = [embedded_version_row(call.platform, version) for version in versions] or [None]
    return JSONResponse(answer)


@router.patch("/workflow/{workflow_id}", openapi_extra=seen("recorded", "02 steps 4-17, 39-41, 49-50"))
async def update_workflow(workflow_id: str, body: bodies.WorkflowUpdate, call: Here) -> JSONResponse:
    """A pin swallows every other field; null changes nothing."""
    _check_uuid(workflow_id)
    row = call.platform.live_workflow(call.caller, workflow_id)
    if row is None:
        raise refuse(404, "Workflow not found")
    times = call.platform.times
    if body.pinned is not None:
        row["pinned"] = body.pinned
        return JSONResponse(pick(row, WORKFLOW_COLUMNS, times.sql))
    changes = {name: value for name, value in body.model_dump().items() if value is not None}
    if "selected_machine_id" in changes:
        changes["selected_machine_id"] = str(changes["selected_machine_id"])
        if changes["selected_machine_id"] not in call.platform.machines:
            raise UnhandledError
    row.update(changes, updated_at=call.platform.world.clock.now())
    answer = pick(row, WORKFLOW_COLUMNS, times.sql)
    # The column just written has a zone, the one read has none.
    return JSONResponse({**answer, "updated_at": times.model_exact(row["updated_at"])})


@router.delete("/workflow/{workflow_id}", openapi_extra=seen("recorded", "02 steps 42-48"))
async def delete_workflow(workflow_id: str, call: Here) -> JSONResponse:
    """Soft delete, without looking at references."""
    _check_uuid(workflow_id)
    row = call.platform.live_workflow(call.caller, workflow_id)
    if row is None:
        raise refuse(404, "Workflow not found")
    row.update(deleted=True, updated_at=call.platform.world.clock.now())
    return JSONResponse({"message": "Workflow deleted successfully"})


@router.post("/workflow/{workflow_id}/clone", openapi_extra=seen("recorded", "03 steps 26-28"))
async def clone_workflow(workflow_id: str, body: bodies.WorkflowClone, call: Here) -> JSONResponse:
    """A new workflow whose version 1 is the latest version."""
    _check_uuid(workflow_id)
    source = call.platform.live_workflow(call.caller, workflow_id)
    if source is None:
        raise refuse(404, "Workflow not found")
    copy = _insert_workflow(call, body.name or f"{source['name']} (Cloned)", source["selected_machine_id"])
    for latest in call.platform.versions_of(workflow_id)[:1]:
        names = ("workflow", "workflow_api", "comment", "machine_id", "machine_version_id", "comfyui_snapshot")
        _insert_version(call, copy["id"], 1, {name: latest[name] for name in names})
    columns = ("id", "name", "org_id", "user_id", "created_at", "updated_at", "pinned", "deleted")
    return JSONResponse(pick(copy, columns, call.platform.times.offset))


@router.post("/workflow/{workflow_id}/version", openapi_extra=seen("recorded", "03 steps 2-9; 09 step 81"))
async def create_version(workflow_id: str, body: bodies.VersionCreate, call: Here) -> JSONResponse:
    """Append a version; with a machine, move the workflow and its preview deployment to it."""
    platform, machine_id = call.platform, body.machine_id
    if not is_uuid(workflow_id):
        raise refuse(500, bad_uuid_text(workflow_id, "SELECT comfyui_deploy.workflows.id"))
    workflow = platform.live_workflow(call.caller, workflow_id)
    if workflow is None:
        raise refuse(500, "404: Workflow not found")
    if machine_id is not None:
        if not is_uuid(machine_id):
            raise refuse(500, "badly formed hexadecimal UUID string")
        if machine_id not in platform.machines:
            raise refuse(500, _unknown_machine_text(machine_id))
    # Read here and written below without a lock: two callers may get the same number.
    number = max((row["version"] for row in platform.versions_of(workflow_id)), default=0) + 1
    if platform.world.settings.version_race_seconds:
        await platform.scheduler.passed(platform.world.settings.version_race_seconds)
    version = _insert_version(call, workflow_id, number, body.model_dump())
    workflow["updated_at"] = version["updated_at"]
    if machine_id is not None:
        workflow["selected_machine_id"] = machine_id
        try:
            call.service.deployments.upsert_preview(call.caller, workflow_id, version["id"], machine_id)
        except RefusedError as refusal:
            raise refuse(500, str(refusal)) from None
    return JSONResponse(created_version_row(platform, version))


@router.get("/workflow/{workflow_id}/versions", openapi_extra=seen("recorded", "03 steps 1, 10-12, 22-23; 02 step 52"))
async def list_versions(
    workflow_id: str, call: Here, search: str | None = None, limit: int = 100, offset: int = 0
) -> JSONResponse:
    """Newest first; a deleted workflow has none."""
    _check_uuid(workflow_id)
    row = call.platform.workflows.get(workflow_id)
    if row is None or not call.caller.sees(row):
        raise refuse(404, _NO_WORKFLOW)
    found = [] if row["deleted"] else call.platform.versions_of(workflow_id)
    rows = page([version for version in found if contains(version["comment"], search)], limit, offset)
    icon = {version["id"]: user_icon(version["user_id"]) for version in rows}
    return JSONResponse([{**version_row(call.platform, version), "user_icon": icon[version["id"]]} for version in rows])


@router.get("/workflow/{workflow_id}/version/{version}", openapi_extra=seen("recorded", "03 steps 13-16"))
async def get_version_by_number(workflow_id: str, version: int, call: Here) -> JSONResponse:
    """By number; a number that two versions share crashes the platform."""
    _check_uuid(workflow_id)
    is_live = call.platform.live_workflow(call.caller, workflow_id) is not None
    rows = call.platform.versions_of(workflow_id) if is_live else []
    found = [row for row in rows if row["version"] == version]
    if len(found) > 1:
        raise UnhandledError
    if not found:
        raise refuse(404, _NO_VERSION)
    return JSONResponse(version_row(call.platform, found[0]))


@router.get("/workflow-version/{version}", openapi_extra=seen("recorded", "03 steps 17-19"))
async def get_version(version: UUID, call: Here) -> JSONResponse:
    """By id."""
    row = call.platform.versions.get(str(version))
    if row is None or call.platform.live_workflow(call.caller, row["workflow_id"]) is None:
        raise refuse(404, _NO_VERSION)
    return JSONResponse(version_row(call.platform, row))


def _live(call: Call) -> list[Row]:
    return [row for row in call.platform.workflows.values() if call.caller.sees(row) and not row["deleted"]]


def _listed(call: Call, row: Row) -> Row:
    answer = pick(row, _LISTED, call.platform.times.spaced)
    return {**answer, "user_name": row["user_id"], "user_icon": user_icon(row["user_id"])}


def _check_uuid(text: str) -> None:
    if not is_uuid(text):
        raise UnhandledError


def _insert_workflow(call: Call, name: str, machine_id: str | None) -> Row:
    now = call.platform.world.clock.now()
    row: Row = {**dict.fromkeys(WORKFLOW_COLUMNS), **call.caller.owner, "name": name, "pinned": False, "deleted": False}
    row.update(id=call.platform.new_id(), created_at=now, updated_at=now, selected_machine_id=machine_id)
    call.platform.workflows[row["id"]] = row
    return row


def _insert_version(call: Call, workflow_id: str, number: int, content: dict[str, Any]) -> Row:
    now = call.platform.world.clock.now()
    row: Row = {
        "id": call.platform.new_id(),
        "workflow_id": workflow_id,
        "version": number,
        "user_id": call.caller.user_id,
        "snapshot": None,
        "dependencies": None,
        "created_at": now,
        "updated_at": now,
        **{name: stored(value) for name, value in content.items()},
        "_sent_workflow": content["workflow"],
        "_sent_workflow_api": content["workflow_api"],
    }
    call.platform.versions[row["id"]] = row
    return row


def _unknown_machine_text(machine_id: str) -> str:
    hint = (
        "(raised as a result of Query-invoked autoflush; consider using a session.no_autoflush block "
        "if this flush is occurring prematurely)\n"
    )
    constraint, column = "workflows_selected_machine_id_machines_id_fk", "selected_machine_id"
    return hint + foreign_key_text("UPDATE", "workflows", constraint, column, machine_id, "machines")
