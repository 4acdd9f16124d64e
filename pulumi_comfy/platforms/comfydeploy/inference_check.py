"""An inference check by itself: for a deployment that another stack owns, or one that is checked on every `up`.

Nothing of it exists on the platform but the runs it made; removing it removes nothing. Each check costs GPU time.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.core.inference import CheckResult, CheckSettings, InferenceCheck
from pulumi_comfy.core.inference_needs import refuse_what_cannot_be_done
from pulumi_comfy.core.model import Model
from pulumi_comfy.core.resource import Found, Handler, Seen, State, Timeouts
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.fields import AccountInputs, Id
from pulumi_comfy.platforms.comfydeploy.runner.check import Failed, refuse_unknown_inputs, reproduction, run_check


class InferenceCheckInputs(AccountInputs, CheckSettings):
    """What a program declares of a check."""

    deployment_id: Annotated[Id, Field(description="Id of the deployment that is run.")]
    always: Annotated[
        bool, Field(description="Whether to check on every `pulumi up`, although nothing changed. Default false.")
    ] = False


class InferenceCheckOutputs(Model):
    """What the check found."""

    result: Annotated[CheckResult, Field(description="What the last run of the check found.")]


CheckState = State[InferenceCheckInputs, InferenceCheckOutputs]


class InferenceCheckHandler(Handler[InferenceCheckInputs, InferenceCheckOutputs, ComfyDeployApi]):
    """Inference checks. They cannot be imported or adopted: there is no object."""

    token = "comfydeploy:InferenceCheck"
    label = "inference check"
    inputs_model = InferenceCheckInputs
    outputs_model = InferenceCheckOutputs
    timeouts = Timeouts(create=1800, update=1800)
    is_name_unique_to_us = False

    def normalise(self, inputs: InferenceCheckInputs, call: Call[Any]) -> InferenceCheckInputs:
        """Say before anything is run what a check cannot do here."""
        if call.checks_enabled:
            refuse_what_cannot_be_done(inputs, "")
        return inputs

    def repair(self, prior: CheckState, inputs: InferenceCheckInputs) -> str | None:  # noqa: ARG002
        """With `always`, every `up` checks."""
        return "it is checked on every `pulumi up`" if inputs.always is True else None

    def unchecked(self, prior: CheckState, inputs: InferenceCheckInputs) -> str | None:  # noqa: ARG002
        """A check that was skipped is due."""
        last = prior.outputs.result
        return "it was skipped" if last is not None and last.status == "skipped" else None

    async def find(self, inputs: InferenceCheckInputs, call: Call[ComfyDeployApi]) -> list[Found]:  # noqa: ARG002
        """Nothing stands in the way of a check."""
        return []

    async def insert(self, inputs: InferenceCheckInputs, call: Call[ComfyDeployApi]) -> str:
        """Run it; the id is that of its first run."""
        call.scratch["result"] = result = await _run(inputs, call)
        return result.run_id or "skipped"

    async def complete(
        self,
        object_id: str,  # noqa: ARG002
        inputs: InferenceCheckInputs,
        call: Call[ComfyDeployApi],
    ) -> CheckState:
        """Keep what it found."""
        return State(inputs, InferenceCheckOutputs(result=call.scratch["result"]))

    async def read(
        self,
        object_id: str,  # noqa: ARG002
        prior: CheckState,
        call: Call[ComfyDeployApi],  # noqa: ARG002
    ) -> Seen[InferenceCheckOutputs] | None:
        """What was found stays found; there is nothing to read."""
        return Seen({}, prior.outputs)

    async def update(
        self,
        object_id: str,  # noqa: ARG002
        prior: CheckState,  # noqa: ARG002
        inputs: InferenceCheckInputs,
        changed: Set[str],  # noqa: ARG002
        call: Call[ComfyDeployApi],
    ) -> CheckState:
        """Run it again."""
        return State(inputs, InferenceCheckOutputs(result=await _run(inputs, call)))

    async def delete(self, object_id: str, prior: CheckState, call: Call[ComfyDeployApi]) -> None:
        """Forget it; its runs stay in the platform's history."""


async def _run(inputs: InferenceCheckInputs, call: Call[ComfyDeployApi]) -> CheckResult:
    if not call.checks_enabled:
        call.warn("not checked: comfy:inferenceChecks is off")
        return CheckResult(status="skipped")
    tried = f'check "{call.name}"'
    row = await call.client.get_deployment(inputs.deployment_id, None)
    if row is None:
        raise OutcomeError("COMFY2404", tried=tried, got=f"there is no deployment {inputs.deployment_id}")
    prompt = row.version.prompt if row.version else {}
    check = InferenceCheck.model_construct(**{name: getattr(inputs, name) for name in CheckSettings.model_fields})
    refuse_unknown_inputs(check, prompt, call)
    found = await run_check(inputs.deployment_id, check, prompt, call, machine_id=row.machine_id)
    if isinstance(found, Failed):
        todo = found.todo(f"To repeat the run: {reproduction(inputs.deployment_id, found, inputs.connection, call)}")
        raise OutcomeError(found.code, tried=tried, got=found.story, todo=todo)
    call.inform(found.summary)
    return found
