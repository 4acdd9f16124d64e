"""Runs of a deployment: queue and poll, never the synchronous route.

That one answers 200 with an empty list when a workflow fails (3.1).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, LostAnswerError, OutcomeError
from pulumi_comfy.core.model import Json, Model, public
from pulumi_comfy.deploy_protocol.runs import VersionRunner, items_in, phase_of
from pulumi_comfy.deploy_protocol.versions import Version
from pulumi_comfy.inference import settings
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.inference.proof import Subject
from pulumi_comfy.inference.runner import Phase, Progress, Run, post_command, without_texts
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import RunOutputRow, RunRow
from pulumi_comfy.platforms.comfydeploy.builds import SERVERLESS
from pulumi_comfy.platforms.comfydeploy.fields import SETTINGS


class GivenInputs(Model):
    """How a run of ComfyDeploy is given its inputs."""

    inputs: Annotated[
        dict[str, Json],
        settings.DECIDES,
        Field(
            description="Run inputs by the `input_id` of the workflow's external input nodes; others keep theirs. "
            "Whole numbers beyond 2^53 are given as text. A seed input that is left out varies from check to check."
        ),
    ] = {}


@public("comfydeploy:InferenceCheck")
class InferenceCheck(settings.InferenceCheck, GivenInputs):
    """A real run after each deploy: `pulumi up` fails when it renders nothing. Each check costs GPU time."""


class DeploymentRunner(VersionRunner[ComfyDeployApi]):
    """A deployment that can be run.

    Args:
        call: the call that checks it.
        deployment_id: which one.
        version: what it serves, as far as the platform tells it.
        machine_id: the machine that it is declared to run on.
        connection: the name of the connection.
        machine_digest: what that machine was last built from, where the program tells it.
    """

    def __init__(
        self,
        call: Call[ComfyDeployApi],
        deployment_id: str,
        version: Version | None,
        machine_id: str | None,
        connection: str | None,
        machine_digest: str | None = None,
    ) -> None:
        super().__init__(call, deployment_id, version)
        self._machine_id = machine_id
        self._connection = connection
        self._machine_digest = machine_digest
        self._run: RunRow | None = None

    def subject(self) -> Subject:
        """Give version, machine and GPU. The run tells the GPU, also where it is the machine's own (3.2)."""
        version, gpu = self._version, self._run.gpu if self._run else None
        if version is None:
            return Subject(machine_digest=self._machine_digest, gpu=gpu)
        return Subject(version.id, version.digest, self._machine_digest, gpu, version.described)

    async def changed_meanwhile(self) -> str:
        """Compare what the run says that it ran with what was to be checked: no call is needed (3.2)."""
        asked = {"version": self._version.id if self._version else None, "machine": self._machine_id}
        ran = {"version": self._run.workflow_version_id, "machine": self._run.machine_id} if self._run else {}
        other = [
            f"{what} {ran[what]}" for what in ran if None not in (ran[what], asked[what]) and ran[what] != asked[what]
        ]
        return f"while the check ran, a hand has put {' and '.join(other)} there" if other else ""

    async def start(self, given: Mapping[str, Json], check: settings.CheckSettings) -> str:  # noqa: ARG002
        """Queue it."""
        return await start_run(self._id, given, self._seeds, self.call)

    async def look(self, run_id: str) -> Progress:
        """Read it."""
        row = await self.call.client.get_run(run_id)
        self._run = row
        phase = phase_of(row.status)
        share = f", {row.progress:.0%}" if row.progress else ""
        line = f"{row.live_status or 'inference check'}{share}"
        return Progress(phase, row.status, line, _run_of(row) if phase is Phase.DONE else None)

    async def cancel(self, run_id: str) -> str:
        """Cancel it."""
        is_cancelled = await self.call.client.cancel_run(run_id)
        return "" if is_cancelled else "the platform cancels none on a machine of one's own"

    async def last_lines(self, run_id: str) -> Sequence[str]:
        """Read its log, which is archived some seconds late (3.2)."""
        return await self.call.client.run_logs(run_id)

    async def where(self) -> str:
        """Name a machine of one's own and where it is."""
        return await _own_machine(self._machine_id, self.call)

    def command(self, given: Mapping[str, Json]) -> str:
        """Give a request that queues it: any text among the inputs may be a secret of the program."""
        variable = SETTINGS.credential_of(self._connection).environment
        body: Json = {"deployment_id": self._id, "inputs": without_texts(given)}
        return post_command(self.call.client.queue_url, variable, body)


def refuse_misfit(check: settings.CheckSettings, version: Version | None, place: str, call: Call[Any]) -> None:
    """Refuse run inputs that a version does not take and nodes that it does not have; without one nothing is said.

    Args:
        check: the check's settings.
        version: what will be run.
        place: the path of the property that holds them, e.g. `inference_check.`; empty for the resource itself.
        call: the call.

    Raises:
        InputError: names the property, and the nearest names.
    """
    refused = DeploymentRunner(call, "", version, None, None).misfit(check, place)
    if refused is not None:
        raise refused


def _run_of(row: RunRow) -> Run:
    return Run(row.id, _items_of(row), row.cold_start_duration_total, row.run_duration)


def _items_of(run: RunRow) -> list[Item]:
    """Flatten a run's outputs: each kind of each node's output holds a list of files or texts."""
    return [item for output in run.outputs for item in items_in(output.data, _node_of(output))]


def _node_of(output: RunOutputRow) -> str:
    told = output.node_meta.get("node_id") if isinstance(output.node_meta, dict) else None
    return str(output.node_id or told or "")


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
        if phase_of(run.status) is Phase.FAILED:
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


async def _own_machine(machine_id: str | None, call: Call[ComfyDeployApi]) -> str:
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
