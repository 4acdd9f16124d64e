"""A publication: a link by which everybody sees a snapshot of a workflow and the files that it shows.

**Nothing takes a publication back**: the platform has no route for it. So this resource says so before it publishes,
and a destroy is refused unless the program has said that the link is to stay (`keep_on_destroy`): nothing stays public
that a person believes gone. Publishing again refreshes the snapshot behind the same link. It is found by the path of
the editor's file, so that the workflow's id is compared before and after (docs/platforms/comfycloud.md 2.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy import workflows
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError, OutcomeError, OwnershipError
from pulumi_comfy.core.fields import ADOPT
from pulumi_comfy.core.meanings import Public
from pulumi_comfy.core.model import (
    LEFT_ALONE,
    LOCAL,
    PROMOTED,
    REPLACES,
    UNORDERED,
    VERSIONS_OF,
    WRITE_ONLY,
    Model,
    matching,
)
from pulumi_comfy.core.namesakes import is_begun_by_us
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State
from pulumi_comfy.platforms.comfycloud.api import ComfyCloudApi, PublicationRow
from pulumi_comfy.platforms.comfycloud.documents import digest_of_content, read_content
from pulumi_comfy.platforms.comfycloud.fields import AccountInputs, Id
from pulumi_comfy.platforms.comfycloud.workflow.appending import newest_of

_FOR_EVER = (
    "publishing cannot be taken back: the platform has no way to unpublish by API. Everybody who has the link sees the "
    "workflow and the files that it shows"
)

_TODO = "Take their version into the program, or save the declared one; the next `pulumi up` then publishes it."


class PublicationInputs(AccountInputs):
    """What a program declares of a publication."""

    workflow_id: Annotated[
        Id,
        REPLACES,
        VERSIONS_OF,
        Public(),
        Field(description="Id of the workflow that is to be public; the file must be this one's."),
    ]
    path: Annotated[
        str,
        REPLACES,
        WRITE_ONLY,
        matching(r"[^/%\\\x00-\x1f][^%\\\x00-\x1f]*", "the path of an editor's file, e.g. `workflows/hero.json`"),
        Field(description="Path of the workflow's file in the editor, mostly `workflows/<name>.json`."),
    ]
    workflow_digest: Annotated[
        str | None,
        LEFT_ALONE,
        PROMOTED,
        Field(
            description="Digest of the document that is to be public, a workflow's `workflow_digest`: a change "
            "publishes again, and nothing is published while the newest version is another. Left out, whatever is "
            "the newest is published when this resource changes."
        ),
    ] = None
    asset_ids: Annotated[
        list[str], UNORDERED, Field(description="Ids of the library's files that it shows. Default: none.")
    ] = []
    keep_on_destroy: Annotated[
        bool,
        WRITE_ONLY,
        Field(
            description="Whether a destroy may forget the publication, which stays public then. Default false: a "
            "destroy is refused as long as the link leads somewhere, since nothing takes it back."
        ),
    ] = False
    adopt: Annotated[str | None, LOCAL, ADOPT] = None


class PublicationOutputs(Model):
    """What the platform decides of a publication."""

    share_url: Annotated[str, Field(description="The link that everybody can follow.")]
    publish_time: Annotated[str | None, Field(description="When its snapshot was taken.")] = None


PublicationState = State[PublicationInputs, PublicationOutputs]
PublishCall = Call[ComfyCloudApi]


class PublicationHandler(Handler[PublicationInputs, PublicationOutputs, ComfyCloudApi]):
    """Publications. Import: the id is the link's `share`."""

    token = "comfycloud:Publication"
    label = "publication"
    inputs_model = PublicationInputs
    outputs_model = PublicationOutputs
    is_name_unique_to_us = False
    foresees = True

    async def foresee(self, inputs: PublicationInputs, call: PublishCall) -> None:
        """Say in the preview what cannot be taken back."""
        call.warn(f"{_FOR_EVER}{'' if inputs.keep_on_destroy else '; a destroy will be refused'}")

    def natural_key(self, inputs: PublicationInputs) -> str:
        """The file."""
        return inputs.path

    def trace(self, inputs: PublicationInputs) -> str:
        """It bears no name: its path, and the files that it shows."""
        return _trace(inputs.path, inputs.asset_ids)

    async def find(self, inputs: PublicationInputs, call: PublishCall) -> list[Found]:
        """The file's link, where it has one.

        It is what an interrupted create left where it shows what that was to show, or what is declared and the stack
        holds the workflow.
        """
        row = await call.client.get_publication(inputs.path)
        if row is None:
            return []
        _refuse_other_workflow(row, inputs, call)
        trace = _trace(inputs.path, [one.id for one in row.assets])
        is_ours = is_begun_by_us(call, str(row.share_id), trace, self.trace(inputs), inputs.workflow_id)
        label = f"publication of {inputs.path}"
        return [Found(str(row.share_id), label, is_ours=is_ours)] if row.is_public else []

    async def insert(
        self,
        inputs: PublicationInputs,
        found: Sequence[Found],  # noqa: ARG002
        call: PublishCall,
    ) -> Inserted[None]:
        """Publish it."""
        return Inserted(await _publish(inputs, call))

    async def complete(self, made: Inserted[None], inputs: PublicationInputs, call: PublishCall) -> PublicationState:
        """Look at what everybody sees now, and say where."""
        return State(inputs, await _verified(made.id, inputs, call))

    async def read(
        self,
        object_id: str,
        prior: PublicationState,  # noqa: ARG002
        call: PublishCall,
    ) -> Seen[PublicationOutputs] | None:
        """Read what everybody sees; None where the link leads nowhere."""
        row = await call.client.get_published(object_id)
        if row is None:
            return None
        digest = digest_of_content(row.workflow_json or {})
        seen: dict[str, Any] = {"workflow_id": row.workflow_id, "asset_ids": [one.id for one in row.assets]}
        seen |= {"workflow_digest": digest} if digest else {}
        return Seen(seen, _outputs(object_id, row, call))

    async def update(
        self,
        object_id: str,
        prior: PublicationState,
        inputs: PublicationInputs,
        changed: Set[str],
        call: PublishCall,
    ) -> PublicationState:
        """Publish again, behind the same link, where the document or the files are to be others."""
        if changed and not changed & {"workflow_digest", "asset_ids"}:
            return State(inputs, prior.outputs)
        made = await _publish(inputs, call)
        if made != object_id:
            new, old = map(call.client.share_url, (made, object_id))
            is_left = await call.client.get_published(object_id) is not None
            got = f"the platform made another link, {new}, {'beside' if is_left else 'in the place of'} {old}"
            call.warn(f"{inputs.path} is public at {new}: {_FOR_EVER}")
            raise OutcomeError("COMFY2003", tried=f'publish "{call.name}" again', got=got)
        return State(inputs, await _verified(object_id, inputs, call))

    async def delete(self, object_id: str, prior: PublicationState, call: PublishCall) -> None:
        """Forget it, where the program has said so: nothing takes it back."""
        if await call.client.get_published(object_id) is None:
            return
        url = call.client.share_url(object_id)
        if prior.inputs.keep_on_destroy:
            call.warn(f"{prior.inputs.path or 'the workflow'} STAYS PUBLIC at {url}: this stack only forgets it")
            return
        raise OutcomeError("COMFY4006", tried=f'remove publication "{call.name}"', got=f"{url} would stay public")


