"""The whole server, and one request to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from pulumi_comfy.emulator.clock import Scheduler
from pulumi_comfy.emulator.comfyui.prompt_check import PromptCheck
from pulumi_comfy.emulator.comfyui.runs import Runs
from pulumi_comfy.emulator.comfyui.userdata import DEFAULT_USER
from pulumi_comfy.emulator.comfyui.worker import Worker
from pulumi_comfy.emulator.comfyui_server.answers import AnsweredError, crashing, no_such_file, not_allowed, text
from pulumi_comfy.emulator.comfyui_server.state import State

CALL = "emulator.call"


class ComfyUI:
    """The whole server."""

    def __init__(self, state: State, scheduler: Scheduler) -> None:
        self.state = state
        self.worker = Worker(state, scheduler)
        self.runs = Runs()
        # Counts every prompt that was sent, also those that were refused.
        self.number = 0

    @property
    def check(self) -> PromptCheck:
        """How it judges prompts today."""
        state = self.state
        return PromptCheck(state.classes(), state.settings.is_newer, lambda name: state.folders.named(name) is not None)

    def restart(self) -> None:
        """As the process does when it ends and starts again."""
        self.worker.restart()
        self.number = 0

    def clear(self) -> None:
        """Empty everything."""
        self.state.clear()
        self.restart()
        self.runs.clear()


@dataclass(frozen=True)
class Call:
    """One request: the server, and what was sent."""

    service: ComfyUI
    request: Request

    @property
    def state(self) -> State:
        """What is on the disk."""
        return self.service.state

    @property
    def user(self) -> str | None:
        """Whose files these are; None when the header names nobody."""
        if not self.state.settings.multi_user:
            return DEFAULT_USER
        named = self.request.headers.get("comfy-user")
        return named if named in self.state.users else None

    async def body(self) -> bytes:
        """What was sent.

        Raises:
            AnsweredError: 413, it is too large.
        """
        content = await self.request.body()
        limit = self.state.settings.max_body_bytes
        if len(content) > limit:
            raise AnsweredError(text(413, f"Maximum request body size {limit} exceeded."))
        return content

    async def json(self) -> Any:
        """What was sent, as JSON.

        Raises:
            AnsweredError: 413; 500, it is none.
        """
        await self.body()
        with crashing():
            return await self.request.json()

    def decoded(self, name: str) -> str:
        """A part of the path, in which a slash was written `%2F`."""
        return unquote(str(self.request.path_params[name]))


async def _current_call(request: Request) -> Call:
    return Call(request.scope[CALL], request)


Here = Annotated[Call, Depends(_current_call)]


def no_such_route(request: Request) -> Response:
    """An unknown address: read, it is a file of the web page that is not there; nothing else may be done to one."""
    if request.method in ("GET", "HEAD"):
        return no_such_file()
    return not_allowed({"GET", "HEAD"})


def only_newer(call: Here) -> None:
    """An older server does not have the route.

    Raises:
        AnsweredError: As for any unknown address.
    """
    if not call.state.settings.is_newer:
        raise AnsweredError(no_such_route(call.request))
