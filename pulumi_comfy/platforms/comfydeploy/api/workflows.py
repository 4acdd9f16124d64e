"""Workflows (docs/platforms/comfydeploy.md 2.1) and their versions (2.2)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from functools import cached_property

from pulumi_comfy.core.errors import StatusError
from pulumi_comfy.core.http.endpoints import Endpoints, parse, rows_of
from pulumi_comfy.core.model import Json
from pulumi_comfy.platforms.comfydeploy.api import gone, rows
from pulumi_comfy.platforms.comfydeploy.api.lists import PAGE, searchable


def _is_uuid(text: str) -> bool:
    """Tell whether the platform would take a text for an id."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _page_of_versions(offset: int) -> dict[str, int]:
    return {"limit": PAGE, "offset": offset}


class WorkflowsApi(Endpoints):
    """Workflows (2.1) and their versions (2.2)."""

    @cached_property
    def _appending(self) -> dict[str, asyncio.Lock]:
        return {}

    async def create_workflow(
        self, *, name: str, workflow_json: str, workflow_api: str | None
    ) -> rows.CreatedWorkflowRow:
        """`POST /workflow`. Both documents are JSON text; no machine, so no implicit `preview` deployment."""
        tried = f'create workflow "{name}"'
        body = {"name": name, "workflow_json": workflow_json}
        if workflow_api is not None:
            body["workflow_api"] = workflow_api
        answer = await self.http.write("POST", "/workflow", tried=tried, json=body)
        return parse(rows.CreatedWorkflowRow, answer.body, tried=tried, is_write=True)

    async def get_workflow(self, workflow_id: str, *, versions: int = 1) -> rows.WorkflowRow | None:
        """`GET /workflow/{id}` with its newest versions; None when missing or out of scope.

        A malformed id is a plain 500 there (6.5); ours come from the platform.
        """
        path, tried = f"/workflow/{workflow_id}", f"read workflow {workflow_id}"
        row = await self.get_or_none(rows.WorkflowRow, path, tried, gone.WORKFLOW, limit=versions)
        return row if row is None or not row.deleted else None

    async def list_workflows(self) -> list[rows.WorkflowRow]:
        """`GET /workflows/all`: every workflow, without its versions; read once for all who ask."""
        return await self.shared(list[rows.WorkflowRow], "/workflows/all", "list workflows")

    @property
    def has_workflows_listed(self) -> bool:
        """Whether `list_workflows` was called since the last write, so that it costs nothing now."""
        return self.is_shared("/workflows/all")

    async def patch_workflow(self, workflow_id: str, fields: Mapping[str, Json]) -> rows.WorkflowRow | None:
        """`PATCH /workflow/{id}`: the row, without its versions; None where nothing was to be sent.

        `pinned` swallows every other field (6.8), so it goes alone.
        """
        row = None
        alone = {key: fields[key] for key in ("pinned",) if key in fields}
        together = {key: value for key, value in fields.items() if key not in alone}
        for body in filter(None, (together, alone)):
            tried = f"update workflow {workflow_id}"
            try:
                answer = await self.http.write(
                    "PATCH", f"/workflow/{workflow_id}", tried=tried, json=body, repeatable=True
                )
            except StatusError as refused:
                machine = body.get("selected_machine_id")
                if machine and refused.status == 500:  # a foreign key, without a word (2.1)
                    refused.todo = (
                        f"The platform fails so on a machine that does not exist: check {machine}. {refused.todo}"
                    )
                raise
            row = parse(rows.WorkflowRow, answer.body, tried=tried)
        return row

    async def delete_workflow(self, workflow_id: str) -> None:
        """`DELETE /workflow/{id}`: soft; 404 the second time."""
        tried = f"delete workflow {workflow_id}"
        await self.remove(
            f"/workflow/{workflow_id}",
            tried,
            gone=gone.WORKFLOW,
            is_done=gone.is_said,
            is_there=lambda: self.get_workflow(workflow_id),
            repeatable=True,
        )

    async def find_workflows(self, name: str) -> list[rows.WorkflowRow]:
        """`GET /workflows/all?search=`: every live workflow of exactly this name.

        A search for a UUID finds an id and no name (2.1), so that a name which looks like one is looked for in the
        whole list.
        """
        search = None if _is_uuid(name) else searchable(name)
        found = await self.get(list[rows.WorkflowRow], "/workflows/all", f'look for workflow "{name}"', search=search)
        return [row for row in found if row.name == name and not row.deleted]

    async def create_version(
        self, workflow_id: str, *, workflow: Json, workflow_api: Json, comment: str
    ) -> rows.WorkflowVersionRow:
        """`POST /workflow/{id}/version`. Documents are objects here; without a machine no deployment is touched."""
        tried = f"add a version to workflow {workflow_id}"
        body = {"workflow": workflow, "workflow_api": workflow_api, "comment": comment}
        path = f"/workflow/{workflow_id}/version"
        async with self._appending.setdefault(workflow_id, asyncio.Lock()):  # two at once get one number (2.2)
            answer = await self.http.write("POST", path, tried=tried, json=body)
        return parse(rows.WorkflowVersionRow, answer.body, tried=tried, is_write=True)

    async def get_version(self, version_id: str) -> rows.WorkflowVersionRow | None:
        """`GET /workflow-version/{id}`; None when missing or its workflow is deleted."""
        path, tried = f"/workflow-version/{version_id}", f"read workflow version {version_id}"
        return await self.get_or_none(rows.WorkflowVersionRow, path, tried, gone.VERSION)

    async def find_listed_version(self, workflow_id: str, version_id: str) -> rows.WorkflowVersionRow | None:
        """`GET /workflow/{id}/versions`, newest first, as many pages as it takes; each read once for all who ask.

        None where the list does not show it: whether it is gone, its own route says.
        """
        path, tried = f"/workflow/{workflow_id}/versions", f"list the versions of workflow {workflow_id}"

        async def read(offset: int) -> tuple[list[rows.WorkflowVersionRow], bool]:
            page = await self.shared(list[rows.WorkflowVersionRow], path, tried, **_page_of_versions(offset))
            return page, len(page) >= PAGE

        try:
            async for row in rows_of(read):
                if row.id == version_id:
                    return row
        except StatusError as refused:
            if refused.status != 404:
                raise
        return None

    def has_versions_listed(self, workflow_id: str) -> bool:
        """Whether `find_listed_version` has read the newest since the last write, so that they cost nothing now."""
        return self.is_shared(f"/workflow/{workflow_id}/versions", **_page_of_versions(0))

    async def find_versions(self, workflow_id: str, comment_part: str) -> list[rows.WorkflowVersionRow]:
        """`GET /workflow/{id}/versions?search=`: versions whose comment holds a text, newest first."""
        found = await self.get_or_none(
            list[rows.WorkflowVersionRow],
            f"/workflow/{workflow_id}/versions",
            f"look for a version of workflow {workflow_id}",
            gone.WORKFLOW,
            search=comment_part,
            limit=PAGE,
        )
        return found or []
