"""A ComfyDeploy secret: a named set of environment variables, linked to machines.

Values are baked into a machine's image, so every change is followed by a rebuild of the machines concerned. The
platform cannot rename a secret, and creates none without a machine (reference 2.6).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Set
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field, field_validator

from pulumi_comfy.comfydeploy import builds
from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.fields import AccountInputs, Adopt, Id
from pulumi_comfy.comfydeploy.rows import SecretRow
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, KeptError, LostAnswerError, OutcomeError, StatusError
from pulumi_comfy.core.model import AUTOMATIC, REPLACES, SECRET, UNORDERED, Model, is_known
from pulumi_comfy.core.resource import Found, Handler, Seen, State, Timeouts

_PARTNER_KEY = "API_KEY_COMFY_ORG"


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
            min_length=1,
            description="Environment variables by name; names hold no white space, values may be empty. Where two "
            "secrets give one machine the same name, which value it sees is not defined. `API_KEY_COMFY_ORG` switches "
            "off the platform's own proxy for ComfyUI's partner nodes.",
        ),
    ]
    machine_ids: Annotated[
        list[Id],
        UNORDERED,
        Field(min_length=1, description="Ids of the serverless machines that get the variables; at least one."),
    ]
    rebuild_machines: Annotated[
        bool,
        Field(
            description="Whether to rebuild the machines after a change, without which it has no effect. Default true. "
            "Once the secret is removed, machines that the program still declares are rebuilt; one of another "
            "stack keeps the variables until its next build."
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

    def normalise(self, inputs: SecretInputs, call: Call[Any]) -> SecretInputs:
        """Say what a name that the platform itself listens to does (2.6)."""
        if isinstance(inputs.variables, dict) and _PARTNER_KEY in inputs.variables:
            call.warn(
                f"`{_PARTNER_KEY}` switches off the platform's own proxy for ComfyUI's partner nodes; "
                "leave it out to keep the proxy"
            )
        return inputs

    def deletes_before_replace(self, prior: SecretState, inputs: SecretInputs) -> bool:  # noqa: ARG002
        """Two secrets with the same keys on one machine merge in no defined order."""
        return True

    def repair(self, prior: SecretState, inputs: SecretInputs) -> str | None:
        """A machine that was not rebuilt since the last change runs without the variables, or still with them."""
        if not inputs.rebuild_machines or not isinstance(inputs.machine_ids, list) or not is_known(inputs.machine_ids):
            return None
        built, declared = _built(prior).keys(), set(inputs.machine_ids)
        words = [f"machine {machine} was not rebuilt with it" for machine in sorted(declared - built)]
        words += [f"machine {machine} was not rebuilt without it" for machine in sorted(built - declared)]
        return ", ".join(words) or None

    async def find(self, inputs: SecretInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """Secrets of the same name."""
        rows = await _own_rows(call)
        return [Found(row.id, f'secret "{row.name}"') for row in rows if row.name == inputs.name]

    async def insert(self, inputs: SecretInputs, call: Call[ComfyDeployApi]) -> str:
        """Create it, linked to its first machine."""
        if len(set(inputs.machine_ids)) == 1:  # else it is said when the others are linked
            _warn_of_double_keys(await _own_rows(call), None, inputs, call)
        created = await call.client.create_secret(
            name=str(inputs.name), variables=inputs.variables, machine_id=inputs.machine_ids[0]
        )
        return created.id

    async def complete(self, object_id: str, inputs: SecretInputs, call: Call[ComfyDeployApi]) -> SecretState:
        """Link the other machines, then rebuild all of them."""
        if len(set(inputs.machine_ids)) > 1:  # it is born linked to the first
            await _link(object_id, inputs, call)
        return await _rebuild(inputs, set(inputs.machine_ids), {}, call)

    async def read(self, object_id: str, prior: SecretState, call: Call[ComfyDeployApi]) -> Seen[SecretOutputs] | None:
        """Find it in the account's list; the platform has no other way to read one.

        Variables that are not the ones in the state are in no build that the state knows of.
        """
        row = next((row for row in await _own_rows(call) if row.id == object_id), None)
        if row is None:
            return None
        variables = {pair.key: pair.value or "" for pair in row.environment_variables}
        machines = await _without_dead(row.machines, prior.inputs.machine_ids, call)
        is_same = variables == prior.inputs.variables
        built = {key: value for key, value in _built(prior).items() if is_same or key not in machines}
        seen = {"name": row.name, "variables": variables, "machine_ids": machines}
        return Seen(seen, SecretOutputs(machine_version_ids=built))

    async def update(
        self, object_id: str, prior: SecretState, inputs: SecretInputs, changed: Set[str], call: Call[ComfyDeployApi]
    ) -> SecretState:
        """Replace the variables, link and unlink by difference, rebuild the machines concerned."""
        if "variables" in changed:
            await call.client.replace_variables(object_id, inputs.variables)
        before = set(await _link(object_id, inputs, call))
        now, built = set(inputs.machine_ids), _built(prior)
        dropped = (before | built.keys()) - now
        staying = {machine for machine in dropped if not call.memory.is_replaced(machine)}
        stale = now if "variables" in changed else now - built.keys() | now - before
        kept = {key: value for key, value in built.items() if key in now - stale}
        return await _rebuild(inputs, stale, kept, call, without={key: built.get(key, "") for key in staying})

    async def delete(self, object_id: str, prior: SecretState, call: Call[ComfyDeployApi]) -> None:
        """Delete it with its links. Machines that stay are rebuilt without it, those on their way out are not."""
        await call.client.delete_secret(object_id)
        if prior.inputs.rebuild_machines and not call.memory.is_replaced(object_id):
            staying = {machine for machine in prior.inputs.machine_ids or () if call.memory.stays(machine)}
            await asyncio.gather(*(builds.rebuild(machine, call) for machine in sorted(staying)))


def _built(prior: SecretState) -> dict[str, str]:
    return prior.outputs.machine_version_ids or {}


async def _own_rows(call: Call[ComfyDeployApi], *, now: bool = False) -> list[SecretRow]:
    """List the account's secrets; a personal key is also shown what its user made for an organisation (2.6)."""
    account = call.scope.rpartition("/")[2]
    rows = await (call.client.list_secrets_now() if now else call.client.list_secrets())
    return [row for row in rows if (row.org_id or row.user_id or account) == account]


