"""Prompts, the queue and the history."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from pulumi_comfy.emulator.comfyui.jobs import Job, milliseconds
from pulumi_comfy.emulator.comfyui.prompt_check import problem
from pulumi_comfy.emulator.comfyui_server.answers import AnsweredError, Json, crashing, empty
from pulumi_comfy.emulator.comfyui_server.replacements import replaced
from pulumi_comfy.emulator.comfyui_server.service import Call, Here
from pulumi_comfy.emulator.provenance import seen

router = APIRouter()

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@router.get("/prompt", openapi_extra=seen("recorded", "basics, prompt_valid, queue_interrupt"))
async def get_queue_length(call: Here) -> Response:
    """How many prompts wait or run."""
    worker = call.service.worker
    remaining = len(worker.pending) + (worker.running is not None)
    return Json({"exec_info": {"queue_remaining": remaining}})


@router.post("/prompt", openapi_extra=seen("recorded", "prompt_*, cache_variants, extra_data_null_kills_worker"))
async def queue_prompt(call: Here) -> Response:
    """Judge a prompt and queue what of it can run; 200 says that something does, not that all does."""
    sent = await call.json()
    with crashing():
        return _queued(call, sent)


def _queued(call: Call, sent: Any) -> Response:
    service, settings = call.service, call.state.settings
    if "number" in sent:
        number: float = float(sent["number"])
    else:
        number = -service.number if sent.get("front") else service.number
        service.number += 1
    if "prompt" not in sent:
        return _refused(problem("no_prompt", "No prompt provided", "No prompt provided"))
    prompt_id = _prompt_id(call, sent)
    prompt = (
        replaced(sent["prompt"], call.state.classes(), settings.node_replacements)
        if settings.is_newer
        else sent["prompt"]
    )
    verdict = service.check(prompt, sent.get("partial_execution_targets"))
    now = call.state.world.clock.now()
    extra_data = _extra_data(sent, is_newer=settings.is_newer, created=milliseconds(now))
    if verdict.error is not None:
        return _refused(verdict.error, verdict.node_errors)
    service.worker.submit(Job(prompt_id, number, prompt, extra_data, verdict.outputs, now, service.runs.take()))
    return Json({"prompt_id": prompt_id, "number": number, "node_errors": verdict.node_errors})


def _prompt_id(call: Call, sent: Any) -> str:
    if "prompt_id" not in sent:
        return call.state.world.randomness.uuid()
    given = sent["prompt_id"]
    if call.state.settings.prompt_ids == "any":
        return str(given)
    if given is None:
        return call.state.world.randomness.uuid()
    if not isinstance(given, str) or not _UUID.fullmatch(given):
        text = "prompt_id must be a canonical lowercase UUID"
        raise AnsweredError(_refused(problem("invalid_prompt_id", text, str(given))))
    return given


def _extra_data(sent: Any, *, is_newer: bool, created: int) -> Any:
    extra_data = sent.get("extra_data", {})
    if "client_id" in sent:
        extra_data["client_id"] = sent["client_id"]
    if is_newer:
        extra_data["create_time"] = created
    return extra_data


def _refused(error: dict[str, Any], node_errors: dict[str, Any] | None = None) -> Response:
    return Json({"error": error, "node_errors": node_errors or {}}, 400)


@router.get("/queue", openapi_extra=seen("recorded", "queue_interrupt, extra_data_null_kills_worker"))
async def get_queue(call: Here) -> Response:
    """What runs and what waits; an older server shows keys."""
    worker, shows_keys = call.service.worker, not call.state.settings.is_newer
    running = [] if worker.running is None else [worker.running]
    rows = {"queue_running": running, "queue_pending": worker.queue}
    return Json({name: [job.row(shows_keys=shows_keys) for job in jobs] for name, jobs in rows.items()})


@router.post("/queue", openapi_extra=seen("recorded", "queue_interrupt"))
async def change_queue(call: Here) -> Response:
    """Forget waiting prompts, all or by id; what runs goes on."""
    sent = await call.json()
    with crashing():
        if sent.get("clear"):
            call.service.worker.drop(None)
        if "delete" in sent:
            call.service.worker.drop(list(sent["delete"]))
    return empty()


@router.post("/interrupt", openapi_extra=seen("recorded", "queue_interrupt"))
async def interrupt(call: Here) -> Response:
    """Stop what runs, whoever's it is, or only if it is the named one; 200 in any case."""
    sent: Any = {}
    if await call.body():
        try:
            sent = await call.request.json()
        except ValueError:
            sent = {}
    with crashing():
        call.service.worker.interrupt(sent.get("prompt_id") or None)
    return empty()


@router.get("/history", openapi_extra=seen("recorded", "history"))
async def get_history(call: Here) -> Response:
    """Oldest first; a count alone takes the newest."""
    query, jobs = call.request.query_params, list(call.service.worker.history.values())
    with crashing():
        count = int(query["max_items"]) if "max_items" in query else None
        offset = int(query["offset"]) if "offset" in query else -1
    if count is not None:
        start = len(jobs) - count if offset < 0 else offset
        jobs = jobs[max(0, start) :][:count]
    return Json({job.id: job.history() for job in jobs})


@router.get("/history/{prompt_id}", openapi_extra=seen("recorded", "history, prompt_valid"))
async def get_history_entry(call: Here) -> Response:
    """One that has ended; nothing is said of one that waits, runs or never was."""
    job = call.service.worker.history.get(call.decoded("prompt_id"))
    return Json({} if job is None else {job.id: job.history()})


@router.post("/history", openapi_extra=seen("recorded", "history"))
async def change_history(call: Here) -> Response:
    """Forget jobs that have ended; unknown ids are ignored."""
    sent, history = await call.json(), call.service.worker.history
    with crashing():
        if sent.get("clear"):
            history.clear()
        for job_id in sent.get("delete", ()):
            history.pop(job_id, None)
    return empty()


@router.post("/free", openapi_extra=seen("recorded", "free"))
async def free_memory(call: Here) -> Response:
    """Let go of models; what nodes did is done again."""
    await call.json()
    return empty()
