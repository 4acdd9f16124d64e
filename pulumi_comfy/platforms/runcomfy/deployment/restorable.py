"""What becomes of a deployment that fails its inference check, in RunComfy's verbs."""

from __future__ import annotations

from pulumi_comfy.core.errors import OutcomeError, StatusError
from pulumi_comfy.core.resource import State
from pulumi_comfy.inference.proof import Record
from pulumi_comfy.inference.rollback import Restorable
from pulumi_comfy.platforms.runcomfy.deployment.fields import (
    DeployCall,
    DeploymentInputs,
    DeploymentOutputs,
    DeploymentState,
    Served,
    settings_of,
)
from pulumi_comfy.platforms.runcomfy.fields import queue_of
from pulumi_comfy.platforms.runcomfy.runner import DeploymentRunner, InferenceCheck


def outputs_of(
    deployment_id: str, record: Record, call: DeployCall, restore_to: Served | None = None
) -> DeploymentOutputs:
    """Give what the state holds of a deployment besides its inputs."""
    endpoint = call.client.queue_url(deployment_id, queue_of(call))
    return DeploymentOutputs(endpoint=endpoint, last_check=record.last, proof=record.proof, restore_to=restore_to)


class UnprovedDeployment(Restorable):
    """A deployment that failed its check.

    Args:
        inputs: what is declared.
        check: the declared check.
        runner: what ran it.
        prior: the state before an update; None for a new one.
        former: what it held before; None for a new one.
    """

    def __init__(
        self,
        inputs: DeploymentInputs,
        check: InferenceCheck,
        runner: DeploymentRunner,
        prior: DeploymentState | None = None,
        former: Served | None = None,
    ) -> None:
        super().__init__(runner, check, prior)
        self._inputs, self._former = inputs, former

    @property
    def serves(self) -> str:
        """Version and machine."""
        return f"version {self._inputs.workflow_version} on {self._inputs.hardware} serves now"

    async def remove(self) -> None:
        """Delete it."""
        await self.call.client.delete_deployment(self.runner.target_id)

    def has_former(self) -> bool:
        """Tell whether it held another before."""
        return self._former is not None and settings_of(self._former) != settings_of(self._inputs)

    async def put_back(self) -> str:
        """Patch it to what it held, unless the platform has removed that version meanwhile (3)."""
        former = self._former
        assert former is not None
        try:
            await self.call.client.patch_deployment(self.runner.target_id, settings_of(former))
        except StatusError as refused:
            if refused.status != 404 or await self.call.client.get_deployment(self.runner.target_id) is None:
                raise
            raise OutcomeError(
                "COMFY2404",
                tried=f"put version {former.workflow_version} back",
                got="RunComfy has removed it meanwhile: a workflow keeps three saved versions, and one that no "
                "deployment uses may go",
            ) from None
        return f"version {former.workflow_version} on {former.hardware} serves again"

    def state(self, record: Record, *, is_to_be_restored: bool) -> DeploymentState:
        """Keep how it stands, and what is still to be put back."""
        restore_to = self._former if is_to_be_restored else None
        return State(self._inputs, outputs_of(self.runner.target_id, record, self.call, restore_to))
