"""Machines, serverless and custom (2.3, 2.4).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy import bodies
from pulumi_comfy.emulator.comfydeploy.auth import Call, Here
from pulumi_comfy.emulator.comfydeploy.docker import BUILDER_VERSION, docker_commands
from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError, refuse
from pulumi_comfy.emulator.comfydeploy.machines import SERVERLESS
from pulumi_comfy.emulator.comfydeploy.rows import MACHINE_SUMMARY, machine_full_row, machine_row
from pulumi_comfy.emulator.comfydeploy.state import Row, contains, newest, page, pick
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_NO_MACHINE = "Machine not found"


@router.get("/machines", openapi_extra=seen("recorded", "04 steps 4-8; 05 steps 132-133; 07 step 2"))
async def list_machines(
    call: Here,
    search: str | None = None,
    limit: int = 100,
    offset: int = 0,
    is_deleted: bool | None = None,
    include_has_workflows: bool = False,
    is_docker: bool = False,
    is_workspace: bool = False,
    is_self_hosted: bool = False,
    include_docker_command_steps: bool = False,
) -> JSONResponse:
    """Summaries, latest update first, deleted ones included unless asked otherwise."""
    kinds = {SERVERLESS} if is_docker else {"classic", "runpod-serverless"} if is_self_hosted else None
    rows = [
        row
        for row in newest(_own(call), "updated_at")
        if contains(row["name"], search)
        and (is_deleted is None or row["deleted"] == is_deleted)
        and (kinds is None or row["type"] in kinds)
        and row["is_workspace"] == is_workspace
    ]
    answers = []
    for row in page(rows, limit, offset):
        answer = pick(row, MACHINE_SUMMARY, call.platform.times.sql)
        if include_docker_command_steps:
            answer["docker_command_steps"] = row["docker_command_steps"]
        if include_has_workflows:
            answer["has_workflows"] = bool(_workflows_on(call, row["id"]))
        answers.append(answer)
    return JSONResponse(answers)


@router.get("/machines/all", openapi_extra=seen("recorded", "04 step 5"))
async def list_all_machines(call: Here, search: str | None = None, limit: int | None = None) -> JSONResponse:
    """Summaries of the machines that are not deleted."""
    rows = [row for row in newest(_own(call), "updated_at") if not row["deleted"] and contains(row["name"], search)]
    return JSONResponse([pick(row, MACHINE_SUMMARY, call.platform.times.sql) for row in page(rows, limit)])


@router.post("/machine/serverless", openapi_extra=seen("recorded", "04 steps 0, 14-44; 07 steps 25-26; 12 steps 10-17"))
async def create_serverless(body: bodies.ServerlessMachineCreate, call: Here) -> JSONResponse:
    """Row, version 1, a build. With `wait_for_build` the answer comes after the build and still says building."""
    columns = _columns(body)
    is_waiting = columns.pop("wait_for_build")
    machine = call.service.machines.create_serverless(call.caller, columns)
    answer = machine_full_row(call.platform, machine)
    build = call.service.builds.of_version.get(machine["machine_version_id"])
    if is_waiting and build is not None:
        await call.platform.scheduler.until(lambda: build.is_finished)
    return JSONResponse(answer)


@router.patch("/machine/serverless/{machine_id}", openapi_extra=seen("recorded", "05; 07 step 16"))
async def update_serverless(
    machine_id: UUID,
    body: bodies.ServerlessMachineUpdate,
    call: Here,
    rollback_version_id: UUID | None = None,  # noqa: ARG001 - internal to the platform's rollback
) -> JSONResponse:
    """Null means unchanged; some changes build (see `machines.REBUILDING`). A deleted machine still answers."""
    machine = _serverless(call, machine_id, "Machine is not a serverless machine")
    call.service.machines.update_serverless(call.caller, machine, _columns(body))
    return JSONResponse(machine_full_row(call.platform, machine))


@router.post("/machine/custom", openapi_extra=seen("recorded", "07 steps 0, 11-15, 23"))
async def create_custom(body: bodies.CustomMachineCreate, call: Here) -> JSONResponse:
    """A self-hosted machine."""
    machine = call.service.machines.create_custom(call.caller, _columns(body))
    return JSONResponse(machine_full_row(call.platform, machine))


@router.patch("/machine/custom/{machine_id}", openapi_extra=seen("recorded", "07 steps 3-10, 17-18, 21, 24"))
async def update_custom(machine_id: UUID, body: bodies.CustomMachineUpdate, call: Here) -> JSONResponse:
    """Null means unchanged; the machine's type is not checked."""
    machine = _own_machine(call, machine_id)
    call.service.machines.update_custom(machine, _columns(body))
    return JSONResponse(machine_full_row(call.platform, machine))


@router.get("/machine/version", openapi_extra=seen("read", "facts 2.3.2"))
async def get_builder_version(machine_builder_version: int = 4) -> JSONResponse:
    """The builder's version, not a machine's."""
    return JSONResponse({"version": BUILDER_VERSION, "changelog": f"Builder {machine_builder_version}"})


