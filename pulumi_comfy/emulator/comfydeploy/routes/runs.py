"""Starting, polling, cancelling and reporting runs (3.1 to 3.3).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy import bodies
from pulumi_comfy.emulator.comfydeploy.auth import Call, Here
from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError, bad_uuid_text, is_uuid, refuse
from pulumi_comfy.emulator.comfydeploy.machines import SERVERLESS
from pulumi_comfy.emulator.comfydeploy.outputs import add_output, outputs_of
from pulumi_comfy.emulator.comfydeploy.runs import TERMINAL, Start
from pulumi_comfy.emulator.comfydeploy.state import Row
from pulumi_comfy.emulator.jsonb import stored
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_MODEL_COLUMNS = (
    *("id", "workflow_version_id", "workflow_inputs", "workflow_id", "machine_id", "origin", "gpu_event_id", "gpu"),
    *("machine_version", "machine_type", "modal_function_call_id", "user_id", "org_id", "live_status", "progress"),
    *("is_realtime", "webhook", "webhook_status", "webhook_intermediate_status"),
)
_MOMENTS = ("ended_at", "created_at", "updated_at", "queued_at", "started_at")


@router.post(
    "/run/deployment/queue",
    openapi_extra=seen("recorded", "09 step 73; 11 steps 4, 17, 22-28, 37-49, 63"),
)
async def queue_deployment_run(body: bodies.DeploymentRun, call: Here) -> JSONResponse:
    """Start a run of a deployment."""
    start = deployment_start(call, body)
    if body.batch_number is not None:
        _start_batch(call, start, body.batch_number)
    run = call.service.runs.start(call.caller, start)
    return JSONResponse({"run_id": run["id"]})


@router.post("/run/deployment/sync", openapi_extra=seen("recorded", "11 step 20 (classic); the rest read: facts 3.1"))
async def sync_deployment_run(body: bodies.DeploymentRun, call: Here) -> JSONResponse:
    """Start a run and answer with its outputs when it has ended."""
    return await _answer_when_ended(call, deployment_start(call, body))


@router.post("/run/workflow/queue", openapi_extra=seen("recorded", "11 steps 55-56"))
async def queue_workflow_run(body: bodies.WorkflowRun, call: Here) -> JSONResponse:
    """Run a prompt without a deployment."""
    run = call.service.runs.start(call.caller, workflow_start(call, body))
    return JSONResponse({"run_id": run["id"]})


@router.post("/run/workflow/sync", openapi_extra=seen("read", "facts 3.1"))
async def sync_workflow_run(body: bodies.WorkflowRun, call: Here) -> JSONResponse:
    """The same, answering with the outputs."""
    return await _answer_when_ended(call, workflow_start(call, body))


@router.post("/run", openapi_extra=seen("recorded", "11 step 19"))
async def queue_run(body: bodies.DeploymentRun, call: Here) -> JSONResponse:
    """Deprecated: the same as `/run/deployment/queue`."""
    run = call.service.runs.start(call.caller, deployment_start(call, body))
    return JSONResponse({"run_id": run["id"]})


@router.get("/run", openapi_extra=seen("recorded", "11 step 7"))
async def get_run_by_query(run_id: UUID, call: Here, queue_position: bool = False) -> JSONResponse:
    """Deprecated: the same as `GET /run/{run_id}`."""
    return JSONResponse(_model(call, _visible(call, run_id), queue_position))


@router.get("/run/{run_id}", openapi_extra=seen("recorded", "11 steps 6-15, 29-32, 50, 53; 16 steps 8, 12"))
async def get_run(run_id: UUID, call: Here, queue_position: bool = False) -> JSONResponse:
    """Status and outputs; stays readable when its workflow is deleted."""
    return JSONResponse(_model(call, _visible(call, run_id), queue_position))


@router.post("/run/{run_id}/cancel", openapi_extra=seen("recorded", "11 steps 16, 33-34, 52"))
async def cancel_run(run_id: str, call: Here) -> JSONResponse:
    """Stop a run; one that ended stays as it is."""
    if not is_uuid(run_id):
        text = bad_uuid_text(run_id, "SELECT modal_function_call_id, status, id")
        raise refuse(500, f"Error cancel function {text}")
    run = call.platform.runs.get(run_id)
    if run is None or not call.caller.sees(run) or run["modal_function_call_id"] is None:
        raise refuse(500, "Error cancel function 404: Run not found or has no modal function call ID")
    call.service.runs.set_status(run, "cancelled")
    return JSONResponse({"status": "success", "message": "Function cancelled"})


@router.post("/update-run", openapi_extra=seen("recorded", "11 steps 9-14; 16 steps 5-10"))
async def update_run(body: bodies.RunUpdate, call: Here) -> JSONResponse:
    """What a runner reports."""
    run = call.platform.runs.get(str(body.run_id))
    if run is None:
        raise refuse(404, "WorkflowRun not found")
    if body.output_data is not None:
        add_output(call.platform, run, stored(body.output_data), stored(body.node_meta))
    if body.live_status is not None or body.progress is not None:
        changes = {"live_status": body.live_status, "progress": body.progress}
        run.update({name: value for name, value in changes.items() if value is not None})
    if body.logs:
        call.service.runs.write_log(run, *(stored(str(entry.get("logs", entry))) for entry in body.logs))
    if body.status is not None:
        call.service.runs.set_status(run, body.status.value)
    return JSONResponse({"status": "success"})


def durations(run: Row) -> dict[str, float | None]:
    """Seconds between a run's moments; None where one is missing (3.2)."""

    def between(start: str, end: str) -> float | None:
        if run[start] is None or run[end] is None:
            return None
        seconds: float = (run[end] - run[start]).total_seconds()
        return seconds

    return {
        "duration": between("created_at", "ended_at"),
        "cold_start_duration": between("queued_at", "started_at"),
        "cold_start_duration_total": between("created_at", "started_at"),
        "run_duration": between("started_at", "ended_at"),
    }


