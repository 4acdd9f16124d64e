"""A workflow of a self-hosted ComfyUI Deploy together with its newest declared version.

The server keeps versions for ever and never changes one: a changed document appends a version. It lists no workflows,
renames none and deletes none over REST (docs/platforms/selfhosted.md 2.1): what a killed create left is not found
again, and removing the resource leaves the workflow where it is.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Annotated

from pulumi_comfy.core.errors import OwnershipError, StatusError
from pulumi_comfy.core.fields import Name
from pulumi_comfy.core.model import REPLACES
from pulumi_comfy.core.resource import Found, Inserted, Seen, State
from pulumi_comfy.platforms.selfhosted.existing import SelfHostedCall
from pulumi_comfy.platforms.selfhosted.fields import Adopt
from pulumi_comfy.platforms.selfhosted.posting import PostedHandler, PostedInputs, PostedOutputs, outputs_of, post


class WorkflowInputs(PostedInputs):
    """What a program declares of a workflow."""

    name: Annotated[Name, REPLACES] = None
    adopt: Adopt = None


WorkflowState = State[WorkflowInputs, PostedOutputs]


class WorkflowHandler(PostedHandler[WorkflowInputs]):
    """Workflows. They cannot be imported: nothing reads one by its id."""

    token = "selfhosted:Workflow"
    label = "workflow"
    inputs_model = WorkflowInputs

    async def find(self, inputs: WorkflowInputs, call: SelfHostedCall) -> list[Found]:
        """Nothing lists workflows. What a killed create may have left on the server is told."""
        note = call.attempt
        if note is not None and not note.ids:  # else it is told with its id
            call.warn(
                f'an earlier create of workflow "{inputs.name}" was broken off: if the web UI shows one, remove '
                "it there, since nothing here can find it"
            )
        return []

    async def insert(
        self,
        inputs: WorkflowInputs,
        found: Sequence[Found],  # noqa: ARG002
        call: SelfHostedCall,
    ) -> Inserted[PostedOutputs]:
        """Post it; version 1 comes with it."""
        posted = await post(inputs, {"workflow_name": inputs.name}, call)
        return Inserted(posted.workflow_id, outputs_of(posted, inputs))

    async def read(self, object_id: str, prior: WorkflowState, call: SelfHostedCall) -> Seen[PostedOutputs] | None:  # noqa: ARG002
        """Read its version, where its id is known: no version goes without its workflow. Else it is taken on trust."""
        version_id = prior.outputs.version_id
        if version_id and await call.client.get_version(version_id) is None:
            return None
        return Seen({}, prior.outputs)

    async def update(
        self, object_id: str, prior: WorkflowState, inputs: WorkflowInputs, changed: Set[str], call: SelfHostedCall
    ) -> WorkflowState:
        """Append a version when the document or the snapshot changed, or what is adopted holds who knows what."""
        if prior.outputs.version_number and not changed & {"workflow", "snapshot"}:
            return State(inputs, prior.outputs)
        try:
            posted = await post(inputs, {"workflow_id": object_id}, call)
        except StatusError as refused:
            if "Invalid workflow_id" not in refused.detail:
                raise
            got = "this key sees no such object"
            raise OwnershipError("COMFY4003", tried=f"post a version of workflow {object_id}", got=got) from None
        return State(inputs, outputs_of(posted, inputs))

    async def delete(self, object_id: str, prior: WorkflowState, call: SelfHostedCall) -> None:  # noqa: ARG002
        """Leave it, and say so: the server has no route that deletes one."""
        call.warn(f"workflow {object_id} stays on the server: only its web UI deletes workflows")
