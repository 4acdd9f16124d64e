"""An inference check by itself: for a deployment that another stack owns, or one that is checked on every `up`.

Nothing of it exists on the platform but the runs it made; removing it removes nothing. Each check costs GPU time.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pulumi_comfy.comfyui_protocol.overrides import GivenOverrides
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError, OutcomeError
from pulumi_comfy.core.meanings import TARGET
from pulumi_comfy.inference.standalone import StandaloneHandler, StandaloneInputs
from pulumi_comfy.platforms.runcomfy.api import RunComfyApi
from pulumi_comfy.platforms.runcomfy.deployment.reads import goes_on, refuse_lora
from pulumi_comfy.platforms.runcomfy.fields import AccountInputs, Id, queue_of
from pulumi_comfy.platforms.runcomfy.runner import DeploymentRunner


class InferenceCheckInputs(AccountInputs, StandaloneInputs, GivenOverrides):
    """What a program declares of a check."""

    deployment_id: Annotated[Id, TARGET, Field(description="Id of the deployment that is run.")]


class InferenceCheckHandler(StandaloneHandler[InferenceCheckInputs, RunComfyApi]):
    """Inference checks of RunComfy's deployments."""

    token = "runcomfy:InferenceCheck"
    inputs_model = InferenceCheckInputs

    foresees = True

    def normalise(self, inputs: InferenceCheckInputs, call: Call[RunComfyApi]) -> InferenceCheckInputs:
        """Refuse a queue that is none, and what a check cannot do here."""
        if call.checks_enabled:
            queue_of(call)
        return super().normalise(inputs, call)

    async def foresee(self, inputs: InferenceCheckInputs, call: Call[RunComfyApi]) -> None:
        """See that the deployment is there, and compare overrides and nodes with the graph where it goes on with it."""
        if not (call.checks_enabled and isinstance(inputs.deployment_id, str)):
            return
        row = await call.client.get_deployment(inputs.deployment_id, with_payload=True)
        if row is None:
            raise InputError("COMFY2404", tried="deployment_id", got=_absent(inputs.deployment_id))
        refused = DeploymentRunner(call, row.id, row, None).misfit(inputs, "") if goes_on(row, call) else None
        if refused is not None:
            raise refused

    async def runner(self, inputs: InferenceCheckInputs, call: Call[RunComfyApi]) -> DeploymentRunner:
        """Find the deployment."""
        row = await call.client.get_deployment(inputs.deployment_id, with_payload=True)
        if row is None:
            raise OutcomeError("COMFY2404", tried=f'check "{call.name}"', got=_absent(inputs.deployment_id))
        refuse_lora(row)
        return DeploymentRunner(call, row.id, row, inputs.connection)


def _absent(deployment_id: str) -> str:
    return f"there is no deployment {deployment_id}"
