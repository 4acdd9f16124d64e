"""Routes outside the resources: snapshot conversion, exports, and those that are not emulated (501, loudly)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy.auth import Here
from pulumi_comfy.emulator.comfydeploy.body import Body
from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError, is_uuid, refuse
from pulumi_comfy.emulator.comfydeploy.routes.machines import machine_environment
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

NOT_EMULATED = (
    ("GET", "/assets"),
    ("GET", "/custom-node-list"),
    ("GET", "/deployments/featured"),
    ("GET", "/machine/serverless/{machine_id}/files"),
    ("GET", "/machine/{machine_id}/check-custom-nodes"),
    ("GET", "/platform/autumn-data"),
    ("GET", "/platform/invoices"),
    ("GET", "/runs/count"),
    ("GET", "/session/{session_id}"),
    ("GET", "/sessions"),
    ("GET", "/shared-workflows"),
    ("GET", "/workflow/{workflow_id}/gallery"),
    ("GET", "/workflow/{workflow_id}/run/latest"),
    ("GET", "/workflow/{workflow_id}/shared-status"),
    ("POST", "/deps"),
    ("POST", "/file"),
    ("POST", "/file/upload"),
    ("POST", "/machine/create"),
    ("POST", "/machine/import"),
    ("POST", "/machine/{machine_id}/update-custom-nodes"),
    ("POST", "/session"),
    ("POST", "/share/output"),
    ("POST", "/volume/file"),
    ("POST", "/workflow/{workflow_id}/share"),
    ("PUT", "/platform/user-settings"),
)


class GitNode(Body):
    """A pinned git node of a snapshot."""

    hash: str
    disabled: bool


class Snapshot(Body):
    """`POST /snapshot-to-docker`."""

    comfyui: str | None = None
    git_custom_nodes: dict[str, GitNode]
    cnr_custom_nodes: dict[str, str]


@router.post("/snapshot-to-docker", openapi_extra=seen("unverified", "facts 4; step ids are the emulator's"))
async def snapshot_to_docker(body: Snapshot) -> JSONResponse:
    """A snapshot as steps with stable ids."""
    steps: list[dict[str, Any]] = []
    for url, node in body.git_custom_nodes.items():
        name = url.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
        data = {"url": url, "hash": node.hash, "name": name, "install_type": "git-clone"}
        steps.append({"id": f"git-{name}", "type": "custom-node", "data": data})
    for node_id, version in body.cnr_custom_nodes.items():
        data = {"node_id": node_id, "version": version}
        steps.append({"id": f"cnr-{node_id}", "type": "custom-node-manager", "data": data})
    return JSONResponse({"steps": steps})


@router.get("/workflow/{workflow_id}/export", openapi_extra=seen("recorded", "03 steps 24-25; with a machine read"))
async def export_workflow(workflow_id: str, call: Here, version: int | None = None) -> JSONResponse:
    """The UI graph with the prompt and the machine's settings beside it."""
    if not is_uuid(workflow_id):
        raise UnhandledError
    if call.platform.live_workflow(call.caller, workflow_id) is None:
        raise refuse(404, "Workflow not found or you don't have access to it")
    rows = call.platform.versions_of(workflow_id)
    found = [row for row in rows if version is None or row["version"] == version]
    if not found:
        raise refuse(404, "Workflow version not found or you don't have access to it")
    row = found[0]
    machine = call.platform.machines.get(row["machine_id"])
    environment = {} if machine is None else machine_environment(machine)
    graph = row["workflow"] if isinstance(row["workflow"], dict) else {}
    return JSONResponse({**graph, "workflow_api": row["workflow_api"], "environment": environment})


async def _not_emulated() -> JSONResponse:
    return JSONResponse({"detail": "The emulator knows this route and does not answer it"}, 501)


for _method, _path in NOT_EMULATED:
    router.add_api_route(
        _path,
        _not_emulated,
        methods=[_method],
        openapi_extra=seen("not emulated", "openapi_internal"),
        include_in_schema=False,
    )
