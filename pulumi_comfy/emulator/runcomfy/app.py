"""The platform's application and the door before it: one for all emulators, each request brings its own platform."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pulumi_comfy.emulator.runcomfy.errors import BAD_TOKEN, INVALID, RefusedError, answer
from pulumi_comfy.emulator.runcomfy.routes import router
from pulumi_comfy.emulator.runcomfy.service import CALL, Call, RunComfy


@dataclass(frozen=True)
class Gatekeeper:
    """Authenticates, then lets the shared application answer for one platform."""

    service: RunComfy
    app: ASGIApp
    prefix: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["root_path"] = self.prefix
        scheme, _, token = Request(scope).headers.get("authorization", "").partition(" ")
        state = self.service.state
        account = state.tokens.get(token) if scheme == "Bearer" else None
        if account is None:
            refused = RefusedError(BAD_TOKEN, "Invalid or missing token")
            await answer(refused, state.settings)(scope, receive, send)
            return
        scope["emulator.account"] = account
        scope[CALL] = Call(self.service, account, f"{state.world.url}{self.prefix}")
        await self.app(scope, receive, send)


@cache
def application() -> FastAPI:
    """Built once."""
    app = FastAPI(title="RunComfy (emulated)", openapi_url=None, docs_url=None, redoc_url=None)
    app.router.routes.extend(router.routes)
    app.exception_handler(RefusedError)(_refuse)
    app.exception_handler(RequestValidationError)(_refuse_invalid)
    return app


async def _refuse(request: Request, refused: RefusedError) -> Response:
    call: Call = request.scope[CALL]
    return answer(refused, call.service.state.settings)


async def _refuse_invalid(request: Request, problem: RequestValidationError) -> Response:
    detail: list[dict[str, Any]] = [{name: one[name] for name in ("loc", "msg", "type")} for one in problem.errors()]
    return await _refuse(request, RefusedError(INVALID, "Request validation failed", detail))
