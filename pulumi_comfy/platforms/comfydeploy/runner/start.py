"""Starting a run for an inference check: its inputs, and the run whose answer was lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, LostAnswerError, OutcomeError
from pulumi_comfy.core.model import Json
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import RunRow
from pulumi_comfy.platforms.comfydeploy.serverless_machine.handler import TYPE as SERVERLESS

_ENDED_BADLY: Final = frozenset({"failed", "timeout", "cancelled"})


async def start_run(
    deployment_id: str, inputs: Mapping[str, Json], seeds: Mapping[str, Json], call: Call[ComfyDeployApi]
) -> str:
    """Queue a run and give its id, also when the answer is lost: the fresh seeds tell it from any other.

    Where the program gives every seed nothing tells it from a run that somebody else began with the same inputs, so it
    is neither taken nor cancelled.

    Raises:
        LostAnswerError: a run may have begun, and it is not known which.
        OutcomeError: it began and has failed already.
    """
    try:
        return await call.client.queue_run(deployment_id, inputs)
    except LostAnswerError as lost:
        run = await _run_with(seeds, deployment_id, call) if seeds else None
        if run is None:
            unknown = (
                "no run of it is listed" if seeds else "which run it began, if any, cannot be told: no seed is open"
            )
            todo = "Look at the workflow's runs on the platform, cancel what goes on, then run `pulumi up` again."
            raise LostAnswerError(lost.code, tried=lost.tried, got=f"{lost.got}; {unknown}", todo=todo) from None
        if run.status in _ENDED_BADLY:
            got = f"{lost.got}; run {run.id} ended as {run.status}"
            raise OutcomeError("COMFY3101", tried=lost.tried, got=got) from None
        return run.id


async def _run_with(seeds: Mapping[str, Json], deployment_id: str, call: Call[ComfyDeployApi]) -> RunRow | None:
    """Look among the deployment's newest runs, whose list does not tell the inputs, for the one with these seeds."""
    try:
        for run_id in await call.client.newest_runs(deployment_id):
            run = await call.client.get_run(run_id)
            told = run.workflow_inputs if isinstance(run.workflow_inputs, dict) else {}
            if all(told.get(name) == seed for name, seed in seeds.items()):
                return run
    except ComfyError:
        return None
    return None


async def own_machine(machine_id: str | None, call: Call[ComfyDeployApi]) -> str:
    """Give the end of a sentence that names a machine of one's own and where it is; nothing for any other.

    The platform sends the run there, so it is there that a person looks first. Its path may hold a credential.
    """
    try:
        machine = await call.client.get_machine(machine_id) if machine_id else None
    except ComfyError:
        return ""
    if machine is None or machine.type == SERVERLESS or not machine.endpoint:
        return ""
    try:
        host = urlsplit(machine.endpoint).netloc.rpartition("@")[2]
    except ValueError:
        host = "no address that can be read"
    return f'; it runs on custom machine "{machine.name}" at {host}'
