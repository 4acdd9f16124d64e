"""What becomes of a deployment that fails its inference check, in ComfyDeploy's verbs."""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from pulumi_comfy.core.resource import State
from pulumi_comfy.inference.proof import Record
from pulumi_comfy.inference.rollback import Restorable
from pulumi_comfy.platforms.comfydeploy.api.rows import DeploymentRow
from pulumi_comfy.platforms.comfydeploy.deployment.fields import (
    SETTINGS,
    DeploymentInputs,
    DeploymentState,
    Served,
    outputs_of,
)
from pulumi_comfy.platforms.comfydeploy.deployment.undo import purge, restore
from pulumi_comfy.platforms.comfydeploy.runner.deployed import DeploymentRunner, InferenceCheck

_REBUILT: Final = (
    ", but that machine was rebuilt in place and its former build is gone: put its former settings back, "
    'or use `rollout="replace"` so that the former machine keeps serving'
)


class UnprovedDeployment(Restorable):
    """A deployment that failed its check.

    Args:
        inputs: what is declared.
        check: the declared check.
        row: how it stands.
        runner: what ran it.
        prior: the state before an update; None for a new one.
        former: what is to be put back; None for a new one.
        changed: the fields (snake_case) that the update changed.
        stood: what it held when the update began; None for a new one.
    """

    def __init__(
        self,
        inputs: DeploymentInputs,
        check: InferenceCheck,
        row: DeploymentRow,
        runner: DeploymentRunner,
        prior: DeploymentState | None = None,
        former: Served | None = None,
        changed: Set[str] = frozenset(),
        stood: Served | None = None,
    ) -> None:
        super().__init__(runner, check, prior)
        self._inputs, self._row, self._former = inputs, row, former
        self._changed, self._stood = changed, stood
        kept_machine = former is not None and former.machine_id == inputs.machine_id
        self._is_rebuilt = "machine_build_digest" in changed and kept_machine

    @property
    def serves(self) -> str:
        """The version."""
        return f"version {self._inputs.workflow_version_id} serves now"

    async def remove(self) -> None:
        """Delete it for good."""
        await purge(self.runner.target_id, self._inputs.workflow_id, self._inputs.environment, self.call)

    def has_former(self) -> bool:
        """Tell whether it holds another than before; a machine that was rebuilt in place counts."""
        return Served.of(self._row) != self._former or self._is_rebuilt

    @property
    def is_former_gone(self) -> bool:
        """A machine that was rebuilt in place has lost its former build."""
        return self._is_rebuilt

    async def put_back(self) -> str:
        """Patch it to what it held."""
        former = self._former
        assert former is not None
        sent = {name for name in SETTINGS if name in self._changed or getattr(self._inputs, name) is not None}
        pinned = await restore(self.runner.target_id, former, sent, self.call)
        outcome = f"version {former.workflow_version_id} on machine {former.machine_id} serves again"
        stood = self._stood
        if stood is not None and stood.workflow_version_id not in (
            former.workflow_version_id,
            self._inputs.workflow_version_id,
        ):
            outcome += f", not version {stood.workflow_version_id}, which was not proved"
        if pinned:
            outcome += f", with its GPU pinned to the machine's {pinned}, which cannot be unset"
        return outcome + (_REBUILT if self._is_rebuilt else "")

    def state(self, record: Record, *, is_to_be_restored: bool) -> DeploymentState:
        """Keep how it stands, and what is still to be put back."""
        restore_to = self._former if is_to_be_restored else None
        return State(self._inputs, outputs_of(self._row, record, self.call, restore_to))
