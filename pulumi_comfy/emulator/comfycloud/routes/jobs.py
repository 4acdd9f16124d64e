"""Jobs, and what they made."""

from __future__ import annotations

import posixpath
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, RedirectResponse, Response

from pulumi_comfy.emulator.comfycloud.errors import coded, not_found
from pulumi_comfy.emulator.comfycloud.jobs import makes
from pulumi_comfy.emulator.comfycloud.service import Here
from pulumi_comfy.emulator.comfyui.forms import form_of, text_of
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_SOURCE = "the vendor's description"


@router.get("/jobs", openapi_extra=seen("read", _SOURCE))
async def list_jobs(
    call: Here,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
    status: str | None = None,
    workflow_id: str | None = None,
    output_type: Literal["image", "video", "audio", "3d"] | None = None,
    sort_by: Literal["create_time", "execution_time"] = "create_time",
    sort_order: Literal["asc", "desc"] = "desc",
) -> JSONResponse:
    """The workspace's, in pages."""
    jobs, wanted = call.service.jobs, None if status is None else status.split(",")
    found = [
        job
        for job in jobs.all_of(call.account)
        if (wanted is None or job.status in wanted)
        and workflow_id in (None, jobs.shown(job).get("workflow_id"))
        and makes(job, output_type)
    ]
    found.sort(key=lambda job: job.created_at)
    if sort_by == "execution_time":
        found.sort(
            key=lambda job: (job.ended_at - job.started_at).total_seconds() if job.ended_at and job.started_at else 0
        )
    if sort_order == "desc":
        found.reverse()
    page = found[offset : offset + limit]
    has_more = offset + len(page) < len(found)
    paging = {"offset": offset, "limit": limit, "total": len(found), "has_more": has_more}
    return JSONResponse({"jobs": [jobs.shown(job) for job in page], "pagination": paging})


@router.get("/jobs/{job_id}", openapi_extra=seen("read", _SOURCE))
async def get_job(job_id: str, call: Here) -> JSONResponse:
    """One with its prompt and its outputs."""
    return JSONResponse(call.service.jobs.details(call.service.jobs.find(call.account, job_id)))


@router.post("/jobs/cancel", openapi_extra=seen("read", f"{_SOURCE}, the newer one"))
async def cancel_jobs(call: Here) -> JSONResponse:
    """Several at once; all of them must be known."""
    sent = await call.json()
    ids = sent.get("job_ids") if isinstance(sent, dict) else None
    if not isinstance(ids, list) or not 1 <= len(ids) <= 100:
        raise coded(400, "BAD_REQUEST", "job_ids must hold 1 to 100 ids")
    found = [call.service.jobs.find(call.account, str(one)) for one in ids]
    return JSONResponse({"cancelled": [job.id for job in found if call.service.jobs.cancel(call.account, job)]})


@router.post("/jobs/{job_id}/cancel", openapi_extra=seen("read", _SOURCE))
async def cancel_job(job_id: str, call: Here) -> JSONResponse:
    """Whether it could still be cancelled."""
    job = call.service.jobs.find(call.account, job_id)
    return JSONResponse({"cancelled": call.service.jobs.cancel(call.account, job)})


@router.delete("/jobs/{job_id}", openapi_extra=seen("read", f"{_SOURCE}, the newer one"))
async def delete_job(job_id: str, call: Here) -> Response:
    """With what it made."""
    call.service.jobs.delete(call.account, call.service.jobs.find(call.account, job_id))
    return Response(status_code=204)


@router.get("/job/{job_id}/status", openapi_extra=seen("read", f"{_SOURCE}; its words differ from the description's"))
async def get_raw_status(job_id: str, call: Here) -> JSONResponse:
    """Deprecated: the words of the platform's inside."""
    return JSONResponse(call.service.jobs.raw(call.service.jobs.find(call.account, job_id)))


@router.get("/view", openapi_extra=seen("read", f"{_SOURCE}; channels and sizes are not made"))
async def view_file(call: Here, filename: str, subfolder: str = "") -> Response:
    """A redirect to the store, which is another host and wants no key."""
    folders = call.workspace.comfyui.folders
    path = posixpath.join(subfolder, filename)
    places = ("output", "temp", "input")
    file = next((found for place in places if (found := folders.get(place, path)) is not None), None)
    if file is None:
        raise not_found("File")
    store = call.service.state.world.files
    key = f"cloud/{call.account.workspace}/{path}"
    store.put(key, file.content_type, file.read)
    return RedirectResponse(store.signed_url(key).replace("//127.0.0.1", "//localhost", 1), 302)


@router.post("/upload/image", openapi_extra=seen("read", f"{_SOURCE}; limits are not checked"))
async def upload_image(call: Here) -> JSONResponse:
    """Named by its content; folders and `overwrite` say nothing."""
    try:
        form = form_of(call.request.headers.get("content-type", ""), await call.request.body())
    except ValueError:
        raise coded(400, "BAD_REQUEST", "this is no form") from None
    image = form.get("image")
    if image is None or not image.filename:
        raise coded(400, "BAD_REQUEST", "image is missing")
    name = call.service.state.content_name(image.content, posixpath.splitext(image.filename)[1])
    call.workspace.comfyui.folders.put(name, image.content)
    kept = {"subfolder": text_of(form, "subfolder"), "type": text_of(form, "type") or "output"}
    return JSONResponse({"name": name, **kept})
