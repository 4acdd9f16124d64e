"""An inference check by itself: for a deployment that another stack owns, or one that is checked on every `up`.

Nothing of it exists on the platform but the runs it made; removing it removes nothing. Each check costs GPU time.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.core.meanings import TARGET
from pulumi_comfy.deploy_protocol.runs import inputs_of
from pulumi_comfy.inference.nodes import names_any
from pulumi_comfy.inference.standalone import StandaloneHandler, StandaloneInputs
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.fields import AccountInputs, Id
from pulumi_comfy.platforms.comfydeploy.runner.deployed import DeploymentRunner, GivenInputs, refuse_misfit
from pulumi_comfy.platforms.comfydeploy.runner.target import read_target, version_to_come


class InferenceCheckInputs(AccountInputs, StandaloneInputs, GivenInputs):
    """What a program declares of a check."""

    deployment_id: Annotated[Id, TARGET, Field(description="Id of the deployment that is run.")]


class InferenceCheckHandler(StandaloneHandler[InferenceCheckInputs, ComfyDeployApi]):
    """Inference checks of ComfyDeploy's deployments."""

    token = "comfydeploy:InferenceCheck"
    inputs_model = InferenceCheckInputs
    foresees = True

    async def foresee(self, inputs: InferenceCheckInputs, call: Call[ComfyDeployApi]) -> None:
        """Compare run inputs and nodes with the version that it serves or is about to, where one is known."""
        if call.checks_enabled and isinstance(inputs.deployment_id, str) and names_any(inputs, inputs_of(inputs)):
            refuse_misfit(inputs, await version_to_come(inputs.deployment_id, call), "", call)

    async def runner(self, inputs: InferenceCheckInputs, call: Call[ComfyDeployApi]) -> DeploymentRunner:
        """Find the deployment."""
        target = await read_target(inputs.deployment_id, call)
        if target is None:
            got = f"there is no deployment {inputs.deployment_id}"
            raise OutcomeError("COMFY2404", tried=f'check "{call.name}"', got=got)
        return DeploymentRunner(call, inputs.deployment_id, target.version, target.machine_id, inputs.connection)
