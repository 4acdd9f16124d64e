"""Workflow documents as programs declare them: parsed once, told apart by their digest, their changes in words.

Facts: docs/workflow-documents.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pulumi_comfy import workflows
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import Json, is_known
from pulumi_comfy.core.unknown import UNKNOWN
from pulumi_comfy.inference.proof import CheckedOutputs

_LARGE = 2_000_000
"""Characters of a document that is read anew for each question: kept, it takes several times its size in memory."""

_MOST_DIGESTS = 10_000


def document_of(workflow: str, workflow_api: str | None) -> workflows.Document:
    """Parse a program's documents.

    Raises:
        InputError: with the property that is wrong and a sentence.
    """
    is_large = len(workflow) + len(workflow_api or "") > _LARGE
    return _parse(workflow, workflow_api) if is_large else _parse_once(workflow, workflow_api)


def _parse(workflow: str, workflow_api: str | None) -> workflows.Document:
    try:
        return workflows.parse(workflow, workflow_api)
    except workflows.WorkflowError as error:
        raise InputError("COMFY1201", tried="workflow", got=str(error), todo="") from None


_parse_once = lru_cache(maxsize=32)(_parse)  # one operation asks several times

_digests: dict[bytes, str] = {}
"""Digests by the documents' own texts, so that an unchanged document is read once in a process."""


def digest_of(workflow: str | None, workflow_api: str | None, document: workflows.Document | None = None) -> Json:
    """Give the digest of the documents' canonical form; unknown while one of them is, None where there is none.

    A refresh asks with what a state holds, and an import file may hold nothing. `document` is what both say, where it
    is at hand.
    """
    if not is_known(workflow, workflow_api):
        return UNKNOWN
    if not isinstance(workflow, str):
        return None
    lengths = f"{len(workflow)} {-1 if workflow_api is None else len(workflow_api)} "
    key = workflows.sha256_of((lengths, workflow, workflow_api or "")).digest()
    if key not in _digests:
        if len(_digests) >= _MOST_DIGESTS:
            _digests.clear()
        _digests[key] = (document or document_of(workflow, workflow_api)).digest
    return _digests[key]


def as_saved(document: workflows.Document) -> workflows.Document:
    """Give what a platform that keeps one document keeps of it: the graph, or the prompt where there is no graph."""
    return document if document.graph is None else workflows.Document(document.graph)


def document_in_state(
    old_inputs: Mapping[str, Json] | None, outputs: CheckedOutputs, digest: str | None
) -> workflows.Document | None:
    """Give the document that the state declares, as it was saved; None where it is neither known nor proved.

    An update that was killed has written another one already, so that nobody but the state has the former one; a
    refresh after it knows the new one, and leaves the proof.

    Args:
        old_inputs: the inputs in the state.
        outputs: what the state holds besides.
        digest: of what the state knows to be saved.
    """
    text = (old_inputs or {}).get("workflow")
    if not isinstance(text, str):
        return None
    try:
        document = as_saved(document_of(text, None))
    except InputError:
        return None
    proved = outputs.proof.workflow_digest if outputs.proof is not None else None
    return document if document.digest in (digest, proved) else None


def warn_of(document: workflows.Document, call: Call[Any]) -> None:
    """Refuse a prompt that cannot run; warn of what else stands against a run, of credentials, of two that disagree.

    Raises:
        InputError: it cannot run.
    """
    prompt = document.prompt or {}
    if loop := workflows.hopeless_loop(prompt):
        raise InputError("COMFY1201", tried="workflow", got=loop, todo="Break the loop, and export it again.")
    for place in workflows.find_secrets(document):
        call.warn(f"the workflow seems to hold a credential at {place}: every picture it makes will carry it")
    if not prompt:
        return
    for problem in workflows.run_problems(prompt):
        call.warn(f"the workflow may not run: {problem}")
    problems = workflows.pair_problems(document)
    if problems and call.secrecy.hides_documents:
        problems = ["the document is secret, so it is not shown where (`pulumi-comfy validate` does)"]
    for problem in problems:
        call.warn(f"the graph and the API prompt disagree: {problem}; export both again")


def are_a_pair(inputs: Mapping[str, Json]) -> bool:
    """Tell whether stored inputs hold a graph and an API prompt that say the same."""
    try:
        document = workflows.parse(str(inputs.get("workflow", "")), inputs.get("workflowApi"))
    except workflows.WorkflowError:
        return False
    return document.prompt is not None and not workflows.pair_problems(document)


def explain_documents(old_inputs: Mapping[str, Json], workflow: Json, workflow_api: Json) -> list[str]:
    """Say what changed since the stored inputs, as `KSampler #3: steps 20 -> 30`; a refresh may give no document."""
    if not isinstance(workflow, str) or not is_known(workflow_api):
        return []
    try:
        old = workflows.parse(str(old_inputs.get("workflow", "")), old_inputs.get("workflowApi"))
    except workflows.WorkflowError:
        return []
    return workflows.describe_changes(old, document_of(workflow, workflow_api))
