"""Who asks, and whether the plan lets them (1.1, 1.4). Runs before the routes, as on the platform.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.comfydeploy.machines import SERVERLESS
from pulumi_comfy.emulator.comfydeploy.service import ComfyDeploy
from pulumi_comfy.emulator.comfydeploy.state import Platform

_CALL = "emulator.call"

_OPEN = re.compile(
    r"/api/(platform/gpu-pricing|platform/gpu-credit-schema|models|deployments/community|deployments/featured"
    r"|user/[^/]+|share/.*|shared-workflows.*)"
)


class Call:
    """One request's platform and caller."""

    def __init__(self, service: ComfyDeploy, caller: Caller) -> None:
        self.service = service
        self.platform: Platform = service.platform
        self.caller = caller


async def _current_call(request: Request) -> Call:
    call: Call = request.scope[_CALL]
    return call


Here = Annotated[Call, Depends(_current_call)]


class Gatekeeper:
    """Authenticates, checks the plan, then lets the shared application answer for one service."""

    def __init__(self, service: ComfyDeploy, app: ASGIApp, prefix: str) -> None:
        self._service = service
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"][len(self._prefix) :]
        scope["root_path"] = self._prefix
        if path.startswith("/api/") and not _OPEN.fullmatch(path):
            caller = self._caller(Request(scope))
            if isinstance(caller, str):
                await JSONResponse({"detail": caller}, 401)(scope, receive, send)
                return
            scope["emulator.account"] = caller.account
            refusal = plan_refusal(self._service.platform, caller, scope["method"], path)
            if refusal is not None:
                await JSONResponse({"detail": refusal}, 403)(scope, receive, send)
                return
        else:
            caller = Caller("anonymous")
        scope[_CALL] = Call(self._service, caller)
        await self._app(scope, receive, send)

    def _caller(self, request: Request) -> Caller | str:
        token = _token(request)
        return self._service.caller_of(token) if token else "Invalid or missing token"


def _token(request: Request) -> str | None:
    """The first credential in the platform's order of looking."""
    found = request.cookies.get("__session") or request.query_params.get("cd_token")
    header = request.headers.get("authorization", "")
    if not found and header.startswith("Bearer "):
        found = header[len("Bearer ") :].strip()
    return found or request.headers.get("x-api-key")


def plan_refusal(platform: Platform, caller: Caller, method: str, path: str) -> str | None:
    """The 403 text when the plan does not allow the request at all; None when it does."""
    plan, is_allowed = platform.plan_of(caller), True
    if (method, path) == ("POST", "/api/machine/serverless"):
        owned: list[Any] = [row for row in platform.machines.values() if caller.sees(row) and not row["deleted"]]
        is_allowed = sum(row["type"] == SERVERLESS for row in owned) < plan.machine_limit
    elif path.startswith("/api/machine/custom") and method in {"POST", "PATCH"}:
        is_allowed = plan.self_hosted_machines
    elif path.startswith("/api/workflow/") and method == "POST":
        owned = [row for row in platform.workflows.values() if caller.sees(row) and not row["deleted"]]
        is_allowed = len(owned) <= plan.workflow_limit
    elif path.startswith("/api/run/") and path.endswith(("/queue", "/sync", "/stream")) and plan.is_free:
        is_allowed = plan.gpu_credit_cents > 0
    return None if is_allowed else "Access denied for requested operation"