@router.get("/machine/{machine_id}", openapi_extra=seen("recorded", "04 steps 1-3, 45-48"))
async def get_machine(machine_id: UUID, call: Here) -> JSONResponse:
    """The subset row."""
    return JSONResponse(machine_row(call.platform, _live_machine(call, machine_id)))


@router.delete(
    "/machine/{machine_id}", openapi_extra=seen("recorded", "04 step 49; 05 step 134; 09 steps 68-69, 84-86")
)
async def delete_machine(machine_id: UUID, call: Here, force: bool = False) -> JSONResponse:
    """Soft delete, as often as one likes."""
    call.service.machines.delete(_own_machine(call, machine_id), force)
    return JSONResponse({"message": "Machine deleted"})


@router.get("/machine/{machine_id}/docker-commands", openapi_extra=seen("recorded", "04 steps 9, 19; 07 step 19"))
async def get_docker_commands(machine_id: UUID, call: Here) -> JSONResponse:
    """The image's commands."""
    machine = _live_machine(call, machine_id)
    if machine["type"] != SERVERLESS:
        raise refuse(400, "Machine is not a Comfy Deploy Serverless machine")
    version = call.platform.machine_versions.get(machine["machine_version_id"])
    pinned = version and {"id": version["id"], "modal_image_id": version["modal_image_id"]}
    columns = {name: machine[name] for name in ("machine_hash", "python_version", "base_docker_image")}
    return JSONResponse({"docker_commands": docker_commands(machine), **columns, "machine_version": pinned})


@router.get("/machine/{machine_id}/workflows", openapi_extra=seen("recorded", "04 step 11 (empty)"))
async def list_machine_workflows(machine_id: UUID, call: Here) -> JSONResponse:
    """Workflows that have it selected."""
    _live_machine(call, machine_id)
    rows = _workflows_on(call, str(machine_id))
    return JSONResponse([{"id": row["id"], "name": row["name"]} for row in rows])


@router.get("/machine/{machine_id}/events", openapi_extra=seen("recorded", "04 step 12 (empty)"))
async def list_machine_events(machine_id: UUID, call: Here) -> JSONResponse:
    """GPU time billed in the last day: the emulator bills nothing."""
    _live_machine(call, machine_id)
    return JSONResponse([])


@router.get("/machine/{machine_id}/export", openapi_extra=seen("recorded", "04 step 10; version unverified"))
async def export_machine(machine_id: str, call: Here, version: int | None = None) -> JSONResponse:
    """The machine as a document."""
    machine = call.platform.live_machine(call.caller, machine_id)
    if machine is None:
        raise refuse(404, _NO_MACHINE)
    source: Row = call.platform.machine_versions.get(machine["machine_version_id"], machine)
    if version is not None:
        rows = call.platform.machine_versions.values()
        found = [row for row in rows if row["machine_id"] == machine_id and row["version"] == version]
        if not found:
            raise refuse(404, "Machine version not found")
        source = found[0]
    document: dict[str, Any] = {"name": machine["name"], "type": machine["type"], "export_version": "1.0"}
    document["exported_at"] = call.platform.times.sql(call.platform.world.clock.now())
    return JSONResponse({**document, "environment": {**machine_environment(source), "version": source.get("version")}})


def machine_environment(row: Row) -> dict[str, Any]:
    """A machine's settings under the names that exports use."""
    renamed = {"max_containers": "concurrency_limit", "scaledown_window": "idle_timeout", "min_containers": "keep_warm"}
    same = (
        *("comfyui_version", "gpu", "docker_command_steps", "install_custom_node_with_gpu", "run_timeout"),
        *("extra_docker_commands", "base_docker_image", "python_version", "extra_args", "prestart_command"),
        *("machine_hash", "disable_metadata", "allow_concurrent_inputs", "machine_builder_version"),
    )
    return {**{name: row[name] for name in same}, **{name: row[column] for name, column in renamed.items()}}


def _own(call: Call) -> list[Row]:
    return [row for row in call.platform.machines.values() if call.caller.sees(row)]


def _own_machine(call: Call, machine_id: UUID) -> Row:
    machine = call.platform.own_machine(call.caller, str(machine_id))
    if machine is None:
        raise refuse(404, _NO_MACHINE)
    return machine


def _live_machine(call: Call, machine_id: UUID) -> Row:
    machine = call.platform.live_machine(call.caller, str(machine_id))
    if machine is None:
        raise refuse(404, _NO_MACHINE)
    return machine


def _serverless(call: Call, machine_id: UUID, text: str) -> Row:
    machine = _own_machine(call, machine_id)
    if machine["type"] != SERVERLESS:
        raise refuse(400, text)
    return machine


def _workflows_on(call: Call, machine_id: str) -> list[Row]:
    rows = call.platform.workflows.values()
    return [row for row in rows if row["selected_machine_id"] == machine_id and not row["deleted"]]


def _columns(body: Any) -> dict[str, Any]:
    """The body with enumerations as text."""
    try:
        dumped: dict[str, Any] = body.model_dump(mode="json")
    except UnicodeEncodeError:
        raise UnhandledError from None
    return dumped
