"""Jobs, which newer servers tell of beside queue and history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from fastapi import APIRouter, Depends
from starlette.responses import Response

from pulumi_comfy.emulator.comfyui.jobs import Job, Status
from pulumi_comfy.emulator.comfyui_server.answers import AnsweredError, Json
from pulumi_comfy.emulator.comfyui_server.service import Call, Here, no_such_route, only_newer
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(dependencies=[Depends(only_newer)])

_SOURCE = "the newer server's source"
_SORTED: dict[str, Callable[[Job], Any]] = {
    "created_at": lambda job: job.created_at,
    "execution_duration": lambda job: (
        (job.ended_at - job.started_at).total_seconds() if job.ended_at and job.started_at else 0.0
    ),
}


@router.get("/jobs", openapi_extra=seen("read", _SOURCE))
async def list_jobs(call: Here) -> Response:
    """Those that wait, run or have ended, newest first unless asked otherwise."""
    query = call.request.query_params
    statuses = _words(query.get("status"), "status", get_args(Status))
    by = _words(query.get("sort_by"), "sort_by", tuple(_SORTED)) or ["created_at"]
    way = _words(query.get("sort_order"), "sort_order", ("asc", "desc")) or ["desc"]
    limit = _count(query.get("limit"), "limit", least=1)
    offset = _count(query.get("offset"), "offset", least=0) or 0
    worker, wanted = call.service.worker, query.get("workflow_id")
    running = [] if worker.running is None else [worker.running]
    found = [
        job
        for job in (*worker.pending, *running, *worker.history.values())
        if (not statuses or job.status in statuses) and wanted in (None, job.workflow_id)
    ]
    found.sort(key=_SORTED[by[0]], reverse=way == ["desc"])
    page = found[offset:] if limit is None else found[offset : offset + limit]
    paging = {"offset": offset, "limit": limit, "total": len(found), "has_more": offset + len(page) < len(found)}
    return Json({"jobs": [job.summary() for job in page], "pagination": paging})


@router.get("/jobs/{job_id}", openapi_extra=seen("read", _SOURCE))
async def get_job(call: Here) -> Response:
    """One; a waiting one that was dropped is unknown."""
    job = call.service.worker.find(call.decoded("job_id"))
    return _wrong("Job not found", 404) if job is None else Json(job.details())


@router.post("/jobs/{job_id}/cancel", openapi_extra=seen("read", _SOURCE))
async def cancel_job(call: Here) -> Response:
    """Whether it could still be stopped; an unknown one could not."""
    _check_cancelling(call)
    return Json({"cancelled": _cancel(call, [call.decoded("job_id")])})


@router.post("/jobs/cancel", openapi_extra=seen("read", _SOURCE))
async def cancel_jobs(call: Here) -> Response:
    """Whether any of them could still be stopped."""
    _check_cancelling(call)
    sent = await call.json()
    ids = sent.get("job_ids") if isinstance(sent, dict) else None
    if not isinstance(ids, list) or not ids:
        return _wrong("job_ids must be a non-empty list", 400)
    return Json({"cancelled": _cancel(call, ids)})


def _cancel(call: Call, job_ids: list[str]) -> bool:
    worker = call.service.worker
    waiting = [job.id for job in worker.pending if job.id in job_ids]
    worker.drop(waiting)
    return any([bool(waiting), *(worker.interrupt(job_id) for job_id in job_ids if job_id not in waiting)])


def _check_cancelling(call: Call) -> None:
    if not call.state.settings.has_job_cancel:
        raise AnsweredError(no_such_route(call.request))


def _words(given: str | None, name: str, allowed: tuple[str, ...]) -> list[str]:
    found = [one.strip().lower() for one in (given or "").split(",") if one.strip()]
    unknown = [one for one in found if one not in allowed]
    if unknown:
        raise AnsweredError(_wrong(f"Invalid {name} value(s): {', '.join(unknown)}. Valid: {', '.join(allowed)}", 400))
    return found


def _count(given: str | None, name: str, least: int) -> int | None:
    if given is None:
        return None
    try:
        number = int(given)
    except ValueError:
        raise AnsweredError(_wrong(f"{name} must be an integer", 400)) from None
    if number < least and name == "limit":
        raise AnsweredError(_wrong("limit must be a positive integer", 400))
    return max(number, least)


def _wrong(words: str, status: int) -> Response:
    return Json({"error": words}, status)
