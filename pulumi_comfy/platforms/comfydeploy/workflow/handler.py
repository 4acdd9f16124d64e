"""A ComfyDeploy workflow together with its newest declared version.

The platform keeps versions for ever and never changes one: a changed document appends a version. Deleting is soft.
Limits: `selected_machine_id` cannot be unset (docs/platforms/comfydeploy.md 2.1); names are not unique.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.comfyui_protocol.documents import digest_of
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import LostAnswerError, OutcomeError
from pulumi_comfy.core.fields import Name
from pulumi_comfy.core.model import LEFT_ALONE, Json, Model
from pulumi_comfy.core.resource import Found, Inserted, Seen, State
from pulumi_comfy.core.stored import overlay
from pulumi_comfy.deploy_protocol.documents import DocumentHandler, WorkflowApiDocument, WorkflowDocument, document_of
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import WorkflowRow, WorkflowVersionRow
from pulumi_comfy.platforms.comfydeploy.documents import comment_of, is_ours
from pulumi_comfy.platforms.comfydeploy.fields import AccountInputs, Adopt, Id, SeenAt
from pulumi_comfy.platforms.comfydeploy.reads import as_text, read_workflow
from pulumi_comfy.platforms.comfydeploy.workflow.removal import remove_workflow

EMPTY_GRAPH = "{}"
"""Sent as the editor's graph when the program has only the API prompt: the editor then opens an empty canvas."""


class WorkflowInputs(AccountInputs):
    """What a program declares of a workflow."""

    name: Name = None
    workflow: WorkflowDocument
    workflow_api: WorkflowApiDocument = None
    description: Annotated[str | None, Field(description="Free text shown on the platform. Default: empty.")] = None
    cover_image: Annotated[str | None, Field(description="URL of the picture shown on the platform.")] = None
    selected_machine_id: Annotated[
        Id | None,
        LEFT_ALONE,
        Field(description="Id of the machine that the editor opens at first."),
    ] = None
    pinned: Annotated[bool, Field(description="Whether it is pinned on top of the platform's list. Default false.")] = (
        False
    )
    adopt: Adopt = None


class WorkflowOutputs(Model):
    """What the platform decides of a workflow."""

    version_id: Annotated[str, Field(description="Id of the version that holds the declared document.")]
    version_number: Annotated[int, Field(description="Number of that version, counted from 1.")]
    workflow_digest: Annotated[
        str, Field(description="SHA-256 of the document's canonical form; positions and colours do not count.")
    ]
    seen_at: SeenAt = None


_SETTINGS = frozenset({"description", "cover_image", "selected_machine_id", "pinned"})
"""What the creation does not take."""

WorkflowState = State[WorkflowInputs, WorkflowOutputs]


def _texts(inputs: WorkflowInputs) -> tuple[str, str | None]:
    """Give both documents as they are sent; what was read of them is let go before they are."""
    document = document_of(inputs.workflow, inputs.workflow_api)
    return document.graph_text or EMPTY_GRAPH, document.prompt_text


