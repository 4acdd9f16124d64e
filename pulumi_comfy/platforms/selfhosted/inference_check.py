"""A check of a deployment of a self-hosted ComfyUI Deploy: a real run, judged by what it made and by what it ran.

The public server tells of no deployment what it points to, but each run's row does: what is declared here of version,
document and machine is compared with it, and a difference is drift, which fails the check. Nothing of a check exists on
the server but the runs it made.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.meanings import TARGET
from pulumi_comfy.inference.standalone import StandaloneHandler, StandaloneInputs
from pulumi_comfy.platforms.selfhosted.api import SelfHostedApi
from pulumi_comfy.platforms.selfhosted.existing import SelfHostedCall
from pulumi_comfy.platforms.selfhosted.fields import AccountInputs, Digest, Id
from pulumi_comfy.platforms.selfhosted.runner import DeploymentRunner, GivenInputs
from pulumi_comfy.platforms.selfhosted.target import foresee_check, runner_of, version_to_run


class InferenceCheckInputs(AccountInputs, StandaloneInputs, GivenInputs):
    """What a program declares of a check."""

    deployment_id: Annotated[Id, TARGET, Field(description="Id of the deployment that is run.")]
    workflow_version_id: Annotated[
        Id | None, Field(description="Id of the version that it is to run; a run of another fails the check.")
    ] = None
    workflow_digest: Digest = None
    machine_id: Annotated[
        Id | None, Field(description="Id of the machine that it is to run on; a run on another fails the check.")
    ] = None


class InferenceCheckHandler(StandaloneHandler[InferenceCheckInputs, SelfHostedApi]):
    """Inference checks of a self-hosted server's deployments."""

    token = "selfhosted:InferenceCheck"
    inputs_model = InferenceCheckInputs
    foresees = True

    async def foresee(self, inputs: InferenceCheckInputs, call: SelfHostedCall) -> None:
        """Compare run inputs with the version that is declared, where there is one."""
        if call.checks_enabled:
            await foresee_check(inputs, inputs, "", call)

    async def runner(self, inputs: InferenceCheckInputs, call: SelfHostedCall) -> DeploymentRunner:
        """Find what it serves, as far as that is known before it runs."""
        version = await version_to_run(inputs.deployment_id, inputs.workflow_version_id, call)
        return runner_of(inputs.deployment_id, inputs, version, call)
