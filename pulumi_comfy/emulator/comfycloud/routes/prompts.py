"""Prompts, the queue and the history."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from pulumi_comfy.emulator.comfycloud.errors import STATUS_OF, RefusedError, coded, not_found, of_prompt
from pulumi_comfy.emulator.comfycloud.service import Call, Here
from pulumi_comfy.emulator.comfycloud.state import Row
from pulumi_comfy.emulator.comfyui.execution import needed
from pulumi_comfy.emulator.comfyui.jobs import Job, milliseconds
from pulumi_comfy.emulator.comfyui.prompt_check import PromptCheck, Verdict, problem
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_SOURCE = "the vendor's description"


@router.post(
    "/prompt", openapi_extra=seen("read", f"{_SOURCE}; judged as a recorded server does; bad links assumed 400")
)
async def queue_prompt(call: Here) -> JSONResponse:
    """Who may not run anything is told first, then what is wrong with the prompt."""
    state = call.service.state
    refusal = call.service.runs.refusal()
    if refusal is not None:
        kind, retry_after = refusal
        about: dict[str, Any] = {"class_types": [], "providers": []} if kind == "PARTNER_NODE_DISABLED" else {}
        told = {**problem(kind, kind.replace("_", " ").capitalize()), **about}
        raise of_prompt(STATUS_OF[kind], told, retry_after=retry_after)
    if len(await call.request.body()) > state.settings.max_workflow_bytes:
        raise of_prompt(413, problem("WORKFLOW_TOO_LARGE", "The workflow is too large"))
    sent = await call.json()
    if not isinstance(sent, dict) or not isinstance(sent.get("prompt"), dict):
        raise of_prompt(400, problem("no_prompt", "No prompt provided", "No prompt provided"))
    extra_data = sent.get("extra_data") or {}
    if not isinstance(extra_data, dict):
        raise coded(400, "BAD_REQUEST", "extra_data must be an object")
    links = _links(call, sent)
    verdict = _judged(call, sent)
    now, drawn = state.world.clock.now(), state.new_id()
    number = len(call.service.jobs.all_of(call.account))
    job = Job(drawn, number, sent["prompt"], extra_data, verdict.outputs, now, call.service.runs.take())
    call.service.jobs.add(call.account, job, links)
    return JSONResponse({"prompt_id": drawn, "number": number, "node_errors": verdict.node_errors})


def _judged(call: Call, sent: dict[str, Any]) -> Verdict:
    """What can run of the prompt.

    Raises:
        RefusedError: 400, nothing of it; 500, it is none that a server could read.
    """
    comfyui = call.workspace.comfyui
    check = PromptCheck(comfyui.classes(), True, lambda name: comfyui.folders.named(name) is not None)
    try:
        verdict = check(sent["prompt"], sent.get("partial_execution_targets"))
        needed(sent["prompt"], verdict.outputs)
    except Exception:  # noqa: BLE001 (whatever the server's own code trips over)
        raise coded(500, "INTERNAL_ERROR", "Internal server error") from None
    if verdict.error is not None:
        raise of_prompt(400, verdict.error, verdict.node_errors)
    return verdict


def _links(call: Call, sent: dict[str, Any]) -> Row:
    """The saved workflow and version that the run is for.

    Raises:
        RefusedError: 400, they are none of the workspace's.
    """
    links: Row = {name: sent.get(name) for name in ("workflow_id", "workflow_version_id")}
    if links["workflow_id"] is None:
        return links
    try:
        row = call.service.workflows.find(call.account, links["workflow_id"])
    except RefusedError:
        raise of_prompt(400, problem("invalid_workflow_id", "No such workflow in this workspace")) from None
    known = [version["id"] for version in call.service.workflows.versions_of(row["id"])]
    if links["workflow_version_id"] not in (None, *known):
        raise of_prompt(400, problem("invalid_workflow_version_id", "No such version of this workflow"))
    return links


@router.get("/prompt", openapi_extra=seen("read", _SOURCE))
async def get_queue_length(call: Here) -> JSONResponse:
    """How many prompts wait or run."""
    worker = call.workspace.worker
    return JSONResponse({"exec_info": {"queue_remaining": len(worker.pending) + (worker.running is not None)}})


@router.get("/queue", openapi_extra=seen("read", _SOURCE))
async def get_queue(call: Here) -> JSONResponse:
    """What runs and what waits, in an order of elements that a server of one's own does not have."""
    worker = call.workspace.worker
    running = [] if worker.running is None else [worker.running]
    return JSONResponse({"queue_running": _rows(running), "queue_pending": _rows(worker.queue)})


