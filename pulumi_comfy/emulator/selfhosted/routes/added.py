"""What no public server has: machines, deployments and API keys, by our reading of a list in circulation (6).

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from pulumi_comfy.emulator.provenance import seen
from pulumi_comfy.emulator.rows import Row
from pulumi_comfy.emulator.selfhosted import zod
from pulumi_comfy.emulator.selfhosted.errors import Json, failed, no_such_row
from pulumi_comfy.emulator.selfhosted.machines import GPUS, TYPES
from pulumi_comfy.emulator.selfhosted.service import Call, Here
from pulumi_comfy.emulator.selfhosted.state import kept, kept_text, shown
from pulumi_comfy.emulator.selfhosted.workflows import deploy, refer

router = APIRouter(prefix="/api")

_OURS = "our reading, profile `seed`; no public server has it"
ENVIRONMENTS = ("staging", "production", "public-share")
_MACHINE = (
    *("id", "user_id", "org_id", "name", "endpoint", "disabled", "auth_token", "type", "status", "snapshot", "models"),
    *("gpu", "build_machine_instance_id", "build_log", "created_at", "updated_at"),
)
_DEPLOYMENT = (
    *("id", "user_id", "org_id", "workflow_version_id", "workflow_id", "machine_id", "share_slug", "description"),
    *("showcase_media", "environment", "created_at", "updated_at"),
)
_KEY = ("id", "key", "name", "user_id", "org_id", "revoked", "created_at", "updated_at")
_MEDIA = zod.nullish(zod.array(zod.object_of({"url": zod.text, "isCover": zod.optional(zod.boolean)})))
_CHANGED_MACHINE: dict[str, zod.Schema] = {
    **{name: zod.optional(zod.filled) for name in ("name", "endpoint")},
    "type": zod.optional(zod.word(*TYPES)),
    "auth_token": zod.nullish(zod.text),
    "snapshot": zod.anything,
    "models": zod.anything,
    "gpu": zod.nullish(zod.word(*GPUS)),
}
_CHANGED_DEPLOYMENT: dict[str, zod.Schema] = {
    **{name: zod.optional(zod.text) for name in ("workflow_version_id", "machine_id")},
    "description": zod.nullish(zod.text),
    "showcase_media": _MEDIA,
}
_NEW_DEPLOYMENT: dict[str, zod.Schema] = {
    **dict.fromkeys(("workflow_id", "machine_id"), zod.text),
    **{name: zod.optional(zod.text) for name in ("workflow_version_id", "version_id")},
    "environment": zod.word(*ENVIRONMENTS),
    "description": zod.nullish(zod.text),
}


@router.get("/machine", openapi_extra=seen("unverified", _OURS))
async def list_machines(call: Here) -> Response:
    """Of the account, disabled ones too."""
    return Json([_machine(row) for row in call.state.seen_by(call.caller, "machines")])


@router.post("/machine", openapi_extra=seen("unverified", _OURS))
async def create_machine(call: Here) -> Response:
    """Plain ones are ready, built ones are building."""
    sent = await call.body(zod.object_of(_CHANGED_MACHINE))
    return Json(_machine(call.service.machines.create(call.caller, sent)))


@router.put("/machine/{machine_id}", openapi_extra=seen("unverified", _OURS))
async def update_machine(machine_id: str, call: Here) -> Response:
    """What is sent is overwritten."""
    sent = await call.body(zod.object_of({**_CHANGED_MACHINE, "disabled": zod.optional(zod.boolean)}))
    row = _own(call, "machines", machine_id)
    call.service.machines.update(row, sent)
    return Json(_machine(row))


@router.delete("/machine/{machine_id}", openapi_extra=seen("unverified", _OURS))
async def delete_machine(machine_id: str, call: Here) -> Response:
    """Not while a deployment refers to it."""
    call.service.machines.delete(_own(call, "machines", machine_id))
    return Json({"message": "Machine Deleted"})


@router.get("/deployment", openapi_extra=seen("unverified", _OURS))
async def list_deployments(call: Here) -> Response:
    """Of the account's workflows."""
    rows = [row for row in call.state["deployments"].values() if _is_of(call, row)]
    ordered = sorted(rows, key=lambda row: row["created_at"], reverse=True)
    return Json([shown(row, _DEPLOYMENT) for row in ordered])


@router.post("/deployment", openapi_extra=seen("unverified", _OURS))
async def create_deployment(call: Here) -> Response:
    """Creates, or takes over the row of the same workflow and environment."""
    sent = await call.body(zod.object_of(_NEW_DEPLOYMENT))
    version_id = sent.pop("version_id", None)
    sent.setdefault("workflow_version_id", version_id)
    if sent["workflow_version_id"] is None:
        raise failed("No version id provided")
    return Json(shown(deploy(call.state, call.caller, _kept(sent)), _DEPLOYMENT))


@router.put("/deployment/{deployment_id}", openapi_extra=seen("unverified", _OURS))
async def update_deployment(deployment_id: str, call: Here) -> Response:
    """Never its workflow or environment."""
    sent = await call.body(zod.object_of(_CHANGED_DEPLOYMENT))
    row = _deployment(call, deployment_id)
    refer(call.state, sent)
    row.update(_kept(sent))
    return Json(shown(row, _DEPLOYMENT))


@router.delete("/deployment/{deployment_id}", openapi_extra=seen("unverified", _OURS))
async def delete_deployment(deployment_id: str, call: Here) -> Response:
    """Of any environment."""
    del call.state["deployments"][_deployment(call, deployment_id)["id"]]
    return Json({"message": "Deployment Deleted"})


@router.get("/api-key", openapi_extra=seen("unverified", _OURS))
async def list_api_keys(call: Here) -> Response:
    """Those that are not revoked, in clear."""
    rows = [row for row in call.state.seen_by(call.caller, "api_keys") if not row["revoked"]]
    return Json([shown(row, _KEY) for row in rows])


@router.post("/api-key", openapi_extra=seen("unverified", _OURS))
async def create_api_key(call: Here) -> Response:
    """One a second."""
    sent = await call.body(zod.object_of({"name": zod.text}))
    key = call.service.signed(call.caller)
    if call.service.is_taken(key):
        raise failed('duplicate key value violates unique constraint "api_keys_key_unique"')
    return Json(shown(call.service.insert_key(call.caller, kept_text(sent["name"]), key), _KEY))


@router.delete("/api-key/{key_id}", openapi_extra=seen("unverified", _OURS))
async def revoke_api_key(key_id: str, call: Here) -> Response:
    """It stays in the table."""
    row = _own(call, "api_keys", key_id)
    if row["revoked"]:
        raise no_such_row("API key")
    row.update(revoked=True, updated_at=call.state.world.clock.now())
    return Json(shown(row, _KEY))


def _own(call: Call, table: str, row_id: str) -> Row:
    row = call.state[table].get(row_id)
    if row is None or not call.caller.sees(row):
        raise no_such_row("Machine" if table == "machines" else "API key")
    return row


def _deployment(call: Call, deployment_id: str) -> Row:
    row = call.state["deployments"].get(deployment_id)
    if row is None or not _is_of(call, row):
        raise no_such_row("Deployment")
    return row


def _is_of(call: Call, deployment: Row) -> bool:
    return call.caller.sees(call.state["workflows"][deployment["workflow_id"]])


def _machine(row: Row) -> dict[str, Any]:
    """Its token is not told."""
    return shown({**row, "auth_token": None}, _MACHINE)


def _kept(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: kept(value) for name, value in sent.items()}