def workflow_start(call: Call, body: bodies.WorkflowRun) -> Start:
    """What a run of a bare prompt starts with."""
    workflow = call.platform.live_workflow(call.caller, str(body.workflow_id))
    if workflow is None:
        raise refuse(404, "Workflow not found")
    machine = call.platform.live_machine(call.caller, body.machine_id or workflow["selected_machine_id"] or "")
    if machine is None:
        raise refuse(404, "Machine not found")
    if not body.workflow_api_json:
        raise refuse(404, "Workflow API not found")
    graph = stored(body.workflow_api_json)
    return Start(machine=machine, workflow_id=workflow["id"], graph=graph, **_options(body))


def deployment_start(call: Call, body: bodies.DeploymentRun) -> Start:
    """What a run of a deployment starts with."""
    row = call.platform.deployments.get(str(body.deployment_id))
    if row is None or not (call.caller.sees(row) or row["environment"] in {"public-share", "community-share"}):
        raise refuse(404, "Deployment not found")
    if call.platform.workflows[row["workflow_id"]]["deleted"]:
        raise refuse(404, "Workflow not found")
    machine = call.platform.machines[row["machine_id"]]
    if machine["deleted"]:
        raise refuse(404, "Machine not found for this deployment")
    version = call.platform.versions[row["workflow_version_id"]]
    if not version["workflow_api"]:
        raise refuse(404, "Workflow API not found")
    return Start(
        machine=machine,
        workflow_id=row["workflow_id"],
        graph=version["workflow_api"],
        version_id=version["id"],
        deployment=row,
        **_options(body),
    )


def _options(body: bodies.RunOptions) -> dict[str, Any]:
    return {
        "inputs": body.inputs,
        "gpu": None if body.gpu is None else body.gpu.value,
        "origin": body.origin,
        "webhook": body.webhook,
        "webhook_intermediate_status": bool(body.webhook_intermediate_status),
    }


def _start_batch(call: Call, start: Start, number: int) -> None:
    """The runs are created, then the answer does not fit its declared model."""
    start.batch_id = call.platform.new_id()
    for _ in range(number):
        call.service.runs.start(call.caller, start)
    raise UnhandledError


async def _answer_when_ended(call: Call, start: Start) -> JSONResponse:
    run = call.service.runs.start(call.caller, start)
    if start.machine["type"] != SERVERLESS:
        run["status"] = "failed"
        raise UnhandledError
    await call.platform.scheduler.until(lambda: run["status"] in TERMINAL)
    if run["status"] == "timeout":
        raise UnhandledError
    return JSONResponse(outputs_of(call.platform, run["id"]) if run["status"] == "success" else [])


def _visible(call: Call, run_id: UUID) -> Row:
    run = call.platform.runs.get(str(run_id))
    if run is None:
        raise refuse(404, "Run not found")
    if not call.caller.sees(run):
        raise refuse(403, "You are not authorized to access this resource")
    return run


def _model(call: Call, run: Row, with_position: bool) -> Row:
    times = call.platform.times
    return {
        **{name: run[name] for name in _MODEL_COLUMNS},
        **{name: times.model(run[name]) for name in _MOMENTS},
        "status": call.service.runs.status_of(run),
        "outputs": outputs_of(call.platform, run["id"]),
        "number": 0,
        **durations(run),
        "queue_position": _position(call, run) if with_position else None,
    }


def _position(call: Call, run: Row) -> int | None:
    """How many runs of the machine wait before this one; None once it is picked up."""
    if run["status"] != "not-started":
        return None
    waiting = [row for row in call.platform.runs.values() if row["machine_id"] == run["machine_id"]]
    return len([row for row in waiting if row["status"] == "not-started" and row["created_at"] < run["created_at"]])
