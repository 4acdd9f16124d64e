"""Deployments (docs/platforms/comfydeploy.md 2.5)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from pulumi_comfy.core.errors import LostAnswerError, OwnershipError, StatusError
from pulumi_comfy.core.http.answers import Answer
from pulumi_comfy.core.http.endpoints import Endpoints, parse, rows_of
from pulumi_comfy.core.model import Json
from pulumi_comfy.platforms.comfydeploy.api import gone, rows

DEPLOYMENTS_PAGE = 500
"""Rows asked for at once; the list carries every managed field, and a row is about 2.5 kB."""


def _page(is_fluid: str, offset: int) -> dict[str, str | int]:
    return {"is_fluid": is_fluid, "page_size": DEPLOYMENTS_PAGE, "offset": offset}


class DeploymentsApi(Endpoints):
    """Deployments (2.5)."""

    async def insert_deployment(
        self, *, workflow_id: str, workflow_version_id: str, environment: str, machine_id: str | None
    ) -> rows.DeploymentRow:
        """`POST /deployment` so that it always makes a new one: an id that nothing has matches nothing (recorded).

        Without any id the platform would match workflow and environment, and overwrite what somebody else has put
        there since we looked. Two of one environment may stand side by side until one is removed.

        Raises: as `put_deployment`.
        """
        nobody_s = str(uuid.uuid4())
        return await self._post(workflow_id, workflow_version_id, environment, machine_id, nobody_s, repeatable=False)

    async def put_deployment(
        self,
        *,
        workflow_id: str,
        workflow_version_id: str,
        environment: str,
        machine_id: str | None,
        deployment_id: str,
    ) -> rows.DeploymentRow:
        """`POST /deployment` with the id of one that exists: gives it another environment, too.

        Raises:
            OwnershipError: the share's public name is taken; the platform answers 500 with SQL text (6.19).
        """
        return await self._post(
            workflow_id, workflow_version_id, environment, machine_id, deployment_id, repeatable=True
        )

    async def _post(
        self,
        workflow_id: str,
        workflow_version_id: str,
        environment: str,
        machine_id: str | None,
        deployment_id: str,
        *,
        repeatable: bool,
    ) -> rows.DeploymentRow:
        body = {
            "workflow_id": workflow_id,
            "workflow_version_id": workflow_version_id,
            "environment": environment,
            "machine_id": machine_id,
            "deployment_id": deployment_id,
        }
        tried = f"deploy workflow {workflow_id} to {environment}"
        try:
            answer = await self.http.write("POST", "/deployment", tried=tried, json=body, repeatable=repeatable)
        except (LostAnswerError, StatusError) as refused:
            if "slug" not in refused.got:
                raise
            got = (
                "answered 500: another share deployment, perhaps one of a workflow that was deleted, has the public "
                "name it makes of the workflow's name"
            )
            todo = "Give the workflow another `name`, or remove the other share deployment."
            raise OwnershipError("COMFY4001", tried=tried, got=got, todo=todo) from None
        return parse(rows.DeploymentRow, answer.body, tried=tried, is_write=True)

    async def patch_deployment(self, deployment_id: str, fields: Mapping[str, Json]) -> rows.DeploymentRow:
        """`PATCH /deployment/{id}`; null means unchanged. A missing deployment is a 500."""
        tried = f"update deployment {deployment_id}"
        answer = await self.http.write(
            "PATCH", f"/deployment/{deployment_id}", tried=tried, json=dict(fields), repeatable=True
        )
        return parse(rows.DeploymentRow, answer.body, tried=tried)

    async def get_deployment(self, deployment_id: str, workflow_id: str | None) -> rows.DeploymentRow | None:
        """`GET /deployment/{id}`. A missing one is a 500 (6.1): the workflow's list then decides.

        A server that answers 404 is believed. Without a workflow id the account's lists decide.
        """
        tried = f"read deployment {deployment_id}"
        answer = await self._answer_of(deployment_id, tried)
        if answer.status < 400:
            return parse(rows.DeploymentRow, answer.body, tried=tried)
        if answer.status == 404:
            return None
        listed = await (self.list_workflow_deployments(workflow_id) if workflow_id else self.list_deployments())
        if deployment_id not in {row.id for row in listed}:
            return None
        again = await self.http.read(f"/deployment/{deployment_id}", tried=tried)  # listed: the 500 was a real one
        return parse(rows.DeploymentRow, again.body, tried=tried)

    async def peek_deployment(self, deployment_id: str) -> rows.DeploymentRow | None:
        """`GET /deployment/{id}` and no more; None where it shows none, which says nothing of whether it is gone."""
        tried = f"read deployment {deployment_id}"
        answer = await self._answer_of(deployment_id, tried)
        return parse(rows.DeploymentRow, answer.body, tried=tried) if answer.status < 400 else None

    async def _answer_of(self, deployment_id: str, tried: str) -> Answer:
        said = {*gone.DEPLOYMENT, (500, gone.UNTOLD)}
        return await self.http.read(f"/deployment/{deployment_id}", tried=tried, gone=said)

    async def list_deployments(self) -> list[rows.DeploymentRow]:
        """`GET /deployments`, ordinary and fluid ones (the default hides the fluid, 6.21), all pages.

        Read once for all who ask until something is written. Deployments of deleted workflows are not listed.
        """
        found: list[rows.DeploymentRow] = []
        for is_fluid in ("false", "true"):

            async def read(offset: int, is_fluid: str = is_fluid) -> tuple[list[rows.DeploymentRow], bool]:
                query = _page(is_fluid, offset)
                page = await self.shared(list[rows.DeploymentRow], "/deployments", "list deployments", **query)
                return page, len(page) >= DEPLOYMENTS_PAGE

            found += [row async for row in rows_of(read)]
        return found

    @property
    def has_deployments_listed(self) -> bool:
        """Whether `list_deployments` was called since the last write, so that it costs nothing now."""
        return self.is_shared("/deployments", **_page("false", 0))

    async def list_workflow_deployments(self, workflow_id: str) -> list[rows.DeploymentRow]:
        """`GET /workflow/{id}/deployments`; 404 when there are none."""
        found = await self.get_or_none(
            list[rows.DeploymentRow],
            f"/workflow/{workflow_id}/deployments",
            f"list the deployments of workflow {workflow_id}",
            gone.DEPLOYMENTS,
        )
        return found or []

    async def deactivate_deployment(self, deployment_id: str) -> None:
        """`POST /deployment/{id}/deactivate`, best effort: an ordinary deployment answers a plain 500 (2.5)."""
        tried = f"deactivate deployment {deployment_id}"
        path = f"/deployment/{deployment_id}/deactivate"
        await self.http.write("POST", path, tried=tried, json={}, expected={400, 500}, gone=gone.DEPLOYMENT)

    async def delete_share_deployment(self, deployment_id: str, *, is_hidden: bool = False) -> None:
        """`DELETE /deployment/{id}`: share environments only; a missing one is a 500.

        That is no failure where `is_hidden`: no read shows one whose workflow is deleted, so there may be none.
        """
        tried, said = f"delete deployment {deployment_id}", {*gone.DEPLOYMENT}
        if is_hidden:
            said.add((500, gone.UNTOLD))
        await self.remove(
            f"/deployment/{deployment_id}",
            tried,
            gone=said,
            is_done=gone.is_said,
            is_there=lambda: self.peek_deployment(deployment_id),
        )
