"""Model files on the account's volume (2.7): texts and rows as the server spells them, files of our own.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from fastapi import APIRouter
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy.auth import Call, Here
from pulumi_comfy.emulator.comfydeploy.body import Body
from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError, is_uuid, refuse
from pulumi_comfy.emulator.comfydeploy.state import Row, pick
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_READ = seen("read", "facts 2.7, read in the source")
_UNVERIFIED = seen("unverified", "facts 2.7; what exists there is the emulator's")
_PUBLIC = ("checkpoints/sd_xl_base_1.0.safetensors", "vae/ae.safetensors", "clip/t5xxl_fp16.safetensors")
_FAILING = "fail"
_WHOLE = 100


class HuggingFaceSource(Body):
    """A repository, or the path of a file in one."""

    repoId: str


class CivitaiSource(Body):
    """A model page."""

    url: str


class ModelAdd(Body):
    """`POST /volume/model`."""

    source: Literal["huggingface", "civitai", "link"]
    folderPath: str
    filename: str | None = None
    huggingface: HuggingFaceSource | None = None
    civitai: CivitaiSource | None = None
    downloadLink: str | None = None
    # Browser uploads, which are not emulated.
    isTemporaryUpload: bool | None = False
    s3ObjectKey: str | None = None


class PathBody(Body):
    """`POST /volume/rm`."""

    path: str


class MoveBody(Body):
    """`POST /volume/move`."""

    source_path: str
    destination_path: str
    overwrite: bool = False


class RepositoryBody(Body):
    """`POST /volume/validate/huggingface`."""

    repo_id: str


@router.post("/volume/model", openapi_extra=_READ)
async def add_model(body: ModelAdd, call: Here) -> JSONResponse:
    """Download in the background; the target must not exist. Each call has a row of its own, the refused one too."""
    address = _address(body)
    if body.source == "huggingface" and not body.filename:
        return _add_repository(call, body, address)
    name = body.filename or _file_name(address)
    row = _insert_download(call, body, name, address)
    if not name:
        row.update(status="failed", error_log="filename not found")
        raise refuse(400, "No filename found")
    path = _joined(body.folderPath, name)
    if _listing(call, path):
        row.update(status="failed", error_log="File already exists")
        raise refuse(409, f"409: File {path} already exists")
    _start(call, row, path.strip("/"), address)
    kind = {"huggingface": "Hugging Face", "civitai": "Civitai", "link": "Generic"}[body.source]
    return JSONResponse({"message": f"{kind} model download started"})


@router.get("/volume/private-models", openapi_extra=_READ)
async def list_private(call: Here) -> JSONResponse:
    """Every file and directory of the account."""
    files = _volume(call)
    folders = {path.rsplit("/", 1)[0] for path in files if "/" in path}
    listed = [{"path": folder, "type": 2, "mtime": 0, "size": 0} for folder in sorted(folders)]
    return JSONResponse(listed + [files[path] for path in sorted(files)])


@router.get("/volume/public-models", openapi_extra=_UNVERIFIED)
async def list_public() -> JSONResponse:
    """The shared catalogue."""
    return JSONResponse([_file(path, 0) for path in _PUBLIC])


@router.get("/volume/downloading-models", openapi_extra=_READ)
async def list_downloads(call: Here) -> JSONResponse:
    """Downloads of the last day that are not complete and not cancelled, by name, last first."""
    since = call.platform.world.clock.now() - timedelta(hours=24)
    rows = [
        row
        for row in call.platform.downloads.values()
        if call.caller.sees(row)
        and row["status"] != "cancelled"
        and row["download_progress"] != _WHOLE
        and row["created_at"] > since
    ]
    rows.sort(key=lambda row: (row["model_name"] is None, row["model_name"] or ""), reverse=True)
    return JSONResponse([pick(row, row, call.platform.times.dump) for row in rows])


@router.post("/volume/rm", openapi_extra=_READ)
async def remove(body: PathBody, call: Here) -> JSONResponse:
    """Remove a file, or a directory with all in it; an empty path is the volume itself."""
    if body.path.strip("/") and not _listing(call, body.path):
        raise refuse(404, f"path: {body.path} not found.")
    files = _volume(call)
    for name in _listing(call, body.path):
        del files[name]
    return JSONResponse({"deleted_path": body.path})


@router.post("/volume/move", openapi_extra=_READ)
async def move(body: MoveBody, call: Here) -> JSONResponse:
    """Rename a file."""
    files, source, target = _volume(call), body.source_path.strip("/"), body.destination_path.strip("/")
    if source not in files:
        if _listing(call, source):
            raise refuse(400, "directory supplied")
        raise refuse(404, f"path: {body.source_path} not found.")
    if _listing(call, target) and not body.overwrite:
        raise refuse(409, "Destination already exists and overwrite is not enabled.")
    files[target] = {**files.pop(source), "path": target}
    return JSONResponse({"old_path": body.source_path, "new_path": body.destination_path})


@router.get("/volume/name", openapi_extra=_READ)
async def get_volume_name(call: Here) -> JSONResponse:
    """The volume that the account's machines mount."""
    return JSONResponse({"volume_name": f"models_{call.caller.account}"})


@router.post("/volume/validate/huggingface", openapi_extra=_UNVERIFIED)
async def validate_repository(body: RepositoryBody) -> JSONResponse:
    """Whether a repository exists: one with `missing` in its name does not."""
    return JSONResponse({"exists": "/" in body.repo_id and "missing" not in body.repo_id})


