"""Workflow documents as Comfy Cloud keeps them: one document a version, the editor's graph where there is one.

Facts: docs/platforms/comfycloud.md 2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pulumi_comfy import workflows
from pulumi_comfy.comfyui_protocol.documents import as_saved, document_of, warn_of
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.model import Json, is_known
from pulumi_comfy.core.unknown import UNKNOWN


def body_of(document: workflows.Document) -> dict[str, Any]:
    """Give the same as it is sent."""
    return dict((document.prompt if document.graph is None else document.graph) or {})


@lru_cache(maxsize=64)  # one operation asks several times
def _digest(workflow: str) -> str:
    return as_saved(document_of(workflow, None)).digest


def digest_of(workflow: Json) -> Json:
    """Give the digest of what is saved of a document; unknown while that is, None where there is none."""
    if not is_known(workflow):
        return UNKNOWN
    return _digest(workflow) if isinstance(workflow, str) else None


def read_content(content: Mapping[str, Any]) -> workflows.Document | None:
    """Parse what a version holds; None where it is no document of ours, as one that was begun by hand."""
    try:
        return as_saved(workflows.parse(json.dumps(content)))
    except workflows.WorkflowError:
        return None


def digest_of_content(content: Mapping[str, Any]) -> str:
    """Give the digest of what a version holds; empty where it is no document: it differs from any then."""
    document = read_content(content)
    return document.digest if document is not None else ""


def warn_of_documents(workflow: Json, workflow_api: Json, call: Call[Any]) -> None:
    """Refuse what is no document; warn of what stands against it.

    Raises:
        InputError: it cannot be used.
    """
    if not isinstance(workflow, str) or not is_known(workflow_api):
        return
    document = document_of(workflow, workflow_api)
    warn_of(document, call)
    if document.graph is None:
        call.warn("the workflow is an API prompt: it runs, and the editor opens it without a layout")


def explain_document(old: Json, new: Json) -> list[str]:
    """Say what differs between two documents' texts, as `KSampler #3: steps 20 -> 30`."""
    if not isinstance(old, str) or not isinstance(new, str):
        return []
    try:
        return workflows.describe_changes(as_saved(workflows.parse(old)), as_saved(document_of(new, None)))
    except workflows.WorkflowError:
        return []
