"""ComfyDeploy's row in the emulator: what a test says to it and asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from pulumi_comfy.emulator.comfydeploy import app
from pulumi_comfy.emulator.comfydeploy.auth import Gatekeeper
from pulumi_comfy.emulator.comfydeploy.builds import Builds
from pulumi_comfy.emulator.comfydeploy.runs import Runs
from pulumi_comfy.emulator.comfydeploy.service import ComfyDeploy
from pulumi_comfy.emulator.platform import EmulatedPlatform
from pulumi_comfy.emulator.world import World


class EmulatedComfyDeploy(EmulatedPlatform):
    """An emulated ComfyDeploy."""

    name = "ComfyDeploy"
    base = "/api"
    url_variable = "COMFYDEPLOY_URL"
    key_variable = "COMFYDEPLOY_API_KEY"
    reads = (*EmulatedPlatform.reads, "builds.in_flight", "builds.max_in_flight")
    calls = (*EmulatedPlatform.calls, "builds.outcome", "builds.clear", "runs.script", "runs.clear")

    def __init__(self, slug: str, world: World) -> None:
        super().__init__(slug, world)
        self._service = ComfyDeploy(world, self.scheduler)
        self.asgi = Gatekeeper(self._service, self.application(), self.prefix)

    @classmethod
    def application(cls) -> FastAPI:
        """Its routes."""
        return app.application()

    @property
    def builds(self) -> Builds:
        """How the next builds end, and how many ran at once."""
        return self._service.builds

    @property
    def runs(self) -> Runs:
        """How the next runs go."""
        return self._service.runs

    def key(self, user_id: str = "user_demo", org_id: str | None = None, name: str = "emulator") -> str:
        """Mint an API key (a JWT) of a user, or of an organisation."""
        return str(self.world.inside(lambda: self._service.mint_key(user_id, org_id, name))["key"])

    def _clear(self) -> None:
        self._service.reset()

    def _dump(self, *, include_secrets: bool, include_deleted: bool) -> dict[str, Any]:
        return self._service.dump(include_secrets=include_secrets, include_deleted=include_deleted)

    def _restore(self, dump: Mapping[str, Any]) -> None:
        self._service.restore(dump)
