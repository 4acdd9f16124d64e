"""Workflow documents as programs declare them: the fields, parsing, digest, and changes in words.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy import workflows
from pulumi_comfy.comfyui_protocol import documents
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import BULK, DOCUMENT, is_known
from pulumi_comfy.platforms.comfydeploy.api.rows import WorkflowVersionRow

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


def digest_of_row(version: WorkflowVersionRow) -> str:
    """Give the digest of what a version holds; empty where it is no document of ours: it differs from any then."""
    graph = json.dumps(version.workflow) if version.workflow else json.dumps(version.workflow_api)
    prompt = json.dumps(version.workflow_api) if version.workflow and version.workflow_api else None
    try:
        return workflows.parse(graph, prompt).digest
    except workflows.WorkflowError:
        return ""


_OURS = "pulumi_comfy sha256:"


def comment_of(digest: str) -> str:
    """Give the comment of a version that this package makes: a retry finds it by its digest (5.2)."""
    return f"{_OURS}{digest}"


def is_ours(comment: str | None) -> bool:
    """Tell whether this package made the version that bears the comment, for whichever resource or stack."""
    return (comment or "").startswith(_OURS)


def warn_of_documents(workflow: str, workflow_api: str | None, call: Call[Any]) -> None:
    """Refuse documents that cannot run; warn of what else stands against a run, of credentials, of two that disagree.

    Raises:
        InputError: they cannot run.
    """
    if is_known(workflow, workflow_api):
        document = document_of(workflow, workflow_api)
        documents.digest_of(workflow, workflow_api, document)  # the next question about it
        documents.warn_of(document, call)
