"""The self-hosted web app's row in the emulator: what a test says to it and asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from pulumi_comfy.emulator.build_plans import BuildPlans
from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.comfyui.runs import Runs
from pulumi_comfy.emulator.platform import EmulatedPlatform
from pulumi_comfy.emulator.selfhosted import app
from pulumi_comfy.emulator.selfhosted.errors import AnsweredError
from pulumi_comfy.emulator.selfhosted.service import Selfhosted
from pulumi_comfy.emulator.selfhosted.settings import SelfhostedSettings
from pulumi_comfy.emulator.selfhosted.state import State
from pulumi_comfy.emulator.selfhosted.workflows import deploy, remove
from pulumi_comfy.emulator.world import World

DEMO = "user_demo"


class EmulatedSelfhosted(EmulatedPlatform):
    """An emulated self-hosted ComfyUI Deploy; `settings.profile` says which server it is."""

    name = "Self-hosted ComfyUI Deploy"
    url_variable = "SELFHOSTED_URL"
    key_variable = "SELFHOSTED_API_KEY"
    calls = (
        *EmulatedPlatform.calls,
        *("add_machine", "add_deployment", "newest_version", "remove_workflow", "approve", "add_classes"),
        *("builds.outcome", "builds.clear", "runs.script", "runs.clear"),
    )
    own_settings = SelfhostedSettings
    settings: SelfhostedSettings

    def __init__(self, slug: str, world: World) -> None:
        super().__init__(slug, world)
        self._state = State(world, self.scheduler, self.settings)
        self._service = Selfhosted(self._state)
        self.asgi = app.Gatekeeper(self._service, self.application(), self.prefix)

    @classmethod
    def application(cls) -> FastAPI:
        """Its routes, of both profiles."""
        return app.application()

    @property
    def runs(self) -> Runs:
        """How the next prompts go, on any machine."""
        return self._service.runs.plugin.runs

    @property
    def builds(self) -> BuildPlans:
        """How the next builds end."""
        return self._service.machines.builds

    def key(self, user_id: str = DEMO, org_id: str | None = None, name: str = "emulator") -> str:
        """Mint an API key (a JWT) of a user, or of an organisation: one of an earlier second, in nobody's way."""

        def mint() -> str:
            caller, earlier = Caller(user_id, org_id), 1
            while self._service.is_taken(key := self._service.signed(caller, earlier)):
                earlier += 1
            self._service.insert_key(caller, name, key)
            return key

        return self.world.inside(mint)

    def add_machine(self, *, user_id: str = DEMO, org_id: str | None = None, **columns: Any) -> str:
        """Make a machine as a person does in the web page, and return its id.

        Args:
            user_id: Whose.
            org_id: Of which organisation.
            columns: `name`, `type`, `endpoint`, `auth_token`, or `snapshot`, `models`, `gpu` of a built one.
        """
        row = self.world.inside(lambda: self._service.machines.create(Caller(user_id, org_id), columns))
        return str(row["id"])

    def add_deployment(
        self,
        workflow_id: str,
        workflow_version_id: str,
        machine_id: str,
        environment: str = "production",
        *,
        user_id: str = DEMO,
        org_id: str | None = None,
    ) -> str:
        """Deploy as a person does in the web page, over what is there, and return the row's id.

        Raises:
            ValueError: One of them is not there.
        """
        given = {"workflow_id": workflow_id, "workflow_version_id": workflow_version_id, "machine_id": machine_id}
        given["environment"] = environment

        def add() -> str:
            try:
                return str(deploy(self._state, Caller(user_id, org_id), given)["id"])
            except AnsweredError as refused:
                raise ValueError(bytes(refused.response.body).decode()) from None

        return self.world.inside(add)

    def newest_version(self, workflow_id: str) -> str:
        """The id of a workflow's newest version, which only the web page's addresses show.

        Raises:
            ValueError: There is none.
        """
        rows = [row for row in self._state["versions"].values() if row["workflow_id"] == workflow_id]
        if not rows:
            raise ValueError(f"there is no workflow {workflow_id}")
        return str(max(rows, key=lambda row: row["created_at"])["id"])

    def remove_workflow(self, workflow_id: str) -> None:
        """Delete a workflow as a person does in the web page; versions, runs and deployments go with it."""
        self.world.inside(lambda: remove(self._state, workflow_id))

    def approve(self, request_id: str, *, user_id: str = DEMO, org_id: str | None = None) -> None:
        """Say yes to a device that wants to sign in."""
        columns = {"request_id": request_id, **Caller(user_id, org_id).owner, "api_hash": None, "expired_date": None}
        self.world.inside(lambda: self._state.insert("auth_requests", columns, "request_id"))

    def add_classes(self, object_info: Mapping[str, Mapping[str, Any]]) -> None:
        """Install classes of a node pack on the machines, given as `GET /object_info` has them.

        Raises:
            ValueError: One does not say what it takes and gives.
        """
        self.world.inside(lambda: self._service.runs.plugin.comfyui.add_classes(object_info))

    def _clear(self) -> None:
        self._service.clear()

    def _dump(self, *, include_secrets: bool, include_deleted: bool) -> dict[str, Any]:  # noqa: ARG002 (none are kept)
        return self._state.dump(include_secrets=include_secrets)

    def _restore(self, dump: Mapping[str, Any]) -> None:
        self._state.restore(dump)
