"""Runs of a deployment: queue and poll, never the synchronous route.

That one answers 200 with an empty list when a workflow fails (3.1).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.model import Json, Model, public
from pulumi_comfy.deploy_protocol.runs import inputs_of
from pulumi_comfy.deploy_protocol.versions import Version
from pulumi_comfy.inference import settings
from pulumi_comfy.inference.proof import Subject
from pulumi_comfy.inference.runner import Phase, Progress, Run, Runner, fresh_seed, post_command, without_texts
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import RunRow
from pulumi_comfy.platforms.comfydeploy.fields import SETTINGS
from pulumi_comfy.platforms.comfydeploy.runner.outputs import items_of
from pulumi_comfy.platforms.comfydeploy.runner.start import own_machine, start_run

_PHASES = {
    "not-started": Phase.WAITING,
    "queued": Phase.WAITING,
    "started": Phase.RUNNING,
    "running": Phase.RUNNING,
    "uploading": Phase.RUNNING,
    "success": Phase.DONE,
}


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


class DeploymentRunner(Runner[ComfyDeployApi]):
    """A deployment that can be run.

    Args:
        call: the call that checks it.
        deployment_id: which one.
        version: what it serves, as far as the platform tells it.
        machine_id: the machine that it is declared to run on.
        connection: the name of the connection.
        machine_digest: what that machine was last built from, where the program tells it.
    """

    target = "deployment"

    def __init__(
        self,
        call: Call[ComfyDeployApi],
        deployment_id: str,
        version: Version | None,
        machine_id: str | None,
        connection: str | None,
        machine_digest: str | None = None,
    ) -> None:
        super().__init__(call)
        self._id = deployment_id
        self._version = version
        self._machine_id = machine_id
        self._connection = connection
        self._machine_digest = machine_digest
        self._run: RunRow | None = None
        self._seeds: dict[str, Json] = {}

    @property
    def target_id(self) -> str:
        """The deployment's."""
        return self._id

    def problems(self, check: settings.CheckSettings) -> Sequence[str]:
        """Compare the run inputs with what the workflow takes: the platform ignores unknown keys (3.1)."""
        return self._version.problems(inputs_of(check)) if self._version else ()

    def nodes(self) -> Mapping[str, Any]:
        """Those of the version that it serves."""
        return self._version.nodes if self._version else {}

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

    def given(self, check: settings.CheckSettings) -> Mapping[str, Json]:
        """Give the inputs, and a fresh value to each seed that the program leaves open."""
        inputs = inputs_of(check)
        seeds = self._version.seeds if self._version else ()
        self._seeds = {name: fresh_seed() for name in seeds if name not in inputs}
        return {**inputs, **self._seeds}

    async def start(self, given: Mapping[str, Json], check: settings.CheckSettings) -> str:  # noqa: ARG002
        """Queue it."""
        return await start_run(self._id, given, self._seeds, self.call)

    async def look(self, run_id: str) -> Progress:
        """Read it."""
        row = await self.call.client.get_run(run_id)
        self._run = row
        phase = _PHASES.get(row.status, Phase.FAILED)
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
        return await own_machine(self._machine_id, self.call)

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
        place: the path of the property that holds them, e.g. `inferenceCheck.`; empty for the resource itself.
        call: the call.

    Raises:
        InputError: names the property, and the nearest names.
    """
    refused = DeploymentRunner(call, "", version, None, None).misfit(check, place)
    if refused is not None:
        raise refused


def _run_of(row: RunRow) -> Run:
    return Run(row.id, items_of(row), row.cold_start_duration_total, row.run_duration)
