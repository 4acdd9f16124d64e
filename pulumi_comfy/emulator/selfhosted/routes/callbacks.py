"""What machines and browsers call, outside the framework of the others and mostly without a key (4, 5.6).

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from pulumi_comfy.emulator.provenance import seen
from pulumi_comfy.emulator.selfhosted import zod
from pulumi_comfy.emulator.selfhosted.errors import AnsweredError, Json, crashed
from pulumi_comfy.emulator.selfhosted.runs import STATUSES
from pulumi_comfy.emulator.selfhosted.service import Here
from pulumi_comfy.emulator.selfhosted.workflows import SAVED, save

router = APIRouter(prefix="/api")

_WEB = "the web app's source"
_PUT_SECONDS = 300
_UPDATE = zod.object_of(
    {"run_id": zod.text, "status": zod.optional(zod.word(*STATUSES)), "output_data": zod.optional(zod.anything)}
)
_FILE = zod.object_of({"file_name": zod.text, "run_id": zod.text, "type": zod.text})
_BUILT = zod.object_of(
    {"machine_id": zod.text, "endpoint": zod.optional(zod.text), "build_log": zod.optional(zod.text)}
)


@router.post("/update-run", openapi_extra=seen("read", f"{_WEB}; crashes assumed empty"))
async def update_run(call: Here) -> Response:
    """Anybody may say anything of a run."""
    sent = await call.loose(_UPDATE)
    try:
        call.service.runs.report(sent["run_id"], sent.get("status"), sent.get("output_data"))
    except AnsweredError:
        raise crashed() from None
    return Json({"message": "success"})


@router.get("/file-upload", openapi_extra=seen("read", _WEB))
async def get_file_upload(call: Here) -> Response:
    """Where a machine puts an output."""
    sent = await call.loose(_FILE)
    key = f"outputs/runs/{sent['run_id']}/{sent['file_name']}"
    return Json({"url": call.state.world.files.signed_url(key, _PUT_SECONDS)})


@router.post("/machine-built", openapi_extra=seen("read", _WEB))
async def machine_built(call: Here) -> Response:
    """What the builder says of a machine."""
    sent = await call.loose(_BUILT)
    call.service.machines.built(sent["machine_id"], sent.get("endpoint"), sent.get("build_log"))
    return Json({"message": "success"})


@router.get("/view", openapi_extra=seen("read", _WEB))
async def view_file(call: Here, file: str = "") -> Response:
    """To the file store."""
    return RedirectResponse(call.state.world.files.public_url(file) if file else "/", 307)


@router.post("/upload", openapi_extra=seen("read", f"{_WEB}; deprecated there"))
async def save_workflow_as_before(call: Here) -> Response:
    """As `POST /api/workflow`, but a version may be added to anybody's workflow, and a revoked key is good."""
    if not call.caller.user_id:
        return PlainTextResponse("Invalid or expired token", 401)
    sent = await call.loose(SAVED)
    version = save(call.state, call.caller, sent, checks_owner=False)
    return Json({"workflow_id": version["workflow_id"], "version": version["version"]})
