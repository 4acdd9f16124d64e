"""The users' own files, the users, and their settings of the editor."""

from __future__ import annotations

import mimetypes
import posixpath
from datetime import datetime, timezone
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from pulumi_comfy.emulator.comfyui.folders import within
from pulumi_comfy.emulator.comfyui.userdata import Profile, UserFile
from pulumi_comfy.emulator.comfyui_server.answers import AnsweredError, Json, crashing, empty, text
from pulumi_comfy.emulator.comfyui_server.service import Call, Here
from pulumi_comfy.emulator.provenance import seen

router = APIRouter()

_LONGEST_NAME = 255
"""Bytes that a file system takes for a file or a folder; the server says no more than that the name is bad."""


def _profile(call: Call, otherwise: Response | None = None) -> Profile:
    """The files of whom the header names.

    Raises:
        AnsweredError: It names nobody: `otherwise`, or the bare 500 of the server's own code.
    """
    user = call.user
    if user is None:
        raise AnsweredError(text(500) if otherwise is None else otherwise)
    return call.state.userdata.of(user)


def _path(call: Call, name: str) -> str:
    """A path of the request, inside the user's folder.

    Raises:
        AnsweredError: 403, it leads out; an older server trips over the second one.
    """
    place = within(call.decoded(name))
    if place is None:
        is_crash = name == "destination" and not call.state.settings.is_newer
        raise AnsweredError(text(500) if is_crash else empty(403))
    return place


def _is_off(call: Call, name: str) -> bool:
    return call.request.query_params.get(name) == "false"


def _is_on(call: Call, name: str) -> bool:
    return call.request.query_params.get(name, "").lower() == "true"


def _info(call: Call, path: str, file: UserFile) -> dict[str, Any]:
    moments = {"modified": file.modified, "created": file.created}
    is_newer = call.state.settings.is_newer
    times = {name: int(_seconds(one) * 1000) if is_newer else _seconds(one) for name, one in moments.items()}
    return {"path": path, "size": len(file.content), **times}


def _seconds(moment: datetime) -> float:
    return moment.replace(tzinfo=timezone.utc).timestamp()


@router.get("/userdata", openapi_extra=seen("recorded", "userdata, userdata_more, misc, multi_user"))
async def list_files(call: Here) -> Response:
    """The files of one folder, with `recurse` those below too."""
    profile = _profile(call)
    folder = call.request.query_params.get("dir", "")
    if not folder:
        return text(400, "Directory not provided")
    place = within(folder)
    if place is None:
        return text(403, "Invalid directory")
    if place not in profile.folders:
        return text(404, "Directory not found")
    start = f"{place}/" if place and place != "." else ""
    inside = {path[len(start) :]: file for path, file in sorted(profile.files.items()) if path.startswith(start)}
    if not _is_on(call, "recurse"):
        inside = {path: file for path, file in inside.items() if "/" not in path}
    if _is_on(call, "full_info"):
        return Json([_info(call, path, file) for path, file in inside.items()])
    if _is_on(call, "split"):
        return Json([[path, *path.split("/")] for path in inside])
    return Json(list(inside))


@router.get("/v2/userdata", openapi_extra=seen("recorded", "userdata, multi_user; a path that leads out unverified"))
async def list_files_v2(call: Here) -> Response:
    """Files and folders at any depth, folders first."""
    profile = _profile(call, text(403, "Invalid user specified in request"))
    place = within(call.request.query_params.get("path", ""))
    if place is None:
        return text(403, "Invalid path requested")
    if place not in profile.folders:
        return text(404, "Requested path not found")
    start = f"{place}/" if place else ""
    folders = [
        {"name": posixpath.basename(path), "path": path, "type": "directory"}
        for path in sorted(profile.folders)
        if path and path.startswith(start)
    ]
    files = [
        {"name": name, "path": path, "type": "file", "size": len(file.content), "modified": _seconds(file.modified)}
        for path, file in profile.files.items()
        if path.startswith(start) and (name := posixpath.basename(path))
    ]
    return Json([*folders, *sorted(files, key=lambda row: str(row["name"]))])


