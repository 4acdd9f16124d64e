"""Secrets: named sets of environment variables linked to machines (2.6).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse

from pulumi_comfy.emulator.comfydeploy import bodies
from pulumi_comfy.emulator.comfydeploy.auth import Call, Here
from pulumi_comfy.emulator.comfydeploy.errors import refuse
from pulumi_comfy.emulator.comfydeploy.state import Row, pick
from pulumi_comfy.emulator.provenance import seen

router = APIRouter(prefix="/api")

_NO_SECRET = "Secret doesn't exist!"
_COLUMNS = ("id", "name", "user_id", "org_id", "created_at", "updated_at")


@router.post("/machine/secret", openapi_extra=seen("recorded", "08 steps 2, 23-27"))
async def create_secret(body: bodies.SecretCreate, call: Here) -> JSONResponse:
    """A secret linked to one machine; the answer shows ciphertext."""
    if call.platform.live_machine(call.caller, str(body.machine_id)) is None:
        raise refuse(404, "Machine not found")
    now = call.platform.world.clock.now()
    row: Row = {"id": call.platform.new_id(), "name": body.secret_name, **call.caller.owner}
    row.update(created_at=now, updated_at=now, variables=_variables(body.secret))
    call.platform.secrets[row["id"]] = row
    call.platform.links.append((str(body.machine_id), row["id"]))
    return JSONResponse(_encrypted(call, row, ("id", "name", "user_id", "org_id")))


@router.patch("/machine/secret", openapi_extra=seen("recorded", "08 steps 16-22"))
async def toggle_secret(body: bodies.SecretToggle, call: Here) -> JSONResponse:
    """Link, or unlink when linked."""
    link = (str(body.machine_id), str(body.secret_id))
    if call.platform.live_machine(call.caller, link[0]) is None:
        raise refuse(404, "Machine doesn't exist")
    _own(call, body.secret_id)
    is_linked = link in call.platform.links
    if is_linked:
        call.platform.links.remove(link)
        message = "Secret removed from the machine successfully"
    else:
        call.platform.links.append(link)
        message = "Secret added to machine successfully"
    return JSONResponse({"message": message, "status": 200, "is_selected": not is_linked})


@router.patch("/machine/secret/{secret_id}/envs", openapi_extra=seen("recorded", "08 steps 8-14, 28-29"))
async def update_secret(secret_id: UUID, body: bodies.SecretUpdate, call: Here) -> JSONResponse:
    """Replace the whole list of variables; nothing is rebuilt."""
    row = _own(call, secret_id)
    row.update(variables=_variables(body.secret), updated_at=call.platform.world.clock.now())
    return JSONResponse(_encrypted(call, row, ("id", "name", "user_id", "org_id", "created_at")))


@router.delete("/machine/secret/{secret_id}", openapi_extra=seen("recorded", "08 steps 34-39"))
async def delete_secret(secret_id: UUID, call: Here) -> JSONResponse:
    """Remove the secret and its links."""
    row = _own(call, secret_id)
    del call.platform.secrets[row["id"]]
    call.platform.links[:] = [link for link in call.platform.links if link[1] != row["id"]]
    return JSONResponse({"message": "Secret deleted successfully"})


@router.get("/machine/secrets/all", openapi_extra=seen("recorded", "08 steps 3, 9, 19, 33, 38, 41"))
async def list_secrets(call: Here) -> JSONResponse:
    """Values in clear. A personal key also sees what its user made for an organisation."""
    caller, answers = call.caller, []
    for row in call.platform.secrets.values():
        if caller.sees(row) or (caller.org_id is None and row["user_id"] == caller.user_id):
            machines = [machine for machine, secret in call.platform.links if secret == row["id"]]
            answers.append({**_clear(call, row), "machines": machines})
    return JSONResponse(answers)


@router.get("/machine/{machine_id}/secrets/linked", openapi_extra=seen("recorded", "08 steps 4, 6, 30-31"))
async def list_linked(machine_id: UUID, call: Here) -> JSONResponse:
    """Secrets on a machine; whose machine it is is not checked."""
    _check_machine(call, machine_id)
    linked = [secret for machine, secret in call.platform.links if machine == str(machine_id)]
    return JSONResponse([_clear(call, call.platform.secrets[secret]) for secret in linked])


@router.get("/machine/{machine_id}/secrets/unlinked", openapi_extra=seen("recorded", "08 steps 5, 7, 32"))
async def list_unlinked(machine_id: UUID, call: Here) -> JSONResponse:
    """The caller's secrets that are not on the machine."""
    _check_machine(call, machine_id)
    rows = [row for row in call.platform.secrets.values() if call.caller.sees(row)]
    free = [row for row in rows if (str(machine_id), row["id"]) not in call.platform.links]
    return JSONResponse([_clear(call, row) for row in free])


def _own(call: Call, secret_id: UUID) -> Row:
    row = call.platform.secrets.get(str(secret_id))
    if row is None or not call.caller.sees(row):
        raise refuse(404, _NO_SECRET)
    return row


def _check_machine(call: Call, machine_id: UUID) -> None:
    if str(machine_id) not in call.platform.machines:
        raise refuse(500, "404: Machine not found")


def _variables(given: list[bodies.Variable]) -> list[dict[str, str]]:
    return [{"key": item.key, "value": item.value} for item in given]


def _clear(call: Call, row: Row) -> Row:
    return {**pick(row, _COLUMNS, call.platform.times.dump), "environment_variables": list(row["variables"])}


def _encrypted(call: Call, row: Row, columns: tuple[str, ...]) -> Row:
    randomness = call.platform.world.randomness
    hidden = [{"key": item["key"], "encrypted_value": randomness.ciphertext()} for item in row["variables"]]
    return {**pick(row, columns, call.platform.times.sql), "environment_variables": hidden}
