"""Workflow documents as programs declare them: the fields, parsing, digest, and changes in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy import workflows
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import BULK, DOCUMENT, Json, is_known
from pulumi_comfy.core.unknown import UNKNOWN

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


@lru_cache(maxsize=32)  # one operation asks several times, and a document can be a megabyte
def document_of(workflow: str, workflow_api: str | None) -> workflows.Document:
    """Parse a program's documents; a version can only run with an API prompt (reference 2.1).

    Raises:
        InputError: with the property that is wrong and a sentence.
    """
    try:
        document = workflows.parse(workflow, workflow_api)
        workflows.require_prompt(document)
    except workflows.WorkflowError as error:
        raise InputError("COMFY1201", tried="workflow", got=str(error), todo="") from None
    return document


def digest_of(workflow: str, workflow_api: str | None) -> Json:
    """Give the digest of the documents' canonical form; unknown while one of them is, None where there is none.

    A refresh asks with what a state holds, and an import file may hold nothing.
    """
    if not is_known(workflow, workflow_api):
        return UNKNOWN
    return document_of(workflow, workflow_api).digest if isinstance(workflow, str) else None


_OURS = "pulumi_comfy sha256:"


def comment_of(digest: str) -> str:
    """Give the comment of a version that this package makes: a retry finds it by its digest (reference 5.2)."""
    return f"{_OURS}{digest}"


def is_ours(comment: str | None) -> bool:
    """Tell whether this package made the version that bears the comment, for whichever resource or stack."""
    return (comment or "").startswith(_OURS)


def warn_of_documents(workflow: str, workflow_api: str | None, call: Call[Any]) -> None:
    """Refuse documents that cannot run; warn of what else stands against a run, of credentials, of two that disagree.

    Raises:
        InputError: they cannot run.
    """
    if not is_known(workflow, workflow_api):
        return
    document = document_of(workflow, workflow_api)
    prompt = workflows.require_prompt(document)
    if loop := workflows.hopeless_loop(prompt):
        raise InputError("COMFY1201", tried="workflow", got=loop, todo="Break the loop, and export it again.")
    for place in workflows.find_secrets(document):
        call.warn(f"the workflow seems to hold a credential at {place}: every picture it makes will carry it")
    for problem in workflows.run_problems(prompt):
        call.warn(f"the workflow may not run: {problem}")
    problems = workflows.pair_problems(document)
    if problems and call.secrecy.hides_documents:
        problems = ["the document is secret, so it is not shown where (`pulumi-comfy validate` does)"]
    for problem in problems:
        call.warn(f"the graph and the API prompt disagree: {problem}; export both again")


def explain_documents(old_inputs: Mapping[str, Json], workflow: str, workflow_api: str | None) -> list[str]:
    """Say what changed since the stored inputs, as `KSampler #3: steps 20 -> 30`."""
    if not is_known(workflow, workflow_api):
        return []
    try:
        old = workflows.parse(str(old_inputs.get("workflow", "")), old_inputs.get("workflowApi"))
    except workflows.WorkflowError:
        return []
    return workflows.describe_changes(old, document_of(workflow, workflow_api))
