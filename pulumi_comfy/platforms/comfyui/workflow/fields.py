"""What a program declares of a workflow file, and what the state holds besides.

Facts: docs/platforms/comfyui.md 2.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from pulumi_comfy.comfyui_protocol.documents import digest_of, document_of
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.fields import ADOPT
from pulumi_comfy.core.meanings import CHECKED
from pulumi_comfy.core.model import (
    AUTOMATIC,
    BULK,
    DOCUMENT,
    LOCAL,
    REPLACES,
    SECRET,
    WRITE_ONLY,
    Json,
    is_known,
    matching,
)
from pulumi_comfy.core.resource import State
from pulumi_comfy.core.unknown import UNKNOWN
from pulumi_comfy.inference.proof import CheckedOutputs
from pulumi_comfy.platforms.comfyui.api import ComfyUIApi
from pulumi_comfy.platforms.comfyui.fields import ApiDocument, ServerInputs
from pulumi_comfy.platforms.comfyui.runner import InferenceCheck
from pulumi_comfy.workflows import Document

_SEGMENT = r"(?![. ])[^/\\%<>:\"|?*\x00-\x1f\x7f]+(?<![. ])(?<!\.json)"
_NAME = rf"{_SEGMENT}(/{_SEGMENT})*"
_LONGEST = 255
"""Bytes that file systems take for the name of a file or a folder."""


def _fitting_a_disk(name: str | None) -> str | None:
    for part in f"{name or ''}.json".split("/"):
        length = len(part.encode(errors="surrogatepass"))
        if length > _LONGEST:
            words = f"{part[:20]!r}... is a name of {length} bytes, and a disk takes {_LONGEST} for a file or folder"
            raise ValueError(words)
    return name


class WorkflowInputs(ServerInputs):
    """What a program declares of a workflow."""

    name: Annotated[
        str | None,
        AUTOMATIC,
        REPLACES,
        Field(
            min_length=1,
            max_length=200,
            description="Name in the editor's list, with folders before it, e.g. `team/portrait`; its file is "
            "`workflows/<name>.json`. A change moves it. Default: the logical name and a short hash that no other "
            "state derives.",
        ),
        matching(
            _NAME, 'a name of a workflow: folders and a file, without `.json` and without any of \\ % < > : " | ? *'
        ),
        AfterValidator(_fitting_a_disk),
    ] = None
    workflow: Annotated[
        str,
        BULK,
        DOCUMENT,
        CHECKED,
        Field(
            description="The editor's graph, or an export that holds graph and API prompt; a dict, JSON text or a "
            "path. The graph is kept as written. Moved nodes are no change."
        ),
    ]
    workflow_api: Annotated[ApiDocument, CHECKED] = None
    inference_check: Annotated[
        InferenceCheck | None,
        CHECKED,
        WRITE_ONLY,
        Field(description="A real run after each change of what runs; `pulumi up` fails when it fails."),
    ] = None
    adopt: Annotated[str | None, LOCAL, ADOPT] = None


class WorkflowOutputs(CheckedOutputs):
    """What is known of a workflow besides."""

    workflow_digest: Annotated[
        str, Field(description="SHA-256 of the canonical form of the graph in the file; positions do not count.")
    ]
    prompt_digest: Annotated[
        str | None,
        Field(description="The same of graph and declared API prompt together; none where only the graph is declared."),
    ] = None
    restore_to: Annotated[
        str | None,
        SECRET,
        Field(description="What a rollback was to put back and could not; the next failed check puts it back."),
    ] = None
    proved_document: Annotated[
        str | None,
        SECRET,
        Field(
            description="What was proved, where a refresh has found another in the file; a check that fails on what a "
            "killed update wrote puts it back."
        ),
    ] = None


WorkflowState = State[WorkflowInputs, WorkflowOutputs]
WorkflowCall = Call[ComfyUIApi]


def graph_digest(inputs: WorkflowInputs) -> Json:
    """Give the digest of what the file is to hold; unknown while a document is."""
    if not is_known(inputs.workflow, inputs.workflow_api):
        return UNKNOWN
    document = _document_of(inputs)
    return digest_of(document.graph_text, None) if document else None


def prompt_digest(inputs: WorkflowInputs) -> Json:
    """Give the digest of graph and prompt; none where only the graph is declared, unknown while a document is."""
    if not is_known(inputs.workflow, inputs.workflow_api):
        return UNKNOWN
    document = _document_of(inputs)
    return digest_of(inputs.workflow, inputs.workflow_api, document) if document and document.prompt else None


def _document_of(inputs: WorkflowInputs) -> Document | None:
    """Give the declared document; an import file may hold none."""
    text: Json = inputs.workflow
    return document_of(text, inputs.workflow_api) if isinstance(text, str) else None
