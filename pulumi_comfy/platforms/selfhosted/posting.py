"""Posting versions: the one way to make a workflow or a version of it, which answers a number and hardly ever an id.

Facts: docs/platforms/selfhosted.md 2.1.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import Field

from pulumi_comfy.core.errors import LostAnswerError, OutcomeError
from pulumi_comfy.core.meanings import SNAPSHOT
from pulumi_comfy.core.model import Json, Model
from pulumi_comfy.core.resource import Inserted, State
from pulumi_comfy.deploy_protocol.documents import DocumentHandler, WorkflowApiDocument, WorkflowDocument, document_of
from pulumi_comfy.platforms.selfhosted.api import SelfHostedApi
from pulumi_comfy.platforms.selfhosted.existing import SelfHostedCall, foresee_route
from pulumi_comfy.platforms.selfhosted.fields import SNAPSHOT_WORDS, AccountInputs, Id, Snapshot
from pulumi_comfy.platforms.selfhosted.rows import PostedRow

ROUTE: Final = "POST /workflow"


class PostedInputs(AccountInputs):
    """What a version holds."""

    workflow: WorkflowDocument
    workflow_api: WorkflowApiDocument = None
    snapshot: Annotated[Snapshot, SNAPSHOT, Field(description=SNAPSHOT_WORDS)]


class PostedOutputs(Model):
    """What the server tells of a version."""

    version_number: Annotated[
        int, Field(description="Its number within the workflow; two that are posted at once may get the same.")
    ]
    version_id: Annotated[
        Id | None,
        Field(description="Its id, where the server tells it; the public one does not, its web UI's links do."),
    ] = None
    workflow_digest: Annotated[
        str, Field(description="SHA-256 of the document's canonical form; positions and colours do not count.")
    ]


InputsT = TypeVar("InputsT", bound=PostedInputs)


class PostedHandler(DocumentHandler[InputsT, PostedOutputs, SelfHostedApi], Generic[InputsT]):
    """A kind that is made by posting a version: all that will be known of it is in the answer."""

    outputs_model = PostedOutputs
    is_listed = False
    foresees = True

    async def foresee(self, inputs: InputsT, call: SelfHostedCall) -> None:  # noqa: ARG002
        """Say in a preview already that the URL leads elsewhere."""
        await foresee_route(ROUTE, "connection", call)

    async def complete(
        self,
        made: Inserted[PostedOutputs],
        inputs: InputsT,
        call: SelfHostedCall,  # noqa: ARG002
    ) -> State[InputsT, PostedOutputs]:
        """Keep what the answer told."""
        return State(inputs, made.handed or self.begun(inputs))


async def post(inputs: Any, into: dict[str, Json], call: SelfHostedCall) -> PostedRow:
    """Post the declared version.

    Args:
        inputs: the declared `PostedInputs`.
        into: the name of a new workflow, or the id of one.
        call: the call.

    Raises:
        OutcomeError: the answer was lost, and nothing lists what it made.
    """
    document = document_of(inputs.workflow, inputs.workflow_api)
    fields = {"workflow_api": document.prompt, "snapshot": inputs.snapshot}
    if document.graph is not None:
        fields["workflow"] = document.graph
    try:
        return await call.client.post_version({**into, **fields})
    except LostAnswerError as lost:
        raise OutcomeError(
            lost.code,
            tried=lost.tried,
            got=f"{lost.got}; whether it was made cannot be told, since the server lists no workflows",
            todo="Look in its web UI: take a workflow that was made over with `adopt`, or remove it there; a version "
            "that was made stays and does no harm. Then run `pulumi up` again.",
        ) from None


def outputs_of(posted: PostedRow, inputs: Any) -> PostedOutputs:
    """Give what the state holds of a version."""
    digest = document_of(inputs.workflow, inputs.workflow_api).digest
    return PostedOutputs(version_number=posted.version, version_id=posted.version_id, workflow_digest=digest)
