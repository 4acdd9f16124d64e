"""Typed client of a ComfyUI server. Knows nothing of Pulumi; each method names the route it calls.

Facts: docs/platforms/comfyui.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from pulumi_comfy.comfyui_protocol.api import NO_ROUTE, PromptApi
from pulumi_comfy.comfyui_protocol.rows import HistoryRow, JobRow, JobState
from pulumi_comfy.core.errors import OwnershipError, PlatformError, StatusError
from pulumi_comfy.core.http.client import Gone, HttpClient
from pulumi_comfy.core.http.endpoints import parse
from pulumi_comfy.core.model import Json
from pulumi_comfy.inference.runner import Phase
from pulumi_comfy.platforms.comfyui.fields import USER

_FOLDER = "workflows"
_FILES = "/api/userdata"
_NO_JOB: Gone = frozenset({(404, ""), (404, "Job not found")})
_NO_FOLDER: Gone = frozenset({(404, "Directory not found")})
_MOST_USERS = 5


class Held(NamedTuple):
    """What a file that is there holds: any JSON, also `null`."""

    content: Json


class ComfyUIApi(PromptApi):
    """The endpoints that this package uses."""

    def __init__(self, http: HttpClient) -> None:
        super().__init__(http)
        self._tells_jobs = True

    async def get_file(self, path: str) -> Held | None:
        """`GET /api/userdata/{file}`: what a workflow file holds; None where the server says that there is none."""
        tried = f"read {path}"
        try:
            answer = await self.http.read(_file(path), tried=tried, gone=NO_ROUTE)
        except StatusError as failed:
            await self._refuse_unknown_user(failed, tried)
            await self._refuse_folder(failed, path, tried)
            raise
        if answer.status == 404:
            await self._confirm_gone(path, tried)
            return None
        return Held(answer.body)

    async def _confirm_gone(self, path: str, tried: str) -> None:
        """`GET /api/userdata?dir=workflows`: any server may answer an empty 404 to what it does not know (1.3)."""
        answer = await self.http.read(_FILES, tried=tried, params={"dir": _FOLDER, "recurse": "true"}, gone=_NO_FOLDER)
        listed = [] if answer.status == 404 else parse(list[str], answer.body, tried=tried)
        if path.removeprefix(f"{_FOLDER}/") in {one.replace("\\", "/") for one in listed}:
            raise PlatformError("COMFY2003", tried=tried, got="the server lists it, and its answer tells otherwise")

    async def _refuse_unknown_user(self, failed: StatusError, tried: str) -> None:
        """`GET /api/users`: a server with several fails at whoever is none of them, without a word (1.4)."""
        body = (await self.http.read("/api/users", tried=tried)).body if failed.status == 500 else None
        users = body.get("users") if isinstance(body, dict) else None
        if isinstance(users, dict):
            some = ", ".join(f"{name}: {one}" for one, name in list(users.items())[:_MOST_USERS]) or "none yet"
            got = f"{failed.got}, as to whoever is none of the server's users ({some})"
            todo = f"Set {USER.environment} or comfy:{USER.key} to the id of one."
            raise OwnershipError("COMFY4002", tried=failed.tried, got=got, todo=todo)

    async def _refuse_folder(self, failed: StatusError, path: str, tried: str) -> None:
        """`GET /api/userdata?dir=`: of a folder the server says no more than that it may not be read (2.6)."""
        if failed.status != 403:
            return
        listed = await self.http.read(_FILES, tried=tried, params={"dir": path}, gone=_NO_FOLDER)
        if listed.status != 404:
            got = f"a folder stands where the file {path} would be"
            todo = "Rename or remove the folder on the server, or choose another name."
            raise OwnershipError("COMFY4001", tried=failed.tried, got=got, todo=todo)

    async def save_file(self, path: str, graph: Mapping[str, Json], *, is_new: bool) -> bool:
        """`POST /api/userdata/{file}`: write it; False where a new one is wanted and somebody has one there.

        The server keeps whatever is sent last: nothing stands between a look and this (2.3).
        """
        params = {"overwrite": "false"} if is_new else None
        expected = {409} if is_new else ()
        tried = f"save {path}"
        answer = await self.http.write(
            "POST", _file(path), tried=tried, json=graph, params=params, expected=expected, repeatable=not is_new
        )
        return answer.status != 409

    async def delete_file(self, path: str) -> None:
        """`DELETE /api/userdata/{file}`: for good; gone already is a success."""
        tried = f"delete {path}"
        answer = await self.http.write("DELETE", _file(path), tried=tried, gone=NO_ROUTE, repeatable=True)
        if answer.status != 204:
            await self._confirm_gone(path, tried)

    async def job_state(self, run_id: str) -> JobState | None:
        """How far a run is, by whichever routes the server has; None where it does not know it (3).

        `GET /api/jobs/{id}`; older servers: `GET /api/history/{id}`, `GET /api/queue`.
        """
        if self._tells_jobs:
            found = await self.get_job(run_id, _NO_JOB)
            if isinstance(found, JobRow):
                return found.state()
            if found != "":
                return None
            self._tells_jobs = False
        history = await self.get(dict[str, Any], f"/api/history/{quote(run_id, safe='')}", f"read run {run_id}")
        if run_id in history:
            return parse(HistoryRow, history[run_id], tried=f"read run {run_id}").state()
        place = await self._place_in_queue(run_id)
        return None if place is None else JobState(place, place.value)

    async def _place_in_queue(self, run_id: str) -> Phase | None:
        """`GET /api/queue`: whether a run waits or is at work; None: neither."""
        queue = await self.get(dict[str, Any], "/api/queue", "read the queue")
        for name, phase in (("queue_running", Phase.RUNNING), ("queue_pending", Phase.WAITING)):
            rows = queue.get(name)
            if any(isinstance(row, list) and run_id in row[1:2] for row in (rows if isinstance(rows, list) else ())):
                return phase
        return None

    async def cancel(self, run_id: str) -> None:
        """Stop a run, and no other: an interrupt without an id ends whatever runs (3.3).

        `POST /api/jobs/{id}/cancel`; older servers: `POST /api/queue` or `POST /api/interrupt`.
        """
        tried, path = f"cancel run {run_id}", f"/api/jobs/{quote(run_id, safe='')}/cancel"
        answer = await self.http.write("POST", path, tried=tried, expected={404, 405}, repeatable=True)
        if answer.status < 400:
            return
        place = await self._place_in_queue(run_id)
        if place is Phase.WAITING:
            await self.http.write("POST", "/api/queue", tried=tried, json={"delete": [run_id]}, repeatable=True)
        elif place is Phase.RUNNING:
            await self.http.write("POST", "/api/interrupt", tried=tried, json={"prompt_id": run_id}, repeatable=True)


def path_of(name: str) -> str:
    """Give the path of a workflow's file in the user's folder."""
    return f"{_FOLDER}/{name}.json"


def name_of(path: str) -> str:
    """Give the name of the workflow in a file."""
    return path.removeprefix(f"{_FOLDER}/").removesuffix(".json")


def _file(path: str) -> str:
    """Give the path of a route: the file's is one segment of it, which the server decodes twice at a `%` (2.1)."""
    segment = quote(path, safe="")
    return f"{_FILES}/{quote(segment, safe='') if '%' in path else segment}"
