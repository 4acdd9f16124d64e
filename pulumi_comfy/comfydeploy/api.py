"""Typed client of ComfyDeploy's API V2. Knows nothing of Pulumi.

Each method names the route it calls; what the routes answer is in rows.py. Facts: reference sections 1 to 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from pulumi_comfy.comfydeploy import rows
from pulumi_comfy.core.errors import LostAnswerError, PlatformError
from pulumi_comfy.core.http import HttpClient
from pulumi_comfy.core.model import Json

PAGE = 200
"""Rows asked for at once where a list has pages."""

T = TypeVar("T")


def parse(kind: type[T], body: Json, *, tried: str, is_write: bool = False) -> T:
    """Parse an answer; a shape that the API does not promise is an error in words.

    Raises:
        PlatformError: a read answered something else.
        LostAnswerError: a write did, so that what it made must be looked for.
    """
    try:
        return TypeAdapter(kind).validate_python(body)
    except ValidationError as error:
        row = error.errors()[0]
        place = ".".join(str(part) for part in row["loc"])
        kind_of_error = LostAnswerError if is_write else PlatformError
        code = "COMFY2501" if is_write else "COMFY2003"
        got = f"the answer has an unexpected shape (at {place or 'the top'}: {row['msg']})"
        raise kind_of_error(code, tried=tried, got=got) from None


def machine_row(body: Json) -> Json:
    """Keep every key of a machine's row beside the few that are typed."""
    return {**body, "settings": body} if isinstance(body, dict) else body


