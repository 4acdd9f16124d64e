"""The inference check on ComfyDeploy: queue a run of the deployment, watch it, judge and fetch what it made.

Queue and poll, never the synchronous route: that answers 200 with an empty list when a workflow fails (reference 3.1).
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pulumi_comfy import workflows
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import (
    CancelledWaitError,
    ComfyError,
    InputError,
    LostEngineError,
    OutcomeError,
    StatusError,
    WaitTimeoutError,
    our_fault,
)
from pulumi_comfy.core.inference import (
    CheckResult,
    Fetched,
    InferenceCheck,
    Item,
    complaint,
    counts,
    files_complaint,
    keep_files,
)
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.wait import Look, outlast, wait_until
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import RunRow
from pulumi_comfy.platforms.comfydeploy.fields import SETTINGS
from pulumi_comfy.platforms.comfydeploy.runner.outputs import items_of
from pulumi_comfy.platforms.comfydeploy.runner.start import fresh_seeds, own_machine, start_run

FAILED: Final = "COMFY3101"
SUCCESS: Final = "success"
_WAITING = frozenset({"not-started", "queued"})
_RUNNING = frozenset({"started", "running", "uploading"})
_LINES_IN_ERROR = 3


@dataclass(frozen=True)
class Failed:
    """Why a check failed, and the run it failed on."""

    reason: str
    run_id: str | None
    inputs: Mapping[str, Json]
    cause: ComfyError | None = None
    """What kept the check from finding anything out: the network, the key, the platform itself, Ctrl-C, or we."""

    @property
    def story(self) -> str:
        """The reason, with the run where it does not name it."""
        is_missing = self.run_id is not None and self.run_id not in self.reason
        return f"run {self.run_id}: {self.reason}" if is_missing else self.reason

    @property
    def code(self) -> str:
        """The cause's own code; that of a failed check when it found something out."""
        return self.cause.code if self.cause else FAILED

    def todo(self, otherwise: str) -> str:
        """The cause's own advice; `otherwise` when the check found something out."""
        return self.cause.todo if self.cause else otherwise


def refuse_unknown_inputs(check: InferenceCheck, prompt: Json, call: Call[ComfyDeployApi]) -> None:
    """Compare the check's run inputs with what the workflow takes: the platform ignores unknown keys (3.1).

    Raises:
        InputError: before anything is queued.
    """
    problems = workflows.check_run_inputs(workflows.external_inputs(prompt), check.inputs)
    if problems:
        raise InputError("COMFY1202", tried=f'check "{call.name}"', got="; ".join(problems))


async def run_check(
    deployment_id: str, check: InferenceCheck, prompt: Json, call: Call[ComfyDeployApi], *, machine_id: str | None
) -> CheckResult | Failed:
    """Run the deployment once and judge the result; whatever ends the check is told as its failure.

    A run that outlives its budget, or a Ctrl-C, is cancelled on the platform: it costs money.

    Raises:
        LostEngineError: the engine is gone, so that nothing can be put back either.
    """
    inputs: dict[str, Json] = dict(check.inputs)
    run_id: str | None = None
    tried = f"run deployment {deployment_id}"
    try:
        call.cancellation.refuse_if_set(tried)
        seeds = fresh_seeds(check, prompt)
        inputs |= seeds
        run_id = await outlast(
            lambda: start_run(deployment_id, inputs, seeds, call),
            tried=tried,
            call=call,
            seconds=_budget(check.queue_timeout_seconds, call),
        )
        run = await _finished(run_id, check, call)
        return await _judged(run, check, inputs, call)
    except LostEngineError:
        raise
    except Exception as fault:  # noqa: BLE001  (whatever it was, what serves unchecked is put back)
        error = fault if isinstance(fault, ComfyError) else our_fault(fault, tried=tried)
        if run_id is not None and error.code != FAILED:
            await _cancel(run_id, call)
        is_stopped = isinstance(error, CancelledWaitError)
        where = "" if is_stopped else await own_machine(machine_id, call)
        found_out = isinstance(error, OutcomeError) and not is_stopped
        return Failed(f"{error.tried}: {error.got}{where}", run_id, inputs, None if found_out else error)


async def _judged(
    run: RunRow, check: InferenceCheck, inputs: Mapping[str, Json], call: Call[ComfyDeployApi]
) -> CheckResult | Failed:
    items = items_of(run)
    problem = complaint(check.expect, items, run.run_duration)
    if problem is not None:
        return Failed(f"{problem}{await _last_lines(run.id, call)}", run.id, inputs)
    if not check.expect.fetch:
        return _passed(run, items, [], check)
    fetched = await _fetch(items, check, call)
    problem = files_complaint(check.expect, fetched)
    return _passed(run, items, fetched, check) if problem is None else Failed(problem, run.id, inputs)


