"""An inference check by itself: for a deployment that another stack owns, or one that is checked on every `up`.

Nothing of it exists on the platform but the runs it made; removing it removes nothing. Each check costs GPU time.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.inference.standalone import StandaloneHandler, StandaloneInputs
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.fields import AccountInputs, Id
from pulumi_comfy.platforms.comfydeploy.runner.deployed import DeploymentRunner, GivenInputs
from pulumi_comfy.platforms.comfydeploy.runner.version import Version


class InferenceCheckInputs(AccountInputs, StandaloneInputs, GivenInputs):
    """What a program declares of a check."""

    deployment_id: Annotated[Id, Field(description="Id of the deployment that is run.")]


class InferenceCheckHandler(StandaloneHandler[InferenceCheckInputs, ComfyDeployApi]):
    """Inference checks of ComfyDeploy's deployments."""

    token = "comfydeploy:InferenceCheck"
    inputs_model = InferenceCheckInputs

    async def runner(self, inputs: InferenceCheckInputs, call: Call[ComfyDeployApi]) -> DeploymentRunner:
        """Find the deployment."""
        row = await call.client.get_deployment(inputs.deployment_id, None)
        if row is None:
            got = f"there is no deployment {inputs.deployment_id}"
            raise OutcomeError("COMFY2404", tried=f'check "{call.name}"', got=got)
        version = Version.of(row.version) if row.version else None
        return DeploymentRunner(call, inputs.deployment_id, version, row.machine_id, inputs.connection)
