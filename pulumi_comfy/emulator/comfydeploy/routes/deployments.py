"""Deployments and shares (2.5).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy import bodies, declared
from pulumi_comfy.emulator.comfydeploy.auth import Call, Here
from pulumi_comfy.emulator.comfydeploy.deployments import ENVIRONMENTS, RefusedError
from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError, bad_uuid_text, is_uuid, refuse
from pulumi_comfy.emulator.comfydeploy.state import SHARE_ENVIRONMENTS, Row, newest, page
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")


@router.post(
    "/deployment",
    openapi_extra=seen("recorded", "09 steps 5, 13-19, 41-50, 56-58, 72; 17 relabelling"),
)
async def create_deployment(body: bodies.DeploymentCreate, call: Here) -> JSONResponse:
    """Create or take over: an upsert."""
    if body.machine_id is None and body.machine_version_id is None:
        raise refuse(400, "Machine ID or Machine Version ID is required")
    try:
        row = call.service.deployments.upsert(call.caller, body.model_dump())
    except RefusedError as refusal:
        raise refuse(500, f"Internal server error: {refusal}") from None
    return JSONResponse(call.service.deployments.as_model(row))


@router.patch("/deployment/{deployment_id}", openapi_extra=seen("recorded", "09 steps 20-36, 77"))
async def update_deployment(deployment_id: str, body: bodies.DeploymentUpdate, call: Here) -> JSONResponse:
    """Null means unchanged."""
    row = call.service.deployments.find(call.caller, deployment_id)
    if row is None:
        raise _missing(call)
    try:
        call.service.deployments.update(row, body.model_dump(mode="json"))
    except RefusedError:
        raise refuse(500, "Internal server error") from None
    return JSONResponse(call.service.deployments.as_model(row))


@router.get("/deployments/community", openapi_extra=seen("recorded", "09 step 67 (empty)"))
async def list_community(call: Here, limit: int = 20, offset: int = 0) -> JSONResponse:
    """Community shares of everybody."""
    rows = newest(call.platform.deployments.values())
    rows = [row for row in rows if row["environment"] == "community-share" and _is_live(call, row)]
    return JSONResponse([_shared(call, row) for row in page(rows, limit, offset)])


@router.get("/deployment/{deployment_id}", openapi_extra=seen("recorded", "09 steps 6, 27, 37-40, 61, 71, 75"))
async def get_deployment(deployment_id: str, call: Here) -> JSONResponse:
    """One deployment with its workflow and version; a missing one is a 500."""
    row = call.service.deployments.find_live(call.caller, deployment_id)
    if row is None:
        raise _missing(call)
    return JSONResponse(call.service.deployments.as_model(row, is_read=True))


@router.get("/deployments", openapi_extra=seen("recorded", "09 steps 7-11, 76"))
async def list_deployments(
    call: Here,
    environment: bodies.Environment | None = None,
    is_fluid: bool = False,
    page_size: int | None = None,
    offset: int = 0,
) -> JSONResponse:
    """Either the fluid ones or the others, never both."""
    rows = [
        row
        for row in newest(call.platform.deployments.values(), "updated_at")
        if call.caller.sees(row)
        and _is_live(call, row)
        and (environment is None or row["environment"] == environment.value)
        and bool(row["modal_image_id"]) == is_fluid
    ]
    shown = page(rows, page_size, offset)
    return JSONResponse([call.service.deployments.as_model(row, is_read=True) for row in shown])


@router.get("/workflow/{workflow_id}/deployments", openapi_extra=seen("recorded", "03 step 31; 09 steps 12, 80; 17"))
async def list_workflow_deployments(workflow_id: str, call: Here) -> JSONResponse:
    """Of one workflow, by environment; none is a 404."""
    if not is_uuid(workflow_id):
        raise UnhandledError
    rows = [
        row
        for row in call.platform.deployments.values()
        if row["workflow_id"] == workflow_id and call.caller.sees(row) and _is_live(call, row)
    ]
    rows.sort(key=lambda row: ENVIRONMENTS.index(row["environment"]), reverse=True)
    if not rows:
        raise refuse(404, "Deployments not found or you don't have access to it")
    return JSONResponse([call.service.deployments.as_model(row, is_read=True, with_machine=True) for row in rows])


@router.delete("/deployment/{deployment_id}", openapi_extra=seen("recorded", "09 steps 55, 60-64; 17"))
async def delete_deployment(deployment_id: str, call: Here) -> JSONResponse:
    """Only shares can be deleted; anything else looks like a missing one."""
    row = call.service.deployments.find(call.caller, deployment_id)
    if row is None or row["environment"] not in SHARE_ENVIRONMENTS:
        raise _missing(call)
    call.service.deployments.delete(row)
    return JSONResponse({"message": "Share deployment deleted successfully"})


@router.post("/deployment/{deployment_id}/deactivate", openapi_extra=seen("recorded", "09 steps 51-54; 11 step 51"))
async def deactivate_deployment(deployment_id: str, call: Here) -> JSONResponse:
    """Stop a fluid deployment's app; an ordinary one crashes the platform."""
    if not is_uuid(deployment_id):
        text = bad_uuid_text(deployment_id, "SELECT comfyui_deploy.deployments.id")
        raise refuse(500, f"Internal server error: {text}")
    row = call.service.deployments.find(call.caller, deployment_id)
    if row is None:
        raise refuse(404, "Deployment not found")
    if call.service.deployments.active_runs(row):
        text = "It may have active runs or the modal app could not be stopped."
        raise refuse(400, f"Failed to deactivate deployment. {text}")
    if not row["modal_image_id"]:
        raise UnhandledError
    row.update(activated_at=None, modal_app_id=None)
    return JSONResponse(call.service.deployments.as_model(row))


