"""Everything behind the port: the platforms, the object store and the administration, told apart by path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from pulumi_comfy.emulator import files
from pulumi_comfy.emulator.comfydeploy import app as comfydeploy
from pulumi_comfy.emulator.comfydeploy.auth import Gatekeeper
from pulumi_comfy.emulator.comfydeploy.service import ComfyDeploy
from pulumi_comfy.emulator.doorkeeper import Pages, refusal
from pulumi_comfy.emulator.gateway import Gateway
from pulumi_comfy.emulator.provenance import RouteInfo, routes_of
from pulumi_comfy.emulator.world import World

ADMIN_PREFIX = "/_emulator"


class Application:
    """The ASGI application of one emulator."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.comfydeploy = ComfyDeploy(world)
        self.internal_errors: list[str] = []
        prefix = comfydeploy.PREFIX
        self._platforms = {
            prefix: Gateway(
                name="comfydeploy",
                app=Gatekeeper(self.comfydeploy, comfydeploy.application(), prefix),
                log=world.log,
                faults=world.faults,
                before_request=world.scheduler.run_due,
                template_of=comfydeploy.template_of,
                prefixes=(f"{prefix}/api", prefix, "/api"),
                internal_errors=self.internal_errors,
            )
        }
        world.faults.only_on(
            [(row.method, self._platforms[f"/{row.platform}"].short(row.path)) for row in route_table()]
        )
        self._admin: Any = None

    def administer_with(self, app: Any) -> None:
        """Answer the paths under `/_emulator` with this ASGI application."""
        self._admin = app

    def reset(self) -> None:
        """Back to an empty platform with default settings."""
        self.world.reset()
        self.comfydeploy.reset()
        self.internal_errors.clear()

    def restore(self, dump: Mapping[str, Any]) -> None:
        """Back to the platform of a dump.

        Raises:
            ValueError: It is none.
        """
        self.reset()
        self.comfydeploy.restore(dump)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        refused = refusal(scope, _pages(path))
        if refused is not None:
            await JSONResponse({"detail": refused}, 403)(scope, receive, send)
            return
        for prefix, gateway in self._platforms.items():
            if path.startswith(prefix + "/"):
                await gateway(scope, receive, send)
                return
        if path.startswith(files.PREFIX):
            await self.world.files(scope, receive, send)
        elif path.startswith(ADMIN_PREFIX + "/"):
            await self._admin(scope, receive, send)
        else:
            names = ", ".join(self._platforms)
            text = f"Nothing here: the platforms are under {names}, this emulator under {ADMIN_PREFIX}"
            await JSONResponse({"detail": text}, 404)(scope, receive, send)


def _pages(path: str) -> Pages:
    """Whose pages may ask: a file's address is its key, and may stand as a link or a picture in any page."""
    if path.startswith(files.PREFIX):
        return "any"
    return "own" if path.startswith(ADMIN_PREFIX + "/") else "local"


def route_table() -> list[RouteInfo]:
    """Every emulated route with the evidence for its behaviour.

    Raises:
        LookupError: A route that does not say where it was read.
    """
    return list(routes_of("comfydeploy", comfydeploy.application()))
