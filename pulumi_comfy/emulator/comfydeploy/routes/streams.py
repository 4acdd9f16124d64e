"""Server-sent events: build logs, run logs, run progress (2.3.2, 3.2, 3.4).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.responses import StreamingResponse

from pulumi_comfy.emulator.comfydeploy import bodies
from pulumi_comfy.emulator.comfydeploy.auth import Call, Here
from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError, refuse
from pulumi_comfy.emulator.comfydeploy.outputs import outputs_of
from pulumi_comfy.emulator.comfydeploy.routes.runs import deployment_start, workflow_start
from pulumi_comfy.emulator.comfydeploy.runs import TERMINAL, Start
from pulumi_comfy.emulator.comfydeploy.state import Row
from pulumi_comfy.emulator.comfyui.evaluate import output_kind
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_LOOK_SECONDS = 0.02


@router.get("/v2/stream-logs", openapi_extra=seen("read", "facts 2.3.2, 3.2"))
async def stream_logs(
    call: Here,
    run_id: str | None = None,
    machine_id_version: str | None = None,
) -> StreamingResponse:
    """Log lines as they are written. A run's stream ends with a mark, a build's never does."""
    if machine_id_version is not None:
        return _events(_build_lines(call, machine_id_version))
    if run_id is None:
        raise refuse(400, "No id provided")
    run = call.platform.runs.get(run_id)
    if run is None or not call.caller.sees(run):
        raise refuse(404, "Run not found")
    return _events(_run_lines(call, run))


@router.get("/v2/stream-progress", openapi_extra=seen("read", "facts 3.2; event fields unverified"))
async def stream_progress(
    call: Here,
    run_id: str | None = None,
    workflow_id: str | None = None,
    machine_id: str | None = None,
    return_run: bool | None = False,  # noqa: ARG001 - checked, unused
) -> StreamingResponse:
    """Status changes of the runs of exactly one run, workflow or machine."""
    given = {"id": run_id, "workflow_id": workflow_id, "machine_id": machine_id}
    chosen = {column: value for column, value in given.items() if value is not None}
    if len(chosen) != 1:
        raise refuse(400, "Exactly one of run_id, workflow_id or machine_id must be provided")
    column, value = chosen.popitem()
    return _events(_progress(call, column, value))


@router.post("/run/deployment/stream", openapi_extra=seen("read", "facts 3.4"))
async def stream_deployment_run(body: bodies.DeploymentRun, call: Here) -> StreamingResponse:
    """Start a run and tell what happens; silent about failure."""
    return _events(_run_events(call, deployment_start(call, body)))


@router.post("/run/workflow/stream", openapi_extra=seen("read", "facts 3.4"))
async def stream_workflow_run(body: bodies.WorkflowRun, call: Here) -> StreamingResponse:
    """The same for a bare prompt."""
    return _events(_run_events(call, workflow_start(call, body)))


def _events(lines: AsyncIterator[str]) -> StreamingResponse:
    return StreamingResponse(lines, media_type="text/event-stream", headers={"cache-control": "no-cache"})


async def _look(call: Call) -> None:
    await asyncio.sleep(_LOOK_SECONDS)
    call.platform.scheduler.run_due()


async def _follow(call: Call, lines: Callable[[], list[tuple[float | str, str]]]) -> AsyncIterator[str]:
    """Every line once, in order, for ever; yields an empty text after each look."""
    told = 0
    while True:
        for moment, line in lines()[told:]:
            told += 1
            yield _data({"message": line, "level": "info", "timestamp": moment})
        yield ""
        await _look(call)


async def _build_lines(call: Call, version_id: str) -> AsyncIterator[str]:
    def written() -> list[tuple[float | str, str]]:
        return [(entry["timestamp"], entry["logs"]) for entry in call.service.builds.written(version_id)]

    async for event in _follow(call, written):
        if event:
            yield event


async def _run_lines(call: Call, run: Row) -> AsyncIterator[str]:
    def written() -> list[tuple[float | str, str]]:
        return [(_moment(moment), line) for moment, line in run["_log"]]

    async for event in _follow(call, written):
        if event:
            yield event
        elif run["status"] in TERMINAL:
            yield _data({"type": "stream_complete"})
            return


async def _progress(call: Call, column: str, value: str) -> AsyncIterator[str]:
    told: dict[str, tuple[Any, ...]] = {}
    while True:
        rows = [row for row in call.platform.runs.values() if row[column] == value and call.caller.sees(row)]
        for row in rows:
            state = (row["status"], row["progress"], row["live_status"])
            if told.get(row["id"]) != state:
                told[row["id"]] = state
                names = ("workflow_id", "machine_id", "status", "progress", "live_status")
                yield _data({"run_id": row["id"], **{name: row[name] for name in names}})
        if column == "id" and all(row["status"] in TERMINAL for row in rows):
            return
        await _look(call)


async def _run_events(call: Call, start: Start) -> AsyncIterator[str]:
    def event(name: str, data: Any = None) -> str:
        told = {"event": name} if data is None else {"event": name, "data": data}
        return f"event: event_update\n{_data(told)}"

    yield event("queuing")
    try:
        run = call.service.runs.start(call.caller, start)
    except (HTTPException, UnhandledError):
        return
    yield event("function_call_id", run["modal_function_call_id"])
    while run["status"] in {"not-started", "queued"}:
        await _look(call)
    yield event("gpu_ready")
    yield event("gpu_event_id", run["gpu_event_id"])
    yield event("comfyui_api_ready")
    yield event("comfyui_ready")
    for node_id, node in run["_graph"].items():
        if isinstance(node, dict):
            yield event("executing", {"node": node_id})
    while run["status"] not in TERMINAL:
        await _look(call)
    for row in outputs_of(call.platform, run["id"]):
        if output_kind(row["node_meta"]["node_class"]) is not None:
            yield event("executed", {"node": row["node_meta"]["node_id"], "output": row["data"]})


def _data(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value)}\n\n"


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
