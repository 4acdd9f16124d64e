"""Run a target once and judge what it made: started, watched in two budgets, judged, fetched, kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import (
    CancelledWaitError,
    ComfyError,
    LostEngineError,
    OutcomeError,
    PlatformError,
    StatusError,
    WaitTimeoutError,
    our_fault,
)
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.redaction import last_lines
from pulumi_comfy.core.wait import Look, outlast, wait_until
from pulumi_comfy.inference.files import keep_files
from pulumi_comfy.inference.judge import Fetched, Item, complaint, counts, files_complaint
from pulumi_comfy.inference.proof import Proof, Record, now, proof_of
from pulumi_comfy.inference.runner import Phase, Progress, Run, Runner
from pulumi_comfy.inference.settings import CheckResult, CheckSettings

FAILED: Final = "COMFY3101"
_LINES_IN_ERROR = 3
_LATER = frozenset({Phase.WAITING.value, Phase.RUNNING.value})


@dataclass(frozen=True)
class Failed:
    """Why a check failed, and the run it failed on."""

    reason: str
    run_id: str | None
    given: Mapping[str, Json]
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

    def record(self, runner: Runner[Any], former: Proof | None) -> Record:
        """Give what the state holds after it: a proof of the very thing that failed is revoked.

        Args:
            runner: what ran it.
            former: the proof that there was.
        """
        is_of_it = former is not None and former.is_of(runner.target_id, runner.subject())
        if former is not None and self.cause is None and is_of_it:
            former = former.revoke(self.run_id, self.code)
        return Record(CheckResult(status="failed", run_id=self.run_id), former)


def skipped(call: Call[Any]) -> CheckResult:
    """Say that checks are off."""
    call.warn("not checked: comfy:inferenceChecks is off")
    return CheckResult(status="skipped")


async def check(runner: Runner[Any], asked: CheckSettings | None, former: Proof | None = None) -> Record | Failed:
    """Run the declared check, unless checks are off.

    Args:
        runner: what is checked.
        asked: the declared check; None when there is none.
        former: the proof that there is, which stays where none is run.
    """
    call = runner.call
    if asked is None:
        return Record(None, former)
    if not call.checks_enabled:
        return Record(skipped(call), former)
    found = await prove(runner, asked)
    if isinstance(found, Record) and found.last is not None:
        call.inform(found.last.summary)
    return found


async def prove(runner: Runner[Any], check: CheckSettings) -> Record | Failed:
    """Run the target once and judge the result; whatever ends the check is told as its failure.

    A run that outlives its budget, or a Ctrl-C, is cancelled on the platform: it costs money.

    Raises:
        LostEngineError: the engine is gone, so that nothing can be put back either.
    """
    call, started_at = runner.call, now()
    given: Mapping[str, Json] = {}
    run_id: str | None = None
    tried = f"run {runner.target} {runner.target_id}"
    try:
        call.cancellation.refuse_if_set(tried)
        given = runner.given(check)
        run_id = await outlast(
            lambda: runner.start(given, check),
            tried=tried,
            call=call,
            seconds=_budget(check.queue_timeout_seconds, call),
        )
        run = await _finished(runner, run_id, check)
        result = await _judged(runner, run, check, given)
        if isinstance(result, Failed):
            return await _if_of_this(result, runner)
        other = await runner.changed_meanwhile()
        if other:
            return Failed(other, run_id, given, _unsure(other, runner))
        return Record(result, proof_of(runner.subject(), runner.target_id, result, check, started_at, call))
    except LostEngineError:
        raise
    except Exception as fault:  # noqa: BLE001  (whatever it was, what serves unchecked is put back)
        error = fault if isinstance(fault, ComfyError) else our_fault(fault, tried=tried)
        if run_id is not None and error.code != FAILED:
            await _cancel(runner, run_id)
        is_stopped = isinstance(error, CancelledWaitError)
        where = "" if is_stopped else await runner.where()
        found_out = isinstance(error, OutcomeError) and not is_stopped
        failed = Failed(f"{error.tried}: {error.got}{where}", run_id, given, None if found_out else error)
        return await _if_of_this(failed, runner) if found_out else failed


async def _if_of_this(failed: Failed, runner: Runner[Any]) -> Failed:
    """Tell a failure of what a hand has put there from one of what was to be checked.

    Raises:
        LostEngineError: the engine is gone.
    """
    tried = f"look what {runner.target} {runner.target_id} has run"
    try:
        other = await runner.changed_meanwhile()
    except LostEngineError:
        raise
    except Exception as fault:  # noqa: BLE001  (whatever it was, what serves unchecked is put back)
        blind = fault if isinstance(fault, ComfyError) else our_fault(fault, tried=tried)
        return replace(failed, reason=f"{failed.reason}; what ran is not known: {blind.got}", cause=blind)
    return replace(failed, reason=f"{failed.reason}; {other}", cause=_unsure(other, runner)) if other else failed


def _unsure(other: str, runner: Runner[Any]) -> OutcomeError:
    """Nothing was found out of what was to be checked: another ran."""
    tried = f"run {runner.target} {runner.target_id}"
    return OutcomeError(FAILED, tried=tried, got=other, todo=f"{runner.if_changed} Then run `pulumi up` again.")


async def _judged(
    runner: Runner[Any], run: Run, check: CheckSettings, given: Mapping[str, Json]
) -> CheckResult | Failed:
    problem = complaint(check.expect, run.items, run.seconds)
    if problem is not None:
        return Failed(f"{problem}{await _last_lines(runner, run.id)}", run.id, given)
    if not check.expect.fetch:
        return _passed(run, [], check)
    fetched = await _fetch(runner, run, check)
    problem = files_complaint(check.expect, fetched)
    return _passed(run, fetched, check) if problem is None else Failed(problem, run.id, given)


async def _cancel(runner: Runner[Any], run_id: str) -> None:
    """Cancel a run that may go on, best effort: the reason why we do is what matters."""
    try:
        why = await runner.cancel(run_id)
    except ComfyError as stuck:
        why = stuck.got
    if why:
        runner.call.warn(f"run {run_id} could not be cancelled and may go on: {why}")


def _budget(seconds: float, call: Call[Any]) -> float:
    """Give a check's own budget, cut by the program's `custom_timeouts`."""
    return seconds if call.timeout is None else max(0.0, min(seconds, call.seconds_left(call.timeout)))


async def _finished(runner: Runner[Any], run_id: str, check: CheckSettings) -> Run:
    """Wait in two budgets: for a GPU and its cold start, then for the run itself."""

    async def look() -> Look[Progress]:
        seen = await runner.look(run_id)
        return Look(seen.phase.value, seen, line=seen.line, word=seen.state)

    def failed(seen: Look[Progress]) -> ComfyError:
        return OutcomeError(FAILED, tried=f"run {run_id}", got=f"ended as {seen.value.state}")

    async def wait(tried: str, pending: frozenset[str], target: frozenset[str], seconds: float) -> Progress:
        return await wait_until(
            look, tried=tried, pending=pending, target=target, failed=failed, call=runner.call, seconds=seconds
        )

    waiting, done = frozenset({Phase.WAITING.value}), frozenset({Phase.DONE.value})
    try:
        begun = done | {Phase.RUNNING.value}
        await wait(f"start run {run_id}", waiting, begun, _budget(check.queue_timeout_seconds, runner.call))
        seen = await wait(f"finish run {run_id}", _LATER, done, _budget(check.run_timeout_seconds, runner.call))
    except (WaitTimeoutError, CancelledWaitError):
        raise
    except OutcomeError as error:
        lines = await _last_lines(runner, run_id)
        raise OutcomeError(FAILED, tried=error.tried, got=f"{error.got}{lines}") from None
    assert seen.run is not None
    return seen.run


async def _last_lines(runner: Runner[Any], run_id: str) -> str:
    """Give the run's last log lines as the end of a sentence."""
    try:
        lines = last_lines(await runner.last_lines(run_id), _LINES_IN_ERROR)
    except ComfyError:
        return ""
    return f"; its last log lines: {' | '.join(lines)}" if lines else ""


