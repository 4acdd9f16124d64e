"""Saved workflows and their publications."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from pulumi_comfy.emulator.comfycloud.errors import plain
from pulumi_comfy.emulator.comfycloud.service import Here
from pulumi_comfy.emulator.comfycloud.workflows import Changes, NewVersion, NewWorkflow, Sort, View
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_SOURCE = "the vendor's description"


@router.get("/workflows", openapi_extra=seen("read", _SOURCE))
async def list_workflows(
    call: Here,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
    sort: Sort = "create_time",
    order: Literal["asc", "desc"] = "desc",
    name: str | None = None,
    default_view: View | None = None,
) -> JSONResponse:
    """The workspace's, in pages; the name is a part of theirs."""
    workflows = call.service.workflows
    found = workflows.list(call.account, sort=sort, order=order, name=name, view=default_view)
    page = found[offset : offset + limit]
    has_more = offset + len(page) < len(found)
    paging = {"offset": offset, "limit": limit, "total": len(found), "has_more": has_more}
    return JSONResponse({"data": [workflows.shown(row) for row in page], "pagination": paging})


@router.post("/workflows", openapi_extra=seen("read", f"{_SOURCE}; that it makes version 1 assumed"))
async def create_workflow(call: Here) -> JSONResponse:
    """With its first version."""
    row = call.service.workflows.create(call.account, await call.body(NewWorkflow))
    return JSONResponse(call.service.workflows.shown(row), 201)


@router.get("/workflows/published/{share_id}", openapi_extra=seen("read", _SOURCE))
async def get_published(share_id: str, call: Here) -> JSONResponse:
    """What everybody sees who has the link and a key."""
    return JSONResponse(call.service.publishing.details(share_id))


@router.get("/workflows/{workflow_id}", openapi_extra=seen("read", f"{_SOURCE}; 403 or 404 of a foreign one assumed"))
async def get_workflow(workflow_id: str, call: Here) -> JSONResponse:
    """What is told of it, without content."""
    workflows = call.service.workflows
    return JSONResponse(workflows.shown(workflows.find(call.account, workflow_id)))


@router.patch("/workflows/{workflow_id}", openapi_extra=seen("read", f"{_SOURCE}; 404 of a foreign one assumed"))
async def update_workflow(workflow_id: str, call: Here) -> JSONResponse:
    """What is sent; no version comes of it."""
    workflows = call.service.workflows
    row = workflows.find(call.account, workflow_id, tells_foreign=False)
    workflows.change(row, await call.body(Changes))
    return JSONResponse(workflows.shown(row))


@router.delete("/workflows/{workflow_id}", openapi_extra=seen("read", f"{_SOURCE}; 404 of a foreign one assumed"))
async def delete_workflow(workflow_id: str, call: Here) -> Response:
    """Kept, and never seen again."""
    row = call.service.workflows.find(call.account, workflow_id, tells_foreign=False)
    row.update(deleted=True, updated_at=call.service.state.world.clock.now())
    return Response(status_code=204)


@router.get("/workflows/{workflow_id}/content", openapi_extra=seen("read", f"{_SOURCE}; the order of keys assumed"))
async def get_content(workflow_id: str, call: Here) -> JSONResponse:
    """The latest version; no other can be read."""
    workflows = call.service.workflows
    row = workflows.find(call.account, workflow_id)
    return JSONResponse(workflows.shown_content(workflows.versions_of(row["id"])[-1]))


@router.post("/workflows/{workflow_id}/versions", openapi_extra=seen("read", f"{_SOURCE}; the code of its 409 assumed"))
async def append_version(workflow_id: str, call: Here) -> JSONResponse:
    """On top of the version that the caller saw last."""
    workflows = call.service.workflows
    version = workflows.append(call.account, workflow_id, await call.body(NewVersion))
    return JSONResponse(workflows.shown_version(version), 201)


@router.get("/userdata/{file}/publish", openapi_extra=seen("read", f"{_SOURCE}; which workflow a path is assumed"))
async def get_publication(call: Here) -> JSONResponse:
    """Whether and when the file's workflow was published."""
    path = call.decoded("file")
    return JSONResponse(call.service.publishing.info(call.account, path))


@router.post("/userdata/{file}/publish", openapi_extra=seen("read", f"{_SOURCE}; which workflow a path is assumed"))
async def publish(call: Here) -> JSONResponse:
    """Publish the latest version, or refresh the link to it."""
    sent = await call.json()
    asset_ids = sent.get("asset_ids") if isinstance(sent, dict) else None
    if not isinstance(asset_ids, list) or not all(isinstance(one, str) for one in asset_ids):
        raise plain(400, "asset_ids must be a list of texts")
    path = call.decoded("file")
    return JSONResponse(call.service.publishing.publish(call.account, path, asset_ids))
