"""What becomes of a workflow that fails its inference check: its file is removed, or holds again what it held."""

from __future__ import annotations

import json
from collections.abc import Set

from pulumi_comfy.core.errors import OwnershipError
from pulumi_comfy.core.resource import State
from pulumi_comfy.inference.proof import Record
from pulumi_comfy.inference.rollback import Restorable
from pulumi_comfy.platforms.comfyui.runner import InferenceCheck, ServerRunner
from pulumi_comfy.platforms.comfyui.workflow.fields import (
    WorkflowInputs,
    WorkflowOutputs,
    WorkflowState,
    graph_digest,
    prompt_digest,
)
from pulumi_comfy.platforms.comfyui.workflow.reads import digest_in
from pulumi_comfy.workflows import Document


def outputs_of(inputs: WorkflowInputs, record: Record, restore_to: str | None = None) -> WorkflowOutputs:
    """Give what the state holds of a workflow whose file holds what is declared."""
    return WorkflowOutputs(
        workflow_digest=str(graph_digest(inputs)),
        prompt_digest=prompt_digest(inputs),
        last_check=record.last,
        proof=record.proof,
        restore_to=restore_to,
    )


def text_of(document: Document) -> str:
    """Write a document as a file holds it."""
    return json.dumps(document.graph or document.prompt)


class UnprovedWorkflow(Restorable):
    """A workflow that failed its check.

    Args:
        inputs: what is declared.
        check: the declared check.
        runner: what ran it.
        prior: the state before an update; None for a new one.
        former: what the file held before; None for a new one.
    """

    noun = "workflow"

    def __init__(
        self,
        inputs: WorkflowInputs,
        check: InferenceCheck,
        runner: ServerRunner,
        prior: WorkflowState | None = None,
        former: Document | None = None,
    ) -> None:
        super().__init__(runner, check, prior)
        self._inputs, self._former = inputs, former

    @property
    def serves(self) -> str:
        """What the file holds."""
        return "the declared workflow serves now"

    async def remove(self) -> None:
        """Remove the file, unless somebody has saved another workflow there while the check ran."""
        if await self._holds(set()):
            await self.call.client.delete_file(self.runner.target_id)

    def has_former(self) -> bool:
        """Tell whether it held another before."""
        return self._former is not None and self._former.digest != graph_digest(self._inputs)

    @property
    def runs_again(self) -> bool:
        """A command of the check would run the prompt of what failed, not what is put back."""
        return False

    async def put_back(self) -> str:
        """Write what it held, unless somebody has saved another workflow there while the check ran."""
        assert self._former is not None
        await self._holds({self._former.digest})
        held = self._former.graph or self._former.prompt or {}
        await self.call.client.save_file(self.runner.target_id, held, is_new=False)
        return "the workflow that the file held before serves again"

    async def _holds(self, allowed: Set[str]) -> bool:
        """Tell whether the file is there, where it holds what is declared or what is allowed.

        Raises:
            OwnershipError: somebody has saved another meanwhile.
        """
        path, call = self.runner.target_id, self.call
        held = await call.client.get_file(path)
        if held is not None and digest_in(held) not in {graph_digest(self._inputs), *allowed}:
            got = f"somebody has saved {path} while the check ran"
            raise OwnershipError("COMFY4005", tried=f'undo workflow "{call.name}"', got=got)
        return held is not None

    def state(self, record: Record, *, is_to_be_restored: bool) -> WorkflowState:
        """Keep how it stands, and what is still to be put back."""
        former = self._former if is_to_be_restored else None
        return State(self._inputs, outputs_of(self._inputs, record, text_of(former) if former else None))