class ComfyDeployApi:
    """The endpoints that this package uses.

    Args:
        http: a client whose base URL ends in `/api` and whose headers hold the key.
    """

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    async def _get(self, kind: type[T], path: str, tried: str, **params: Any) -> T:
        answer = await self.http.read(path, tried=tried, params=params)
        return parse(kind, answer.body, tried=tried)

    async def _get_or_none(self, kind: type[T], path: str, tried: str, **params: Any) -> T | None:
        answer = await self.http.read(path, tried=tried, params=params, expected={404, 422})
        return None if answer.status >= 400 else parse(kind, answer.body, tried=tried)

    # Workflows (2.1) and their versions (2.2)

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

        A malformed id is a plain 500 there (section 6, 5); ours come from the platform.
        """
        row = await self._get_or_none(
            rows.WorkflowRow, f"/workflow/{workflow_id}", f"read workflow {workflow_id}", limit=versions
        )
        return row if row is None or not row.deleted else None

    async def patch_workflow(self, workflow_id: str, fields: Mapping[str, Json]) -> None:
        """`PATCH /workflow/{id}`. `pinned` swallows every other field (section 6, 8), so it goes alone."""
        alone = {key: fields[key] for key in ("pinned",) if key in fields}
        together = {key: value for key, value in fields.items() if key not in alone}
        for body in filter(None, (together, alone)):
            tried = f"update workflow {workflow_id}"
            await self.http.write("PATCH", f"/workflow/{workflow_id}", tried=tried, json=body, repeatable=True)

    async def delete_workflow(self, workflow_id: str) -> None:
        """`DELETE /workflow/{id}`: soft; 404 the second time."""
        tried = f"delete workflow {workflow_id}"
        await self.http.write("DELETE", f"/workflow/{workflow_id}", tried=tried, expected={404}, repeatable=True)

    async def find_workflows(self, name: str) -> list[rows.WorkflowRow]:
        """`GET /workflows/all?search=`: every live workflow of exactly this name."""
        found = await self._get(list[rows.WorkflowRow], "/workflows/all", f'look for workflow "{name}"', search=name)
        return [row for row in found if row.name == name and not row.deleted]

    async def create_version(
        self, workflow_id: str, *, workflow: Json, workflow_api: Json, comment: str
    ) -> rows.WorkflowVersionRow:
        """`POST /workflow/{id}/version`. Documents are objects here; without a machine no deployment is touched."""
        tried = f"add a version to workflow {workflow_id}"
        body = {"workflow": workflow, "workflow_api": workflow_api, "comment": comment}
        answer = await self.http.write("POST", f"/workflow/{workflow_id}/version", tried=tried, json=body)
        return parse(rows.WorkflowVersionRow, answer.body, tried=tried, is_write=True)

    async def get_version(self, version_id: str) -> rows.WorkflowVersionRow | None:
        """`GET /workflow-version/{id}`; None when missing or its workflow is deleted."""
        return await self._get_or_none(
            rows.WorkflowVersionRow, f"/workflow-version/{version_id}", f"read workflow version {version_id}"
        )

    async def find_versions(self, workflow_id: str, comment_part: str) -> list[rows.WorkflowVersionRow]:
        """`GET /workflow/{id}/versions?search=`: versions whose comment holds a text, newest first."""
        found = await self._get_or_none(
            list[rows.WorkflowVersionRow],
            f"/workflow/{workflow_id}/versions",
            f"look for a version of workflow {workflow_id}",
            search=comment_part,
            limit=PAGE,
        )
        return found or []

    # Machines (2.3)

    async def create_serverless_machine(self, fields: Mapping[str, Json]) -> rows.MachineRow:
        """`POST /machine/serverless`: the row, its first version building."""
        tried = f'create serverless machine "{fields["name"]}"'
        answer = await self.http.write("POST", "/machine/serverless", tried=tried, json=dict(fields))
        return parse(rows.MachineRow, machine_row(answer.body), tried=tried, is_write=True)

    async def patch_serverless_machine(self, machine_id: str, fields: Mapping[str, Json]) -> rows.MachineRow:
        """`PATCH /machine/serverless/{id}`: what is sent and differs is changed; may start a build.

        The same fields again differ in nothing, so they may be repeated; a forced rebuild may not.
        """
        tried = f"update serverless machine {machine_id}"
        path, is_forced = f"/machine/serverless/{machine_id}", bool(fields.get("is_trigger_rebuild"))
        answer = await self.http.write("PATCH", path, tried=tried, json=dict(fields), repeatable=not is_forced)
        return parse(rows.MachineRow, machine_row(answer.body), tried=tried, is_write=True)

    async def get_machine(self, machine_id: str) -> rows.MachineRow | None:
        """`GET /machine/{id}`; None when missing, out of scope or deleted."""
        tried = f"read machine {machine_id}"
        answer = await self.http.read(f"/machine/{machine_id}", tried=tried, expected={404, 422})
        if answer.status >= 400:
            return None
        row = parse(rows.MachineRow, machine_row(answer.body), tried=tried)
        return None if row.deleted else row

    async def get_machine_version(self, machine_id: str, version_id: str) -> rows.MachineVersionRow:
        """`GET /machine/serverless/{id}/versions/{version_id}`: one build, its status and log."""
        path = f"/machine/serverless/{machine_id}/versions/{version_id}"
        tried = f"read build {version_id} of machine {machine_id}"
        return await self._get(rows.MachineVersionRow, path, tried)

    async def find_machines(self, name: str) -> list[rows.MachineRow]:
        """`GET /machines/all?search=`: every live machine of exactly this name."""
        found = await self._get(list[rows.MachineRow], "/machines/all", f'look for machine "{name}"', search=name)
        return [row for row in found if row.name == name and not row.deleted]

    async def delete_machine(self, machine_id: str) -> None:
        """`DELETE /machine/{id}`: soft, repeatable; 402 while deployments use it (section 6, 4)."""
        tried = f"delete machine {machine_id}"
        await self.http.write("DELETE", f"/machine/{machine_id}", tried=tried, expected={404}, repeatable=True)

    # Secrets (2.6)

    async def create_secret(self, *, name: str, variables: Mapping[str, str], machine_id: str) -> rows.SecretRow:
        """`POST /machine/secret`: a secret is born linked to one machine."""
        tried = f'create secret "{name}"'
        body = {"secret_name": name, "machine_id": machine_id, "secret": _pairs(variables)}
        answer = await self.http.write("POST", "/machine/secret", tried=tried, json=body)
        return parse(rows.SecretRow, answer.body, tried=tried, is_write=True)

    async def list_secrets(self) -> list[rows.SecretRow]:
        """`GET /machine/secrets/all`: values in clear."""
        return await self._get(list[rows.SecretRow], "/machine/secrets/all", "list secrets")

    async def replace_variables(self, secret_id: str, variables: Mapping[str, str]) -> None:
        """`PATCH /machine/secret/{id}/envs`: the whole list."""
        tried = f"update secret {secret_id}"
        body = {"secret": _pairs(variables)}
        await self.http.write("PATCH", f"/machine/secret/{secret_id}/envs", tried=tried, json=body, repeatable=True)

    async def toggle_secret_link(self, secret_id: str, machine_id: str) -> None:
        """`PATCH /machine/secret`: links, or unlinks when linked. Never repeated blindly (section 6, 16)."""
        tried = f"link secret {secret_id} with machine {machine_id}"
        await self.http.write(
            "PATCH", "/machine/secret", tried=tried, json={"machine_id": machine_id, "secret_id": secret_id}
        )

    async def delete_secret(self, secret_id: str) -> None:
        """`DELETE /machine/secret/{id}`: with its links; 404 the second time."""
        tried = f"delete secret {secret_id}"
        await self.http.write("DELETE", f"/machine/secret/{secret_id}", tried=tried, expected={404}, repeatable=True)

    # Deployments (2.5)

    async def put_deployment(
        self,
        *,
        workflow_id: str,
        workflow_version_id: str,
        environment: str,
        machine_id: str | None,
        deployment_id: str | None = None,
    ) -> rows.DeploymentRow:
        """`POST /deployment`: an upsert on `deployment_id`, else on workflow and environment."""
        body = {
            "workflow_id": workflow_id,
            "workflow_version_id": workflow_version_id,
            "environment": environment,
            "machine_id": machine_id,
        }
        is_known = deployment_id is not None
        if is_known:
            body["deployment_id"] = deployment_id
        tried = f"deploy workflow {workflow_id} to {environment}"
        answer = await self.http.write("POST", "/deployment", tried=tried, json=body, repeatable=is_known)
        return parse(rows.DeploymentRow, answer.body, tried=tried, is_write=True)

    async def patch_deployment(self, deployment_id: str, fields: Mapping[str, Json]) -> rows.DeploymentRow:
        """`PATCH /deployment/{id}`; null means unchanged. A missing deployment is a 500."""
        tried = f"update deployment {deployment_id}"
        answer = await self.http.write(
            "PATCH", f"/deployment/{deployment_id}", tried=tried, json=dict(fields), repeatable=True
        )
        return parse(rows.DeploymentRow, answer.body, tried=tried)

    async def get_deployment(self, deployment_id: str, workflow_id: str) -> rows.DeploymentRow | None:
        """`GET /deployment/{id}`. A missing one is a 500 (section 6, 1): the workflow's list then decides.

        A server that answers 404 is believed.
        """
        tried = f"read deployment {deployment_id}"
        answer = await self.http.read(f"/deployment/{deployment_id}", tried=tried, expected={404, 500})
        if answer.status < 400:
            return parse(rows.DeploymentRow, answer.body, tried=tried)
        if answer.status == 404:
            return None
        listed = [row for row in await self.list_workflow_deployments(workflow_id) if row.id == deployment_id]
        if not listed:
            return None
        await self.http.read(f"/deployment/{deployment_id}", tried=tried)  # listed, so the 500 was a real one
        return listed[0]

    async def list_workflow_deployments(self, workflow_id: str) -> list[rows.DeploymentRow]:
        """`GET /workflow/{id}/deployments`; 404 when there are none."""
        found = await self._get_or_none(
            list[rows.DeploymentRow],
            f"/workflow/{workflow_id}/deployments",
            f"list the deployments of workflow {workflow_id}",
        )
        return found or []

    async def deactivate_deployment(self, deployment_id: str) -> None:
        """`POST /deployment/{id}/deactivate`, best effort: an ordinary deployment answers a plain 500 (2.5)."""
        tried = f"deactivate deployment {deployment_id}"
        path = f"/deployment/{deployment_id}/deactivate"
        await self.http.write("POST", path, tried=tried, json={}, expected={400, 404, 500})

    async def delete_share_deployment(self, deployment_id: str) -> None:
        """`DELETE /deployment/{id}`: share environments only; a missing one is a 500."""
        tried = f"delete deployment {deployment_id}"
        await self.http.write("DELETE", f"/deployment/{deployment_id}", tried=tried, expected={404})

    # Runs (section 3)

    async def queue_run(self, deployment_id: str, inputs: Mapping[str, Json]) -> str:
        """`POST /run/deployment/queue`: the run's id."""
        tried = f"run deployment {deployment_id}"
        body = {"deployment_id": deployment_id, "inputs": dict(inputs)}
        answer = await self.http.write("POST", "/run/deployment/queue", tried=tried, json=body)
        return str(parse(dict[str, Any], answer.body, tried=tried, is_write=True).get("run_id", ""))

    async def get_run(self, run_id: str) -> rows.RunRow:
        """`GET /run/{id}`."""
        return await self._get(rows.RunRow, f"/run/{run_id}", f"read run {run_id}")

    async def cancel_run(self, run_id: str) -> None:
        """`POST /run/{id}/cancel`; a run without a serverless call is a 500 (3.3)."""
        path, tried = f"/run/{run_id}/cancel", f"cancel run {run_id}"
        await self.http.write("POST", path, tried=tried, json={}, expected={404, 500}, repeatable=True)

    async def run_logs(self, run_id: str) -> Sequence[str]:
        """`GET /v2/clickhouse-run-logs/{id}`: the run's log lines, in order."""
        found = await self._get_or_none(
            list[rows.LogRow], f"/v2/clickhouse-run-logs/{run_id}", f"read the logs of run {run_id}"
        )
        return [row.log for row in found or []]


def _pairs(variables: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in variables.items()]
