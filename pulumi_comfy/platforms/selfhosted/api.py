"""Typed client of the web app's REST routes. Knows nothing of Pulumi; each method names the route it calls.

The routes of machines, deployments and API keys are not the public server's: they are our reading of a list that names
them (docs/platforms/selfhosted.md 6).
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from pulumi_comfy.core.company import among
from pulumi_comfy.core.http.client import Gone, HttpClient
from pulumi_comfy.core.http.endpoints import Row, parse
from pulumi_comfy.core.model import Json
from pulumi_comfy.deploy_protocol.key_seconds import KeyQueue
from pulumi_comfy.platforms.selfhosted import dialect, rows
from pulumi_comfy.platforms.selfhosted.server import Server

RowT = TypeVar("RowT", bound=Row)

HOLDS = 310.0
"""Seconds that `POST /run` may take: it answers when the machine has, within the server's own limit of 300."""


class SelfHostedApi(Server):
    """The routes that this package uses."""

    def __init__(self, http: HttpClient) -> None:
        super().__init__(http)
        self.new_keys = KeyQueue()

    async def post_version(self, fields: Mapping[str, Json]) -> rows.PostedRow:
        """`POST /api/workflow`: a new workflow where a name is given, else a new version of one."""
        what = fields.get("workflow_name") or fields.get("workflow_id")
        return await self._write(rows.PostedRow, "POST", "/workflow", f"post a version of workflow {what}", fields)

    async def get_version(self, version_id: str) -> rows.VersionRow | None:
        """`GET /api/workflow-version/{version_id}`; None where the server says that this one is not there."""
        tried = f"read workflow version {version_id}"
        return await self.get_or_none(rows.VersionRow, f"/api/workflow-version/{version_id}", tried, dialect.VERSION)

    async def start_run(self, deployment_id: str, inputs: Mapping[str, Json]) -> str:
        """`POST /api/run`: the run's id, once its machine has taken it."""
        tried, body = f"run deployment {deployment_id}", {"deployment_id": deployment_id, "inputs": dict(inputs)}
        await self.need("POST /run", tried)
        answer = await self.http.write("POST", "/api/run", tried=tried, json=body, holds=HOLDS)
        return parse(rows.StartedRow, answer.body, tried=tried, is_write=True).run_id

    async def get_run(self, run_id: str) -> rows.RunRow | None:
        """`GET /api/run?run_id=`; None for one that is not there for this key."""
        return await self.get_or_none(rows.RunRow, "/api/run", f"read run {run_id}", dialect.RUN, run_id=run_id)

    async def ask_with_key(self) -> object:
        """The cheapest question that needs the key: a run that there is not."""
        tried = "ask whether the key is good"
        await self.need("GET /run", tried)
        return await self.get_or_none(rows.RunRow, "/api/run", tried, dialect.RUN, run_id=str(uuid.uuid4()))

    @property
    def run_url(self) -> str:
        """URL that runs are posted to."""
        return f"{self.http.base_url}/api/run"

    async def list_machines(self) -> list[rows.MachineRow]:
        """`GET /api/machine`: every machine of the account; read once for all who ask."""
        return await self._list(rows.MachineRow, "/machine", "list machines")

    async def list_machines_now(self) -> list[rows.MachineRow]:
        """The same, read afresh."""
        await self.need("GET /machine", "list machines")
        return await self.get(list[rows.MachineRow], "/api/machine", "list machines")

    async def create_machine(self, fields: Mapping[str, Json]) -> rows.MachineRow:
        """`POST /api/machine`."""
        return await self._write(rows.MachineRow, "POST", "/machine", f'create machine "{fields.get("name")}"', fields)

    async def change_machine(self, machine_id: str, fields: Mapping[str, Json]) -> rows.MachineRow:
        """`PUT /api/machine/{id}`: merges what is sent."""
        return await self._write(
            rows.MachineRow, "PUT", "/machine/{id}", f"change machine {machine_id}", fields, machine_id
        )

    async def delete_machine(self, machine_id: str) -> None:
        """`DELETE /api/machine/{id}`; gone already is a success, and one that deployments use is refused."""
        await self._delete(
            "/machine/{id}", f"delete machine {machine_id}", machine_id, dialect.MACHINE, self.list_machines_now
        )

    async def list_deployments(self) -> list[rows.DeploymentRow]:
        """`GET /api/deployment`: every deployment of the account; read once for all who ask."""
        return await self._list(rows.DeploymentRow, "/deployment", "list deployments")

    async def put_deployment(self, fields: Mapping[str, Json]) -> rows.DeploymentRow:
        """`POST /api/deployment`: a new one, or over the one of the same workflow and environment, whosever it is."""
        return await self._write(rows.DeploymentRow, "POST", "/deployment", "create deployment", fields)

    async def change_deployment(self, deployment_id: str, fields: Mapping[str, Json]) -> rows.DeploymentRow:
        """`PUT /api/deployment/{id}`."""
        return await self._write(
            rows.DeploymentRow, "PUT", "/deployment/{id}", f"change deployment {deployment_id}", fields, deployment_id
        )

    async def delete_deployment(self, deployment_id: str) -> None:
        """`DELETE /api/deployment/{id}`; gone already is a success."""
        tried = f"delete deployment {deployment_id}"
        await self._delete("/deployment/{id}", tried, deployment_id, dialect.DEPLOYMENT, self.list_deployments)

    async def list_api_keys(self) -> list[rows.ApiKeyRow]:
        """`GET /api/api-key`: every live key of the account."""
        found = await self._list(rows.ApiKeyRow, "/api-key", "list API keys")
        return [row for row in found if not row.revoked]

    async def create_api_key(self, name: str) -> rows.ApiKeyRow:
        """`POST /api/api-key`."""
        return await self._write(rows.ApiKeyRow, "POST", "/api-key", f'create API key "{name}"', {"name": name})

    async def revoke_api_key(self, key_id: str) -> None:
        """`DELETE /api/api-key/{id}`; gone already is a success."""
        await self._delete("/api-key/{id}", f"revoke API key {key_id}", key_id, dialect.API_KEY, self.list_api_keys)

    async def _list(self, kind: type[RowT], path: str, tried: str) -> list[RowT]:
        await self.need(f"GET {path}", tried)
        return await self.shared(list[kind], f"/api{path}", tried)  # type: ignore[valid-type]

    async def _write(
        self, kind: type[RowT], method: str, path: str, tried: str, fields: Mapping[str, Json], object_id: str = ""
    ) -> RowT:
        """Write and parse the row; a change of one object may be repeated, what makes a new one may not."""
        await self.need(f"{method} {path}", tried)
        asked: dict[str, Any] = {"tried": tried, "json": dict(fields), "repeatable": bool(object_id)}
        answer = await self.http.write(method, f"/api{path}".replace("{id}", object_id), **asked)
        return parse(kind, answer.body, tried=tried, is_write=True)

    async def _delete(
        self, path: str, tried: str, object_id: str, gone: Gone, live: Callable[[], Awaitable[list[Any]]]
    ) -> None:
        """Delete, then look into the list: nobody has published what the server answers."""
        await self.need(f"DELETE {path}", tried)
        await self.remove(
            f"/api{path}".replace("{id}", object_id),
            tried,
            gone=gone,
            is_done=lambda _answer: False,
            is_there=lambda: among(live, object_id),
            repeatable=True,
        )
