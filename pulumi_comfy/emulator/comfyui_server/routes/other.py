"""Routes that no client of ours calls: they answer 501 with their name, where the version has them at all."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.responses import Response

from pulumi_comfy.emulator.comfyui_server.answers import Json
from pulumi_comfy.emulator.comfyui_server.service import Here, only_newer
from pulumi_comfy.emulator.provenance import seen

router = APIRouter()

_OLD = (
    *(("GET", "/ws"), ("GET", "/extensions"), ("GET", "/view_metadata/{folder}")),
    *(("GET", "/internal/logs"), ("GET", "/internal/logs/raw"), ("GET", "/internal/folder_paths")),
    ("GET", "/internal/files/{folder}"),
)
_NEW = (
    *(("GET", "/assets"), ("POST", "/assets"), ("GET", "/assets/{asset_id}"), ("DELETE", "/assets/{asset_id}")),
    *(("PUT", "/assets/{asset_id}"), ("POST", "/assets/from-hash"), ("GET", "/tags"), ("GET", "/global_subgraphs")),
    *(("GET", "/global_subgraphs/{subgraph}"),),
)


async def refuse(call: Here) -> Response:
    """Say which route it is."""
    template = call.request.scope["route"].path
    text = f"The emulator knows this route ({call.request.method} {template}) and does not answer it"
    return Json({"error": text}, 501)


for _routes, _needs in ((_OLD, []), (_NEW, [Depends(only_newer)])):
    for _method, _path in _routes:
        _mark = seen("not emulated", "known, and called by nobody here")
        router.add_api_route(_path, refuse, methods=[_method], openapi_extra=_mark, dependencies=_needs)
