"""Lists of runs, and their logs (3.2, 3.3).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy.auth import Call, Here
from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError, is_uuid, refuse
from pulumi_comfy.emulator.comfydeploy.outputs import outputs_of
from pulumi_comfy.emulator.comfydeploy.routes.runs import durations
from pulumi_comfy.emulator.comfydeploy.rows import WORKFLOW_COLUMNS, version_row
from pulumi_comfy.emulator.comfydeploy.state import Row, newest, page, pick
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_SHORT = (
    *("id", "status", "created_at", "updated_at", "ended_at", "queued_at", "started_at", "workflow_id", "user_id"),
    *("org_id", "origin", "gpu", "machine_version", "machine_type", "modal_function_call_id", "webhook_status"),
    *("webhook_intermediate_status", "batch_id", "workflow_version_id", "deployment_id", "comfy_deploy_cold_start"),
)
_LONG = (
    *_SHORT,
    *("workflow_inputs", "machine_id", "model_id", "gpu_event_id", "live_status", "progress", "is_realtime", "webhook"),
)
_OF_DEPLOYMENT = (
    *("id", "status", "created_at", "started_at", "ended_at", "workflow_id", "workflow_version_id", "machine_id"),
    *("gpu", "origin", "user_id", "deployment_id"),
)


@router.get("/deployment/{deployment_id}/runs", openapi_extra=seen("recorded", "09 step 65; 11 step 57"))
async def list_deployment_runs(
    deployment_id: str,
    call: Here,
    limit: int = 60,
    offset: int = 0,
    status: str | None = None,
    filter_user_runs: bool = False,
) -> JSONResponse:
    """Newest first, in an envelope whose counts stay zero."""
    rows = [row for row in _own(call) if row["deployment_id"] == deployment_id]
    rows = [row for row in rows if not filter_user_runs or row["user_id"] == call.caller.user_id]
    rows = [row for row in rows if status is None or row["status"] in status.split(",")]
    data = []
    for row in page(rows, limit, offset):
        shown = pick(row, _OF_DEPLOYMENT, call.platform.times.sql)
        data.append({**shown, "duration": durations(row)["run_duration"]})
    return JSONResponse({"data": data, "meta": {"totalRowCount": 0, "filterRowCount": 0, "chartData": []}})


@router.get("/workflow/{workflow_id}/runs", openapi_extra=seen("recorded", "03 step 29; 11 step 58"))
async def list_workflow_runs(
    workflow_id: str,
    call: Here,
    limit: int = 100,
    offset: int = 0,
    with_outputs: bool = True,
    with_inputs: bool = True,
) -> JSONResponse:
    """Newest first with workflow, version and outputs; durations are strings."""
    answers = []
    for row in page(_of_workflow(call, workflow_id), limit, offset):
        shown = {**pick(row, _LONG, call.platform.times.dump), **_durations_as_text(row), "workflow_api": {}}
        workflow = call.platform.workflows[workflow_id]
        version = call.platform.versions.get(row["workflow_version_id"])
        shown["workflow"] = pick(workflow, WORKFLOW_COLUMNS, call.platform.times.dump)
        shown["version"] = None if version is None else version_row(call.platform, version)
        if with_outputs:
            shown["outputs"] = outputs_of(call.platform, row["id"])
        if not with_inputs:
            shown.pop("workflow_inputs")
        answers.append(shown)
    return JSONResponse(answers)


@router.get("/v2/workflow/{workflow_id}/runs", openapi_extra=seen("recorded", "03 step 30; 11 step 59; filters read"))
async def list_workflow_runs_v2(
    workflow_id: str,
    call: Here,
    status: str | None = None,
    deployment_id: UUID | None = None,
    rf: int | None = None,
    limit: int = 100,
    offset: int = 0,
) -> JSONResponse:
    """Newest first, short rows; durations are strings."""
    try:
        since = None if rf is None else _epoch(rf)
    except OverflowError:
        raise UnhandledError from None
    rows = [
        row
        for row in _of_workflow(call, workflow_id)
        if (status is None or row["status"] == status)
        and (deployment_id is None or row["deployment_id"] == str(deployment_id))
        and (since is None or row["created_at"] >= since)
    ]
    shown = page(rows, limit, offset)
    return JSONResponse([{**pick(row, _SHORT, call.platform.times.dump), **_durations_as_text(row)} for row in shown])


@router.get("/v2/clickhouse-run-logs/{run_id}", openapi_extra=seen("read", "facts 3.2; other columns unverified"))
async def get_run_logs(run_id: UUID, call: Here) -> JSONResponse:
    """The archived log of a run."""
    run = call.platform.runs.get(str(run_id))
    if run is None or not call.caller.sees(run):
        raise refuse(404, "Run not found")
    return JSONResponse(log_entries(run))


def log_entries(run: Row) -> list[dict[str, Any]]:
    """A run's log, one entry a line."""
    return [
        {
            "run_id": run["id"],
            "workflow_id": run["workflow_id"],
            "machine_id": run["machine_id"],
            "timestamp": moment.isoformat(timespec="microseconds"),
            "log": line,
        }
        for moment, line in run["_log"]
    ]


def _own(call: Call) -> list[Row]:
    return newest(row for row in call.platform.runs.values() if call.caller.sees(row))


def _of_workflow(call: Call, workflow_id: str) -> list[Row]:
    if not is_uuid(workflow_id):
        raise UnhandledError
    if call.platform.live_workflow(call.caller, workflow_id) is None:
        return []
    return [row for row in _own(call) if row["workflow_id"] == workflow_id]


def _durations_as_text(run: Row) -> dict[str, str | None]:
    return {name: None if value is None else f"{value:.6f}" for name, value in durations(run).items()}


def _epoch(number: int) -> datetime:
    """Seconds or milliseconds since the epoch."""
    return datetime(1970, 1, 1) + timedelta(seconds=number / 1000 if number > 10**11 else number)
