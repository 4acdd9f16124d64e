"""Keys, plan, prices, versions: the account and the catalogue (1.4, 2.8, 4).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy.auth import Here
from pulumi_comfy.emulator.comfydeploy.docker import DEFAULT_COMFYUI_VERSION
from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError, error, refuse
from pulumi_comfy.emulator.comfydeploy.machines import SERVERLESS
from pulumi_comfy.emulator.comfydeploy.service import DoubleKeyError
from pulumi_comfy.emulator.comfydeploy.state import contains, newest, page, pick
from pulumi_comfy.emulator.jsonb import stored
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_KEY_COLUMNS = (
    *("id", "key", "name", "user_id", "org_id", "revoked", "token_type", "scopes", "created_at", "updated_at"),
)
# US dollars a second (4).
_PRICES = {
    "CPU": 0.000042,
    "T4": 0.00018,
    "L4": 0.00032,
    "A10G": 0.000337,
    "L40S": 0.000596,
    "A100": 0.00114,
    "A100-80GB": 0.001708,
    "H100": 0.002338,
    "H200": 0.001891,
    "B200": 0.002604,
}
_RELEASES = (
    ("v0.3.67", "1f9ac3c1b4f4fa4b52a9b3b18a5f37d1d0b0c2a1", "2025-10-28T22:00:00Z"),
    ("v0.3.66", "2c0d4f5e6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c1d", "2025-10-21T22:00:00Z"),
    ("v0.3.65", DEFAULT_COMFYUI_VERSION, "2025-10-13T22:00:00Z"),
)


@router.post("/platform/api-keys", openapi_extra=seen("recorded", "01 steps 12-13; two in one second read"))
async def create_key(request: Request, call: Here) -> JSONResponse:
    """A new key, shown once; a second one in the same second is refused by the database."""
    try:
        body: Any = await request.json()
    except (ValueError, RecursionError):
        raise UnhandledError from None
    name = body.get("name") if isinstance(body, dict) else None
    if not name:
        return error(400, "Name is required")
    try:
        row = call.service.create_key(call.caller, stored(str(name)))
    except DoubleKeyError as double:
        return error(500, f"Failed to commit API key: {double}")
    return JSONResponse({"key": row["key"]})


@router.get("/platform/api-keys", openapi_extra=seen("recorded", "01 steps 15-16; search read"))
async def list_keys(call: Here, search: str | None = None, limit: int = 100, offset: int = 0) -> JSONResponse:
    """Newest first, keys masked, revoked ones hidden."""
    rows = [
        row
        for row in newest(call.platform.api_keys.values())
        if call.caller.sees(row) and not row["revoked"] and contains(row["name"], search)
    ]
    shown = [pick(row, _KEY_COLUMNS, call.platform.times.sql) for row in page(rows, limit, offset)]
    return JSONResponse([{**row, "key": "****" + row["key"][-4:]} for row in shown])


@router.delete("/platform/api-keys/{key_id}", openapi_extra=seen("recorded", "01 steps 17-21"))
async def revoke_key(key_id: str, call: Here) -> JSONResponse:
    """Revoke; the key works on for some seconds."""
    row = call.platform.api_keys.get(key_id)
    if row is None or not call.caller.sees(row):
        return error(404, "API key not found")
    row.update(revoked=True, _revoked_at=call.platform.world.clock.real_now())
    return JSONResponse(pick(row, _KEY_COLUMNS, call.platform.times.sql))


@router.get("/platform/plan", openapi_extra=seen("read", "facts 1.4"))
async def get_plan(call: Here) -> JSONResponse:
    """Limits and how much of them is used."""
    plan, platform = call.platform.plan_of(call.caller), call.platform
    owned = [row for row in platform.machines.values() if call.caller.sees(row) and not row["deleted"]]
    machines = sum(row["type"] == SERVERLESS for row in owned)
    flows = sum(call.caller.sees(row) and not row["deleted"] for row in platform.workflows.values())
    features = {
        "machineLimited": machines >= plan.machine_limit,
        "machineLimit": plan.machine_limit,
        "currentMachineCount": machines,
        "workflowLimited": flows >= plan.workflow_limit,
        "workflowLimit": plan.workflow_limit,
        "currentWorkflowCount": flows,
        "priavteModels": not plan.is_free,
        "alwaysOnMachineLimit": plan.always_on_limit,
    }
    return JSONResponse({"features": features, "plans": {"plans": [plan.name]}})


@router.get("/platform/gpu-pricing", openapi_extra=seen("read", "facts 4"))
async def get_prices() -> JSONResponse:
    """US dollars a second by GPU."""
    return JSONResponse(_PRICES)


@router.get("/platform/gpu-credit-schema", openapi_extra=seen("unverified", "facts 4 names it only"))
async def get_credit_schema() -> JSONResponse:
    """Credits a second by GPU feature."""
    return JSONResponse(
        [{"feature_id": f"gpu-{name.lower()}", "credit_cost": price} for name, price in _PRICES.items()]
    )


@router.get("/platform/user-settings", openapi_extra=seen("unverified", "facts 4 names it; keys of the API model"))
async def get_user_settings(call: Here) -> JSONResponse:
    """The account's settings."""
    return JSONResponse(
        {
            **call.caller.owner,
            "api_version": "v2",
            "custom_output_bucket": False,
            "output_visibility": "private",
            "spend_limit": None,
        }
    )


