"""One version of a Comfy Cloud workflow, for those who manage versions themselves.

The platform never changes or deletes a version: a changed document is a new one, and removing the resource leaves the
version where it is. Limits: only the newest version can be read back, so that an older one is known to be there as long
as its workflow is; one that fails its check stays in the history (docs/platforms/comfycloud.md 2.2).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Annotated

from pydantic import Field

from pulumi_comfy.comfyui_protocol.documents import document_of
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.meanings import CHECKED
from pulumi_comfy.core.model import LOCAL, REPLACES, WRITE_ONLY, Json
from pulumi_comfy.core.resource import Found, Inserted, Seen, State
from pulumi_comfy.inference.due import is_due
from pulumi_comfy.inference.proof import Record
from pulumi_comfy.inference.prove import Failed
from pulumi_comfy.inference.rollback import Restorable, failed_create, failed_update
from pulumi_comfy.platforms.comfycloud.api import ContentRow
from pulumi_comfy.platforms.comfycloud.documents import (
    digest_of,
    digest_of_content,
)
from pulumi_comfy.platforms.comfycloud.fields import AccountInputs, Id, WorkflowApiDocument, WorkflowDocument
from pulumi_comfy.platforms.comfycloud.runner import (
    InferenceCheck,
    SavedVersion,
    VersionRunner,
    checked,
    refuse_what_does_not_fit,
)
from pulumi_comfy.platforms.comfycloud.workflow.appending import append_or_refuse, newest_of
from pulumi_comfy.platforms.comfycloud.workflow.fields import CloudCall, VersionOutputs, id_of_version
from pulumi_comfy.platforms.comfycloud.workflow.reads import read_workflow
from pulumi_comfy.platforms.comfycloud.workflow.restorable import with_record
from pulumi_comfy.platforms.comfycloud.workflow.saved import CHECK, SavedHandler


class WorkflowVersionInputs(AccountInputs):
    """What a program declares of a version."""

    workflow_id: Annotated[Id, REPLACES, Field(description="Id of its workflow; a change makes a new version.")]
    workflow: Annotated[WorkflowDocument, REPLACES]
    workflow_api: WorkflowApiDocument = None
    base_version: Annotated[
        int | None,
        LOCAL,
        Field(
            ge=1,
            description="Number of the version that it builds on; refused where somebody has saved another since. "
            "Default: whichever is the newest.",
        ),
    ] = None
    inference_check: Annotated[
        InferenceCheck | None,
        CHECKED,
        WRITE_ONLY,
        Field(
            description="A real run of this version; `pulumi up` fails when it fails. The version stays in the "
            "platform's history then; with `rollback` the stack does not hold it."
        ),
    ] = None


class WorkflowVersionOutputs(VersionOutputs):
    """What the platform decides of a version."""


VersionState = State[WorkflowVersionInputs, WorkflowVersionOutputs]


_SEEN = "newest versions"
"""What is noted: versions that were the newest when somebody looked; the next one hides each for good."""


def _note_newest(newest: ContentRow, workflow_id: str, call: CloudCall) -> WorkflowVersionOutputs:
    outputs = WorkflowVersionOutputs(
        version_id=newest.id,
        version_number=newest.version,
        workflow_digest=digest_of_content(newest.workflow_json),
    )
    call.memory.notes(_SEEN)[id_of_version(workflow_id, newest.version)] = outputs
    return outputs


class WorkflowVersionHandler(SavedHandler[WorkflowVersionInputs, WorkflowVersionOutputs]):
    """Workflow versions. Import: the id is `<workflow's UUID>/<number>`, as no version is found by its own UUID."""

    token = "comfycloud:WorkflowVersion"
    label = "workflow version"
    inputs_model = WorkflowVersionInputs
    outputs_model = WorkflowVersionOutputs
    reuses_equal = True

    def natural_key(self, inputs: WorkflowVersionInputs) -> str:
        """Versions of one workflow are appended one after the other."""
        return inputs.workflow_id

    def saves_to(self, inputs: WorkflowVersionInputs, call: CloudCall) -> Json:  # noqa: ARG002
        """The workflow that it names."""
        return inputs.workflow_id

    async def find(self, inputs: WorkflowVersionInputs, call: CloudCall) -> list[Found]:
        """The newest version: what is wanted where it holds this document, else only the base of a new one."""
        newest = await newest_of(inputs.workflow_id, call)
        seen = _note_newest(newest, inputs.workflow_id, call)
        is_equal = seen.workflow_digest == digest_of(inputs.workflow)
        object_id = id_of_version(inputs.workflow_id, newest.version)
        return [Found(object_id, f"version {newest.version}", is_past=not is_equal)]

    async def insert(
        self, inputs: WorkflowVersionInputs, found: Sequence[Found], call: CloudCall
    ) -> Inserted[WorkflowVersionOutputs]:
        """Append it on top of the newest one, or of what the program names; not what no check could run."""
        document = document_of(inputs.workflow, inputs.workflow_api)
        await refuse_what_does_not_fit(document, inputs.inference_check, CHECK, call)
        base = inputs.base_version or _place(found[0].id)[1]
        row = await append_or_refuse(inputs.workflow_id, base, document, call)
        outputs = WorkflowVersionOutputs(
            version_id=row.id, version_number=row.version, workflow_digest=str(digest_of(inputs.workflow))
        )
        return Inserted(id_of_version(inputs.workflow_id, row.version), outputs)

    async def complete(
        self, made: Inserted[WorkflowVersionOutputs], inputs: WorkflowVersionInputs, call: CloudCall
    ) -> VersionState:
        """Check it."""
        outputs = made.handed or await self._outputs(made.id, call)
        return await self._checked(inputs, outputs, call)

    async def _outputs(self, object_id: str, call: CloudCall) -> WorkflowVersionOutputs:
        """Read a version, which must be the newest now, or have been it when this operation looked."""
        seen: WorkflowVersionOutputs | None = call.memory.notes(_SEEN).get(object_id)
        if seen is not None:
            return seen
        workflow_id, number = _place(object_id)
        newest = await newest_of(workflow_id, call)
        if newest.version != number:
            got = f"version {newest.version} is the newest, and no other can be read"
            todo = (
                "To import, name that; in a program, let `pulumi up --replace` with the URN of this one save it anew."
            )
            raise InputError("COMFY1001", tried=f"read version {number} of {workflow_id}", got=got, todo=todo)
        return _note_newest(newest, workflow_id, call)

    async def read(self, object_id: str, prior: VersionState, call: CloudCall) -> Seen[WorkflowVersionOutputs] | None:
        """Read it; gone when its workflow was deleted."""
        workflow_id, number = _place(object_id)
        row = await read_workflow(call.client, workflow_id)
        if row is None or number > row.latest_version:
            return None
        outputs = prior.outputs
        if not (outputs.version_id and outputs.version_number and outputs.workflow_digest):
            outputs = with_record(await self._outputs(object_id, call), outputs.record)
        return Seen({"workflow_id": workflow_id}, outputs)

    async def update(
        self,
        object_id: str,
        prior: VersionState,
        inputs: WorkflowVersionInputs,
        changed: Set[str],
        call: CloudCall,
    ) -> VersionState:
        """Check it, where that is due: nothing else of a version can change."""
        outputs = prior.outputs if prior.outputs.version_id else await self._outputs(object_id, call)
        if not is_due(prior.outputs.last_check, inputs.inference_check, changed, WorkflowVersionInputs):
            return State(inputs, outputs)
        return await self._checked(inputs, outputs, call, prior)

    async def delete(self, object_id: str, prior: VersionState, call: CloudCall) -> None:
        """Leave it: the platform deletes no version."""

    async def _checked(
        self,
        inputs: WorkflowVersionInputs,
        outputs: WorkflowVersionOutputs,
        call: CloudCall,
        prior: VersionState | None = None,
    ) -> VersionState:
        saved = SavedVersion(inputs.workflow_id, outputs.version_id, outputs.workflow_digest)
        asked, proof = inputs.inference_check, prior.outputs.proof if prior else None
        document = document_of(inputs.workflow, inputs.workflow_api)
        runner, found = await checked(saved, document, asked, proof, inputs.connection, call)
        if not isinstance(found, Failed):
            return State(inputs, with_record(outputs, found))
        assert asked is not None
        made = _UnprovedVersion(runner, asked, State(inputs, outputs), prior)
        raise await (failed_create(found, made) if prior is None else failed_update(found, made))


class _UnprovedVersion(Restorable):
    """A version that failed its check; nothing takes it back."""

    noun = "workflow version"
    removed = "stays in the platform's history, which deletes none, and this stack does not hold it"

    def __init__(
        self, runner: VersionRunner, check: InferenceCheck, stands: VersionState, prior: VersionState | None
    ) -> None:
        super().__init__(runner, check, prior)
        self._stands = stands

    @property
    def serves(self) -> str:
        """The version itself."""
        return f"version {self._stands.outputs.version_number} is there"

    async def remove(self) -> None:
        """Leave it."""

    def has_former(self) -> bool:
        """A version is what it is."""
        return False

    async def put_back(self) -> str:
        """Never asked."""
        raise AssertionError("a version has none before it")  # pragma: no cover

    def state(self, record: Record, *, is_to_be_restored: bool) -> VersionState:  # noqa: ARG002
        """Keep it with the failed check."""
        return State(self._stands.inputs, with_record(self._stands.outputs, record))


def _place(object_id: str) -> tuple[str, int]:
    """Give the workflow and the number that an id tells.

    Raises:
        InputError: it is none of a version.
    """
    workflow_id, _, number = object_id.partition("/")
    if not number.isascii() or not number.isdecimal():
        todo = "The id of a version is `<workflow's UUID>/<number>`."
        raise InputError("COMFY1001", tried=f"read version {object_id}", got="this is no id of a version", todo=todo)
    return workflow_id, int(number)
