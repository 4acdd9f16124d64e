"""Appending a version on top of the one that this stack knows: nobody's work is buried without a word.

The platform refuses a version whose base is not the newest (docs/platforms/comfycloud.md 2.3). What stands there then
is compared by its meaning: it may be what an interrupted run of ours appended, or what we know already, saved again.
"""

from __future__ import annotations

from typing import NamedTuple

from pulumi_comfy import workflows
from pulumi_comfy.comfyui_protocol.documents import as_saved
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import LostAnswerError, OutcomeError, OwnershipError
from pulumi_comfy.platforms.comfycloud.api import ComfyCloudApi, ContentRow, VersionRow
from pulumi_comfy.platforms.comfycloud.documents import body_of, digest_of_content, read_content
from pulumi_comfy.platforms.comfycloud.fields import OnConflict

_MOST_SHOWN = 5
_TODO = (
    'Take their version into the program, or append the declared one on top with `on_conflict="overwrite"`, also where '
    "a `WorkflowVersion` of this stack saved it."
)


class Base(NamedTuple):
    """The version that is known to be the newest."""

    number: int
    digest: str


async def newest_of(workflow_id: str, call: Call[ComfyCloudApi]) -> ContentRow:
    """Read the newest version.

    Raises:
        OutcomeError: the workflow is gone.
    """
    content = await call.client.get_content(workflow_id)
    if content is None:
        tried, got = f'save a version of "{call.name}"', f"there is no workflow {workflow_id}"
        raise OutcomeError("COMFY2404", tried=tried, got=got, todo="Run `pulumi refresh`, then `pulumi up`.")
    return content


async def append(
    workflow_id: str, base: Base, document: workflows.Document, on_conflict: OnConflict, call: Call[ComfyCloudApi]
) -> VersionRow:
    """Append a document, unless the newest version holds it already.

    Args:
        workflow_id: whose version.
        base: what this stack knows as the newest.
        document: what is to be saved.
        on_conflict: what becomes of a version of somebody else.
        call: the call.

    Raises:
        OwnershipError: somebody saved another document meanwhile.
        LostAnswerError: the answer was lost, and nothing was appended.
    """
    try:
        made = await _append_once(workflow_id, base.number, document, call)
    except LostAnswerError as lost:
        raise lost.nothing_made() from None
    if made is not None:
        return made
    theirs = await newest_of(workflow_id, call)
    digest = digest_of_content(theirs.workflow_json)
    if digest == as_saved(document).digest:
        return theirs
    if digest != base.digest and on_conflict != OnConflict.OVERWRITE:
        raise conflict(theirs, document, call)
    if digest != base.digest:
        call.warn(f"{words_of(theirs)} is overwritten, as `on_conflict` says; it stays in the history")
    return await append_or_refuse(workflow_id, theirs.version, document, call)


async def append_or_refuse(
    workflow_id: str, base: int, document: workflows.Document, call: Call[ComfyCloudApi]
) -> VersionRow:
    """Append a document on top of exactly one version.

    Raises:
        OwnershipError: another one is the newest.
        LostAnswerError: the answer was lost, and nothing was appended.
    """
    made = await _append_once(workflow_id, base, document, call)
    if made is None:
        raise conflict(await newest_of(workflow_id, call), document, call)
    return made


async def _append_once(
    workflow_id: str, base: int, document: workflows.Document, call: Call[ComfyCloudApi]
) -> VersionRow | None:
    """Append; after a lost answer look whether it was done, and never do it twice. None is a conflict."""
    try:
        return await call.client.append_version(workflow_id, base, body_of(document))
    except LostAnswerError as lost:
        newest = await newest_of(workflow_id, call)
        if newest.version > base and digest_of_content(newest.workflow_json) == as_saved(document).digest:
            return newest
        raise lost from None


def conflict(theirs: ContentRow, document: workflows.Document, call: Call[ComfyCloudApi]) -> OwnershipError:
    """Make the error that says who saved what, and how it differs from what is declared."""
    before = read_content(theirs.workflow_json)
    lines = workflows.describe_changes(before, as_saved(document), limit=_MOST_SHOWN) if before else []
    is_told = lines and not call.secrecy.hides_documents
    differs = f"; the declared document would change: {'; '.join(lines)}" if is_told else ""
    return OwnershipError(
        "COMFY4005",
        tried=f'save a version of "{call.name}"',
        got=f"{words_of(theirs)}, which this stack does not know{differs}",
        todo=_TODO,
    )


def words_of(theirs: ContentRow) -> str:
    """Say which version it is, and who saved it when."""
    who, when = theirs.created_by or "somebody", f" at {theirs.created_at}" if theirs.created_at else ""
    return f"version {theirs.version}, saved by {who}{when}"
