"""Workflow documents as programs declare them: the fields, parsing, digest, and changes in words.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Annotated, Any, TypeVar

from pydantic import Field

from pulumi_comfy import workflows
from pulumi_comfy.comfyui_protocol import documents
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import BULK, DOCUMENT, Json, is_known, revive
from pulumi_comfy.core.resource import Handler

WorkflowDocument = Annotated[
    str,
    BULK,
    DOCUMENT,
    Field(
        description="The workflow document: the editor's graph, the API prompt, or an export that holds both; a dict, "
        "JSON text or a path. Sent as written. A changed document makes a new version, moved nodes do not."
    ),
]
WorkflowApiDocument = Annotated[
    str | None,
    BULK,
    DOCUMENT,
    Field(description="The API prompt (Workflow > Export (API)), when `workflow` holds only the editor's graph."),
]


def document_of(workflow: str, workflow_api: str | None) -> workflows.Document:
    """Parse a program's documents; a version can only run with an API prompt (2.1).

    Raises:
        InputError: with the property that is wrong and a sentence.
    """
    document = documents.document_of(workflow, workflow_api)
    try:
        workflows.require_prompt(document)
    except workflows.WorkflowError as error:
        raise InputError("COMFY1201", tried="workflow", got=str(error), todo="") from None
    return document


def warn_of_documents(workflow: str, workflow_api: str | None, call: Call[Any]) -> None:
    """Refuse documents that cannot run; warn of what else stands against a run, of credentials, of two that disagree.

    Raises:
        InputError: they cannot run.
    """
    if is_known(workflow, workflow_api):
        document = document_of(workflow, workflow_api)
        documents.digest_of(workflow, workflow_api, document)  # the next question about it
        documents.warn_of(document, call)


InputsT = TypeVar("InputsT", bound=Any)
OutputsT = TypeVar("OutputsT", bound=Any)
ClientT = TypeVar("ClientT")


class DocumentHandler(Handler[InputsT, OutputsT, ClientT]):
    """A kind that is declared with documents: they count by their digest, `workflow_digest` of its outputs."""

    def normalise(self, inputs: InputsT, call: Call[Any]) -> InputsT:
        """Refuse a document that cannot run, and warn of credentials written into it."""
        warn_of_documents(inputs.workflow, inputs.workflow_api, call)
        return inputs

    def canonical(self, inputs: InputsT, outputs: OutputsT | None) -> dict[str, Json]:
        """The documents count by their digest."""
        told = outputs.workflow_digest if outputs is not None else _digest(inputs)
        return {**super().canonical(inputs, outputs), "workflow": told}

    def explain(self, old_inputs: Mapping[str, Json], inputs: InputsT, changed: Set[str]) -> list[str]:
        """Say what changed in the document, as `KSampler #3: steps 20 -> 30`."""
        if "workflow" not in changed:
            return []
        return documents.explain_documents(old_inputs, inputs.workflow, inputs.workflow_api)

    def begun(self, inputs: InputsT) -> OutputsT:
        """It holds the declared document; its version is read later."""
        begun: OutputsT = revive(self.outputs_model, {"workflowDigest": _digest(inputs)})
        return begun


def _digest(inputs: Any) -> Json:
    return documents.digest_of(inputs.workflow, inputs.workflow_api)
