"""A Comfy Cloud workflow together with its newest declared version.

The platform changes and deletes no version: a changed document is appended, on top of the version that this stack
knows. A version that a person saves in the browser is no drift: a refresh tells of it in one line, and the next changed
document is refused until the program says what is to become of theirs (`on_conflict`). Deleting is soft and cannot be
taken back. Limits: names are not unique.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from pulumi_comfy import workflows
from pulumi_comfy.comfyui_protocol.documents import document_in_state, document_of
from pulumi_comfy.core.errors import ComfyError, KeptError, LostEngineError
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.resource import Found, Inserted, Seen, State
from pulumi_comfy.inference.due import is_due
from pulumi_comfy.inference.proof import Record
from pulumi_comfy.inference.prove import Failed
from pulumi_comfy.inference.rollback import failed_create, failed_update
from pulumi_comfy.platforms.comfycloud.api import ContentRow, VersionRow
from pulumi_comfy.platforms.comfycloud.documents import (
    body_of,
    digest_of,
    digest_of_content,
    read_content,
)
from pulumi_comfy.platforms.comfycloud.runner import SavedVersion, checked, refuse_what_does_not_fit
from pulumi_comfy.platforms.comfycloud.workflow.appending import Base, append, newest_of
from pulumi_comfy.platforms.comfycloud.workflow.fields import (
    METADATA,
    CloudCall,
    WorkflowInputs,
    WorkflowOutputs,
    WorkflowState,
    metadata_of,
    shown,
)
from pulumi_comfy.platforms.comfycloud.workflow.reads import read_workflow
from pulumi_comfy.platforms.comfycloud.workflow.restorable import UnprovedWorkflow, with_record
from pulumi_comfy.platforms.comfycloud.workflow.saved import CHECK, SavedHandler


class WorkflowHandler(SavedHandler[WorkflowInputs, WorkflowOutputs]):
    """Workflows. Import: the id is the workflow's UUID."""

    token = "comfycloud:Workflow"
    label = "workflow"
    inputs_model = WorkflowInputs
    outputs_model = WorkflowOutputs

    def canonical(self, inputs: WorkflowInputs, outputs: WorkflowOutputs | None) -> dict[str, Json]:
        """An emptied description is none: the platform empties with "", never with null."""
        fields = super().canonical(inputs, outputs)
        fields["description"] = fields["description"] or None
        return fields

    def saves_to(self, inputs: WorkflowInputs, call: CloudCall) -> Json:
        """The one that this resource holds, or takes over."""
        held = call.memory.by_age(call.urn)
        return held[-1] if held else inputs.adopt

    async def find(self, inputs: WorkflowInputs, call: CloudCall) -> list[Found]:
        """Workflows of exactly this name: the platform allows several."""
        rows = await call.client.find_workflows(str(inputs.name))
        return [Found(row.id, f'workflow "{row.name}"') for row in rows]

    async def insert(
        self,
        inputs: WorkflowInputs,
        found: Sequence[Found],  # noqa: ARG002
        call: CloudCall,
    ) -> Inserted[None]:
        """Create it with its document; version 1 comes with it. What no check could run is not even saved."""
        await refuse_what_does_not_fit(_document(inputs), inputs.inference_check, CHECK, call)
        body = {**metadata_of(inputs), "workflow_json": body_of(_document(inputs))}
        return Inserted((await call.client.create_workflow(body)).id)

    async def complete(self, made: Inserted[None], inputs: WorkflowInputs, call: CloudCall) -> WorkflowState:
        """Read the version's id, which the creation does not tell, and check it."""
        outputs = _outputs(await newest_of(made.id, call), str(digest_of(inputs.workflow)))
        return await self._checked(made.id, inputs, outputs, call)

    async def read(self, object_id: str, prior: WorkflowState, call: CloudCall) -> Seen[WorkflowOutputs] | None:
        """Read it. A version that a person saved since is no drift: one line, and ours stays."""
        row, outputs = await read_workflow(call.client, object_id), prior.outputs
        if row is None:
            return None
        is_whole = bool(outputs.version_id and outputs.version_number and outputs.workflow_digest)
        if is_whole and row.latest_version == outputs.version_number:
            return Seen(shown(row), outputs)
        content = await call.client.get_content(object_id)
        if content is None:
            return None
        digest = digest_of_content(content.workflow_json)
        if not is_whole:
            outputs = with_record(_outputs(content, digest), outputs.record)
        elif digest != outputs.workflow_digest:
            who, ours = content.created_by or "somebody", outputs.version_number
            call.inform(f"version {content.version} was saved outside of Pulumi by {who}; version {ours} stays")
        return Seen(shown(row), outputs)

    async def update(
        self,
        object_id: str,
        prior: WorkflowState,
        inputs: WorkflowInputs,
        changed: Set[str],
        call: CloudCall,
    ) -> WorkflowState:
        """Append a version when the document changed, patch what else did, and check it."""
        outputs, former = prior.outputs, _to_restore(prior, inputs)
        if "workflow" in changed:
            await refuse_what_does_not_fit(_document(inputs), inputs.inference_check, CHECK, call)
            former = former or await _former(object_id, prior, inputs, call)
            base = Base(outputs.version_number or 0, outputs.workflow_digest or "")
            version = await append(object_id, base, _document(inputs), inputs.on_conflict, call)
            made = _outputs(version, str(digest_of(inputs.workflow)))
            outputs = with_record(made, Record(None, prior.outputs.proof))
        elif not outputs.version_id:
            content = await newest_of(object_id, call)
            outputs = with_record(_outputs(content, digest_of_content(content.workflow_json)), outputs.record)
        try:
            await call.client.patch_workflow(object_id, metadata_of(inputs, changed))
        except LostEngineError:
            raise
        except ComfyError as failed:  # the version is there, and the next `up` must not append it again
            kept = inputs.model_copy(update={name: getattr(prior.inputs, name) for name in METADATA})
            raise KeptError.of(failed, State(kept, outputs)) from None
        if not is_due(prior.outputs.last_check, inputs.inference_check, changed, WorkflowInputs):
            return State(inputs, outputs)
        return await self._checked(object_id, inputs, outputs, call, prior, former)

    async def delete(self, object_id: str, prior: WorkflowState, call: CloudCall) -> None:  # noqa: ARG002
        """Delete it, with all its versions."""
        await call.client.delete_workflow(object_id)

    async def _checked(
        self,
        object_id: str,
        inputs: WorkflowInputs,
        outputs: WorkflowOutputs,
        call: CloudCall,
        prior: WorkflowState | None = None,
        former: workflows.Document | None = None,
    ) -> WorkflowState:
        """Check what stands, where that is declared; what fails is put back, removed or kept."""
        saved = SavedVersion(object_id, outputs.version_id, outputs.workflow_digest)
        asked, proof = inputs.inference_check, prior.outputs.proof if prior else None
        runner, found = await checked(saved, _document(inputs), asked, proof, inputs.connection, call)
        if not isinstance(found, Failed):
            still = None if found.is_passed else outputs.restore_to
            return State(inputs, with_record(outputs, found).model_copy(update={"restore_to": still}))
        assert asked is not None
        made = UnprovedWorkflow(inputs, asked, runner, outputs, prior, former)
        raise await (failed_create(found, made) if prior is None else failed_update(found, made))


