"""The platform's application: one for all emulators of a process, each request brings its own platform."""

from __future__ import annotations

from functools import cache

from fastapi import FastAPI
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError
from pulumi_comfy.emulator.comfydeploy.routes import deployments as routes_deployments
from pulumi_comfy.emulator.comfydeploy.routes import machine_versions as routes_machine_versions
from pulumi_comfy.emulator.comfydeploy.routes import machines as routes_machines
from pulumi_comfy.emulator.comfydeploy.routes import other as routes_other
from pulumi_comfy.emulator.comfydeploy.routes import platform as routes_platform
from pulumi_comfy.emulator.comfydeploy.routes import run_lists as routes_run_lists
from pulumi_comfy.emulator.comfydeploy.routes import runs as routes_runs
from pulumi_comfy.emulator.comfydeploy.routes import secrets as routes_secrets
from pulumi_comfy.emulator.comfydeploy.routes import streams as routes_streams
from pulumi_comfy.emulator.comfydeploy.routes import volume as routes_volume
from pulumi_comfy.emulator.comfydeploy.routes import workflows as routes_workflows

_ROUTERS = (
    routes_workflows.router,
    routes_secrets.router,
    routes_machine_versions.router,
    routes_machines.router,
    routes_deployments.router,
    routes_runs.router,
    routes_run_lists.router,
    routes_streams.router,
    routes_platform.router,
    routes_volume.router,
    routes_other.router,
)


@cache
def application() -> FastAPI:
    """Built once: building a hundred routes takes longer than starting a server."""
    app = FastAPI(title="ComfyDeploy (emulated)", openapi_url="/internal/openapi.json", docs_url=None, redoc_url=None)
    for router in _ROUTERS:
        app.router.routes.extend(router.routes)
    app.exception_handler(RequestValidationError)(_refuse_invalid)
    return app


async def _refuse_invalid(request: Request, problem: RequestValidationError) -> JSONResponse:
    """The 422. It repeats what was sent, and crashes on what it cannot write: NaN, half of a surrogate pair."""
    try:
        return await request_validation_exception_handler(request, problem)
    except (ValueError, RecursionError):
        raise UnhandledError from None
