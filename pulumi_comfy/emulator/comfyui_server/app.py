"""The server's application and the door before it: one for all emulators, each request brings its own server."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from pulumi_comfy.emulator.comfyui_server.answers import AnsweredError, empty, not_allowed
from pulumi_comfy.emulator.comfyui_server.routes import files, information, jobs, other, prompts, userdata
from pulumi_comfy.emulator.comfyui_server.service import CALL, ComfyUI, no_such_route

_ALSO_UNDER = "/api"


def as_routed(scope: Scope, prefix: str) -> str:
    """The path by which the route is found: a slash written `%2F` is none, and `/api` before it says nothing."""
    path = unquote(
        scope["raw_path"].decode("latin-1").partition("?")[0].replace("%2F", "%252F").replace("%2f", "%252F")
    )
    inner = path.removeprefix(prefix)
    is_under = inner.startswith(f"{_ALSO_UNDER}/") and not inner.startswith(f"{_ALSO_UNDER}/internal/")
    return prefix + (inner[len(_ALSO_UNDER) :] if is_under else inner)


@dataclass(frozen=True)
class Door:
    """Lets the shared application answer for one server."""

    service: ComfyUI
    app: ASGIApp
    prefix: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] == "OPTIONS":
            await empty()(scope, receive, send)
            return
        scope["root_path"] = self.prefix
        scope["path"] = as_routed(scope, self.prefix)
        scope[CALL] = self.service
        await self.app(scope, receive, send)


@cache
def application() -> FastAPI:
    """Built once."""
    app = FastAPI(title="ComfyUI (emulated)", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for part in (prompts, jobs, userdata, files, information, other):
        app.router.routes.extend(part.router.routes)
    app.exception_handler(AnsweredError)(_answer)
    app.exception_handler(HTTPException)(_fall_through)
    return app


async def _answer(_request: Request, answered: AnsweredError) -> Response:
    return answered.response


async def _fall_through(request: Request, _problem: HTTPException) -> Response:
    """Nothing of this method is here: what is left is the web page's files."""
    here = [route for route in application().routes if route.matches(request.scope)[0] is not Match.NONE]
    methods = {method for route in here for method in getattr(route, "methods", ())}
    if request.method == "GET" or not methods:
        return no_such_route(request)
    return not_allowed({"GET", "HEAD", *methods})
