"""Comfy Cloud's row in the emulator: what a test says to it and asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.types import Scope

from pulumi_comfy.emulator.comfycloud import app, dumping
from pulumi_comfy.emulator.comfycloud.runs import CloudRuns
from pulumi_comfy.emulator.comfycloud.service import ComfyCloud
from pulumi_comfy.emulator.comfycloud.settings import CloudSettings
from pulumi_comfy.emulator.comfycloud.state import Account, State
from pulumi_comfy.emulator.comfycloud.workflows import NewWorkflow
from pulumi_comfy.emulator.comfyui.folders import Folder
from pulumi_comfy.emulator.comfyui.installation import Installation
from pulumi_comfy.emulator.platform import EmulatedPlatform
from pulumi_comfy.emulator.world import World


class EmulatedComfyCloud(EmulatedPlatform):
    """An emulated Comfy Cloud. Workspaces come into being when a key of theirs is minted."""

    name = "Comfy Cloud"
    url_variable = "COMFY_CLOUD_URL"
    key_variable = "COMFY_CLOUD_API_KEY"
    calls = (
        *EmulatedPlatform.calls,
        *("add_workflow", "save_version", "move_workflow", "add_asset", "add_classes", "put_file"),
        *("runs.script", "runs.refuse", "runs.clear"),
    )
    own_settings = CloudSettings
    settings: CloudSettings

    def __init__(self, slug: str, world: World) -> None:
        super().__init__(slug, world)
        self._state = State(world, self.scheduler, self.settings)
        self._service = ComfyCloud(self._state)
        self.asgi = app.Gatekeeper(self._service, self.application(), self.prefix)

    @classmethod
    def application(cls) -> FastAPI:
        """Its routes."""
        return app.application()

    @property
    def short_of(self) -> tuple[str, ...]:
        """Faults and the log name its paths as those of a server of one's own, though each begins with `/api` here."""
        return (f"{self.prefix}/api", self.prefix, "/api")

    def template_of(self, scope: Scope) -> str:
        """The path template of the route that would answer; the path itself when none would."""
        return super().template_of({**scope, "path": app.as_routed(scope)})

    @property
    def runs(self) -> CloudRuns:
        """How the next prompts go, and which are not taken."""
        return self._service.runs

    def key(self, workspace: str = "demo", user: str | None = None) -> str:
        """Mint an API key of a user in a workspace; each call gives another."""
        account = Account(user or f"user_{workspace}", workspace)
        return self.world.inside(lambda: self._state.new_key(account))

    def add_workflow(
        self,
        document: Mapping[str, Any],
        name: str | None = None,
        *,
        workspace: str = "demo",
        user: str = "user_browser",
    ) -> str:
        """Save a workflow as a person does in the browser, and return its id."""
        body = NewWorkflow(workflow_json=dict(document), name=name)
        row = self.world.inside(lambda: self._service.workflows.create(Account(user, workspace), body))
        return str(row["id"])

    def save_version(self, workflow_id: str, document: Mapping[str, Any], *, user: str = "user_browser") -> int:
        """Append a version as somebody does whose browser is open, and return its number.

        Raises:
            ValueError: There is no such workflow.
        """

        def save() -> int:
            row = self._row(workflow_id)
            return int(self._service.workflows.save(Account(user, row["workspace"]), row, dict(document))["version"])

        return self.world.inside(save)

    def move_workflow(self, workflow_id: str, path: str) -> None:
        """Let another file of the editor be the workflow's; `workflows/NAME.json` otherwise.

        Raises:
            ValueError: There is no such workflow.
        """
        self.world.inside(lambda: self._row(workflow_id).update(userdata_path=path))

    def add_asset(self, name: str, *, workspace: str = "demo", asset_id: str | None = None) -> str:
        """Put a file into the library, and return its id, which is drawn where none is given."""

        def add() -> str:
            drawn = asset_id or self._state.new_id()
            self._state.assets[drawn] = {"id": drawn, "name": name, "workspace": workspace}
            return drawn

        return self.world.inside(add)

    def put_file(
        self, path: str, content: bytes | str | None = None, folder: Folder = "input", *, workspace: str = "demo"
    ) -> None:
        """Place an upload, a small picture when no content is given.

        Raises:
            ValueError: There is no such folder.
        """
        self.world.inside(lambda: self._state.of(workspace).comfyui.folders.put(path, content, folder))

    def add_classes(self, object_info: Mapping[str, Mapping[str, Any]]) -> None:
        """Let the platform know more node classes, given as `GET /api/object_info` has them.

        Raises:
            ValueError: One does not say what it takes and gives.
        """
        everywhere = Installation(self.world, self.settings, self._state.more_classes)
        self.world.inside(lambda: everywhere.add_classes(object_info))

    def _row(self, workflow_id: str) -> dict[str, Any]:
        if workflow_id not in self._state.workflows:
            raise ValueError(f"there is no workflow {workflow_id}")
        return self._state.workflows[workflow_id]

    def _clear(self) -> None:
        self._state.clear()
        self._service.runs.clear()

    def _dump(self, *, include_secrets: bool, include_deleted: bool) -> dict[str, Any]:
        return dumping.dump(self._state, include_secrets=include_secrets, include_deleted=include_deleted)

    def _restore(self, dump: Mapping[str, Any]) -> None:
        dumping.restore(self._state, dump)
