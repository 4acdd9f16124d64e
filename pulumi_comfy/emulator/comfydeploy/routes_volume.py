"""Model files on the account's volume (reference 2.7). Nothing of this could be recorded."""

from __future__ import annotations

import hashlib
from typing import Literal
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy.auth import Call, Here
from pulumi_comfy.emulator.comfydeploy.body import Body
from pulumi_comfy.emulator.comfydeploy.errors import refuse
from pulumi_comfy.emulator.comfydeploy.state import Row, newest
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_UNVERIFIED = seen("unverified", "reference 2.7, read in the source only")
_PUBLIC = ("checkpoints/sd_xl_base_1.0.safetensors", "vae/ae.safetensors", "clip/t5xxl_fp16.safetensors")
_FAILING = "fail"


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
    isTemporaryUpload: bool | None = None
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


@router.post("/volume/model", openapi_extra=_UNVERIFIED)
async def add_model(body: ModelAdd, call: Here) -> JSONResponse:
    """Download in the background; the target must not exist."""
    address = _address(body)
    name = body.filename or _file_name(address)
    if not name:
        raise refuse(400, "Could not determine a file name")
    folder = body.folderPath.strip("/")
    path = f"{folder}/{name}" if folder else name
    row = _insert_download(call, body, folder, name, address)
    if path in _volume(call):
        row.update(status="failed", error_log="File already exists")
        raise refuse(409, "File already exists")
    seconds = call.platform.world.settings.download_seconds
    call.platform.world.scheduler.after(seconds / 2, lambda: _halfway(row))
    call.platform.world.scheduler.after(seconds, lambda: _finish(call, row, path))
    answer = {"message": "Model download started"}
    if body.source == "huggingface" and body.filename is None:
        answer["model_id"] = row["id"]
    return JSONResponse(answer)


@router.get("/volume/private-models", openapi_extra=_UNVERIFIED)
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


@router.get("/volume/downloading-models", openapi_extra=_UNVERIFIED)
async def list_downloads(call: Here) -> JSONResponse:
    """Downloads that are not complete and not cancelled."""
    rows = newest(row for row in call.platform.downloads.values() if call.caller.sees(row))
    shown = [row for row in rows if row["status"] != "cancelled" and row["download_progress"] < 100]
    times = call.platform.times
    moments = [{name: times.dump(row[name]) for name in ("created_at", "updated_at")} for row in shown]
    return JSONResponse([{**row, **moment} for row, moment in zip(shown, moments, strict=True)])


@router.post("/volume/rm", openapi_extra=_UNVERIFIED)
async def remove(body: PathBody, call: Here) -> JSONResponse:
    """Remove a file, or a directory with all in it."""
    files, path = _volume(call), body.path.strip("/")
    doomed = [name for name in files if name == path or name.startswith(path + "/")]
    if not doomed:
        raise refuse(404, f"path: {body.path} not found.")
    for name in doomed:
        del files[name]
    return JSONResponse({"deleted_path": body.path})


@router.post("/volume/move", openapi_extra=_UNVERIFIED)
async def move(body: MoveBody, call: Here) -> JSONResponse:
    """Rename a file."""
    files, source, target = _volume(call), body.source_path.strip("/"), body.destination_path.strip("/")
    if source not in files:
        raise refuse(404, "File not found")
    if target in files and not body.overwrite:
        raise refuse(409, "Destination already exists")
    files[target] = {**files.pop(source), "path": target}
    return JSONResponse({"old_path": body.source_path, "new_path": body.destination_path})


@router.get("/volume/name", openapi_extra=_UNVERIFIED)
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


@router.delete("/file/{file_id}/cancel", openapi_extra=_UNVERIFIED)
async def cancel_download(file_id: str, call: Here) -> JSONResponse:
    """Stop a download."""
    row = call.platform.downloads.get(file_id)
    if row is None or not call.caller.sees(row):
        raise refuse(404, "Model not found")
    if row["status"] in {"started", "progress"}:
        row["status"] = "cancelled"
    return JSONResponse({"message": "Download cancelled"})


def _volume(call: Call) -> dict[str, Row]:
    return call.platform.volumes.setdefault(call.caller.account, {})


def _address(body: ModelAdd) -> str:
    if body.source == "huggingface" and body.huggingface is not None:
        return f"https://huggingface.co/{body.huggingface.repoId}"
    if body.source == "civitai" and body.civitai is not None:
        return body.civitai.url
    if body.source == "link" and body.downloadLink:
        return body.downloadLink
    raise refuse(400, f"The source {body.source} needs its address")


def _file_name(address: str) -> str:
    return unquote(urlsplit(address).path.rstrip("/").rsplit("/", 1)[-1])


def _file(path: str, mtime: int) -> Row:
    size = 1_000_000 + int(hashlib.sha256(path.encode()).hexdigest()[:6], 16)
    return {"path": path, "type": 1, "mtime": mtime, "size": size}


def _insert_download(call: Call, body: ModelAdd, folder: str, name: str, address: str) -> Row:
    now = call.platform.world.clock.now()
    row: Row = {"id": call.platform.new_id(), **call.caller.owner, "model_name": name, "folder_path": folder}
    row.update(status="started", download_progress=0, error_log=None, upload_type=body.source, user_url=address)
    row.update(client_url=None, size=None, created_at=now, updated_at=now)
    call.platform.downloads[row["id"]] = row
    return row


def _halfway(row: Row) -> None:
    if row["status"] == "started":
        row.update(status="progress", download_progress=50)


def _finish(call: Call, row: Row, path: str) -> None:
    """A file whose address holds `fail` cannot be had."""
    if row["status"] == "cancelled":
        return
    now = call.platform.world.clock.now()
    if _FAILING in row["user_url"]:
        row.update(status="failed", error_log="404 Not Found", updated_at=now)
        return
    file = _file(path, int(now.timestamp()))
    _volume(call)[path] = file
    row.update(status="success", download_progress=100, size=file["size"], updated_at=now)
