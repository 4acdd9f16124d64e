"""What becomes of a deployment that fails its inference check, in the server's verbs."""

from __future__ import annotations

from pulumi_comfy.core.resource import State
from pulumi_comfy.inference.proof import Record
from pulumi_comfy.inference.rollback import Restorable
from pulumi_comfy.platforms.selfhosted.deployment.fields import (
    DeploymentInputs,
    DeploymentOutputs,
    DeploymentState,
    Served,
    differing,
)
from pulumi_comfy.platforms.selfhosted.runner import DeploymentRunner, InferenceCheck


def outputs_of(was: DeploymentOutputs, record: Record, restore_to: Served | None = None) -> DeploymentOutputs:
    """Give what the state holds of a deployment besides its inputs."""
    return was.model_copy(update={"last_check": record.last, "proof": record.proof, "restore_to": restore_to})


class UnprovedDeployment(Restorable):
    """A deployment that failed its check. One that `existing_id` holds stays as it is: no call changes it.

    Args:
        check: the declared check.
        runner: what ran it.
        stands: how it stands.
        prior: the state before an update; None for a new one.
        former: what is to be put back; None for a new one, and for what is held as it is.
        stood: what it held when the update began; None likewise.
    """

    def __init__(
        self,
        check: InferenceCheck,
        runner: DeploymentRunner,
        stands: DeploymentState,
        prior: DeploymentState | None = None,
        former: Served | None = None,
        stood: Served | None = None,
    ) -> None:
        super().__init__(runner, check, prior)
        self._stands, self._former, self._stood = stands, former, stood
        self._inputs: DeploymentInputs = stands.inputs
        self._is_held = self._inputs.existing_id is not None
        self.is_kept = self.is_kept or self._is_held

    @property
    def why_kept(self) -> str:
        """What was made by hand is nobody's here to change."""
        return "and nothing of what `existing_id` holds is put back" if self._is_held else super().why_kept

    @property
    def serves(self) -> str:
        """Version and machine."""
        what = "what it points to" if self._is_held else _what(self._inputs)
        return f"{what} serves now"

    async def remove(self) -> None:
        """Delete it."""
        await self.call.client.delete_deployment(self.runner.target_id)

    def has_former(self) -> bool:
        """Tell whether it held another before."""
        return self._former is not None and bool(differing(self._former, self._inputs))

    async def put_back(self) -> str:
        """Put it back to what was proved, or to what stood before the update."""
        former, stood = self._former, self._stood
        assert former is not None
        await self.call.client.change_deployment(self.runner.target_id, differing(former, self._inputs))
        is_hands = stood is not None and _what(stood) not in (_what(former), _what(self._inputs))
        instead = f", not {_what(stood)}, which was not proved" if stood is not None and is_hands else ""
        return f"{_what(former)} serves again{instead}"

    def state(self, record: Record, *, is_to_be_restored: bool) -> DeploymentState:
        """Keep how it stands, and what is still to be put back."""
        restore_to = self._former if is_to_be_restored else None
        return State(self._inputs, outputs_of(self._stands.outputs, record, restore_to))


def _what(settings: DeploymentInputs | Served) -> str:
    """Give version and machine in words."""
    return f"version {settings.workflow_version_id} on machine {settings.machine_id}"