def _document(inputs: WorkflowInputs) -> workflows.Document:
    return document_of(inputs.workflow, inputs.workflow_api)


def _outputs(version: VersionRow | ContentRow, digest: str) -> WorkflowOutputs:
    return WorkflowOutputs(version_id=version.id, version_number=version.version, workflow_digest=digest)


def _to_restore(prior: WorkflowState, inputs: WorkflowInputs) -> workflows.Document | None:
    """Give what a rollback was to put back and could not."""
    told = prior.outputs.restore_to
    is_other = told is not None and digest_of(told) != digest_of(inputs.workflow)
    return document_of(told, None) if told is not None and is_other else None


async def _former(
    workflow_id: str, prior: WorkflowState, inputs: WorkflowInputs, call: CloudCall
) -> workflows.Document | None:
    """Give what a rollback would put back, before it is no longer the newest: no earlier version can be read.

    Where the newest is what is declared already, as after a killed update, it is what the state declares.
    """
    if inputs.inference_check is None or not call.checks_enabled:
        return None
    content = await newest_of(workflow_id, call)
    if digest_of_content(content.workflow_json) != digest_of(inputs.workflow):
        return read_content(content.workflow_json)
    return document_in_state(call.old_inputs, prior.outputs, prior.outputs.workflow_digest)
