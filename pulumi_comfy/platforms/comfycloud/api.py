"""Typed client of Comfy Cloud's API. Knows nothing of Pulumi; each method names the route it calls.

Facts: docs/platforms/comfycloud.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlsplit

from pydantic import BeforeValidator, field_validator

from pulumi_comfy.comfyui_protocol.api import PromptApi
from pulumi_comfy.comfyui_protocol.rows import JobRow
from pulumi_comfy.core.errors import PlatformError
from pulumi_comfy.core.http.endpoints import Flag, Id, MaybeId, Row, Whole, parse, rows_of
from pulumi_comfy.core.model import Json
from pulumi_comfy.platforms.comfycloud.dialect import GONE

_WORKFLOWS = "/api/workflows"
_PAGE = 100
"""The most that a list of workflows gives at once (1.4)."""
_BY_AGE = {"limit": _PAGE, "sort": "create_time", "order": "asc"}
"""New ones come at the end, so that no page shifts."""
_SECONDS_BEFORE = 1e11
"""Moments below count seconds, those above milliseconds (3.2)."""
Text = Annotated[str, BeforeValidator(lambda told: told or "")]
"""Absent, null and empty are one."""


class UserRow(Row):
    """Whose key it is."""

    id: Id


class WorkflowRow(Row):
    """A saved workflow, without its content (2.1)."""

    id: Id
    latest_version: Whole
    name: Text = ""
    description: Text = ""
    default_view: str | None = None


class VersionRow(Row):
    """A version; its id is what a run is told (2.2)."""

    id: Id
    version: Whole


class ContentRow(VersionRow):
    """The newest version with its document."""

    workflow_json: dict[str, Any]
    created_by: Text = ""
    created_at: Text = ""


class PagingRow(Row):
    """Whether there are more."""

    has_more: Flag = False


class WorkflowPage(Row):
    """One page of workflows."""

    data: list[WorkflowRow]
    pagination: PagingRow = PagingRow()


class AssetRow(Row):
    """A file that a publication shows."""

    id: Id


class PublicationRow(Row):
    """A link to a snapshot of a workflow (2.4); one that was never published has no moment, and may have no link."""

    workflow_id: Id
    share_id: MaybeId = None
    listed: Flag = False
    publish_time: str | None = None
    assets: list[AssetRow] = []
    workflow_json: dict[str, Any] | None = None

    @property
    def is_public(self) -> bool:
        """Whether there is a link."""
        return bool(self.share_id and self.publish_time)


class ListedJobRow(Row):
    """A job in a list (3.2)."""

    id: Id


class RunRow(JobRow):
    """A job, and why it waits."""

    queue_reason: str | None = None
    queue_position: Whole | None = None

    @field_validator("create_time", "execution_start_time", "execution_end_time", mode="after")
    @classmethod
    def _in_milliseconds(cls, told: float | None) -> float | None:
        return told * 1000 if told is not None and told < _SECONDS_BEFORE else told

    @property
    def queue_words(self) -> str:
        """What is worth showing while it waits."""
        place = None if self.queue_position is None else f"place {self.queue_position} in the queue"
        why = self.queue_reason and self.queue_reason.replace("_", " ")
        return ", ".join(filter(None, ("inference check", place, why)))


class PromptOfJobRow(Row):
    """What a job was given."""

    prompt: dict[str, Any] = {}


class GivenRow(Row):
    """A job with what it was given."""

    workflow: PromptOfJobRow = PromptOfJobRow()


class CancelledRow(Row):
    """Whether a job could still be cancelled."""

    cancelled: Flag = False


class JobPage(Row):
    """The newest jobs."""

    jobs: list[ListedJobRow]


class ComfyCloudApi(PromptApi):
    """What this package uses beside what every ComfyUI has: saved workflows, publications, jobs of a workflow."""

    async def get_user(self) -> UserRow:
        """`GET /api/user`: the one question that proves a key and says whose it is (1.1)."""
        return await self.get(UserRow, "/api/user", "ask whose key it is")

    async def create_workflow(self, fields: Mapping[str, Json]) -> WorkflowRow:
        """`POST /api/workflows`: with its first version, whose id the answer does not tell."""
        tried = f'create workflow "{fields.get("name")}"'
        answer = await self.http.write("POST", _WORKFLOWS, tried=tried, json=_set(fields))
        return parse(WorkflowRow, answer.body, tried=tried, is_write=True)

    async def get_workflow(self, workflow_id: str) -> WorkflowRow | None:
        """`GET /api/workflows/{id}`; None when there is none or it was deleted."""
        return await self.get_or_none(WorkflowRow, _path(workflow_id), f"read workflow {workflow_id}", GONE)

    async def list_workflows(self) -> list[WorkflowRow]:
        """`GET /api/workflows`, every page, read once for all who ask."""

        async def read(offset: int) -> tuple[list[WorkflowRow], bool]:
            page = await self.shared(WorkflowPage, _WORKFLOWS, "list workflows", offset=offset, **_BY_AGE)
            return page.data, page.pagination.has_more

        return [row async for row in rows_of(read)]

    @property
    def has_workflows_listed(self) -> bool:
        """Whether the list's first page costs no call."""
        return self.is_shared(_WORKFLOWS, offset=0, **_BY_AGE)

    async def find_workflows(self, name: str) -> list[WorkflowRow]:
        """`GET /api/workflows?name=`, read afresh: those of exactly this name; the platform looks for a part (2.1)."""
        tried = f'look for workflow "{name}"'

        async def read(offset: int) -> tuple[list[WorkflowRow], bool]:
            page = await self.get(WorkflowPage, _WORKFLOWS, tried, offset=offset, name=name, **_BY_AGE)
            return page.data, page.pagination.has_more

        return [row async for row in rows_of(read) if row.name == name]

    async def patch_workflow(self, workflow_id: str, fields: Mapping[str, Json]) -> None:
        """`PATCH /api/workflows/{id}`: what is sent; nothing is ever null there (2.1)."""
        if body := _set(fields):
            tried = f"change workflow {workflow_id}"
            await self.http.write("PATCH", _path(workflow_id), tried=tried, json=body, repeatable=True)

    async def delete_workflow(self, workflow_id: str) -> None:
        """`DELETE /api/workflows/{id}`: soft. Its 404 may mean another workspace's, which a read tells apart (1.1)."""
        tried = f"delete workflow {workflow_id}"
        answer = await self.http.write("DELETE", _path(workflow_id), tried=tried, gone=GONE, repeatable=True)
        await self.confirm_removed(
            answer, tried, is_done=lambda told: told.status == 204, is_there=lambda: self.get_workflow(workflow_id)
        )
        if answer.status == 404 and await self.get_workflow(workflow_id) is not None:
            raise PlatformError("COMFY2003", tried=tried, got="the platform says that it is not there, and shows it")

    async def get_content(self, workflow_id: str) -> ContentRow | None:
        """`GET /api/workflows/{id}/content`: the newest version; no other can be read (2.2)."""
        path, tried = f"{_path(workflow_id)}/content", f"read the newest version of workflow {workflow_id}"
        return await self.get_or_none(ContentRow, path, tried, GONE)

    async def append_version(self, workflow_id: str, base: int, document: Mapping[str, Any]) -> VersionRow | None:
        """`POST /api/workflows/{id}/versions`; None where another version than `base` is the newest (2.3)."""
        path, tried = f"{_path(workflow_id)}/versions", f"add a version to workflow {workflow_id}"
        body = {"base_version": base, "workflow_json": document}
        answer = await self.http.write("POST", path, tried=tried, json=body, expected=(409,))
        return None if answer.status == 409 else parse(VersionRow, answer.body, tried=tried, is_write=True)

    async def get_publication(self, path: str) -> PublicationRow | None:
        """`GET /api/userdata/{file}/publish`; None where there is no such file, or it was never published (2.4)."""
        tried = f"look for the publication of {path}"
        answer = await self.http.read(_publication(path), tried=tried, expected=(404,))
        return None if answer.status == 404 else parse(PublicationRow, answer.body, tried=tried)

    async def publish(self, path: str, asset_ids: list[str]) -> PublicationRow:
        """`POST /api/userdata/{file}/publish`: the newest version; a second time the link stays the same."""
        tried = f"publish {path}"
        body = {"asset_ids": asset_ids}
        answer = await self.http.write("POST", _publication(path), tried=tried, json=body, repeatable=True)
        return parse(PublicationRow, answer.body, tried=tried)

    async def get_published(self, share_id: str) -> PublicationRow | None:
        """`GET /api/workflows/published/{share_id}`: what everybody sees; None where the link leads nowhere."""
        path = f"{_WORKFLOWS}/published/{quote(share_id, safe='')}"
        return await self.get_or_none(PublicationRow, path, f"read publication {share_id}", GONE)

    def share_url(self, share_id: str) -> str:
        """The link of a publication."""
        return f"{self.http.base_url}/?share={quote(share_id, safe='')}"

    async def get_run(self, job_id: str) -> RunRow | None:
        """`GET /api/jobs/{id}`; None when there is none."""
        return await self.get_or_none(RunRow, _job(job_id), f"read run {job_id}", GONE)

    async def newest_jobs(self, workflow_id: str, count: int) -> list[str]:
        """`GET /api/jobs?workflow_id=`: ids of the newest jobs of a workflow, the newest first."""
        tried = f"list the runs of workflow {workflow_id}"
        page = await self.get(JobPage, "/api/jobs", tried, workflow_id=workflow_id, limit=count, sort_order="desc")
        return [row.id for row in page.jobs]

    async def job_prompt(self, job_id: str) -> dict[str, Any]:
        """`GET /api/jobs/{id}`: the prompt that a job was given; empty where it is not told."""
        row = await self.get(GivenRow, _job(job_id), f"read run {job_id}")
        return row.workflow.prompt

    async def cancel_job(self, job_id: str) -> bool:
        """`POST /api/jobs/{id}/cancel`: False of one that has ended already."""
        tried = f"cancel run {job_id}"
        answer = await self.http.write("POST", f"{_job(job_id)}/cancel", tried=tried, gone=GONE, repeatable=True)
        return answer.status != 404 and parse(CancelledRow, answer.body, tried=tried).cancelled

    async def fetch_file(self, url: str, tried: str) -> tuple[bytes, str]:
        """`GET /api/view`: a redirect to a signed address, which is fetched without the key (3.3)."""
        place = await self.http.locate("/api/view", tried=tried, params=dict(parse_qsl(urlsplit(url).query)))
        return await self.http.download(place, tried=tried)


def _path(workflow_id: str) -> str:
    return f"{_WORKFLOWS}/{quote(workflow_id, safe='')}"


def _job(job_id: str) -> str:
    return f"/api/jobs/{quote(job_id, safe='')}"


def _publication(path: str) -> str:
    return f"/api/userdata/{quote(path, safe='')}/publish"


def _set(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if value is not None}
