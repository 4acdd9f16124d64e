"""The platform's application and the door before it: one for all emulators, each request brings its own platform."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pulumi_comfy.emulator.comfycloud.errors import RefusedError, coded, malformed, plain
from pulumi_comfy.emulator.comfycloud.routes import information, jobs, prompts, userdata, workflows
from pulumi_comfy.emulator.comfycloud.routes.information import PUBLIC
from pulumi_comfy.emulator.comfycloud.service import CALL, ComfyCloud
from pulumi_comfy.emulator.comfycloud.state import Account

_FILES = "/api/userdata"


def as_routed(scope: Scope) -> str:
    """The path by which the route is found: a slash that is written `%2F` divides nothing."""
    raw = scope["raw_path"].decode("latin-1").partition("?")[0]
    return "/".join(unquote(part).replace("/", "%2F") for part in raw.split("/"))


@dataclass(frozen=True)
class Gatekeeper:
    """Authenticates, then lets the shared application answer for one platform."""

    service: ComfyCloud
    app: ASGIApp
    prefix: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["root_path"] = self.prefix
        scope["path"] = as_routed(scope)
        path = scope["path"].removeprefix(self.prefix)
        try:
            account = self._account(Headers(scope=scope), path)
        except RefusedError as refused:
            await refused.response(scope, receive, send)
            return
        if account is not None:
            scope["emulator.account"] = account.workspace
        scope[CALL] = (self.service, account)
        await self.app(scope, receive, send)

    def _account(self, headers: Headers, path: str) -> Account | None:
        """Who asks.

        Raises:
            RefusedError: 401, nobody that we know; 403, a kind of credential that the route refuses; 400, another
                workspace than the key's.
        """
        state = self.service.state
        scheme, _, token = headers.get("authorization", "").partition(" ")
        bearer = token if scheme == "Bearer" else ""
        if bearer.startswith("eyJ") and not state.settings.takes_tokens:
            error = {"message": "This route takes API keys only", "type": "auth_type_not_allowed"}
            raise RefusedError(JSONResponse({"error": error, "accepted": ["api_key"]}, 403))
        account = state.keys.get(headers.get("x-api-key") or bearer)
        if account is None:
            if path in PUBLIC or path.startswith("/api/experiment/models/"):
                return None
            is_file = path == _FILES or (path.startswith(f"{_FILES}/") and not path.endswith("/publish"))
            raise plain(401, "Unauthorized") if is_file else coded(401, "UNAUTHORIZED", "Invalid or missing API key")
        if headers.get("x-comfy-workspace-id", account.workspace) != account.workspace:
            raise coded(400, "workspace_id_invalid", "The key belongs to another workspace")
        return account


@cache
def application() -> FastAPI:
    """Built once."""
    app = FastAPI(title="Comfy Cloud (emulated)", openapi_url=None, docs_url=None, redoc_url=None)
    app.router.redirect_slashes = False
    for part in (workflows, prompts, jobs, userdata, information):
        app.router.routes.extend(part.router.routes)
    app.exception_handler(RefusedError)(_refuse)
    app.exception_handler(RequestValidationError)(_refuse_invalid)
    app.exception_handler(HTTPException)(_refuse_unknown)
    return app


async def _refuse(_request: Request, refused: RefusedError) -> Response:
    return refused.response


async def _refuse_invalid(request: Request, problem: RequestValidationError) -> Response:
    service, _ = request.scope[CALL]
    first = problem.errors()[0]
    text = f"Invalid format for parameter {first['loc'][-1]}: {first['msg']}"
    return malformed(text, has_code=service.state.settings.binding_errors == "coded").response


async def _refuse_unknown(_request: Request, problem: HTTPException) -> Response:
    return coded(problem.status_code, "NOT_FOUND", "There is no such route").response
