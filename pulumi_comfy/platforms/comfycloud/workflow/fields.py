"""What a program declares of a workflow, and what the state holds besides.

Facts: docs/platforms/comfycloud.md 2.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.fields import ADOPT, Name
from pulumi_comfy.core.meanings import CHECKED
from pulumi_comfy.core.model import LEFT_ALONE, LOCAL, SECRET, WRITE_ONLY, Json
from pulumi_comfy.core.resource import State
from pulumi_comfy.inference.proof import CheckedOutputs
from pulumi_comfy.platforms.comfycloud.api import ComfyCloudApi, WorkflowRow
from pulumi_comfy.platforms.comfycloud.fields import (
    AccountInputs,
    Id,
    OnConflict,
    OnConflictField,
    View,
    WorkflowApiDocument,
    WorkflowDocument,
)
from pulumi_comfy.platforms.comfycloud.runner import InferenceCheck


class WorkflowInputs(AccountInputs):
    """What a program declares of a workflow."""

    name: Name = None
    workflow: Annotated[WorkflowDocument, CHECKED]
    workflow_api: WorkflowApiDocument = None
    description: Annotated[str | None, Field(description="Free text shown on the platform. Default: empty.")] = None
    default_view: Annotated[
        View | None,
        LEFT_ALONE,
        Field(description="What the editor opens: `workflow`, the graph, or `app`."),
    ] = None
    on_conflict: OnConflictField = OnConflict.REFUSE
    inference_check: Annotated[
        InferenceCheck | None,
        CHECKED,
        WRITE_ONLY,
        Field(
            description="A real run of the saved version after each change of the document; `pulumi up` fails when it "
            "fails. A version cannot be taken back: `rollback` appends the former document again."
        ),
    ] = None
    adopt: Annotated[Id | None, LOCAL, ADOPT] = None


class VersionOutputs(CheckedOutputs):
    """What the platform decides of a version."""

    version_id: Annotated[str, Field(description="Id (UUID) of the version that holds the declared document.")]
    version_number: Annotated[int, Field(description="Number of that version, counted from 1.")]
    workflow_digest: Annotated[
        str, Field(description="SHA-256 of the saved document's canonical form; positions and colours do not count.")
    ]


class WorkflowOutputs(VersionOutputs):
    """What the platform decides of a workflow."""

    restore_to: Annotated[
        str | None,
        SECRET,
        Field(
            description="Document that a rollback was to append again and could not; the next failed check appends it."
        ),
    ] = None


WorkflowState = State[WorkflowInputs, WorkflowOutputs]
CloudCall = Call[ComfyCloudApi]


def id_of_version(workflow_id: str, number: int) -> str:
    """Give the id of a version as a resource, as no version is found by its own UUID."""
    return f"{workflow_id}/{number}"


METADATA = frozenset({"name", "description", "default_view"})
"""What a PATCH changes; no version comes of it (2.1)."""


def metadata_of(inputs: WorkflowInputs, names: Set[str] = METADATA) -> dict[str, Json]:
    """Give some metadata as it is sent: text is emptied with "", since nothing is ever null there (2.1)."""
    body: dict[str, Json] = {name: getattr(inputs, name) for name in sorted(names & METADATA)}
    if "description" in body:
        body["description"] = body["description"] or ""
    if body.get("default_view") is not None:
        body["default_view"] = View(body["default_view"]).value
    return {name: value for name, value in body.items() if value is not None}


def shown(row: WorkflowRow) -> dict[str, Any]:
    """Give what the platform tells of the declared fields; of a view that nobody knows yet nothing."""
    views = {one.value: one for one in View}
    return {
        "name": row.name,
        "description": row.description or None,
        "default_view": views.get(row.default_view or ""),
    }
