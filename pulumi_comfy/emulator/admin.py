"""The administration under `/_emulator`: what the Python object offers, over HTTP, without a key."""

from __future__ import annotations

from dataclasses import asdict
from operator import attrgetter
from typing import Any, Literal

from fastapi import APIRouter, FastAPI, HTTPException, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.application import Application
from pulumi_comfy.emulator.platform import EmulatedPlatform
from pulumi_comfy.emulator.registry import route_table
from pulumi_comfy.emulator.settings import Adjustable

router = APIRouter(prefix="/_emulator")


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
    for platform in application.platforms.values():
        platform.scheduler.run_due()
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


@router.get("/settings")
async def get_settings(request: Request) -> JSONResponse:
    """All settings."""
    return JSONResponse(_application(request).world.settings.model_dump(mode="json"))


@router.patch("/settings")
async def update_settings(changes: dict[str, Any], request: Request) -> JSONResponse:
    """Set the given ones; an unknown name or a wrong type is refused and changes nothing."""
    return _changed(_application(request).world.settings, changes)


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


@router.get("/routes")
async def list_routes() -> JSONResponse:
    """As `route_table`."""
    return JSONResponse([asdict(row) for row in route_table()])


@router.get("/{platform}/settings")
async def get_own_settings(platform: str, request: Request) -> JSONResponse:
    """All settings of one platform alone."""
    return JSONResponse(_own_settings(request, platform).model_dump(mode="json"))


@router.patch("/{platform}/settings")
async def update_own_settings(platform: str, changes: dict[str, Any], request: Request) -> JSONResponse:
    """As for the shared ones."""
    return _changed(_own_settings(request, platform), changes)


@router.get("/{platform}/{name}")
async def read(platform: str, name: str, request: Request) -> JSONResponse:
    """What Python reads as `emulator.<platform>.<name>`, as `value`."""
    return JSONResponse({"value": _offered(request, platform, name, "reads")})


@router.post("/{platform}/{name}")
async def call(platform: str, name: str, arguments: dict[str, Any], request: Request) -> JSONResponse:
    """What Python calls as `emulator.<platform>.<name>(...)`; `*` may hold a list of arguments without names."""
    action = _offered(request, platform, name, "calls")
    return JSONResponse({"value": _plan(action, arguments)})


def _platform(request: Request, slug: str) -> EmulatedPlatform:
    platforms = _application(request).platforms
    if slug not in platforms:
        raise HTTPException(404, f"no platform {slug}: there are {', '.join(platforms)}")
    return platforms[slug]


def _own_settings(request: Request, slug: str) -> Adjustable:
    settings = _platform(request, slug).settings
    if settings is None:
        raise HTTPException(404, f"{slug} has no settings of its own")
    return settings


def _offered(request: Request, slug: str, name: str, kind: Literal["reads", "calls"]) -> Any:
    platform = _platform(request, slug)
    offers = platform.reads if kind == "reads" else platform.calls
    if name not in offers:
        raise HTTPException(404, f"{slug} has no {name}: there are {', '.join(offers)}")
    return attrgetter(name)(platform)


def _changed(settings: Adjustable, changes: dict[str, Any]) -> JSONResponse:
    try:
        valid = type(settings).model_validate({**settings.model_dump(), **changes})
    except ValidationError as problem:
        raise HTTPException(422, str(problem)) from None
    for name in changes:
        setattr(settings, name, getattr(valid, name))
    return JSONResponse(settings.model_dump(mode="json"))


def _plan(action: Any, arguments: dict[str, Any]) -> Any:
    named = {name: value for name, value in arguments.items() if name != "*"}
    try:
        return action(*arguments.get("*", ()), **named)
    except (TypeError, ValueError) as problem:
        raise HTTPException(422, str(problem)) from None
