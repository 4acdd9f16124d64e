"""The inference check of a deployment: when it is due, and what becomes of a deployment that fails it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Set
from typing import Final, TypeVar

from pulumi_comfy.core.errors import ComfyError, KeptError, LostAnswerError, UndoneError
from pulumi_comfy.core.inference import CheckResult
from pulumi_comfy.core.model import fields_marked
from pulumi_comfy.core.resource import State
from pulumi_comfy.core.wait import outlast
from pulumi_comfy.platforms.comfydeploy.api.rows import DeploymentRow, WorkflowVersionRow
from pulumi_comfy.platforms.comfydeploy.deployment.fields import (
    CHECKED,
    SETTINGS,
    DeployCall,
    DeploymentInputs,
    DeploymentOutputs,
    DeploymentState,
    Served,
    run_types,
)
from pulumi_comfy.platforms.comfydeploy.deployment.undo import purge, restore
from pulumi_comfy.platforms.comfydeploy.runner.check import Failed, reproduction, run_check

ValueT = TypeVar("ValueT")

TIMEOUT: Final = 1800.0
"""Seconds that creating or updating a deployment may take, its check included."""
LEAST_SECONDS = 60.0
"""What an undoing has at least, however late the check failed."""


def why_due(last: CheckResult | None) -> str | None:
    """Say why a declared check is due although nothing changed; None when the last one passed."""
    if last is None:
        return "it was never checked"
    return None if last.status == "passed" else f"its last inference check {_WORDS.get(last.status, last.status)}"


_WORDS = {"failed": "failed", "skipped": "was skipped"}


def is_due(prior: DeploymentState, inputs: DeploymentInputs, changed: Set[str]) -> bool:
    """Tell whether an update is to be checked: what runs may be another, or was never proved."""
    unproved = inputs.inference_check is not None and why_due(prior.outputs.last_check) is not None
    return bool(changed & fields_marked(DeploymentInputs, CHECKED)) or not changed or unproved


async def check(
    deployment_id: str, inputs: DeploymentInputs, version: WorkflowVersionRow | None, call: DeployCall
) -> CheckResult | Failed | None:
    """Run the declared check; None when none is declared."""
    if inputs.inference_check is None:
        return None
    if not call.checks_enabled:
        call.warn("not checked: comfy:inferenceChecks is off")
        return CheckResult(status="skipped")
    prompt = version.prompt if version else {}
    found = await run_check(deployment_id, inputs.inference_check, prompt, call, machine_id=inputs.machine_id)
    if isinstance(found, CheckResult):
        call.inform(found.summary)
    return found


def outputs_of(
    row: DeploymentRow,
    last: CheckResult | None,
    call: DeployCall,
    restore_to: Served | None = None,
    was: DeploymentOutputs | None = None,
) -> DeploymentOutputs:
    """Give what the state holds of a deployment besides its inputs; `was` stands in for what the row leaves out."""
    inputs, outputs = run_types(row, was)
    return DeploymentOutputs(
        share_slug=row.share_slug,
        endpoint=call.client.queue_url,
        input_types=inputs,
        output_types=outputs,
        machine_version_id=row.machine_version_id,
        modal_image_id=row.modal_image_id,
        last_check=last,
        restore_to=restore_to,
    )


async def failed_create(
    object_id: str, inputs: DeploymentInputs, row: DeploymentRow, found: Failed, call: DeployCall
) -> ComfyError:
    """Undo or keep a new deployment whose check failed, and say which."""
    if _is_kept(inputs):
        outcome = "the deployment stays, as `on_failure` says"
        return _kept(object_id, inputs, row, found, call, outcome)
    try:
        await _insist(lambda: purge(object_id, inputs.workflow_id, inputs.environment, call), call)
    except ComfyError as stuck:
        outcome = f"the new deployment may serve on, since it could not be removed ({stuck.tried}: {stuck.got})"
        return _kept(object_id, inputs, row, found, call, outcome)
    return UndoneError(
        found.code,
        tried=_tried(call),
        got=f"{found.story}; the new deployment was removed again",
        todo=found.todo('Set `on_failure="keep"` in the check to keep the deployment and look into it.'),
    )


async def failed_update(
    object_id: str,
    inputs: DeploymentInputs,
    row: DeploymentRow,
    before: Served,
    changed: Set[str],
    found: Failed,
    call: DeployCall,
) -> ComfyError:
    """Put back what the deployment held, or keep it, and say what serves now."""
    serves = f"version {inputs.workflow_version_id} serves now"
    if _is_kept(inputs):
        return _kept(object_id, inputs, row, found, call, f"{serves}, as `on_failure` says")
    is_rebuilt = "machine_build_digest" in changed and before.machine_id == inputs.machine_id
    if Served.of(row) == before and not is_rebuilt:
        return _kept(object_id, inputs, row, found, call, f"{serves}, as before: there is nothing to go back to")
    try:
        sent = {name for name in SETTINGS if name in changed or getattr(inputs, name) is not None}
        pinned = await _insist(lambda: restore(object_id, before, sent, call), call)
    except ComfyError as stuck:
        outcome = f"{serves}, since what served before could not be put back ({stuck.tried}: {stuck.got})"
        return _kept(object_id, inputs, row, found, call, outcome, restore_to=before)
    outcome = f"version {before.workflow_version_id} on machine {before.machine_id} serves again"
    if pinned:
        outcome += f", with its GPU pinned to the machine's {pinned}, which cannot be unset"
    if is_rebuilt:
        outcome += (
            ", but that machine was rebuilt in place and its former build is gone: put its former settings back, "
            'or use `rollout="replace"` so that the former machine keeps serving'
        )
    return UndoneError(
        found.code,
        tried=_tried(call),
        got=f"{found.story}; {outcome}",
        todo=found.todo(f"To run what serves now: {reproduction(object_id, found, inputs.connection, call)}"),
    )


async def _insist(undo: Callable[[], Awaitable[ValueT]], call: DeployCall) -> ValueT:
    """Undo although the platform is away, as long as the operation may last: what serves is not proved."""

    async def work() -> ValueT:
        try:
            return await undo()
        except LostAnswerError as lost:  # each undoing looks first, so that it may be begun again
            lost.passes = True
            raise

    seconds = max(LEAST_SECONDS, call.seconds_left(TIMEOUT))
    return await outlast(work, tried=_tried(call), call=call, seconds=seconds)


def _is_kept(inputs: DeploymentInputs) -> bool:
    return inputs.inference_check is not None and inputs.inference_check.on_failure == "keep"


def _tried(call: DeployCall) -> str:
    return f'check deployment "{call.name}"'


def _kept(
    object_id: str,
    inputs: DeploymentInputs,
    row: DeploymentRow,
    found: Failed,
    call: DeployCall,
    outcome: str,
    restore_to: Served | None = None,
) -> KeptError:
    """Leave a deployment as it is, with the failed check in its state, so that the next `up` checks again."""
    last = CheckResult(status="failed", run_id=found.run_id)
    return KeptError(
        found.code,
        tried=_tried(call),
        got=f"{found.story}; {outcome}",
        todo=found.todo(f"To repeat the run: {reproduction(object_id, found, inputs.connection, call)}"),
        state=State(inputs, outputs_of(row, last, call, restore_to)),
    )