class WorkflowHandler(DocumentHandler[WorkflowInputs, WorkflowOutputs, ComfyDeployApi]):
    """Workflows. Import: the id is the workflow's UUID, as in its page's URL."""

    token = "comfydeploy:Workflow"
    label = "workflow"
    inputs_model = WorkflowInputs
    outputs_model = WorkflowOutputs
    set_after_insert = _SETTINGS

    def canonical(self, inputs: WorkflowInputs, outputs: WorkflowOutputs | None) -> dict[str, Json]:
        """An empty text is none: the platform empties with "", never with null."""
        fields = super().canonical(inputs, outputs)
        return {**fields, **{name: fields[name] or None for name in ("description", "cover_image")}}

    async def find(self, inputs: WorkflowInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """Workflows of the same name."""
        rows = await call.client.find_workflows(str(inputs.name))
        return [Found(row.id, f'workflow "{row.name}"') for row in rows]

    async def insert(
        self,
        inputs: WorkflowInputs,
        found: Sequence[Found],  # noqa: ARG002
        call: Call[ComfyDeployApi],
    ) -> Inserted[None]:
        """Create it with its document; version 1 comes with it."""
        graph, prompt = _texts(inputs)
        created = await call.client.create_workflow(name=str(inputs.name), workflow_json=graph, workflow_api=prompt)
        return Inserted(created.workflow_id)

    async def complete(self, made: Inserted[None], inputs: WorkflowInputs, call: Call[ComfyDeployApi]) -> WorkflowState:
        """Set what the creation does not take, then read the version's id, which its answer does not give."""
        settings = _settings(inputs, _SETTINGS)
        await call.client.patch_workflow(made.id, {key: value for key, value in settings.items() if value})
        return await _with_newest_version(made.id, inputs, call)

    async def read(
        self, object_id: str, prior: WorkflowState, call: Call[ComfyDeployApi]
    ) -> Seen[WorkflowOutputs] | None:
        """Read it. A version that a person saved since is no drift: one line, and ours stays."""
        outputs = prior.outputs
        is_whole = outputs.version_id and outputs.version_number and outputs.workflow_digest
        row = await read_workflow(call.client, object_id, outputs.seen_at if is_whole else None)
        if row is None:
            return None
        newest = row.newest_version
        if outputs.seen_at is None:  # else it stays: what somebody did since is looked at until an update takes it in
            outputs = outputs.model_copy(update={"seen_at": as_text(row.updated_at)})
        if newest is not None and not outputs.version_id:
            # By its content: the first version carries the platform's own comment.
            outputs = _outputs(newest, newest.digest, as_text(row.updated_at))
        elif newest is not None and newest.id != outputs.version_id and not is_ours(newest.comment):
            call.inform(f"version {newest.version} was saved outside of Pulumi; version {outputs.version_number} stays")
        return Seen(_shown(row), outputs)

    async def update(
        self,
        object_id: str,
        prior: WorkflowState,
        inputs: WorkflowInputs,
        changed: Set[str],
        call: Call[ComfyDeployApi],
    ) -> WorkflowState:
        """Patch what changed; append a version when the document did."""
        row = await call.client.patch_workflow(object_id, _settings(inputs, changed - {"workflow", "connection"}))
        if "workflow" not in changed:
            if not prior.outputs.version_id:
                return await _with_newest_version(object_id, inputs, call)
            state = State(inputs, prior.outputs)
        else:
            row, version = await _append_version(object_id, inputs, call)
            outputs = _outputs(version, str(digest_of(inputs.workflow, inputs.workflow_api)))
            state = State(inputs, outputs.model_copy(update={"seen_at": prior.outputs.seen_at}))
        if row is None or overlay(self, state, Seen(_shown(row), state.outputs)):
            return state  # somebody did something that no refresh has seen yet
        return State(inputs, state.outputs.model_copy(update={"seen_at": as_text(row.updated_at)}))

    async def delete(self, object_id: str, prior: WorkflowState, call: Call[ComfyDeployApi]) -> None:  # noqa: ARG002
        """Delete it; its deployments disappear with it."""
        await remove_workflow(object_id, call)


def _shown(row: WorkflowRow) -> dict[str, Any]:
    """Give what the platform tells of the declared fields."""
    texts = {"description": row.description or None, "cover_image": row.cover_image or None}
    return {"name": row.name, **texts, "selected_machine_id": row.selected_machine_id, "pinned": row.pinned}


def _settings(inputs: WorkflowInputs, names: Set[str]) -> dict[str, Json]:
    """Give the PATCH body for some fields; text is emptied with "", since null changes nothing (6.9)."""
    body: dict[str, Json] = {name: getattr(inputs, name) for name in sorted(names)}
    for name in ("description", "cover_image"):
        if name in body:
            body[name] = body[name] or ""
    return {name: value for name, value in body.items() if value is not None}


def _outputs(version: WorkflowVersionRow, digest: str, seen_at: str | None = None) -> WorkflowOutputs:
    return WorkflowOutputs(
        version_id=version.id, version_number=version.version, workflow_digest=digest, seen_at=seen_at
    )


async def _with_newest_version(workflow_id: str, inputs: WorkflowInputs, call: Call[ComfyDeployApi]) -> WorkflowState:
    """Read the version that came with the creation, which its answer does not give."""
    row = await call.client.get_workflow(workflow_id)
    if row is None or row.newest_version is None:
        raise OutcomeError("COMFY2404", tried=f'create workflow "{inputs.name}"', got="it is gone again")
    digest = str(digest_of(inputs.workflow, inputs.workflow_api))
    return State(inputs, _outputs(row.newest_version, digest, as_text(row.updated_at)))


async def _append_version(
    workflow_id: str, inputs: WorkflowInputs, call: Call[ComfyDeployApi]
) -> tuple[WorkflowRow | None, WorkflowVersionRow]:
    """Append the declared document, unless an interrupted run has just done so: the newest version then bears it.

    Gives the workflow as it stands then, too.
    """
    document = document_of(inputs.workflow, inputs.workflow_api)
    row = await call.client.get_workflow(workflow_id)
    newest = row.newest_version if row else None
    if newest is not None and newest.comment == comment_of(document.digest):
        return row, newest
    try:
        version = await call.client.create_version(
            workflow_id,
            workflow=document.graph if document.graph is not None else {},
            workflow_api=document.prompt,
            comment=comment_of(document.digest),
        )
    except LostAnswerError:
        made = await call.client.find_versions(workflow_id, document.digest)
        new = [version for version in made if newest is None or version.version > newest.version]
        if len(new) != 1:
            raise
        version = new[0]
    return row and row.model_copy(update={"updated_at": version.updated_at}), version