@router.get("/userdata/{file}", openapi_extra=seen("recorded", "userdata, userdata_more"))
async def get_file(call: Here) -> Response:
    """The bytes as they were saved."""
    profile, path = _profile(call), _path(call, "file")
    if path in profile.folders:
        return Response(status_code=403, media_type="application/octet-stream")
    if path not in profile.files:
        return empty(404)
    content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
    guarded = {"content-disposition": "attachment", "x-content-type-options": "nosniff"}
    headers = guarded if call.state.settings.is_newer else {}
    return Response(profile.files[path].content, 200, headers, content_type)


@router.post("/userdata/{file}", openapi_extra=seen("recorded", "userdata, userdata_more, multi_user"))
async def save_file(call: Here) -> Response:
    """Any bytes; nobody looks whether somebody else saved in between."""
    profile, path = _profile(call), _path(call, "file")
    if _is_off(call, "overwrite") and path in profile.files:
        return text(409, "File already exists")
    content = await call.body()
    if any(len(part.encode()) > _LONGEST_NAME for part in path.split("/")):
        return empty(400)
    if path in profile.folders:
        return text(500)
    return _saved(call, path, call.state.userdata.save(profile, path, content))


def _saved(call: Call, path: str, file: UserFile) -> Response:
    return Json(_info(call, path, file) if _is_on(call, "full_info") else path)


@router.delete("/userdata/{file}", openapi_extra=seen("recorded", "userdata"))
async def delete_file(call: Here) -> Response:
    """For good; the folders above stay."""
    profile, path = _profile(call), _path(call, "file")
    if path in profile.folders:
        return text(500)
    return empty(404) if profile.files.pop(path, None) is None else empty(204)


@router.post("/userdata/{file}/move/{destination}", openapi_extra=seen("recorded", "userdata"))
async def move_file(call: Here) -> Response:
    """Under another name, over what is there unless told otherwise."""
    profile, path = _profile(call), _path(call, "file")
    if path not in profile.files:
        return empty(404)
    target = _path(call, "destination")
    if _is_off(call, "overwrite") and target in profile.files:
        return text(409, "File already exists")
    moved = profile.files.pop(path)
    call.state.userdata.save(profile, target, moved.content)
    profile.files[target] = moved
    return _saved(call, target, moved)


@router.get("/users", openapi_extra=seen("recorded", "basics, multi_user"))
async def list_users(call: Here) -> Response:
    """Id to name, of a server with several users."""
    if call.state.settings.multi_user:
        return Json({"storage": "server", "users": call.state.users})
    return Json({"storage": "server", "migrated": bool(call.state.userdata.profiles)})


@router.post("/users", openapi_extra=seen("recorded", "multi_user"))
async def add_user(call: Here) -> Response:
    """A name that nobody else has."""
    sent, users = await call.json(), call.state.users
    with crashing():
        name = str(sent["username"])
    if name in users.values():
        return Json({"error": "Duplicate username."}, 400)
    return Json(call.state.new_user(name))


@router.get("/settings", openapi_extra=seen("recorded", "settings, multi_user"))
async def get_settings(call: Here) -> Response:
    """Of the editor, whatever it keeps."""
    return Json(_profile(call, text(401)).settings)


@router.get("/settings/{setting}", openapi_extra=seen("recorded", "settings, basics"))
async def get_setting(call: Here) -> Response:
    """The bare value, null where there is none."""
    return Json(_profile(call, text(401)).settings.get(call.decoded("setting")))


@router.post("/settings", openapi_extra=seen("recorded", "settings"))
async def change_settings(call: Here) -> Response:
    """Merged with what is there."""
    profile = _profile(call, text(401))
    with crashing():
        profile.settings.update(await call.json())
    return empty()


@router.post("/settings/{setting}", openapi_extra=seen("recorded", "settings"))
async def change_setting(call: Here) -> Response:
    """One of them."""
    _profile(call, text(401)).settings[call.decoded("setting")] = await call.json()
    return empty()
