"""What the server is, what it knows, and which models it has."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from pulumi_comfy.emulator.comfyui_server.answers import Json, empty
from pulumi_comfy.emulator.comfyui_server.replacements import listed
from pulumi_comfy.emulator.comfyui_server.service import Here, only_newer
from pulumi_comfy.emulator.comfyui_server.state import State
from pulumi_comfy.emulator.provenance import seen

router = APIRouter()

_MEMORY = 24 * 1024**3
_FOLDERS = (
    *("checkpoints", "configs", "loras", "vae", "text_encoders"),
    *("diffusion_models", "clip_vision", "style_models", "embeddings", "diffusers"),
    *("vae_approx", "controlnet", "gligen", "upscale_models", "custom_nodes"),
    *("hypernetworks", "photomaker", "classifiers", "model_patches", "audio_encoders"),
)
_NO_MODELS = ("configs", "custom_nodes")


@router.get("/system_stats", openapi_extra=seen("recorded", "basics"))
async def get_system_stats(call: Here) -> Response:
    """Versions, memory, and the command line."""
    settings = call.state.settings
    system = {
        "os": "linux" if settings.is_newer else "posix",
        "ram_total": _MEMORY,
        "ram_free": _MEMORY // 2,
        "comfyui_version": settings.version,
        "required_frontend_version": "1.42.8" if settings.is_newer else "1.27.10",
        "installed_templates_version": None,
        "required_templates_version": "0.9.44" if settings.is_newer else "0.1.95",
        "python_version": "3.12.11 (main, Jun  3 2025, 00:00:00) [GCC 12.2.0]",
        "pytorch_version": "2.8.0+cpu",
        "embedded_python": False,
        "argv": ["main.py", "--cpu", *(["--multi-user"] if settings.multi_user else [])],
    }
    memory = {f"{name}_{kind}": _MEMORY for name in ("vram", "torch_vram") for kind in ("total", "free")}
    return Json({"system": system, "devices": [{"name": "cpu", "type": "cpu", "index": None, **memory}]})


@router.get("/features", openapi_extra=seen("recorded", "basics"))
async def get_features(call: Here) -> Response:
    """What a client may use."""
    return Json({"supports_preview_metadata": True, "max_upload_size": call.state.settings.max_body_bytes})


@router.get("/object_info", openapi_extra=seen("recorded", "object_info_excerpt"))
async def get_object_info(call: Here) -> Response:
    """Every class."""
    return Json(call.state.classes())


@router.get("/object_info/{node_class}", openapi_extra=seen("recorded", "object_info_single"))
async def get_node_class(call: Here) -> Response:
    """One; nothing of a class that is not there."""
    name, known = call.decoded("node_class"), call.state.classes()
    return Json({name: known[name]} if name in known else {})


@router.get(
    "/node_replacements",
    openapi_extra=seen("unverified", "its keys; what replacing does was seen"),
    dependencies=[Depends(only_newer)],
)
async def get_node_replacements(call: Here) -> Response:
    """Old classes, and what takes their place."""
    return Json(listed(call.state.settings.node_replacements))


@router.get("/models", openapi_extra=seen("recorded", "basics"))
async def list_model_folders(call: Here) -> Response:
    """Kinds of models."""
    return Json(_folders(call.state))


@router.get("/models/{folder}", openapi_extra=seen("recorded", "basics, model_present_but_corrupt"))
async def list_models(call: Here) -> Response:
    """Names of files."""
    folder = call.decoded("folder")
    return Json(_models(call.state, folder)) if folder in _folders(call.state) else empty(404)


@router.get("/embeddings", openapi_extra=seen("recorded", "basics"))
async def list_embeddings(call: Here) -> Response:
    """Names without what their files end with."""
    return Json([name.rpartition(".")[0] or name for name in _models(call.state, "embeddings")])


@router.get("/experiment/models", openapi_extra=seen("recorded", "basics"))
async def list_model_folders_with_places(call: Here) -> Response:
    """Kinds of models with where they are."""
    folders = [name for name in _folders(call.state) if name not in _NO_MODELS]
    return Json([{"name": name, "folders": [f"/comfyui/models/{name}"]} for name in folders])


@router.get("/experiment/models/{folder}", openapi_extra=seen("recorded", "basics, model_present_but_corrupt"))
async def list_models_with_facts(call: Here) -> Response:
    """Files with their sizes."""
    folder = call.decoded("folder")
    if folder not in _folders(call.state) or folder in _NO_MODELS:
        return empty(404)
    facts: dict[str, Any] = {"pathIndex": 0, "modified": 1.5e9, "created": 1.5e9, "size": 64}
    return Json([{"name": name, **facts} for name in _models(call.state, folder)])


@router.get("/workflow_templates", openapi_extra=seen("recorded", "basics: without node packs"))
async def list_templates() -> Response:
    """Documents that node packs bring."""
    return Json({})


@router.get("/i18n", openapi_extra=seen("recorded", "basics: without node packs"))
async def get_translations() -> Response:
    """Texts that node packs bring."""
    return Json({})


def _folders(state: State) -> list[str]:
    return list(dict.fromkeys((*_FOLDERS, *state.settings.models)))


def _models(state: State, folder: str) -> list[str]:
    """Of the disk; what a loader offers besides is none."""
    missing = state.world.settings.missing_models
    return sorted(name for name in state.settings.models.get(folder, ()) if name not in missing)
