"""One version of a workflow of a self-hosted ComfyUI Deploy, for those who manage versions themselves.

The server never changes or deletes a version: a changed document is a new one, and removing the resource leaves the
version where it is. Numbers may collide, so that a version is known by its id, or else by what it holds
(docs/platforms/selfhosted.md 2.1, 2.2).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.meanings import SNAPSHOT
from pulumi_comfy.core.model import REPLACES, Json
from pulumi_comfy.core.resource import Found, Inserted, Seen, State
from pulumi_comfy.deploy_protocol.documents import WorkflowDocument
from pulumi_comfy.platforms.selfhosted.existing import SelfHostedCall
from pulumi_comfy.platforms.selfhosted.fields import SNAPSHOT_WORDS, Id, Snapshot, in_order
from pulumi_comfy.platforms.selfhosted.posting import PostedHandler, PostedInputs, PostedOutputs, outputs_of, post


class WorkflowVersionInputs(PostedInputs):
    """What a program declares of a version."""

    workflow_id: Annotated[Id, REPLACES, Field(description="Id of its workflow; a change makes a new version.")]
    workflow: Annotated[WorkflowDocument, REPLACES]
    snapshot: Annotated[Snapshot, REPLACES, SNAPSHOT, Field(description=SNAPSHOT_WORDS)]


VersionState = State[WorkflowVersionInputs, PostedOutputs]


class WorkflowVersionHandler(PostedHandler[WorkflowVersionInputs]):
    """Workflow versions. Import: the id is the version's UUID."""

    token = "selfhosted:WorkflowVersion"
    label = "workflow version"
    inputs_model = WorkflowVersionInputs

    async def find(self, inputs: WorkflowVersionInputs, call: SelfHostedCall) -> list[Found]:  # noqa: ARG002
        """Nothing lists versions, and one more of the same content does no harm."""
        return []

    async def insert(
        self,
        inputs: WorkflowVersionInputs,
        found: Sequence[Found],  # noqa: ARG002
        call: SelfHostedCall,
    ) -> Inserted[PostedOutputs]:
        """Append it."""
        posted = await post(inputs, {"workflow_id": inputs.workflow_id}, call)
        return Inserted(posted.version_id or f"{posted.workflow_id}/{posted.version}", outputs_of(posted, inputs))

    async def read(self, object_id: str, prior: VersionState, call: SelfHostedCall) -> Seen[PostedOutputs] | None:
        """Read it, where its id is known; gone when its workflow was deleted. Else it is taken on trust."""
        workflow_id, _, number = object_id.partition("/")
        told: dict[str, Json]
        if number:
            told = {"version_number": int(number)} if number.isdecimal() else {}
            return Seen({"workflow_id": workflow_id}, prior.outputs.model_copy(update=told))
        row = await call.client.get_version(object_id)
        if row is None:
            return None
        digest = prior.outputs.workflow_digest or row.digest
        told = {"version_number": row.version, "version_id": object_id, "workflow_digest": digest}
        seen = {"workflow_id": row.workflow_id, **_snapshot_in(row.snapshot)}
        return Seen(seen, prior.outputs.model_copy(update=told))

    async def update(
        self,
        object_id: str,  # noqa: ARG002
        prior: VersionState,
        inputs: WorkflowVersionInputs,
        changed: Set[str],  # noqa: ARG002
        call: SelfHostedCall,  # noqa: ARG002
    ) -> VersionState:
        """Nothing of a version can change."""
        return State(inputs, prior.outputs)

    async def delete(self, object_id: str, prior: VersionState, call: SelfHostedCall) -> None:
        """Leave it: the server deletes no version."""


def _snapshot_in(told: Json) -> dict[str, Json]:
    """Give the snapshot of a row; what is none says nothing."""
    try:
        return {"snapshot": in_order(told)} if isinstance(told, dict) else {}
    except ValueError:
        return {}
