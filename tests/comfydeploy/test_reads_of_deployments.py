"""Reads of deployments share the account's list when they come together, and only then."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from pulumi_comfy.core.errors import ComfyError
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.retrying import RetryPolicy
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.deployments import DEPLOYMENTS_PAGE
from pulumi_comfy.platforms.comfydeploy.reads import read_deployment

LIST = ["/deployments false 0", "/deployments true 0"]


class Account:
    """An account's deployments as the platform answers for them, and what was asked."""

    def __init__(self, ordinary: int = 0, fluid: int = 0) -> None:
        self.rows = {"false": _rows("d", ordinary), "true": _rows("f", fluid)}
        self.asked: list[str] = []
        self.hidden: set[str] = set()
        self.failures = 0

    def read(self, *ids: str) -> list[Any]:
        """Read some at once, then hang up."""
        return self.run(lambda api: _together(api, ids))

    def run(self, work: Any) -> Any:
        async def body() -> Any:
            http = HttpClient(
                platform="ComfyDeploy",
                base_url="http://platform",
                retry=RetryPolicy(attempts=1),
                transport=httpx.MockTransport(self._answer),
            )
            async with http:
                return await work(ComfyDeployApi(http))

        return asyncio.run(body())

    def _answer(self, request: httpx.Request) -> httpx.Response:
        query = request.url.params
        if request.url.path == "/deployments":
            kind, offset = query["is_fluid"], int(query["offset"])
            self.asked.append(f"/deployments {kind} {offset}")
            if self.failures:
                self.failures -= 1
                return httpx.Response(503, json={"detail": "busy"})
            shown = [row for row in self.rows[kind] if row["id"] not in self.hidden]
            return httpx.Response(200, json=shown[offset : offset + int(query["page_size"])])
        self.asked.append(request.url.path)
        if request.method != "GET":
            return httpx.Response(200, json=_row(json.loads(request.content)["deployment_id"]))
        row = next((row for rows in self.rows.values() for row in rows if request.url.path.endswith(row["id"])), None)
        if request.url.path.startswith("/workflow/"):
            return httpx.Response(404, json={"detail": "Deployments not found or you don't have access to it"})
        return httpx.Response(200, json=row) if row else httpx.Response(500, json={"detail": "Internal server error"})


def _row(deployment_id: str) -> dict[str, Any]:
    return {"id": deployment_id, "workflow_id": "w", "workflow_version_id": "v", "environment": "staging"}


def _rows(letter: str, count: int) -> list[dict[str, Any]]:
    return [_row(f"{letter}{number}") for number in range(count)]


async def _together(api: ComfyDeployApi, ids: tuple[str, ...]) -> list[Any]:
    return await asyncio.gather(*(read_deployment(api, one, "w") for one in ids))


def test_a_lone_read_asks_for_that_deployment_only():
    account = Account(ordinary=3)

    (row,) = account.read("d1")

    assert row.id == "d1"
    assert account.asked == ["/deployment/d1"]


def test_reads_at_the_same_time_cost_one_list_of_each_kind():
    account = Account(ordinary=200, fluid=2)

    rows = account.read(*(f"d{number}" for number in range(200)), "f1")

    assert [row.id for row in rows] == [*(f"d{number}" for number in range(200)), "f1"]
    assert account.asked == LIST


def test_a_list_serves_later_reads_too():
    account = Account(ordinary=3)

    async def work(api: ComfyDeployApi) -> Any:
        await _together(api, ("d0", "d1"))
        return await read_deployment(api, "d2", "w")

    assert account.run(work).id == "d2"
    assert account.asked == LIST


def test_a_write_makes_the_next_read_look_again():
    account = Account(ordinary=2)

    async def work(api: ComfyDeployApi) -> Any:
        await _together(api, ("d0", "d1"))
        await api.put_deployment(
            workflow_id="w", workflow_version_id="v", environment="staging", machine_id="m", deployment_id="d0"
        )
        await read_deployment(api, "d0", "w")

    account.run(work)

    assert account.asked == [*LIST, "/deployment", "/deployment/d0"]


def test_another_operation_looks_again():
    account = Account(ordinary=2)

    async def work(api: ComfyDeployApi) -> Any:
        await _together(api, ("d0", "d1"))
        api.forget()
        await read_deployment(api, "d0", "w")

    account.run(work)

    assert account.asked == [*LIST, "/deployment/d0"]


def test_what_a_list_does_not_show_is_asked_for_by_itself_before_it_is_gone():
    account = Account(ordinary=2)

    assert [row and row.id for row in account.read("d1", "deleted")] == ["d1", None]
    assert account.asked == [*LIST, "/deployment/deleted", "/workflow/w/deployments"]


def test_a_lone_read_of_a_missing_one_is_decided_by_its_workflows_list():
    account = Account(ordinary=2)

    assert account.read("deleted") == [None]
    assert account.asked == ["/deployment/deleted", "/workflow/w/deployments"]


def test_what_slipped_past_the_edge_of_a_page_is_asked_for_by_itself():
    account = Account(ordinary=DEPLOYMENTS_PAGE + 5)
    account.hidden.add("d7")

    rows = account.read("d1", "d7")

    assert [row.id for row in rows] == ["d1", "d7"]
    assert account.asked == [
        "/deployments false 0",
        f"/deployments false {DEPLOYMENTS_PAGE}",
        LIST[1],
        "/deployment/d7",
    ]


def test_a_list_that_fails_says_gone_of_nothing():
    account = Account(ordinary=2)
    account.failures = 1

    with pytest.raises(ComfyError, match="list deployments"):
        account.read("d0", "d1")


def test_after_a_list_that_failed_the_next_read_does_not_count_on_it():
    account = Account(ordinary=2)
    account.failures = 1

    async def work(api: ComfyDeployApi) -> Any:
        await asyncio.gather(*(read_deployment(api, one, "w") for one in ("d0", "d1")), return_exceptions=True)
        return await read_deployment(api, "d0", "w")

    assert account.run(work).id == "d0"
    assert account.asked[-1] == "/deployment/d0"
