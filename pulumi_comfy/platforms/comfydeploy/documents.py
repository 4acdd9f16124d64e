"""Workflow documents as programs declare them: the fields, parsing, digest, and changes in words.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy import workflows
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import BULK, DOCUMENT, Json, is_known
from pulumi_comfy.core.unknown import UNKNOWN
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


_LARGE = 2_000_000
"""Characters of a document that is read anew for each question: kept, it takes several times its size in memory."""

_MOST_DIGESTS = 10_000


def document_of(workflow: str, workflow_api: str | None) -> workflows.Document:
    """Parse a program's documents; a version can only run with an API prompt (2.1).

    Raises:
        InputError: with the property that is wrong and a sentence.
    """
    is_large = len(workflow) + len(workflow_api or "") > _LARGE
    return _parse(workflow, workflow_api) if is_large else _parse_once(workflow, workflow_api)


def _parse(workflow: str, workflow_api: str | None) -> workflows.Document:
    try:
        document = workflows.parse(workflow, workflow_api)
        workflows.require_prompt(document)
    except workflows.WorkflowError as error:
        raise InputError("COMFY1201", tried="workflow", got=str(error), todo="") from None
    return document


_parse_once = lru_cache(maxsize=32)(_parse)  # one operation asks several times

_digests: dict[bytes, str] = {}
"""Digests by the documents' own texts, so that an unchanged document is read once in a process."""


def digest_of(workflow: str | None, workflow_api: str | None) -> Json:
    """Give the digest of the documents' canonical form; unknown while one of them is, None where there is none.

    A refresh asks with what a state holds, and an import file may hold nothing.
    """
    if not is_known(workflow, workflow_api):
        return UNKNOWN
    if not isinstance(workflow, str):
        return None
    text = _text_key(workflow, workflow_api)
    return _digests[text] if text in _digests else _digest_of(document_of(workflow, workflow_api), text)


def _text_key(workflow: str, workflow_api: str | None) -> bytes:
    lengths = f"{len(workflow)} {-1 if workflow_api is None else len(workflow_api)} "
    return workflows.sha256_of((lengths, workflow, workflow_api or "")).digest()


def _digest_of(document: workflows.Document, text: bytes) -> str:
    if len(_digests) >= _MOST_DIGESTS:
        _digests.clear()
    _digests[text] = document.digest
    return document.digest


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
    if not is_known(workflow, workflow_api):
        return
    document = document_of(workflow, workflow_api)
    _digest_of(document, _text_key(workflow, workflow_api))  # the next question about it
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
