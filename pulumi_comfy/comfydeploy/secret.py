"""A ComfyDeploy secret: a named set of environment variables, linked to machines.

Values are baked into a machine's image, so every change is followed by a rebuild of the machines concerned. The
platform cannot rename a secret, and creates none without a machine (reference 2.6).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Set
from typing import Annotated

from pydantic import Field, field_validator

from pulumi_comfy.comfydeploy import builds
from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.fields import AccountInputs, Adopt, Id
from pulumi_comfy.comfydeploy.rows import SecretRow
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import (
    CancelledWaitError,
    ComfyError,
    KeptError,
    LostAnswerError,
    OutcomeError,
    StatusError,
)
from pulumi_comfy.core.model import AUTOMATIC, LOCAL, REPLACES, SECRET, UNORDERED, Model
from pulumi_comfy.core.resource import Found, Handler, Seen, State, Timeouts


class SecretInputs(AccountInputs):
    """What a program declares of a secret."""

    name: Annotated[
        str | None,
        AUTOMATIC,
        REPLACES,
        Field(
            min_length=1,
            description="Name on the platform; a change replaces it. Default: the logical name and a short hash.",
        ),
    ] = None
    variables: Annotated[
        dict[str, str],
        SECRET,
        Field(
            min_length=1, description="Environment variables by name; names hold no white space, values may be empty."
        ),
    ]
    machine_ids: Annotated[
        list[Id],
        UNORDERED,
        Field(min_length=1, description="Ids of the serverless machines that get the variables; at least one."),
    ]
    rebuild_machines: Annotated[
        bool,
        LOCAL,
        Field(
            description="Whether to rebuild the machines after a change, without which it has no effect. Default true."
        ),
    ] = True
    adopt: Adopt = None

    @field_validator("variables", mode="after")
    @classmethod
    def _names_without_space(cls, variables: dict[str, str]) -> dict[str, str]:
        for name in variables if isinstance(variables, dict) else ():
            if not name or any(letter.isspace() for letter in name):
                raise ValueError(f"the variable name {name!r} is empty or holds white space")
        return variables


class SecretOutputs(Model):
    """What the platform decides of a secret."""

    machine_version_ids: Annotated[
        dict[str, str],
        Field(description="For each machine, the id of the build that this stack made to take the variables in."),
    ] = {}


SecretState = State[SecretInputs, SecretOutputs]


class SecretHandler(Handler[SecretInputs, SecretOutputs, ComfyDeployApi]):
    """Secrets. Import: the id is the secret's UUID."""

    token = "comfydeploy:Secret"
    label = "secret"
    inputs_model = SecretInputs
    outputs_model = SecretOutputs
    timeouts = Timeouts(create=builds.BUILD_TIMEOUT, update=builds.BUILD_TIMEOUT)
    deletes_before_replace = True  # two secrets with the same keys on one machine merge in no defined order

    def repair(self, prior: SecretState, inputs: SecretInputs) -> str | None:
        """A machine that was not rebuilt since the last change does not have the variables yet."""
        if not inputs.rebuild_machines or not isinstance(inputs.machine_ids, list):
            return None
        stale = [
            one for one in inputs.machine_ids if isinstance(one, str) and one not in prior.outputs.machine_version_ids
        ]
        return f"machine {', '.join(stale)} was not rebuilt with it" if stale else None

    async def find(self, inputs: SecretInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """Secrets of the same name."""
        rows = await _own_rows(call)
        return [Found(row.id, f'secret "{row.name}"') for row in rows if row.name == inputs.name]

    async def insert(self, inputs: SecretInputs, call: Call[ComfyDeployApi]) -> str:
        """Create it, linked to its first machine."""
        created = await call.client.create_secret(
            name=str(inputs.name), variables=inputs.variables, machine_id=inputs.machine_ids[0]
        )
        return created.id

    async def complete(self, object_id: str, inputs: SecretInputs, call: Call[ComfyDeployApi]) -> SecretState:
        """Link the other machines, then rebuild all of them."""
        if len(set(inputs.machine_ids)) > 1:  # it is born linked to the first
            await _link(object_id, inputs.machine_ids, call)
        return await _rebuild(inputs, set(inputs.machine_ids), {}, call)

    async def read(self, object_id: str, prior: SecretState, call: Call[ComfyDeployApi]) -> Seen[SecretOutputs] | None:
        """Find it in the account's list; the platform has no other way to read one."""
        row = await _row(object_id, call)
        if row is None:
            return None
        seen = {
            "name": row.name,
            "variables": {pair.key: pair.value or "" for pair in row.environment_variables},
            "machine_ids": await _without_dead(row.machines, prior.inputs.machine_ids, call),
        }
        return Seen(seen, prior.outputs)

    async def update(
        self, object_id: str, prior: SecretState, inputs: SecretInputs, changed: Set[str], call: Call[ComfyDeployApi]
    ) -> SecretState:
        """Replace the variables, link and unlink by difference, rebuild the machines concerned."""
        if "variables" in changed:
            await call.client.replace_variables(object_id, inputs.variables)
        before = set(await _link(object_id, inputs.machine_ids, call))
        now = set(inputs.machine_ids)
        built = {key: value for key, value in (prior.outputs.machine_version_ids or {}).items() if key in now}
        stale = now if "variables" in changed or not changed else now - built.keys() | now - before
        dropped = {machine for machine in before - now if not call.memory.is_replaced(machine)}
        return await _rebuild(inputs, stale | dropped, built, call)

    async def delete(self, object_id: str, prior: SecretState, call: Call[ComfyDeployApi]) -> None:
        """Delete it with its links. Machines that stay are rebuilt without it, those on their way out are not."""
        await call.client.delete_secret(object_id)
        if prior.inputs.rebuild_machines and not call.memory.is_replaced(object_id):
            staying = {machine for machine in prior.inputs.machine_ids or () if call.memory.stays(machine)}
            await asyncio.gather(*(builds.rebuild(machine, call) for machine in sorted(staying)))


async def _row(secret_id: str, call: Call[ComfyDeployApi]) -> SecretRow | None:
    return next((row for row in await _own_rows(call) if row.id == secret_id), None)


async def _own_rows(call: Call[ComfyDeployApi]) -> list[SecretRow]:
    """List the account's secrets; a personal key is also shown what its user made for an organisation (2.6)."""
    account = call.scope.rpartition("/")[2]
    return [row for row in await call.client.list_secrets() if (row.org_id or row.user_id or account) == account]


async def _link(secret_id: str, wanted: Iterable[str], call: Call[ComfyDeployApi]) -> list[str]:
    """Link exactly the wanted machines and give those linked before. The call is a toggle: read first, never repeat.

    When an answer is lost, the list tells whether the toggle happened.
    """
    row = await _row(secret_id, call)
    if row is None:
        raise OutcomeError("COMFY2404", tried=f"link secret {secret_id}", got="it no longer exists")
    for machine in sorted(set(wanted) ^ set(row.machines)):
        try:
            await call.client.toggle_secret_link(secret_id, machine)
        except StatusError as refused:
            if refused.status != 404 or machine not in row.machines:  # a link to a deleted machine cannot be removed
                raise
        except LostAnswerError:
            after = await _row(secret_id, call)
            if after is None or (machine in after.machines) == (machine in row.machines):
                raise
    return row.machines


async def _without_dead(linked: list[str], declared: Iterable[str] | None, call: Call[ComfyDeployApi]) -> list[str]:
    """Leave out deleted machines, whose links stay for ever; those that are declared need no look."""
    known = set(declared or ())
    return [machine for machine in linked if machine in known or await call.client.get_machine(machine)]


async def _rebuild(
    inputs: SecretInputs, machines: Set[str], built: dict[str, str], call: Call[ComfyDeployApi]
) -> SecretState:
    """Rebuild machines side by side; the state keeps what succeeded, so that the next `up` builds only the rest."""
    versions = {machine: version for machine, version in built.items() if machine not in machines}
    if not inputs.rebuild_machines:
        return State(inputs, SecretOutputs(machine_version_ids={**built}))
    order = sorted(machines)
    results = await asyncio.gather(*(builds.rebuild(machine, call) for machine in order), return_exceptions=True)
    failures: list[BaseException] = []
    for machine, result in zip(order, results, strict=True):
        if isinstance(result, BaseException):
            failures.append(result)
        elif result is not None and machine in inputs.machine_ids:
            versions[machine] = result.id
        elif machine in inputs.machine_ids:
            failures.append(OutcomeError("COMFY2404", tried=f"rebuild machine {machine}", got="it no longer exists"))
    state = State(inputs, SecretOutputs(machine_version_ids=versions))
    for failure in failures:
        if not isinstance(failure, ComfyError):
            raise failure
        kind = "COMFY3003" if isinstance(failure, CancelledWaitError) else failure.code
        raise KeptError(kind, tried=failure.tried, got=failure.got, todo=failure.todo, state=state)
    return state
