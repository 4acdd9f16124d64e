"""Which machines a ComfyDeploy secret is linked to. The call that links is a toggle (2.6).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import LostAnswerError, OutcomeError, StatusError
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import SecretRow
from pulumi_comfy.platforms.comfydeploy.secret.fields import SecretInputs


async def own_rows(call: Call[ComfyDeployApi], *, now: bool = False) -> list[SecretRow]:
    """List the account's secrets; a personal key is also shown what its user made for an organisation (2.6)."""
    account = call.scope.rpartition("/")[2]
    rows = await (call.client.list_secrets_now() if now else call.client.list_secrets())
    return [row for row in rows if (row.org_id or row.user_id or account) == account]


async def link(secret_id: str, inputs: SecretInputs, leaving: Set[str], call: Call[ComfyDeployApi]) -> list[str]:
    """Link exactly the declared machines, let those on their way out be, and give those linked before.

    The call is a toggle, so the list is read afresh, and whatever somebody else did since shows in the answer.
    """
    rows = await own_rows(call, now=True)
    row = _only(secret_id, rows)
    warn_of_double_keys(rows, secret_id, inputs, call)
    wanted = set(inputs.machine_ids)
    for machine in sorted((wanted ^ set(row.machines)) - leaving):
        try:
            is_linked = await _toggle(row, machine, call)
        except StatusError as refused:
            if refused.code != "COMFY2404" or machine in wanted:  # a link to a deleted machine cannot be removed
                raise
        else:
            if is_linked != (machine in wanted):  # somebody did it meanwhile
                await _toggle(row, machine, call)
    return row.machines


async def _toggle(row: SecretRow, machine: str, call: Call[ComfyDeployApi]) -> bool:
    """Link or unlink; when the answer is lost, which is never repeated, the list tells whether it happened."""
    try:
        return await call.client.toggle_secret_link(row.id, machine)
    except LostAnswerError:
        after = next((one for one in await own_rows(call, now=True) if one.id == row.id), None)
        if after is None or (machine in after.machines) == (machine in row.machines):
            raise
        return machine in after.machines


def _only(secret_id: str, rows: list[SecretRow]) -> SecretRow:
    row = next((row for row in rows if row.id == secret_id), None)
    if row is None:
        raise OutcomeError("COMFY2404", tried=f"link secret {secret_id}", got="it no longer exists")
    return row


def warn_of_double_keys(
    rows: list[SecretRow], secret_id: str | None, inputs: SecretInputs, call: Call[ComfyDeployApi]
) -> None:
    """Say which variables another secret gives the same machines: the platform merges them in no order (2.6)."""
    for row in rows:
        double = sorted({pair.key for pair in row.environment_variables} & inputs.variables.keys())
        if (
            row.id != secret_id
            and not call.memory.is_replaced(row.id)
            and double
            and set(row.machines) & set(inputs.machine_ids)
        ):
            names = ", ".join(double)
            call.warn(f'the secret "{row.name}" gives the same machine {names} too; which one it sees is not defined')


async def without_dead(linked: list[str], declared: Iterable[str] | None, call: Call[ComfyDeployApi]) -> list[str]:
    """Leave out deleted machines, whose links stay for ever; those that are declared need no look."""
    known = set(declared or ())
    return [machine for machine in linked if machine in known or await call.client.get_machine(machine)]
