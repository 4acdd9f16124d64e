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
        former: what is to be put back; None for a new one.
        stood: what it held when the update began; None for a new one.
    """

    def __init__(
        self,
        inputs: DeploymentInputs,
        check: InferenceCheck,
        runner: DeploymentRunner,
        prior: DeploymentState | None = None,
        former: Served | None = None,
        stood: Served | None = None,
    ) -> None:
        super().__init__(runner, check, prior)
        self._inputs, self._former, self._stood = inputs, former, stood

    @property
    def serves(self) -> str:
        """Version and machine."""
        return f"{_what(self._inputs)} serves now"

    async def remove(self) -> None:
        """Delete it."""
        await self.call.client.delete_deployment(self.runner.target_id)

    def has_former(self) -> bool:
        """Tell whether it held another before."""
        return self._former is not None and settings_of(self._former) != settings_of(self._inputs)

    @property
    def runs_again(self) -> bool:
        """One that was disabled takes none."""
        return self._former is None or self._former.is_enabled

    async def put_back(self) -> str:
        """Patch it to what was proved, or to what stood before the update where the platform has removed that (3)."""
        former, stood = self._former, self._stood
        assert former is not None
        is_hands = stood is not None and _what(stood) not in (_what(former), _what(self._inputs))
        try:
            await self._patch(former)
        except OutcomeError:
            if stood is None or not is_hands:
                raise
            await self._patch(stood)
            return (
                f"{_what(stood)} serves again, since RunComfy has removed version {former.workflow_version} meanwhile"
            )
        instead = f", not {_what(stood)}, which was not proved" if stood is not None and is_hands else ""
        return f"{_what(former)} {'serves' if former.is_enabled else 'is disabled'} again{instead}"

    async def _patch(self, wanted: Served) -> None:
        try:
            await self.call.client.patch_deployment(self.runner.target_id, settings_of(wanted))
        except StatusError as refused:
            if refused.status != 404 or await self.call.client.get_deployment(self.runner.target_id) is None:
                raise
            raise OutcomeError(
                "COMFY2404",
                tried=f"put version {wanted.workflow_version} back",
                got="RunComfy has removed it meanwhile: a workflow keeps three saved versions, and one that no "
                "deployment uses may go",
            ) from None

    def state(self, record: Record, *, is_to_be_restored: bool) -> DeploymentState:
        """Keep how it stands, and what is still to be put back."""
        restore_to = self._former if is_to_be_restored else None
        return State(self._inputs, outputs_of(self.runner.target_id, record, self.call, restore_to))


def _what(settings: DeploymentInputs | Served) -> str:
    """Give version and machine in words."""
    return f"version {settings.workflow_version} on {settings.hardware}"
