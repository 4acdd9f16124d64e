"""Who asks, what the platform is and what it knows, and the routes that nobody here calls."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse

from pulumi_comfy.emulator.comfycloud.service import Here
from pulumi_comfy.emulator.comfyui.installation import Installation
from pulumi_comfy.emulator.provenance import seen

router = APIRouter()

PUBLIC = frozenset(
    {"/health", "/api/system_stats", "/api/features", "/api/node_replacements", "/api/experiment/models"}
)
"""Paths that answer without a key; none of them proves one."""

_SOURCE = "the vendor's description"
_NOT_EMULATED = (
    *(("POST", "/api/workflows/{workflow_id}/fork"), ("GET", "/api/jobs/{job_id}/assets")),
    *(("GET", "/api/assets"), ("POST", "/api/assets"), ("POST", "/api/assets/from-hash")),
    *(("POST", "/api/assets/download"), ("GET", "/api/assets/{asset_id}"), ("PUT", "/api/assets/{asset_id}")),
    *(
        ("DELETE", "/api/assets/{asset_id}"),
        ("GET", "/api/tags"),
        ("GET", "/api/tasks"),
        ("GET", "/api/tasks/{task_id}"),
    ),
    *(("GET", "/api/settings"), ("POST", "/api/settings"), ("GET", "/api/users"), ("POST", "/api/upload/mask")),
    *(("GET", "/api/global_subgraphs"), ("GET", "/api/workflow_templates")),
    ("GET", "/ws"),
)
_V2 = (("GET", "/api/v2/jobs"), ("POST", "/api/v2/jobs"), ("GET", "/api/v2/jobs/{job_id}"))


@router.get("/health", openapi_extra=seen("read", _SOURCE))
async def get_health() -> PlainTextResponse:
    """Alive."""
    return PlainTextResponse("OK")


@router.get("/api/user", openapi_extra=seen("read", _SOURCE))
async def get_user(call: Here) -> JSONResponse:
    """The one route that proves a key."""
    return JSONResponse({"id": call.account.user, "status": "active"})


@router.get("/api/features", openapi_extra=seen("read", _SOURCE))
async def get_features() -> JSONResponse:
    """What a client may use."""
    return JSONResponse({"supports_preview_metadata": True, "max_upload_size": 52428800})


@router.get("/api/system_stats", openapi_extra=seen("read", _SOURCE))
async def get_system_stats() -> JSONResponse:
    """Versions."""
    versions = {"comfyui_version": "0.19.3", "comfyui_frontend_version": "1.42.8", "cloud_version": "2026.11.1"}
    python = {"os": "linux", "python_version": "3.12.11", "embedded_python": False, "pytorch_version": "2.8.0+cu128"}
    memory = {"argv": [], "ram_total": 0, "ram_free": 0, "workflow_templates_version": "0.9.44"}
    return JSONResponse({"system": {**python, **versions, **memory}, "devices": []})


@router.get("/api/object_info", openapi_extra=seen("read", f"{_SOURCE}; of own models every list shows all"))
async def get_object_info(call: Here) -> JSONResponse:
    """Every class."""
    return JSONResponse(call.workspace.comfyui.classes())


@router.get("/api/node_replacements", openapi_extra=seen("unverified", "its keys; empty"))
async def get_node_replacements() -> JSONResponse:
    """Old classes, and what takes their place."""
    return JSONResponse({})


@router.get("/api/experiment/models", openapi_extra=seen("read", _SOURCE))
async def list_model_folders(call: Here) -> JSONResponse:
    """Kinds of models."""
    return JSONResponse([{"name": name, "folders": [name]} for name in call.service.state.settings.models])


@router.get("/api/experiment/models/{folder}", openapi_extra=seen("read", f"{_SOURCE}; its 404 assumed"))
async def list_models(folder: str, call: Here) -> JSONResponse:
    """Names of files."""
    state = call.service.state
    found = Installation(state.world, state.settings).files(folder)
    if folder not in state.settings.models:
        return JSONResponse({"code": "NOT_FOUND", "message": "Folder not found"}, 404)
    return JSONResponse([{"name": name, "pathIndex": 0} for name in found])


async def _refuse(call: Here) -> JSONResponse:
    template = call.request.scope["route"].path
    text = f"The emulator knows this route ({call.request.method} {template}) and does not answer it"
    told: Any = {"code": "not_implemented", "message": text}
    return JSONResponse({"error": told} if template.startswith("/api/v2/") else told, 501)


for _method, _path in (*_NOT_EMULATED, *_V2):
    _mark = seen("not emulated", "known, and called by nobody here")
    router.add_api_route(_path, _refuse, methods=[_method], openapi_extra=_mark)