async def _link(secret_id: str, inputs: SecretInputs, call: Call[ComfyDeployApi]) -> list[str]:
    """Link exactly the declared machines and give those linked before.

    The call is a toggle, so the list is read afresh, and whatever somebody else did since shows in the answer.
    """
    rows = await _own_rows(call, now=True)
    row = _only(secret_id, rows)
    _warn_of_double_keys(rows, secret_id, inputs, call)
    wanted = set(inputs.machine_ids)
    for machine in sorted(wanted ^ set(row.machines)):
        try:
            is_linked = await _toggle(row, machine, call)
        except StatusError as refused:
            if refused.status != 404 or machine in wanted:  # a link to a deleted machine cannot be removed
                raise
        else:
            if is_linked is not None and is_linked != (machine in wanted):  # somebody did it meanwhile
                await _toggle(row, machine, call)
    return row.machines


async def _toggle(row: SecretRow, machine: str, call: Call[ComfyDeployApi]) -> bool | None:
    """Link or unlink; when the answer is lost, which is never repeated, the list tells whether it happened."""
    try:
        return await call.client.toggle_secret_link(row.id, machine)
    except LostAnswerError:
        after = next((one for one in await _own_rows(call, now=True) if one.id == row.id), None)
        if after is None or (machine in after.machines) == (machine in row.machines):
            raise
        return machine in after.machines


def _only(secret_id: str, rows: list[SecretRow]) -> SecretRow:
    row = next((row for row in rows if row.id == secret_id), None)
    if row is None:
        raise OutcomeError("COMFY2404", tried=f"link secret {secret_id}", got="it no longer exists")
    return row


def _warn_of_double_keys(
    rows: list[SecretRow], secret_id: str | None, inputs: SecretInputs, call: Call[ComfyDeployApi]
) -> None:
    """Say which variables another secret gives the same machines: the platform merges them in no order (2.6)."""
    for row in rows:
        double = sorted({pair.key for pair in row.environment_variables} & inputs.variables.keys())
        if row.id != secret_id and double and set(row.machines) & set(inputs.machine_ids):
            names = ", ".join(double)
            call.warn(f'the secret "{row.name}" gives the same machine {names} too; which one it sees is not defined')


async def _without_dead(linked: list[str], declared: Iterable[str] | None, call: Call[ComfyDeployApi]) -> list[str]:
    """Leave out deleted machines, whose links stay for ever; those that are declared need no look."""
    known = set(declared or ())
    return [machine for machine in linked if machine in known or await call.client.get_machine(machine)]


async def _rebuild(
    inputs: SecretInputs,
    machines: Set[str],
    built: Mapping[str, str],
    call: Call[ComfyDeployApi],
    without: Mapping[str, str] = MappingProxyType({}),
) -> SecretState:
    """Rebuild machines side by side; the state keeps what succeeded, so that the next `up` builds only the rest.

    Args:
        inputs: what is declared.
        machines: those that are to take the variables in.
        built: those that have them, and their builds.
        call: the call.
        without: those that are to lose them, and the builds that had them.
    """
    versions = {**built, **without}
    failures: list[BaseException] = []
    order = sorted({*machines, *without}) if inputs.rebuild_machines else []
    results = await asyncio.gather(*(builds.rebuild(machine, call) for machine in order), return_exceptions=True)
    for machine, result in zip(order, results, strict=True):
        if isinstance(result, BaseException):
            failures.append(result)
        elif machine in without:
            del versions[machine]
        elif result is not None:
            versions[machine] = result.id
        else:
            failures.append(OutcomeError("COMFY2404", tried=f"rebuild machine {machine}", got="it no longer exists"))
    state = State(inputs, SecretOutputs(machine_version_ids=versions))
    for failure in failures:
        if not isinstance(failure, ComfyError):
            raise failure
        raise KeptError.of(failure, state)
    return state
