"""Pictures and other files: looked at, and uploaded."""

from __future__ import annotations

import asyncio
import json
import posixpath
from typing import Any, get_args

from fastapi import APIRouter
from starlette.responses import Response

from pulumi_comfy.emulator.comfyui.folders import Folder, within
from pulumi_comfy.emulator.comfyui.forms import Field, form_of, text_of
from pulumi_comfy.emulator.comfyui_server.answers import Json, crashing, empty, text
from pulumi_comfy.emulator.comfyui_server.service import Call, Here
from pulumi_comfy.emulator.provenance import seen

router = APIRouter()


@router.get("/view", openapi_extra=seen("recorded", "prompt_valid; a subfolder that leads out read; previews not made"))
async def view_file(call: Here) -> Response:
    """The bytes of a file of the output folder, or of another one."""
    query = call.request.query_params
    name, subfolder = query.get("filename"), query.get("subfolder", "")
    if name is None:
        return empty(404)
    if name.startswith("/") or ".." in name:
        return empty(400)
    folder = query.get("type", "output")
    if folder not in get_args(Folder):
        return empty(400)
    place = within(subfolder)
    if place is None:
        return empty(403)
    file = call.state.folders.get(folder, posixpath.join(place, posixpath.basename(name)))
    if file is None:
        return empty(404)
    content = await asyncio.to_thread(file.read)
    # Headers go out as UTF-8 there.
    shown = posixpath.basename(name).encode().decode("latin-1")
    headers = {"content-disposition": f'filename="{shown}"'}
    return Response(content, 200, headers, file.content_type)


@router.post("/upload/image", openapi_extra=seen("recorded", "upload"))
async def upload_image(call: Here) -> Response:
    """A name that is taken by other bytes gets a number, unless the form says `overwrite`."""
    return _kept(call, await _form(call))


@router.post("/upload/mask", openapi_extra=seen("unverified", "stored as it is sent, without the original's colours"))
async def upload_mask(call: Here) -> Response:
    """Beside the picture that it masks, which must be there."""
    form = await _form(call)
    with crashing():
        original: Any = json.loads(text_of(form, "original_ref"))
        name, subfolder = original["filename"], original.get("subfolder", "")
        folder = original.get("type", "output")
    place = within(posixpath.join(subfolder, name))
    if place is None or call.state.folders.get(folder, place) is None:
        return empty(400)
    return _kept(call, form)


def _kept(call: Call, form: dict[str, Field]) -> Response:
    image = form.get("image")
    if image is None or not image.filename:
        return empty(400)
    name, content = image.filename, image.content
    folder = text_of(form, "type") or "input"
    if folder not in get_args(Folder):
        return text(500)
    subfolder = text_of(form, "subfolder")
    if within(posixpath.join(subfolder, name)) is None:
        return empty(400)
    replaces = text_of(form, "overwrite").lower() in ("true", "1")
    stored = name if replaces else _free_name(call, folder, subfolder, name, content)
    call.state.folders.keep(folder, posixpath.join(subfolder, stored), lambda: content)
    return Json({"name": stored, "subfolder": subfolder, "type": folder})


def _free_name(call: Call, folder: str, subfolder: str, name: str, content: bytes) -> str:
    """The name itself, if nobody has it or the bytes are the same."""
    stem, suffix = posixpath.splitext(name)
    number, candidate = 0, name
    while (there := call.state.folders.get(folder, posixpath.join(subfolder, candidate))) is not None:
        if there.read() == content:
            break
        number += 1
        candidate = f"{stem} ({number}){suffix}"
    return candidate


async def _form(call: Call) -> dict[str, Field]:
    """The parts of a form by their names.

    Raises:
        AnsweredError: 500, it is none; 413, it is too large.
    """
    content = await call.body()
    with crashing():
        return form_of(call.request.headers.get("content-type", ""), content)
