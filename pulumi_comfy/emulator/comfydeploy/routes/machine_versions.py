"""Machine versions and rollback (2.3.2).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy import bodies
from pulumi_comfy.emulator.comfydeploy.auth import Call, Here
from pulumi_comfy.emulator.comfydeploy.errors import refuse
from pulumi_comfy.emulator.comfydeploy.machines import SERVERLESS, SNAPSHOT
from pulumi_comfy.emulator.comfydeploy.rows import MACHINE_VERSION_SUMMARY, machine_full_row
from pulumi_comfy.emulator.comfydeploy.state import Row, page, pick
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_DETAIL = (
    *("id", "machine_id", "version", "user_id", "created_at", "updated_at", "status", "modal_image_id", "build_log"),
    *SNAPSHOT,
)
_NO_VERSION = "Machine version not found"


@router.get("/machine/serverless/{machine_id}/versions", openapi_extra=seen("recorded", "06 steps 6-7, 11, 13"))
async def list_versions(machine_id: UUID, call: Here, limit: int = 100, offset: int = 0) -> JSONResponse:
    """Highest number first; an unknown machine has none."""
    return JSONResponse(_summaries(call, page(_versions(call, machine_id), limit, offset)))


@router.get("/machine/serverless/{machine_id}/versions/all", openapi_extra=seen("recorded", "05 step 127"))
async def list_all_versions(machine_id: UUID, call: Here) -> JSONResponse:
    """The same without pages."""
    return JSONResponse(_summaries(call, _versions(call, machine_id)))


@router.get(
    "/machine/serverless/{machine_id}/versions/{version_id}",
    openapi_extra=seen("recorded", "04 step 27; 06 steps 8-10, 12"),
)
async def get_version(machine_id: UUID, version_id: UUID, call: Here) -> JSONResponse:
    """Every build column, the status and the log: the former build's until this one has ended."""
    if call.platform.own_machine(call.caller, str(machine_id)) is None:
        raise refuse(404, "Machine not found")
    row = call.platform.machine_versions.get(str(version_id))
    if row is None or row["machine_id"] != str(machine_id):
        raise refuse(404, _NO_VERSION)
    return JSONResponse(pick(row, _DETAIL, call.platform.times.sql))


@router.post("/machine/serverless/{machine_id}/rollback", openapi_extra=seen("recorded", "06 steps 14-28"))
async def roll_back(machine_id: UUID, body: bodies.Rollback, call: Here) -> JSONResponse:
    """Take an old version's settings and build it again."""
    machine = call.platform.own_machine(call.caller, str(machine_id))
    if machine is None:
        raise refuse(404, "Machine not found")
    if machine["type"] != SERVERLESS:
        raise refuse(400, "Machine is not a serverless machine")
    if body.machine_version_id is None and body.version is None:
        raise refuse(400, "Either machine_version_id or version must be provided")
    if body.machine_version_id is not None:
        # That the version belongs to this machine is not checked (2.3.2).
        version = call.platform.machine_versions.get(str(body.machine_version_id))
    else:
        found = [row for row in _versions(call, machine_id) if row["version"] == body.version]
        version = found[0] if found else None
    if version is None:
        raise refuse(404, _NO_VERSION)
    if version["id"] == machine["machine_version_id"]:
        raise refuse(400, "Cannot rollback to current version")
    call.service.machines.roll_back(machine, version)
    return JSONResponse(machine_full_row(call.platform, machine))


@router.get("/machine-version/{version_id}/error-start-logs", openapi_extra=seen("read", "facts 2.3.2"))
async def get_start_errors(version_id: str, call: Here) -> JSONResponse:
    """Errors while ComfyUI started: none unless the build breaks inference."""
    build = call.service.builds.of_version.get(version_id)
    is_broken = build is not None and build.breaks_inference
    return JSONResponse({"logs": [{"timestamp": 0.0, "message": "ComfyUI did not start"}] if is_broken else []})


def _versions(call: Call, machine_id: UUID) -> list[Row]:
    if call.platform.own_machine(call.caller, str(machine_id)) is None:
        return []
    rows = [row for row in call.platform.machine_versions.values() if row["machine_id"] == str(machine_id)]
    return sorted(rows, key=lambda row: row["version"], reverse=True)


def _summaries(call: Call, rows: list[Row]) -> list[Row]:
    return [pick(row, MACHINE_VERSION_SUMMARY, call.platform.times.sql) for row in rows]
