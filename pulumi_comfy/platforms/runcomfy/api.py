"""Typed client of RunComfy's Serverless API. Knows nothing of Pulumi; each method names the route it calls.

Facts: docs/platforms/runcomfy.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BeforeValidator

from pulumi_comfy.core.errors import StatusError
from pulumi_comfy.core.http.endpoints import Endpoints, Flag, Id, MaybeId, Moment, Row, Whole, parse, tells
from pulumi_comfy.core.model import Json
from pulumi_comfy.platforms.runcomfy.dialect import DELETED, NOT_FOUND

_DEPLOYMENTS = "/prod/v2/deployments"

Hardware = Annotated[str, BeforeValidator(lambda told: ", ".join(map(str, told)) if isinstance(told, list) else told)]
"""One word, which the wire wraps in a list (2)."""
Outputs = Annotated[dict[str, Any], BeforeValidator(lambda told: told or {})]
"""By node; null of a run that failed is none."""


class PayloadRow(Row):
    """What a deployment serves."""

    workflow_api_json: dict[str, Any] | None = None


class DeploymentRow(Row):
    """A deployment (2). Those that serve a LoRA have no workflow."""

    id: Id
    name: str = ""
    workflow_id: MaybeId = None
    workflow_version: MaybeId = None
    hardware: Hardware = ""
    min_instances: Whole = 0
    max_instances: Whole = 1
    queue_size: Whole = 1
    keep_warm_duration_in_seconds: Whole = 60
    is_enabled: Flag = True
    payload: PayloadRow | None = None

    @property
    def graph(self) -> dict[str, Any] | None:
        """The API prompt that it serves, where it was asked for."""
        return self.payload.workflow_api_json or None if self.payload else None


class BalanceRow(Row):
    """The account's balance; it may be negative."""

    balance_usd: float


class StartedRow(Row):
    """A request that was taken."""

    request_id: Id


class StatusRow(Row):
    """How far a request is (4.2)."""

    status: str
    queue_position: Whole | None = None


class ResultRow(Row):
    """What a request made (4.3)."""

    status: str
    outputs: Outputs = {}
    error: Any = None
    created_at: Moment = None
    finished_at: Moment = None


class RunComfyApi(Endpoints):
    """The endpoints that this package uses."""

    async def create_deployment(self, fields: Mapping[str, Json]) -> DeploymentRow:
        """`POST /prod/v2/deployments`: all eight fields are required; the new one is enabled (3)."""
        tried = f'create deployment "{fields.get("name")}"'
        with _version_named():
            answer = await self.http.write("POST", _DEPLOYMENTS, tried=tried, json=_wire(fields))
        return parse(DeploymentRow, answer.body, tried=tried, is_write=True)

    async def patch_deployment(self, deployment_id: str, fields: Mapping[str, Json]) -> DeploymentRow:
        """`PATCH /prod/v2/deployments/{id}`: merges what is sent; the name must be there (7.1)."""
        tried = f"change deployment {deployment_id}"
        body = _wire(fields)
        with _version_named():
            answer = await self.http.write("PATCH", _path(deployment_id), tried=tried, json=body, repeatable=True)
        return parse(DeploymentRow, answer.body, tried=tried)

    async def get_deployment(self, deployment_id: str, *, with_payload: bool = False) -> DeploymentRow | None:
        """`GET /prod/v2/deployments/{id}`; None where the platform says that this one is not there."""
        includes = "payload" if with_payload else None
        tried = f"read deployment {deployment_id}"
        return await self.get_or_none(DeploymentRow, _path(deployment_id), tried, NOT_FOUND, includes=includes)

    async def list_deployments(self) -> list[DeploymentRow]:
        """`GET /prod/v2/deployments`: every one of the account, in one list; read once for all who ask."""
        return await self.shared(list[DeploymentRow], _DEPLOYMENTS, "list deployments")

    async def list_deployments_now(self) -> list[DeploymentRow]:
        """The same, read afresh."""
        return await self.get(list[DeploymentRow], _DEPLOYMENTS, "list deployments")

    @property
    def has_deployments_listed(self) -> bool:
        """Whether the list costs no call."""
        return self.is_shared(_DEPLOYMENTS)

    async def delete_deployment(self, deployment_id: str) -> None:
        """`DELETE /prod/v2/deployments/{id}`: for good; gone already is a success."""
        tried = f"delete deployment {deployment_id}"
        await self.remove(
            _path(deployment_id),
            tried,
            gone=DELETED,
            is_done=tells("success", True),
            is_there=lambda: self.get_deployment(deployment_id),
            repeatable=True,
        )

    async def get_balance(self) -> BalanceRow:
        """`GET /prod/v2/balance`."""
        return await self.get(BalanceRow, "/prod/v2/balance", "read the account's balance")

    def queue_url(self, deployment_id: str, queue: str) -> str:
        """URL that runs of a deployment are posted to; `queue` is the version of the routes, `v1` or `v2` (7.9)."""
        return f"{self.http.base_url}{_runs(deployment_id, queue)}/inference"

    async def submit(self, deployment_id: str, queue: str, body: Mapping[str, Json]) -> str:
        """`POST .../inference`: the request's id. The URLs in the answer are not followed (7.9)."""
        tried = f"run deployment {deployment_id}"
        answer = await self.http.write("POST", f"{_runs(deployment_id, queue)}/inference", tried=tried, json=dict(body))
        return parse(StartedRow, answer.body, tried=tried, is_write=True).request_id

    async def get_status(self, deployment_id: str, queue: str, request_id: str) -> StatusRow:
        """`GET .../requests/{id}/status`."""
        path = f"{_runs(deployment_id, queue)}/requests/{quote(request_id, safe='')}/status"
        return await self.get(StatusRow, path, f"read run {request_id}")

    async def get_result(self, deployment_id: str, queue: str, request_id: str) -> ResultRow:
        """`GET .../requests/{id}/result`: the verdict, which the status does not tell (7.5)."""
        path = f"{_runs(deployment_id, queue)}/requests/{quote(request_id, safe='')}/result"
        return await self.get(ResultRow, path, f"read the result of run {request_id}")

    async def cancel(self, deployment_id: str, queue: str, request_id: str) -> str:
        """`POST .../requests/{id}/cancel`: what comes of it, in either shape of the answer (4.4)."""
        path = f"{_runs(deployment_id, queue)}/requests/{quote(request_id, safe='')}/cancel"
        answer = await self.http.write("POST", path, tried=f"cancel run {request_id}", gone=NOT_FOUND, repeatable=True)
        body = answer.body if isinstance(answer.body, dict) else {}
        return str(body.get("outcome") or body.get("status") or "")


@contextmanager
def _version_named() -> Iterator[None]:
    """Say of a 404 what it is about: the workflow or the version that the body names, for what is written to is there.

    A change is sent after its deployment was read.
    """
    try:
        yield
    except StatusError as refused:
        if refused.code == "COMFY2404":
            refused.todo = "Name a `workflow_id` and a `workflow_version` that the account has, as its page lists them."
        raise


def _path(deployment_id: str) -> str:
    return f"{_DEPLOYMENTS}/{quote(deployment_id, safe='')}"


def _runs(deployment_id: str, queue: str) -> str:
    return f"/prod/{queue}/deployments/{quote(deployment_id, safe='')}"


def _wire(fields: Mapping[str, Json]) -> dict[str, Json]:
    """Give a body: the hardware is a list of one word there (7.2)."""
    body = dict(fields)
    if "hardware" in body:
        body["hardware"] = [body["hardware"]]
    return body
