"""The administration under `/_emulator`: what the Python object offers, over HTTP, without a key."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.application import Application, route_table

router = APIRouter(prefix="/_emulator")


class KeyBody(BaseModel):
    """Whose key to mint."""

    user_id: str = "user_demo"
    org_id: str | None = None
    name: str = "emulator"


class AdvanceBody(BaseModel):
    """How much time passes."""

    seconds: float


def administration(application: Application) -> FastAPI:
    """The admin application of one emulator."""
    app = FastAPI(title="Emulator administration", openapi_url="/_emulator/openapi.json", docs_url=None, redoc_url=None)
    app.state.application = application
    app.router.routes.extend(router.routes)
    return app


def _application(request: Request) -> Application:
    application: Application = request.app.state.application
    application.world.scheduler.run_due()
    return application


@router.get("/health")
async def get_health(request: Request) -> JSONResponse:
    """Alive, and how many requests were seen."""
    application = _application(request)
    return JSONResponse({"ok": True, "url": application.world.url, "errors": application.internal_errors})


@router.post("/reset")
async def reset(request: Request) -> JSONResponse:
    """As `Emulator.reset`."""
    _application(request).reset()
    return JSONResponse({})


@router.get("/requests")
async def list_requests(request: Request) -> JSONResponse:
    """As `Emulator.requests`."""
    return JSONResponse([entry.as_json() for entry in _application(request).world.log.entries])


@router.delete("/requests")
async def clear_requests(request: Request) -> JSONResponse:
    """As `Emulator.clear_requests`."""
    _application(request).world.log.clear()
    return JSONResponse({})


@router.get("/dump")
async def dump(request: Request, include_secrets: bool = False, include_deleted: bool = False) -> JSONResponse:
    """As `Emulator.dump`."""
    service = _application(request).comfydeploy
    return JSONResponse(service.dump(include_secrets=include_secrets, include_deleted=include_deleted))


@router.post("/restore")
async def restore(dump: dict[str, Any], request: Request) -> JSONResponse:
    """As `Emulator.restore`; the body is the dump."""
    try:
        _application(request).restore(dump)
    except ValueError as problem:
        raise HTTPException(422, str(problem)) from None
    return JSONResponse({})


@router.get("/settings")
async def get_settings(request: Request) -> JSONResponse:
    """All settings."""
    return JSONResponse(_application(request).world.settings.model_dump(mode="json"))


@router.patch("/settings")
async def update_settings(changes: dict[str, Any], request: Request) -> JSONResponse:
    """Set the given ones; an unknown name or a wrong type is refused and changes nothing."""
    settings = _application(request).world.settings
    try:
        valid = type(settings).model_validate({**settings.model_dump(), **changes})
    except ValidationError as problem:
        raise HTTPException(422, str(problem)) from None
    for name in changes:
        setattr(settings, name, getattr(valid, name))
    return JSONResponse(settings.model_dump(mode="json"))


@router.post("/keys")
async def mint_key(body: KeyBody, request: Request) -> JSONResponse:
    """As `Emulator.comfydeploy_key`."""
    row = _application(request).comfydeploy.mint_key(body.user_id, body.org_id, body.name)
    return JSONResponse({"key": row["key"]})


@router.post("/clock/advance")
async def advance(body: AdvanceBody, request: Request) -> JSONResponse:
    """As `Emulator.clock.advance`."""
    _application(request).world.clock.advance(body.seconds)
    return JSONResponse({})


@router.get("/faults")
async def list_faults(request: Request) -> JSONResponse:
    """As `Faults.pending`."""
    return JSONResponse(_application(request).world.faults.pending)


@router.post("/faults")
async def add_fault(plan: dict[str, Any], request: Request) -> JSONResponse:
    """As `Faults.add`; the keys are its arguments."""
    _plan(_application(request).world.faults.add, plan)
    return JSONResponse({})


@router.delete("/faults")
async def clear_faults(request: Request) -> JSONResponse:
    """As `Faults.clear`."""
    _application(request).world.faults.clear()
    return JSONResponse({})


@router.get("/builds")
async def get_builds(request: Request) -> JSONResponse:
    """How many builds run, and the most at once."""
    builds = _application(request).comfydeploy.builds
    return JSONResponse({"in_flight": builds.in_flight, "max_in_flight": builds.max_in_flight})


@router.post("/builds")
async def plan_builds(plan: dict[str, Any], request: Request) -> JSONResponse:
    """As `Builds.outcome`."""
    _plan(_application(request).comfydeploy.builds.outcome, plan)
    return JSONResponse({})


@router.delete("/builds")
async def clear_builds(request: Request) -> JSONResponse:
    """As `Builds.clear`."""
    _application(request).comfydeploy.builds.clear()
    return JSONResponse({})


@router.post("/runs")
async def plan_runs(plan: dict[str, Any], request: Request) -> JSONResponse:
    """As `Runs.script`."""
    _plan(_application(request).comfydeploy.runs.script, plan)
    return JSONResponse({})


@router.delete("/runs")
async def clear_runs(request: Request) -> JSONResponse:
    """As `Runs.clear`."""
    _application(request).comfydeploy.runs.clear()
    return JSONResponse({})


@router.get("/routes")
async def list_routes() -> JSONResponse:
    """As `route_table`."""
    return JSONResponse([asdict(row) for row in route_table()])


def _plan(action: Any, arguments: dict[str, Any]) -> None:
    try:
        action(**arguments)
    except (TypeError, ValueError) as problem:
        raise HTTPException(422, str(problem)) from None