async def _fetch(runner: Runner[Any], run: Run, check: CheckSettings) -> list[Fetched]:
    """Fetch the first file of each node, without our key: the URLs are presigned and never kept."""
    first: dict[str, Item] = {}
    for item in run.items:
        if item.url:
            first.setdefault(item.node_id, item)
    return [await _fetched(runner, item, check) for item in first.values()]


_NOT_THERE = frozenset({400, 403, 404, 410})
"""What stores answer of a file that the platform names and the run did not make."""


async def _fetched(runner: Runner[Any], item: Item, check: CheckSettings) -> Fetched:
    tried = f"fetch output {item.filename}"
    try:
        body, mime_type = await outlast(
            lambda: runner.fetch(item, tried),
            tried=tried,
            call=runner.call,
            seconds=_budget(check.run_timeout_seconds, runner.call),
        )
    except StatusError as missing:
        if missing.status not in _NOT_THERE:
            raise  # a gateway's word, which says nothing of the workflow
        raise OutcomeError(FAILED, tried=tried, got=missing.got) from None
    if mime_type == "text/html" and not item.filename.lower().endswith((".html", ".htm")):
        got = "a web page came in its place, as of a login"
        todo = "Let files through at whatever stands in between, then run `pulumi up` again."
        raise PlatformError("COMFY2003", tried=tried, got=got, todo=todo)
    return Fetched(item, body, mime_type)


def _passed(run: Run, fetched: list[Fetched], check: CheckSettings) -> CheckResult:
    return CheckResult(
        status="passed",
        run_id=run.id,
        queue_seconds=run.queue_seconds,
        run_seconds=run.seconds,
        output_counts=counts(run.items),
        files=keep_files(check.save_outputs_to, fetched) if check.save_outputs_to else [],
        sha256=[one.sha256 for one in fetched],
    )
