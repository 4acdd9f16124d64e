"""One version of a ComfyDeploy workflow, for those who manage versions themselves.

The platform never changes or deletes a version: a changed document is a new one, and removing the resource leaves the
version where it is (docs/platforms/comfydeploy.md 2.2, 5.2).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.core.model import REPLACES, Model
from pulumi_comfy.core.resource import Found, Inserted, Seen, State
from pulumi_comfy.deploy_protocol.documents import DocumentHandler, WorkflowApiDocument, WorkflowDocument, document_of
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.documents import comment_of
from pulumi_comfy.platforms.comfydeploy.fields import AccountInputs, Id
from pulumi_comfy.platforms.comfydeploy.reads import read_version


class WorkflowVersionInputs(AccountInputs):
    """What a program declares of a version."""

    workflow_id: Annotated[Id, REPLACES, Field(description="Id of its workflow; a change makes a new version.")]
    workflow: Annotated[WorkflowDocument, REPLACES]
    workflow_api: WorkflowApiDocument = None


class WorkflowVersionOutputs(Model):
    """What the platform decides of a version."""

    version_number: Annotated[int, Field(description="Its number, counted from 1 within the workflow.")]
    workflow_digest: Annotated[str, Field(description="SHA-256 of the document's canonical form.")]


VersionState = State[WorkflowVersionInputs, WorkflowVersionOutputs]


class WorkflowVersionHandler(DocumentHandler[WorkflowVersionInputs, WorkflowVersionOutputs, ComfyDeployApi]):
    """Workflow versions. Import: the id is the version's UUID."""

    token = "comfydeploy:WorkflowVersion"
    label = "workflow version"
    inputs_model = WorkflowVersionInputs
    outputs_model = WorkflowVersionOutputs
    reuses_equal = True

    def natural_key(self, inputs: WorkflowVersionInputs) -> str:
        """Two resources that ask for the same documents get one version."""
        return f"{inputs.workflow_id} {document_of(inputs.workflow, inputs.workflow_api).digest}"

    async def find(self, inputs: WorkflowVersionInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """The newest version that holds this very document and bears our mark: an interrupted run made it, or we did.

        It need not be the workflow's newest: a person may have saved one in the editor since.
        """
        digest = document_of(inputs.workflow, inputs.workflow_api).digest
        rows = await call.client.find_versions(inputs.workflow_id, digest)
        return [Found(row.id, f"version {row.version}") for row in rows if row.comment == comment_of(digest)][:1]

    async def insert(
        self,
        inputs: WorkflowVersionInputs,
        found: Sequence[Found],  # noqa: ARG002
        call: Call[ComfyDeployApi],
    ) -> Inserted[None]:
        """Append it; its comment bears the document's digest, by which a lost answer is found again."""
        document = document_of(inputs.workflow, inputs.workflow_api)
        row = await call.client.create_version(
            inputs.workflow_id,
            workflow=document.graph if document.graph is not None else {},
            workflow_api=document.prompt,
            comment=comment_of(document.digest),
        )
        return Inserted(row.id)

    async def complete(
        self, made: Inserted[None], inputs: WorkflowVersionInputs, call: Call[ComfyDeployApi]
    ) -> VersionState:
        """Read its number."""
        row = await call.client.get_version(made.id)
        if row is None:
            raise OutcomeError("COMFY2404", tried=f'create workflow version "{call.name}"', got="it is gone again")
        digest = document_of(inputs.workflow, inputs.workflow_api).digest
        return State(inputs, WorkflowVersionOutputs(version_number=row.version, workflow_digest=digest))

    async def read(
        self, object_id: str, prior: VersionState, call: Call[ComfyDeployApi]
    ) -> Seen[WorkflowVersionOutputs] | None:
        """Read it; gone when its workflow was deleted."""
        row = await read_version(call.client, object_id, prior.inputs.workflow_id)
        if row is None:
            return None
        digest = prior.outputs.workflow_digest or (row.comment or "").rpartition(":")[2]
        outputs = WorkflowVersionOutputs(version_number=row.version, workflow_digest=digest)
        return Seen({"workflow_id": row.workflow_id}, outputs)

    async def update(
        self,
        object_id: str,
        prior: VersionState,
        inputs: WorkflowVersionInputs,
        changed: Set[str],  # noqa: ARG002
        call: Call[ComfyDeployApi],
    ) -> VersionState:
        """Nothing of a version can change; its number is read where the create could not."""
        if prior.outputs.version_number:
            return State(inputs, prior.outputs)
        return await self.complete(Inserted(object_id), inputs, call)

    async def delete(self, object_id: str, prior: VersionState, call: Call[ComfyDeployApi]) -> None:
        """Leave it: the platform deletes no version."""
