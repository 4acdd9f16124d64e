"""Runs of a deployment: submitted to its queue, polled, judged by the result.

Facts: docs/platforms/runcomfy.md.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_comfy.comfyui_protocol.overrides import (
    GivenOverrides,
    described,
    digest_of,
    given_in,
    nodes_of,
    unknown_places,
    with_fresh_seeds,
)
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import LostAnswerError, OutcomeError, PlatformError, StatusError
from pulumi_comfy.core.http.endpoints import seconds_between
from pulumi_comfy.core.model import Json, public
from pulumi_comfy.inference import settings
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.inference.proof import Subject
from pulumi_comfy.inference.prove import FAILED
from pulumi_comfy.inference.runner import Phase, Progress, Run, Runner, post_command, without_texts
from pulumi_comfy.platforms.runcomfy.api import DeploymentRow, ResultRow, RunComfyApi
from pulumi_comfy.platforms.runcomfy.fields import SETTINGS, queue_of
from pulumi_comfy.platforms.runcomfy.results import host_of, items_of, reasons

_PHASES = {"in_queue": Phase.WAITING, "in_progress": Phase.RUNNING}
_ENDED = frozenset({"completed", "succeeded", "failed", "cancelled", "canceled"})
_SUCCESS = frozenset({"succeeded", "completed"})
_ABOUT_THE_KEY = frozenset({401, 402, 403})
_MOST_REFUSED = 10
"""Refusals of a result, some seconds apart, after which it is not merely late."""
_FILE_HOSTS = (".runcomfy.net", ".runcomfy.com")


@public("runcomfy:InferenceCheck")
class InferenceCheck(settings.InferenceCheck, GivenOverrides):
    """A real run after each deploy: `pulumi up` fails when it renders nothing. Each check costs GPU time."""


class DeploymentRunner(Runner[RunComfyApi]):
    """A deployment that can be run.

    Args:
        call: the call that checks it.
        deployment_id: which one.
        row: how it stands, with the API prompt that it serves; None where that is not known.
        connection: the name of the connection.
    """

    target = "deployment"
    given_as = "overrides"

    def __init__(
        self, call: Call[RunComfyApi], deployment_id: str, row: DeploymentRow | None, connection: str | None
    ) -> None:
        super().__init__(call)
        self._id = deployment_id
        self._row = row
        self._graph = nodes_of((row and row.graph) or {})
        self._connection = connection
        self._queue = queue_of(call)
        self._submitted_at: float | None = None
        self._begun_at: float | None = None
        self._refused_results = 0

    @property
    def target_id(self) -> str:
        """The deployment's."""
        return self._id

    def problems(self, check: settings.CheckSettings) -> Sequence[str]:
        """Compare the overrides with the graph that it serves."""
        return list(unknown_places(given_in(check), self._graph)) if self._graph else ()

    def nodes(self) -> Mapping[str, Any]:
        """Those of the graph that it serves."""
        return self._graph

    def subject(self) -> Subject:
        """Give version and hardware. The digest tells what the label meant; a machine has no definition to digest.

        The hardware is a class that several GPUs serve (2.1); which of them a run had is not told.
        """
        if self._row is None:
            return Subject()
        inputs = described(self._graph) if self._graph else None
        gpu = self._row.hardware or None
        return Subject(self._row.workflow_version, digest_of(self._graph), gpu=gpu, run_inputs=inputs)

    def given(self, check: settings.CheckSettings) -> Mapping[str, Json]:
        """Give the overrides, with a fresh seed wherever the program leaves one open."""
        return with_fresh_seeds(given_in(check), self._graph)

    async def start(self, given: Mapping[str, Json], check: settings.CheckSettings) -> str:
        """Submit it, unless the balance is known to be used up: the platform would disable the deployment (7.11)."""
        await self._refuse_without_credit()
        body: dict[str, Json] = {"overrides": {node: {"inputs": inputs} for node, inputs in given.items()}}
        extra = getattr(check, "extra_data", None)
        if extra:
            body["extra_data"] = dict(extra)
        try:
            run_id = await self.call.client.submit(self._id, self._queue, body)
        except LostAnswerError as lost:
            todo = "Look at the deployment's requests on RunComfy, cancel what goes on, then run `pulumi up` again."
            got = f"{lost.got}; whether a run began cannot be told: the platform lists none"
            raise LostAnswerError(lost.code, tried=lost.tried, got=got, todo=todo) from None
        self._submitted_at = time.monotonic()
        return run_id

    async def _refuse_without_credit(self) -> None:
        try:
            balance = await self.call.client.get_balance()
        except PlatformError:
            return  # what it is worth the run itself will show
        if balance.balance_usd <= 0:
            got = f"the account's balance is {balance.balance_usd:.2f} USD, and a run costs money"
            raise PlatformError("COMFY2402", tried=f"run deployment {self._id}", got=got)

    async def look(self, run_id: str) -> Progress:
        """Read its status; what it says of the end is in the result alone (7.5)."""
        status = await self.call.client.get_status(self._id, self._queue, run_id)
        word = status.status.lower()
        if word not in _ENDED:
            phase = _PHASES.get(word, Phase.RUNNING)  # a word that nobody knows yet ends none
            if phase is Phase.RUNNING:
                self._begun_at = self._begun_at or time.monotonic()
            place = f", {status.queue_position} before it" if status.queue_position else ""
            return Progress(phase, status.status, f"inference check{place}")
        result = await self._result(run_id)
        if result is None:
            return Progress(Phase.RUNNING, status.status, "its result is not there yet")
        if result.status.lower() not in _SUCCESS or result.error:
            raise OutcomeError(FAILED, tried=f"run {run_id}", got=f"ended as {result.status}{reasons(result.error)}")
        return Progress(Phase.DONE, result.status, run=self._run_of(run_id, result))

    async def _result(self, run_id: str) -> ResultRow | None:
        """Read the result; None while it lags behind the status: a refusal then must not lose the run (4.3)."""
        try:
            result = await self.call.client.get_result(self._id, self._queue, run_id)
        except StatusError as refused:
            self._refused_results += 1
            if refused.status in _ABOUT_THE_KEY or self._refused_results >= _MOST_REFUSED:
                raise
            return None
        return None if result.status.lower() in _PHASES else result

    def _run_of(self, run_id: str, result: ResultRow) -> Run:
        """Give what it made. The platform tells how long it took from the request on; the wait is our own watch's."""
        whole = seconds_between(result.created_at, result.finished_at)
        if self._begun_at is None or self._submitted_at is None:
            return Run(run_id, items_of(result), seconds=whole)
        waited = self._begun_at - self._submitted_at
        if whole is None or waited >= whole:  # a run that took less than our looks are apart
            return Run(run_id, items_of(result), seconds=whole)
        return Run(run_id, items_of(result), waited, whole - waited)

    async def changed_meanwhile(self) -> str:
        """Look once more: a run's answer does not name the version that ran."""
        was = self._row
        if was is None:
            return ""
        row = await self.call.client.get_deployment(self._id)
        if row is None:
            return "while the check ran, a hand has removed it"
        if (row.workflow_version, row.hardware) == (was.workflow_version, was.hardware):
            return ""
        return f"while the check ran, a hand has put version {row.workflow_version} on {row.hardware} there"

    async def cancel(self, run_id: str) -> str:
        """Cancel it; it ends some moments later (4.4)."""
        outcome = (await self.call.client.cancel(self._id, self._queue, run_id)).lower()
        return "" if outcome.startswith(("cancel", "not_cancellable", "completed")) or not outcome else outcome

    async def fetch(self, item: Item, tried: str) -> tuple[bytes, str]:
        """Fetch one file, from the platform's own hosts only (4.3)."""
        host, own = host_of(item.url or ""), host_of(self.call.client.http.base_url)
        if host != own and not host.endswith(_FILE_HOSTS):
            got = f"the platform names a file on {host or 'no host'}, which is none of its own"
            raise PlatformError("COMFY2003", tried=tried, got=got)
        return await super().fetch(item, tried)

    def command(self, given: Mapping[str, Json]) -> str:
        """Give a request that submits it: any text among the overrides may be a secret of the program."""
        overrides: Json = {
            node: {"inputs": without_texts(inputs)} for node, inputs in given.items() if isinstance(inputs, dict)
        }
        variable = SETTINGS.credential_of(self._connection).environment
        return post_command(self.call.client.queue_url(self._id, self._queue), variable, {"overrides": overrides})
