"""Servers that somebody changed, or put a proxy before: what they describe and answer otherwise than the public one."""

from __future__ import annotations

import json

import httpx
import pytest
from lone import up

ROUTES = (
    ("/workflow", "post"),
    ("/workflow-version/:version_id", "get"),
    ("/run", "post"),
    ("/run", "get"),
    ("/machine", "get"),
    ("/machine", "post"),
    ("/machine/:id", "put"),
    ("/machine/:id", "delete"),
    ("/deployment", "get"),
    ("/deployment", "post"),
    ("/deployment/:id", "put"),
    ("/deployment/:id", "delete"),
    ("/api-key", "get"),
    ("/api-key", "post"),
    ("/api-key/:id", "delete"),
)


def describe(emulator, spell):
    paths = {}
    for path, method in ROUTES:
        paths.setdefault(spell(path), {})[method] = {}
    emulator.faults.add("GET", "/api/doc", "status", status=200, body=json.dumps({"paths": paths}), times=None)


@pytest.mark.parametrize("kind", ["Machine", "ApiKey", "Deployment"])
@pytest.mark.parametrize(
    "spell",
    [
        lambda path: path,
        lambda path: f"/api{path}",
        lambda path: f"/api{path}".replace(":id", "{id}"),
    ],
    ids=["bare", "below /api", "in braces"],
)
def test_a_route_is_found_however_the_description_spells_it(lone, emulator, kind, spell):
    it = lone(kind, "seed")
    describe(emulator, spell)

    up(it)
    assert len(it.rows) == 1
    assert it.destroy() is None
    assert it.rows == []


def answering_runs_with(it, **more):
    class Fork(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request):
            answer = await super().handle_async_request(request)
            if request.method != "GET" or request.url.path != "/selfhosted/api/run":
                return answer
            row = json.loads(await answer.aread())
            return httpx.Response(answer.status_code, json={**row, **more} if "id" in row else row)

    it.transport = Fork


def test_a_run_row_that_has_a_place_for_an_error_and_none_in_it_is_no_failure(lone):
    it = lone("InferenceCheck")
    answering_runs_with(it, error=None)

    up(it)

    assert it.outputs["result"]["status"] == "passed"


def test_the_error_of_a_failed_run_s_row_is_told(lone):
    it = lone("InferenceCheck")
    answering_runs_with(it, status="failed", error="CUDA out of memory", outputs=[])

    error = it.up()

    assert error.code == "COMFY3101"
    assert "CUDA out of memory" in str(error)