@router.get("/deployment/{deployment_id}/v0-ui-spec", openapi_extra=seen("recorded", "09 step 66; files are stubs"))
async def get_ui_spec(deployment_id: str, call: Here) -> JSONResponse:
    """A generated user interface: the frame is the platform's, the files are stubs."""
    row = call.service.deployments.find_live(call.caller, deployment_id)
    if row is None:
        raise _missing(call)
    name = f"workflow-{call.platform.workflows[row['workflow_id']]['name']}"
    files = [
        {"path": f"blocks/{name}/page.tsx", "type": "registry:page", "target": "app/page.tsx"},
        {
            "path": "blocks/common/api_generate_route.ts",
            "type": "registry:component",
            "target": "app/api/generate/route.ts",
        },
        {"path": "blocks/common/api_poll_route.ts", "type": "registry:component", "target": "app/api/poll/route.ts"},
    ]
    return JSONResponse(
        {
            "$schema": "https://ui.shadcn.com/schema/registry-item.json",
            "name": name,
            "type": "registry:block",
            "author": "comfydeploy",
            "description": f"Autogenerated UI for deployment {deployment_id}",
            "registryDependencies": ["button", "card", "input", "label"],
            "files": [{**file, "content": "// not emulated\n"} for file in files],
            "categories": ["workflow", "form"],
        }
    )


@router.get("/share/{username}/{slug}", openapi_extra=seen("recorded", "09 step 59"))
async def get_share(username: str, slug: str, call: Here) -> JSONResponse:
    """A public share, for anybody."""
    rows = [row for row in call.platform.deployments.values() if row["share_slug"] == f"{username}_{slug}"]
    shown = [row for row in rows if row["environment"] in {"public-share", "community-share"} and _is_live(call, row)]
    if not shown:
        raise refuse(404, "Deployment not found")
    return JSONResponse(_shared(call, shown[0]))


def _missing(call: Call) -> HTTPException:
    if call.platform.world.settings.deployment_404 == "fixed":
        return refuse(404, "Deployment not found")
    return refuse(500, "Internal server error")


def _is_live(call: Call, row: Row) -> bool:
    return not call.platform.workflows[row["workflow_id"]]["deleted"]


def _shared(call: Call, row: Row) -> Row:
    workflow = call.platform.workflows[row["workflow_id"]]
    version = call.platform.versions[row["workflow_version_id"]]
    columns = ("id", "user_id", "org_id", "share_slug", "description", "environment")
    return {
        **{name: row[name] for name in columns},
        "workflow": {"cover_image": workflow["cover_image"], "id": workflow["id"], "name": workflow["name"]},
        "input_types": declared.shared_input_types(version["workflow_api"]),
        "output_types": declared.output_types(version["workflow"]),
    }
