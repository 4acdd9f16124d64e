"""The platform goes away and comes back: what is waited for is waited for, and what is not proved is put back."""

from __future__ import annotations

import httpx
import pytest
from checks import a_checked_deployment, a_second_version
from lone import bodies, up
from plain_http import PlainHttp

MANY = 12
"""Requests: more than a client's own attempts."""
AWAY = {"503": ("status", {"status": 503}), "429": ("status", {"status": 429}), "a reset": ("reset", {})}


@pytest.fixture
def it(lone, emulator):
    return a_checked_deployment(lone, emulator)


def leave(emulator, method, route, how="503"):
    kind, details = AWAY[how]
    emulator.faults.add(method, route, kind, times=MANY, **details)


@pytest.mark.parametrize("how", AWAY)
def test_a_build_is_waited_for_across_an_outage(lone, emulator, how):
    it = lone("ServerlessMachine")
    leave(emulator, "GET", "/machine/serverless/[^/]+/versions/[^/]+", how)

    assert it.up() is None
    assert [row["status"] for row in it.rows] == ["ready"]
    assert any("asking again" in line for line in it.progress)


def test_a_download_is_waited_for_across_an_outage(lone, emulator):
    it = lone("Model")
    emulator.settings.download_seconds = 0.2
    emulator.faults.add("GET", "/volume/downloading-models", "delay", times=1)  # the look before it is begun
    leave(emulator, "GET", "/volume/downloading-models")

    up(it)

    assert [row["id"] for row in it.rows] == [it.id]


@pytest.mark.parametrize("arguments", [{}, {"keep_warm": 1}])
def test_a_machine_is_removed_across_an_outage(lone, emulator, arguments):
    it = lone("ServerlessMachine", **arguments)
    up(it)
    leave(emulator, "PATCH" if arguments else "DELETE", "/machine/.*")

    assert it.destroy() is None
    assert it.rows == []


class Garbles(PlainHttp):
    """The platform, one of whose answers to a run's poll has another shape."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if request.method == "GET" and "/api/run/" in request.url.path:
            await response.aread()
            return httpx.Response(200, json={**response.json(), **self.body})
        return response


OF_ANOTHER_SHAPE = {
    "a URL that is a number": {
        "status": "success",
        "outputs": [{"id": "1", "data": {"images": [{"filename": "a.png", "url": 5}]}}],
    },
    "outputs that are text": {"status": "success", "outputs": "none"},
    "a status that is a number": {"status": 5},
    "an id of two lines": {"id": "one\ntwo"},
}


@pytest.mark.parametrize("shape", OF_ANOTHER_SHAPE)
def test_an_answer_of_another_shape_during_a_check_is_the_platform_s_fault_and_what_served_serves_again(
    it, platform, shape
):
    it.up()
    (before,) = it.rows
    it.arguments.update(a_second_version(it, platform))
    it.transport = lambda: Garbles(OF_ANOTHER_SHAPE[shape])

    error = it.up()

    assert error.code == "COMFY2003"
    assert it.rows[0]["workflow_version_id"] == before["workflow_version_id"]


def test_a_create_that_the_platform_failed_and_that_made_nothing_advises_another_up(lone, emulator):
    it = lone("ServerlessMachine")
    emulator.faults.add("POST", "/machine/serverless", "status", status=500, times=None)

    told = str(it.up())

    assert "adopt" not in told
    assert "Run `pulumi up` again." in told


def test_an_update_that_is_tried_again_is_told_on_the_resource_s_row(lone, emulator):
    it = lone("ServerlessMachine")
    up(it)
    it.arguments["run_timeout"] = 400
    emulator.faults.add("PATCH", "/machine/serverless/[^/]+", "status", status=500, times=1)

    up(it)

    assert any("answered 500" in line and "trying again (2 of 5)" in line for line in it.progress)
    assert len(bodies(it, "PATCH", "/machine/serverless/[^/]+")) == 2


@pytest.mark.parametrize("seed", [{}, {"seed": 1}])
def test_a_check_on_a_machine_of_one_s_own_that_cannot_be_reached_names_where_that_is(it, emulator, platform, seed):
    body = {
        "name": "own",
        "type": "classic",
        "endpoint": "http://me:canary@gpu.example:8188/canary",
        "auth_token": None,
    }
    it.arguments["machine_id"] = platform.post("/machine/custom", json=body).raise_for_status().json()["id"]
    it.arguments["inference_check"]["inputs"] |= seed
    emulator.settings.endpoint_answers = {body["endpoint"]: "refused"}

    told = str(it.up())

    assert 'custom machine "own" at gpu.example:8188' in told
    assert "canary" not in told