def _outputs(share_id: str, row: PublicationRow, call: PublishCall) -> PublicationOutputs:
    return PublicationOutputs(share_url=call.client.share_url(share_id), publish_time=row.publish_time)


async def _publish(inputs: PublicationInputs, call: PublishCall) -> str:
    """Publish the newest version, after a look at what that is: nothing of this can be taken back. Give its link's id.

    Raises:
        InputError: the newest version holds a credential.
        OwnershipError: it is not what is declared, or the file is another workflow's.
        OutcomeError: the platform tells no link.
    """
    await _refuse_what_is_not_meant(inputs, call)
    row = await call.client.publish(inputs.path, sorted(inputs.asset_ids))
    _refuse_other_workflow(row, inputs, call)
    if not row.share_id:
        raise OutcomeError("COMFY2003", tried=f"publish {inputs.path}", got="the platform tells no link")
    return row.share_id


async def _verified(share_id: str, inputs: PublicationInputs, call: PublishCall) -> PublicationOutputs:
    """Read what everybody sees, and compare it: somebody may have saved a version in the last moment.

    Raises:
        OwnershipError: it is another document.
        OutcomeError: the link leads nowhere.
    """
    url, tried = call.client.share_url(share_id), f'publish "{call.name}"'
    row = await call.client.get_published(share_id)
    if row is None:
        raise OutcomeError("COMFY2404", tried=tried, got=f"{url} leads nowhere")
    call.warn(f"{inputs.path} is public at {url}: {_FOR_EVER}")
    if inputs.workflow_digest not in (None, digest_of_content(row.workflow_json or {})):
        got = f"{url} shows another document than the declared one"
        raise OwnershipError("COMFY4005", tried=tried, got=got, todo=_TODO)
    return _outputs(share_id, row, call)


async def _refuse_what_is_not_meant(inputs: PublicationInputs, call: PublishCall) -> None:
    newest = await newest_of(inputs.workflow_id, call)
    tried = f"publish {inputs.path}"
    if inputs.workflow_digest not in (None, digest_of_content(newest.workflow_json)):
        got = (
            f"version {newest.version}, saved by {newest.created_by or 'somebody'}, is the newest, and not the declared"
        )
        raise OwnershipError("COMFY4005", tried=tried, got=f"{got} document", todo=_TODO)
    document = read_content(newest.workflow_json)
    for place in workflows.find_secrets(document) if document else ():
        todo = "Take it out of the workflow and save it again; a secret belongs into `extra_data`."
        got = f"version {newest.version} seems to hold a credential at {place}, which everybody would see"
        raise InputError("COMFY1201", tried=tried, got=got, todo=todo)


def _trace(path: str, asset_ids: Iterable[str]) -> str:
    return "\n".join((path, *sorted(set(asset_ids))))


def _refuse_other_workflow(row: PublicationRow, inputs: PublicationInputs, call: PublishCall) -> None:
    """Refuse a file of another workflow, and say so all the more where it is public.

    Raises:
        OwnershipError: it is.
    """
    if row.workflow_id == inputs.workflow_id:
        return
    is_public = f", and public at {call.client.share_url(str(row.share_id))}" if row.is_public else ""
    got = f"{inputs.path} is the file of workflow {row.workflow_id}, not of {inputs.workflow_id}{is_public}"
    raise OwnershipError("COMFY4001", tried=f'publish "{call.name}"', got=got, todo="Correct `path`.")
