"""What becomes of a workflow whose new version fails its inference check: versions are only ever appended.

Facts: docs/platforms/comfycloud.md 2.2.
"""

from __future__ import annotations

import json
from typing import TypeVar

from pulumi_comfy import workflows
from pulumi_comfy.core.errors import OwnershipError
from pulumi_comfy.core.resource import State
from pulumi_comfy.inference.proof import Record
from pulumi_comfy.inference.rollback import Restorable
from pulumi_comfy.platforms.comfycloud.documents import body_of, digest_of_content
from pulumi_comfy.platforms.comfycloud.fields import OnConflict
from pulumi_comfy.platforms.comfycloud.runner import InferenceCheck, VersionRunner
from pulumi_comfy.platforms.comfycloud.workflow.appending import Base, append, words_of
from pulumi_comfy.platforms.comfycloud.workflow.fields import (
    CloudCall,
    VersionOutputs,
    WorkflowInputs,
    WorkflowOutputs,
    WorkflowState,
    metadata_of,
)


class UnprovedWorkflow(Restorable):
    """A workflow that failed its check.

    Args:
        inputs: what is declared.
        check: the declared check.
        runner: what ran it.
        outputs: how it stands.
        prior: the state before an update; None for a new one.
        former: the document of the version before; None where there is none to go back to.
    """

    noun = "workflow"

    def __init__(
        self,
        inputs: WorkflowInputs,
        check: InferenceCheck,
        runner: VersionRunner,
        outputs: WorkflowOutputs,
        prior: WorkflowState | None = None,
        former: workflows.Document | None = None,
    ) -> None:
        super().__init__(runner, check, prior)
        self._inputs, self._outputs, self._former = inputs, outputs, former

    @property
    def serves(self) -> str:
        """The newest version, which the editor opens."""
        return f"version {self._outputs.version_number} serves now"

    async def remove(self) -> None:
        """Delete it, unless somebody has saved another document meanwhile, which would go with it.

        Raises:
            OwnershipError: somebody has.
        """
        call: CloudCall = self.call
        newest = await call.client.get_content(self.runner.target_id)
        if newest is None:
            return
        if digest_of_content(newest.workflow_json) != self._outputs.workflow_digest:
            raise OwnershipError("COMFY4005", tried=f'remove workflow "{call.name}"', got=words_of(newest))
        await call.client.delete_workflow(self.runner.target_id)

    def has_former(self) -> bool:
        """Tell whether another document was the newest before."""
        return self._former is not None

    @property
    def runs_again(self) -> bool:
        """A command of the check would run the prompt of what failed, not what is put back."""
        return False

    async def put_back(self) -> str:
        """Append the former document again, unless somebody has saved another one meanwhile."""
        assert self._former is not None
        assert self.prior is not None
        failed = Base(self._outputs.version_number, self._outputs.workflow_digest)
        call: CloudCall = self.call
        made = await append(self.runner.target_id, failed, self._former, OnConflict.REFUSE, call)
        await call.client.patch_workflow(self.runner.target_id, metadata_of(self.prior.inputs))
        return (
            f"version {made.version}, the former document once more, serves again; the failed version "
            f"{failed.number} stays in the history, as the platform deletes none"
        )

    def state(self, record: Record, *, is_to_be_restored: bool) -> WorkflowState:
        """Keep how it stands, and the former document where it is still to be put back: no old version can be read."""
        former = json.dumps(body_of(self._former)) if is_to_be_restored and self._former else None
        return State(self._inputs, with_record(self._outputs, record).model_copy(update={"restore_to": former}))


OutputsT = TypeVar("OutputsT", bound=VersionOutputs)


def with_record(outputs: OutputsT, record: Record) -> OutputsT:
    """Give the outputs with what checks have found."""
    return outputs.model_copy(update={"last_check": record.last, "proof": record.proof})
