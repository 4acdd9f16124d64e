"""A ComfyUI server's row in the emulator: what a test says to it and asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.types import Scope

from pulumi_comfy.emulator.comfyui.folders import Folders
from pulumi_comfy.emulator.comfyui.runs import Runs
from pulumi_comfy.emulator.comfyui.userdata import UserData
from pulumi_comfy.emulator.comfyui_server import app, dumping
from pulumi_comfy.emulator.comfyui_server.service import ComfyUI
from pulumi_comfy.emulator.comfyui_server.settings import ComfyUISettings
from pulumi_comfy.emulator.comfyui_server.state import State
from pulumi_comfy.emulator.platform import EmulatedPlatform
from pulumi_comfy.emulator.world import World


class EmulatedComfyUI(EmulatedPlatform):
    """An emulated ComfyUI server, as one runs it on one's own desk. It asks for no key."""

    name = "ComfyUI"
    url_variable = "COMFYUI_URL"
    calls = (
        *("environment", "dump", "restore", "reset", "restart", "add_user", "add_classes", "runs.script", "runs.clear"),
        *("files.put", "files.delete", "files.names"),
        *("userdata.write", "userdata.read", "userdata.paths", "userdata.delete"),
    )
    own_settings = ComfyUISettings
    settings: ComfyUISettings

    def __init__(self, slug: str, world: World) -> None:
        super().__init__(slug, world)
        self._state = State(world, self.settings)
        self._service = ComfyUI(self._state, self.scheduler)
        self.asgi = app.Door(self._service, self.application(), self.prefix)

    @classmethod
    def application(cls) -> FastAPI:
        """Its routes."""
        return app.application()

    @property
    def short_of(self) -> tuple[str, ...]:
        """Every route is there under `/api` too."""
        return (f"{self.prefix}/api", self.prefix, "/api")

    def template_of(self, scope: Scope) -> str:
        """The path template of the route that would answer; the path itself when none would."""
        return super().template_of({**scope, "path": app.as_routed(scope, self.prefix)})

    @property
    def runs(self) -> Runs:
        """How the next prompts go."""
        return self._service.runs

    @property
    def files(self) -> Folders:
        """What is in its input, output and temp folders."""
        return self._state.folders

    @property
    def userdata(self) -> UserData:
        """The users' own files: a person saves and deletes in the browser."""
        return self._state.userdata

    def key(self) -> str:
        """None is asked for: an empty text."""
        return ""

    def restart(self) -> None:
        """End the process and start it again: files stay; queue, history and kept results are gone."""
        self.world.inside(self._service.restart)

    def add_user(self, name: str) -> str:
        """Give somebody a profile on a server with several users, and return the id that `comfy-user` names."""
        return self.world.inside(lambda: self._state.new_user(name))

    def add_classes(self, object_info: Mapping[str, Mapping[str, Any]]) -> None:
        """Install classes of a node pack, or replace known ones; given as `GET /object_info` has them.

        Raises:
            ValueError: One does not say what it takes and gives.
        """
        self.world.inside(lambda: self._state.add_classes(object_info))

    def _clear(self) -> None:
        self._service.clear()

    def _dump(self, *, include_secrets: bool, include_deleted: bool) -> dict[str, Any]:
        return dumping.dump(self._service, include_secrets=include_secrets, include_deleted=include_deleted)

    def _restore(self, dump: Mapping[str, Any]) -> None:
        dumping.restore(self._service, dump)