@router.get("/platform/usage", openapi_extra=seen("unverified", "facts 3.5; the emulator bills nothing"))
async def get_usage(
    start_time: datetime | None = None,  # noqa: ARG001 - checked, unused
    end_time: datetime | None = None,  # noqa: ARG001 - checked, unused
) -> JSONResponse:
    """Usage of the period."""
    empty = {"total_cost": 0.0, "final_cost": 0.0, "free_tier_credit": 0, "credit": 0, "period": None}
    return JSONResponse({"usage": [], **empty})


@router.get("/platform/usage-details", openapi_extra=seen("unverified", "facts 3.5; the emulator bills nothing"))
async def get_usage_details(start_time: datetime, end_time: datetime) -> JSONResponse:  # noqa: ARG001 - required, unused
    """Cost by day."""
    return JSONResponse([])


@router.get("/comfyui-versions", openapi_extra=seen("read", "facts 4; the releases are the emulator's"))
async def list_comfyui_versions() -> JSONResponse:
    """The latest commit and three releases."""
    releases = [{"label": label, "value": sha, "description": label, "date": date} for label, sha, date in _RELEASES]
    return JSONResponse({"latest": {"sha": _RELEASES[0][1], "label": "Latest"}, "releases": releases})


@router.get("/latest-hashes", openapi_extra=seen("read", "facts 4"))
async def get_latest_hashes() -> JSONResponse:
    """Commits of ComfyUI and of the deploy node."""
    release = _RELEASES[0]
    return JSONResponse(
        {"comfyui_hash": release[1], "comfyui_latest_release": release[0], "comfydeploy_hash": _RELEASES[1][1]}
    )


@router.get("/branch-info", openapi_extra=seen("unverified", "facts 4; the real one asks the git host"))
async def get_branch_info(git_url: str) -> JSONResponse:
    """The head of a node's default branch, made up from its address."""
    if "://" not in git_url:
        raise refuse(404, "Branch not found")
    commit = hashlib.sha1(git_url.encode(), usedforsecurity=False).hexdigest()
    return JSONResponse({"name": "main", "commit": {"sha": commit}})


@router.get("/models", openapi_extra=seen("unverified", "facts 1.1 names it only"))
async def list_catalogue() -> JSONResponse:
    """The public catalogue: empty."""
    return JSONResponse([])


@router.get("/user/{user_id}", openapi_extra=seen("unverified", "facts 1.1 names it only"))
async def get_user(user_id: str) -> JSONResponse:
    """A user's public face."""
    return JSONResponse({"id": user_id, "username": user_id, "image_url": f"https://img.example/{user_id}.png"})