@router.post("/volume/validate/civitai", openapi_extra=_UNVERIFIED)
async def validate_page(body: CivitaiSource) -> JSONResponse:
    """Whether a model page exists."""
    exists = "missing" not in body.url
    facts = {"title": "A model", "preview_url": None, "filename": "model.safetensors"}
    ids = {"model_id": "1", "version_id": "1"}
    return JSONResponse({"exists": exists, **(facts | ids if exists else dict.fromkeys({**facts, **ids}))})


@router.delete("/file/{file_id}/cancel", openapi_extra=_READ)
async def cancel_download(file_id: str, call: Here) -> JSONResponse:
    """Mark a download cancelled, whatever became of it; the emulator's then leaves no file."""
    if not is_uuid(file_id):
        raise UnhandledError
    row = call.platform.downloads.get(file_id)
    if row is None or not call.caller.sees(row):
        raise refuse(404, "Model not found")
    row.update(status="cancelled", updated_at=call.platform.world.clock.now())
    return JSONResponse({"success": True, "message": "Download cancelled successfully"})


def _volume(call: Call) -> dict[str, Row]:
    return call.platform.volumes.setdefault(call.caller.account, {})


def _listing(call: Call, path: str) -> list[str]:
    """The file at a path, or the files below it; all of them at an empty one."""
    place = path.strip("/")
    return [name for name in _volume(call) if not place or name == place or name.startswith(place + "/")]


def _joined(folder: str, name: str) -> str:
    return f"{folder}{'' if not folder or folder.endswith('/') else '/'}{name}"


def _address(body: ModelAdd) -> str:
    if body.source == "huggingface":
        if body.huggingface is None or not body.huggingface.repoId:
            raise refuse(400, "HuggingFace repo ID is required")
        if "/" not in body.huggingface.repoId and not body.filename:
            raise refuse(400, "Filename is required for HuggingFace file downloads")
        return f"https://huggingface.co/{body.huggingface.repoId}"
    if body.source == "civitai":
        if body.civitai is None or not body.civitai.url:
            raise refuse(400, "Civitai URL is required")
        if not re.search(r"civitai\.com/models/\d+", body.civitai.url):
            raise refuse(400, "Invalid Civitai URL")
        return body.civitai.url
    if not body.downloadLink:
        raise refuse(400, "Download link is required")
    return body.downloadLink


def _file_name(address: str) -> str | None:
    """The last part of the path when it has a dot; the real one then asks the address for its headers."""
    if re.search(r"civitai\.com/models/\d+", address):
        return "model.safetensors"
    name = urlsplit(address).path.rsplit("/", 1)[-1]
    return name if "." in name else None


def _file(path: str, mtime: int) -> Row:
    size = 1_000_000 + int(hashlib.sha256(path.encode()).hexdigest()[:6], 16)
    return {"path": path, "type": 1, "mtime": mtime, "size": size}


def _add_repository(call: Call, body: ModelAdd, address: str) -> JSONResponse:
    name = address.rsplit("/", 1)[-1]
    folder = _joined(body.folderPath, name)
    if "missing" in address:
        raise refuse(404, "HuggingFace repository not found")
    if _listing(call, folder):
        raise refuse(409, f"Folder '{folder}' already exists. Please choose a different folder path.")
    row = _insert_download(call, body, name, address)
    row["hf_url"] = address
    _start(call, row, f"{folder.strip('/')}/model.safetensors", address)
    return JSONResponse({"message": "HuggingFace repository download started", "model_id": row["id"]})


def _insert_download(call: Call, body: ModelAdd, name: str | None, address: str) -> Row:
    """A row of the platform's table of models, every column of it."""
    now, is_civitai = call.platform.world.clock.now(), body.source == "civitai"
    kind = "download-url" if body.source == "link" else body.source
    row: Row = {"id": call.platform.new_id(), **call.caller.owner, "description": None}
    row.update(user_volume_id=str(uuid5(NAMESPACE_URL, call.caller.account)), model_name=name)
    row.update(folder_path=body.folderPath, target_symlink_path=None, civitai_id=None, civitai_version_id=None)
    row.update(civitai_url=address if is_civitai else None, civitai_download_url=None, civitai_model_response=None)
    row.update(hf_url=None, s3_url=None, download_progress=0, user_url=None if is_civitai else address)
    row.update(filehash_sha256=None, is_public=True, status="started", upload_machine_id=None, upload_type=kind)
    row.update(model_type="custom", error_log=None, size=None, deleted=False, created_at=now, updated_at=now)
    call.platform.downloads[row["id"]] = row
    return row


def _start(call: Call, row: Row, path: str, address: str) -> None:
    seconds = call.platform.world.settings.download_seconds
    call.platform.scheduler.after(seconds / 2, lambda: _halfway(call, row))
    call.platform.scheduler.after(seconds, lambda: _finish(call, row, path, address))


def _halfway(call: Call, row: Row) -> None:
    if row["status"] == "started":
        row.update(download_progress=50, updated_at=call.platform.world.clock.now())


def _finish(call: Call, row: Row, path: str, address: str) -> None:
    """A file whose address holds `fail` cannot be had."""
    if row["status"] == "cancelled":
        return
    now = call.platform.world.clock.now()
    if _FAILING in address:
        row.update(status="failed", error_log="404 Not Found", updated_at=now)
        return
    _volume(call)[path] = _file(path, int(now.timestamp()))
    row.update(status="success", download_progress=_WHOLE, updated_at=now)