def _rows(jobs: list[Job]) -> list[list[Any]]:
    return [
        [place, job.id, job.graph, job.outputs_to_execute, {"create_time": milliseconds(job.created_at)}]
        for place, job in enumerate(jobs, start=1)
    ]


@router.post("/queue", openapi_extra=seen("read", _SOURCE))
async def change_queue(call: Here) -> JSONResponse:
    """Cancel waiting jobs, all or by id."""
    sent = await _managed(call)
    waiting = [job for job in call.workspace.worker.queue if sent.get("clear") or job.id in sent.get("delete", ())]
    for job in waiting:
        call.service.jobs.cancel(call.account, job)
    return JSONResponse({"deleted": [job.id for job in waiting], "cleared": bool(sent.get("clear"))})


async def _managed(call: Call) -> dict[str, Any]:
    sent = await call.json()
    if not isinstance(sent, dict) or set(sent) - {"delete", "clear"}:
        raise coded(400, "BAD_REQUEST", "only delete and clear are known here")
    if not isinstance(sent.get("delete", []), list):
        raise coded(400, "BAD_REQUEST", "delete must be a list of ids")
    return sent


@router.post("/interrupt", openapi_extra=seen("read", f"{_SOURCE}; a named job of the newer one"))
async def interrupt(call: Here) -> Response:
    """Cancel what runs, all of the caller's or one by its id."""
    sent: Any = await call.json() if await call.request.body() else {}
    job_id = sent.get("prompt_id") if isinstance(sent, dict) else None
    if job_id is not None:
        call.service.jobs.find(call.account, job_id)
    call.workspace.worker.interrupt(job_id)
    return Response(status_code=200)


@router.post("/history", openapi_extra=seen("read", _SOURCE))
async def change_history(call: Here) -> Response:
    """Forget jobs that have ended."""
    sent, history = await _managed(call), call.workspace.worker.history
    for job_id in list(history):
        if sent.get("clear") or job_id in sent.get("delete", ()):
            del history[job_id]
    return Response(status_code=200)


@router.get("/history_v2", openapi_extra=seen("read", _SOURCE))
async def list_history(call: Here, max_items: int | None = None, offset: int = 0) -> JSONResponse:
    """Newest first, without documents."""
    jobs = sorted(call.workspace.worker.history.values(), key=lambda job: job.created_at, reverse=True)[offset:]
    return JSONResponse({"history": [{"prompt_id": job.id, **_entry(job)} for job in jobs[:max_items]]})


@router.get("/history_v2/{prompt_id}", openapi_extra=seen("read", _SOURCE))
async def get_history(prompt_id: str, call: Here) -> JSONResponse:
    """One that has ended."""
    job = call.workspace.worker.history.get(prompt_id)
    if job is None:
        raise not_found("Prompt")
    entry = _entry(job)
    entry["prompt"] |= {"prompt": job.graph, "outputs_to_execute": job.outputs_to_execute}
    return JSONResponse({prompt_id: entry})


def _entry(job: Job) -> dict[str, Any]:
    told = {"priority": job.number, "prompt_id": job.id, "extra_data": job.row(shows_keys=False)[3]}
    status = {"outputs": job.outputs, "status": job.status_told(), "meta": job.meta}
    return {"create_time": milliseconds(job.created_at), "prompt": told, **status}