async def _cancel(run_id: str, call: Call[ComfyDeployApi]) -> None:
    """Cancel a run that may go on, best effort: the reason why we do is what matters."""
    try:
        why = "" if await call.client.cancel_run(run_id) else "the platform cancels none on a machine of one's own"
    except ComfyError as stuck:
        why = stuck.got
    if why:
        call.warn(f"run {run_id} could not be cancelled and may go on: {why}")


def _budget(seconds: float, call: Call[ComfyDeployApi]) -> float:
    """Give a check's own budget, cut by the program's `custom_timeouts`."""
    return seconds if call.timeout is None else max(0.0, min(seconds, call.seconds_left(call.timeout)))


async def _finished(run_id: str, check: InferenceCheck, call: Call[ComfyDeployApi]) -> RunRow:
    """Wait in two budgets: for a GPU and its cold start, then for the run itself."""

    async def look() -> Look[RunRow]:
        run = await call.client.get_run(run_id)
        share = f", {run.progress:.0%}" if run.progress else ""
        return Look(run.status, run, line=f"{run.live_status or 'inference check'}{share}")

    def failed(seen: Look[RunRow]) -> ComfyError:
        return OutcomeError(FAILED, tried=f"run {run_id}", got=f"ended as {seen.state}")

    try:
        await wait_until(
            look,
            tried=f"start run {run_id}",
            pending=_WAITING,
            target=_RUNNING | {SUCCESS},
            failed=failed,
            call=call,
            seconds=_budget(check.queue_timeout_seconds, call),
        )
        return await wait_until(
            look,
            tried=f"finish run {run_id}",
            pending=_WAITING | _RUNNING,
            target=frozenset({SUCCESS}),
            failed=failed,
            call=call,
            seconds=_budget(check.run_timeout_seconds, call),
        )
    except (WaitTimeoutError, CancelledWaitError):
        raise
    except OutcomeError as error:
        lines = await _last_lines(run_id, call)
        raise OutcomeError(FAILED, tried=error.tried, got=f"{error.got}{lines}") from None


async def _last_lines(run_id: str, call: Call[ComfyDeployApi]) -> str:
    """Give the run's last log lines as the end of a sentence; the logs are archived some seconds late (3.2)."""
    try:
        lines = [line.strip() for line in await call.client.run_logs(run_id) if line.strip()]
    except ComfyError:
        return ""
    return f"; its last log lines: {' | '.join(lines[-_LINES_IN_ERROR:])}" if lines else ""


async def _fetch(items: list[Item], check: InferenceCheck, call: Call[ComfyDeployApi]) -> list[Fetched]:
    """Fetch the first file of each node, without our key: the URLs are presigned and never kept."""
    first: dict[str, Item] = {}
    for item in items:
        if item.url:
            first.setdefault(item.node_id, item)
    return [await _fetched(item, item.url or "", check, call) for item in first.values()]


async def _fetched(item: Item, url: str, check: InferenceCheck, call: Call[ComfyDeployApi]) -> Fetched:
    tried = f"fetch output {item.filename}"
    try:
        body, content_type = await outlast(
            lambda: call.client.http.download(url, tried=tried),
            tried=tried,
            call=call,
            seconds=_budget(check.run_timeout_seconds, call),
        )
    except StatusError as missing:  # the platform names a file that is not there: the run did not make it
        raise OutcomeError(FAILED, tried=tried, got=missing.got) from None
    return Fetched(item, body, content_type.split(";")[0].strip())


def _passed(run: RunRow, items: list[Item], fetched: list[Fetched], check: InferenceCheck) -> CheckResult:
    return CheckResult(
        status="passed",
        run_id=run.id,
        queue_seconds=run.cold_start_duration_total,
        run_seconds=run.run_duration,
        output_counts=counts(items),
        files=keep_files(check.save_outputs_to, fetched) if check.save_outputs_to else [],
        sha256=[one.sha256 for one in fetched],
    )


def reproduction(deployment_id: str, failed: Failed, connection: str | None, call: Call[ComfyDeployApi]) -> str:
    """Give the command that repeats a failed run.

    Texts among its inputs are left for the reader to put in: any of them may be a secret of the program.
    """
    inputs = {name: f"<{name}>" if isinstance(value, str) else value for name, value in failed.inputs.items()}
    body = shlex.quote(json.dumps({"deployment_id": deployment_id, "inputs": inputs}))
    variable = SETTINGS.credential_of(connection).environment
    return (
        f"curl -X POST {call.client.queue_url} -H 'Content-Type: application/json' "
        f'-H "Authorization: Bearer ${variable}" -d {body}'
    )
