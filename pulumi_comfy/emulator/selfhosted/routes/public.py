"""What every server has, with a key or without (1.4).

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

import hashlib
import math
import re
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.responses import Response

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.provenance import seen
from pulumi_comfy.emulator.selfhosted import zod
from pulumi_comfy.emulator.selfhosted.errors import AnsweredError, Json, failed, require_uuid
from pulumi_comfy.emulator.selfhosted.routes import added
from pulumi_comfy.emulator.selfhosted.service import WEEK_SECONDS, Call, Here
from pulumi_comfy.emulator.selfhosted.state import shown
from pulumi_comfy.emulator.selfhosted.workflows import SAVED, save

router = APIRouter(prefix="/api")

_WEB = "the web app's source"
_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LARGEST_FILE = 50 * 1024 * 1024
_PUT_SECONDS = 300
_VERSION = ("workflow_id", "id", "workflow", "workflow_api", "version", "snapshot", "created_at", "updated_at")
_RUN = zod.object_of({"deployment_id": zod.text, "inputs": zod.optional(zod.record(zod.text_or_number))})
_UPLOAD = zod.object_of({"type": zod.word("image/png", "image/jpg", "image/jpeg"), "file_size": zod.text})


@router.get("/doc", openapi_extra=seen("read", f"{_WEB}; schemas left out"))
async def get_description(call: Here) -> Response:
    """Without a key: an OpenAPI document of the profile's routes, whose schemas are left out."""
    is_seed, paths = call.state.settings.profile == "seed", _paths(router, r":\1")
    paths.update(_paths(added.router, ":id") if is_seed else {})
    info = {"version": "0.0.1", "title": "Comfy Deploy API"}
    return Json({"openapi": "3.0.0", "servers": [{"url": "/api"}], "info": info, "paths": paths})


@router.post("/workflow", openapi_extra=seen("read", f"{_WEB}; `version_id` of the profile `seed` is our reading"))
async def save_workflow(call: Here) -> Response:
    """One more version, or a workflow and its first."""
    sent = await call.body(SAVED)
    version = save(call.state, _user(call), sent)
    answer = {"workflow_id": version["workflow_id"], "version": version["version"]}
    settings = call.state.settings
    more = {"version_id": version["id"]} if settings.profile == "seed" and settings.tells_version_id else {}
    return Json({**answer, **more})


@router.get("/workflow-version/{version_id}", openapi_extra=seen("read", _WEB))
async def get_workflow_version(version_id: str, call: Here) -> Response:
    """Anybody's, for whoever has a workflow."""
    if not call.state.seen_by(_user(call), "workflows"):
        raise failed("No workflow found")
    row = call.state["versions"].get(require_uuid(version_id))
    if row is None:
        raise failed("No version found")
    return Json(shown(row, _VERSION))


@router.post("/run", openapi_extra=seen("read", f"{_WEB}; the answer after the time limit assumed"))
async def create_run(call: Here) -> Response:
    """Waits for the machine."""
    sent = await call.body(_RUN)
    run = await call.service.runs.start(call.caller, sent["deployment_id"], sent.get("inputs"))
    return Json({"run_id": run["id"]})


@router.get("/run", openapi_extra=seen("read", _WEB))
async def get_run(call: Here) -> Response:
    """Where it is, and what it made."""
    sent = call.query(zod.object_of({"run_id": zod.text}))
    return Json(call.service.runs.shown(call.caller, sent["run_id"]))


@router.get("/upload-url", openapi_extra=seen("read", _WEB))
async def get_upload_url(call: Here) -> Response:
    """Where to put a picture."""
    sent = call.query(_UPLOAD)
    size = _size(sent["file_size"])
    if size > _LARGEST_FILE:
        raise failed("File size exceeds 50MB limit")
    randomness, files = call.state.world.randomness, call.state.world.files
    file_id = "img_" + "".join(_LETTERS[randomness.integer(len(_LETTERS))] for _ in range(16))
    key = f"inputs/{file_id}.{sent['type'].partition('/')[2]}"
    urls = {"upload_url": files.signed_url(key, _PUT_SECONDS), "download_url": files.public_url(key)}
    return Json({"upload_url": urls["upload_url"], "file_id": file_id, "download_url": urls["download_url"]})


@router.get("/auth-response/{request_id}", openapi_extra=seen("read", _WEB))
async def get_auth_response(request_id: str, call: Here) -> Response:
    """A key, once, after a person said yes in the browser."""
    row = call.state["auth_requests"].get(request_id)
    if row is None:
        return Json({"message": "Not ready yet."}, 201)
    if row["api_hash"] is not None:
        return Json({"message": "Already used."}, 201)
    key = call.service.signed(Caller(row["user_id"], row["org_id"]), lifetime=WEEK_SECONDS)
    expires = call.state.world.clock.now() + timedelta(seconds=WEEK_SECONDS)
    row.update(api_hash=hashlib.sha256(key.encode()).hexdigest(), expired_date=expires)
    return Json({"api_key": key, "name": row["org_id"] or row["user_id"]})


def _paths(part: APIRouter, parameter: str) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for route in (one for one in part.routes if isinstance(one, APIRoute) and one.path != "/api/doc"):
        told = paths.setdefault(re.sub(r"{(\w+)}", parameter, route.path.removeprefix("/api")), {})
        told.update({method.lower(): {"summary": route.description, "responses": {}} for method in route.methods or ()})
    return paths


def _user(call: Call) -> Caller:
    if not call.caller.user_id:
        raise failed("Invalid user_id")
    return call.caller


def _size(text: str) -> float:
    """The number of a query.

    Raises:
        AnsweredError: 400, it is none, or not above 0.
    """
    try:
        size = float(text or 0)
    except ValueError:
        size = math.nan
    told = [] if not math.isnan(size) else ["file_size must be a number"]
    if not size > 0:
        told.append("file_size cannot be less than or equal to 0")
    if told:
        place = ["file_size", "file_size"]
        issues = [{"code": "custom", "message": message, "path": place} for message in told]
        raise AnsweredError(Json({"success": False, "error": {"issues": issues, "name": "ZodError"}}, 400))
    return size
