"""The editor's files of a workspace: any bytes; every refusal is a plain text or nothing."""

from __future__ import annotations

from datetime import timezone
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from pulumi_comfy.emulator.comfycloud.errors import plain
from pulumi_comfy.emulator.comfycloud.service import Call, Here
from pulumi_comfy.emulator.comfyui.folders import within
from pulumi_comfy.emulator.comfyui.userdata import Profile, UserFile
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_SOURCE = "the vendor's description"


def _place(call: Call) -> tuple[Profile, str]:
    path = within(call.decoded("file"))
    if path is None:
        raise plain(403, "The requested path is not allowed")
    return call.workspace.userdata.of(call.account.user), path


def _info(path: str, file: UserFile) -> dict[str, Any]:
    modified = int(file.modified.replace(tzinfo=timezone.utc).timestamp() * 1000)
    return {"path": path, "size": len(file.content), "modified": modified}


@router.get("/userdata", openapi_extra=seen("read", _SOURCE))
async def list_files(call: Here) -> JSONResponse:
    """Always with all that is known; a folder ends with a slash."""
    folder = call.request.query_params.get("dir", "")
    if not folder.endswith("/"):
        raise plain(400, "dir must end with a slash")
    files = call.workspace.userdata.of(call.account.user).files
    inside = {path[len(folder) :]: file for path, file in sorted(files.items()) if path.startswith(folder)}
    if call.request.query_params.get("recurse") != "true":
        inside = {path: file for path, file in inside.items() if "/" not in path}
    return JSONResponse([_info(path, file) for path, file in inside.items()])


@router.get("/userdata/{file}", openapi_extra=seen("read", _SOURCE))
async def get_file(call: Here) -> Response:
    """The bytes as they were saved."""
    profile, path = _place(call)
    if path not in profile.files:
        raise plain(404)
    return Response(profile.files[path].content, media_type="application/octet-stream")


@router.post("/userdata/{file}", openapi_extra=seen("read", _SOURCE))
async def save_file(call: Here) -> JSONResponse:
    """Any bytes."""
    profile, path = _place(call)
    if call.request.query_params.get("overwrite") == "false" and path in profile.files:
        raise plain(409, "File already exists")
    return JSONResponse(_info(path, call.workspace.userdata.save(profile, path, await call.request.body())))


@router.delete("/userdata/{file}", openapi_extra=seen("read", _SOURCE))
async def delete_file(call: Here) -> Response:
    """For good."""
    profile, path = _place(call)
    if profile.files.pop(path, None) is None:
        raise plain(404)
    return Response(status_code=204)
