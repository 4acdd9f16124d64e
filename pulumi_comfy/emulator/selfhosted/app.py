"""The web app's application and the door before it: who asks, and what this server does not have (1.1, 1.3, 1.6).

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.selfhosted.errors import AnsweredError, no_such_route
from pulumi_comfy.emulator.selfhosted.routes import added, callbacks, public
from pulumi_comfy.emulator.selfhosted.service import CALL, Selfhosted

_KEYED = re.compile(r"/api/(run|upload-url|workflow|workflow-version(/.*)?)")
_SHARED_WITH_PAGES = re.compile(r"/api/(upload|workflow|workflow-version(/.*)?)")
_SEPARATE = re.compile(r"/api/(update-run|file-upload|machine-built|upload|view)")
_ADDED = re.compile(r"/api/(machine|deployment|api-key)(/[^/]+)?")
_OPEN_PAGES = re.compile(r"/|/(docs|share|sign-in).*")
_PAGE_METHODS = ("GET", "POST", "OPTIONS")


@dataclass(frozen=True)
class Gatekeeper:
    """Turns away what this server does not have, authenticates, then lets the shared application answer."""

    service: Selfhosted
    app: ASGIApp
    prefix: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["root_path"] = self.prefix
        answer = self._door(scope, Request(scope))
        await (self.app if answer is None else answer)(scope, receive, send)

    def _door(self, scope: Scope, request: Request) -> Response | None:
        """The answer before any route; None when a route may answer."""
        path, method = scope["path"][len(self.prefix) :], scope["method"]
        if not path.startswith("/api/"):
            return self._page(path)
        is_added = _ADDED.fullmatch(path) is not None and self.service.state.settings.profile == "seed"
        if method == "OPTIONS" and _SHARED_WITH_PAGES.fullmatch(path):
            return Response(status_code=204, headers=_PRE_FLIGHT)
        if method not in _PAGE_METHODS and not is_added:
            return Response(status_code=405)
        caller = self.service.caller_of(request.headers.get("authorization"))
        if isinstance(caller, str):
            if is_added or _KEYED.fullmatch(path):
                return PlainTextResponse(caller, 401)
            caller = Caller("")
        if not is_added and _ADDED.fullmatch(path):
            return no_such_route()
        scope["emulator.account"] = caller.account or None
        scope[CALL] = (self.service, caller)
        return None

    def _page(self, path: str) -> Response:
        """What a browser is meant to see."""
        if _OPEN_PAGES.fullmatch(path):
            return HTMLResponse("<html><body>ComfyUI Deploy</body></html>")
        if "." in path.rpartition("/")[2]:
            return HTMLResponse("<html><body>404: This page could not be found.</body></html>", 404)
        place = f"{self.service.state.world.url}{self.prefix}"
        return RedirectResponse(f"{place}/sign-in?redirect_url={place}", 307)


_PRE_FLIGHT = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST,GET,OPTIONS",
    "access-control-allow-headers": "Authorization,Content-Type",
    "access-control-max-age": "600",
}


@cache
def application() -> FastAPI:
    """Built once."""
    title = "Self-hosted ComfyUI Deploy (emulated)"
    app = FastAPI(title=title, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for part in (public, callbacks, added):
        app.router.routes.extend(part.router.routes)
    app.exception_handler(AnsweredError)(_answer)
    app.exception_handler(HTTPException)(_fall_through)
    return app


async def _answer(_request: Request, answered: AnsweredError) -> Response:
    return answered.response


async def _fall_through(request: Request, _problem: HTTPException) -> Response:
    """No route of this path and method."""
    path = request.scope["path"][len(request.scope["root_path"]) :]
    if request.method not in _PAGE_METHODS or _SEPARATE.fullmatch(path):
        return Response(status_code=405)
    return no_such_route()
