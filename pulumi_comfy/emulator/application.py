"""Everything behind the port: the platforms, the object store and the administration, told apart by path."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from pulumi_comfy.emulator import files
from pulumi_comfy.emulator.doorkeeper import Pages, refusal
from pulumi_comfy.emulator.gateway import Gateway
from pulumi_comfy.emulator.platform import EmulatedPlatform
from pulumi_comfy.emulator.registry import PLATFORMS, route_table
from pulumi_comfy.emulator.world import World

ADMIN_PREFIX = "/_emulator"


class Application:
    """The ASGI application of one emulator."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.platforms = {slug: kind(slug, world) for slug, kind in PLATFORMS.items()}
        self.internal_errors: list[str] = []
        self._gateways = {one.prefix: self._gateway(one) for one in self.platforms.values()}
        world.faults.only_on(
            [(row.method, self._gateways[f"/{row.platform}"].short(row.path)) for row in route_table()]
        )
        self._admin: Any = None

    def _gateway(self, platform: EmulatedPlatform) -> Gateway:
        return Gateway(
            name=platform.slug,
            app=platform.asgi,
            log=self.world.log,
            faults=self.world.faults,
            before_request=platform.scheduler.run_due,
            template_of=platform.template_of,
            prefixes=platform.short_of,
            internal_errors=self.internal_errors,
        )

    def administer_with(self, app: Any) -> None:
        """Answer the paths under `/_emulator` with this ASGI application."""
        self._admin = app

    def reset(self) -> None:
        """Back to empty platforms with default settings."""
        self.world.reset()
        for platform in self.platforms.values():
            platform.reset()
        self.internal_errors.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        refused = refusal(scope, _pages(path))
        if refused is not None:
            await JSONResponse({"detail": refused}, 403)(scope, receive, send)
            return
        for prefix, gateway in self._gateways.items():
            if path.startswith(prefix + "/"):
                await gateway(scope, receive, send)
                return
        if path.startswith(files.PREFIX):
            await self.world.files(scope, receive, send)
        elif path.startswith(ADMIN_PREFIX + "/"):
            await self._admin(scope, receive, send)
        else:
            names = ", ".join(self._gateways)
            text = f"Nothing here: the platforms are under {names}, this emulator under {ADMIN_PREFIX}"
            await JSONResponse({"detail": text}, 404)(scope, receive, send)


def _pages(path: str) -> Pages:
    """Whose pages may ask: a file's address is its key, and may stand as a link or a picture in any page."""
    if path.startswith(files.PREFIX):
        return "any"
    return "own" if path.startswith(ADMIN_PREFIX + "/") else "local"
