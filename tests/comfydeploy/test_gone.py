"""Only the platform says «gone», and only in its own words: whoever else answers 404 empties no state."""

from __future__ import annotations

import httpx
import pytest
from kinds import KINDS
from lone import up

from pulumi_comfy.platforms.comfydeploy.api.gone import UNTOLD, is_no_route, status_of

pytestmark = pytest.mark.apart

OF_A_GATEWAY = [
    {"message": "no Route matched"},
    {"error": {"code": 404}},
    {},
    {"detail": "Not Found"},
    {"detail": None},
    {"error": "Route not found"},
    {"detail": "Upstream not found"},
    {"message": "Machine not found"},
    {"detail": "the requested Machine not found here"},
    "<html><body><h1>404 Not Found</h1></body></html>",
]


@pytest.mark.parametrize("body", OF_A_GATEWAY, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_404_of_a_gateway_is_an_error_and_the_state_keeps_the_object(lone, emulator, kind, body):
    it = lone(kind)
    assert it.up() is None
    emulator.faults.add("*", ".*", "status", status=404, body=body, times=None)

    refreshed = it.refresh()
    destroyed = it.destroy() if "delete" in it.kind.main else refreshed

    assert refreshed.code == destroyed.code == "COMFY2003"
    assert it.id is not None


OF_ANOTHER_KIND = {
    "Workflow": "Machine not found",
    "WorkflowVersion": "Workflow not found or you don't have access to it",
    "ServerlessMachine": "Machine version not found",
    "CustomMachine": "Deployment not found",
    "Deployment": "Workflow not found or you don't have access to it",
}


@pytest.mark.parametrize("kind", OF_ANOTHER_KIND)
def test_a_sentence_about_another_kind_of_object_says_nothing_of_this_one(lone, emulator, kind):
    it = lone(kind)
    assert it.up() is None
    emulator.faults.add("GET", ".*", "status", status=404, body={"detail": OF_ANOTHER_KIND[kind]}, times=None)

    assert it.refresh().code == "COMFY2003"
    assert it.id is not None


@pytest.mark.parametrize("body", ["Internal Server Error", {"detail": "upstream: Internal server error"}], ids=str)
def test_a_500_in_other_words_than_the_platform_s_asks_no_list_whether_a_deployment_is_gone(lone, emulator, body):
    it = lone("Deployment")
    assert it.up() is None
    emulator.faults.add("GET", "/deployment/[^/]+", "status", status=500, body=body, times=None)
    emulator.faults.add("GET", ".*", "status", status=200, body=[], times=None)

    assert it.refresh().code == "COMFY2500"
    assert it.id is not None


@pytest.mark.parametrize("body", [{"data": []}, {}, [{"of": "another kind"}]], ids=str)
@pytest.mark.parametrize("kind", ["Secret", "ApiKey", "Model", "Deployment"])
def test_a_list_of_another_shape_says_of_nothing_that_it_is_absent(lone, emulator, kind, body):
    it = lone(kind)
    assert it.up() is None
    emulator.faults.add("GET", "/deployment/[^/]+", "status", status=500, body={"detail": UNTOLD}, times=None)
    emulator.faults.add("GET", ".*", "status", status=200, body=body, times=None)

    assert it.refresh().code == "COMFY2003"
    assert it.id is not None


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_that_the_platform_no_longer_takes_says_nothing_of_the_object(lone, emulator, kind):
    it = lone(kind)
    assert it.up() is None
    body = {"detail": [{"type": "missing", "loc": ["query", "of_tomorrow"], "msg": "Field required", "input": None}]}
    emulator.faults.add("GET", ".*", "status", status=422, body=body, times=None)

    refreshed = it.refresh()

    assert refreshed is not None
    assert it.id is not None


@pytest.mark.parametrize(
    "body",
    [
        {"detail": "Machine not found"},
        {"detail": "Deployments not found or you don't have access to it"},
        {"detail": "Secret doesn't exist!"},
        {"detail": "Run not found"},
        {"error": "API key not found"},
    ],
    ids=str,
)
def test_the_platform_names_what_it_does_not_find(body):
    assert not is_no_route(body)


@pytest.mark.parametrize(
    ("detail", "means"),
    [
        ("Internal server error: 404: Machine not found", 404),
        ("404: Workflow not found", 404),
        ("Internal server error", 500),
        ("a text that holds 404: Machine not found", 500),
        ("404: Upstream not found", 500),
        ("404: Machine not found, or so", 500),
    ],
)
def test_a_404_in_a_500_is_a_404(detail, means):
    assert status_of(500, {"detail": detail}) == means


@pytest.mark.parametrize("kind", KINDS)
def test_a_removal_that_a_gateway_answers_with_an_error_in_a_success_is_no_success(lone, kind):
    it = lone(kind)
    up(it)
    held = [row["id"] for row in it.rows]

    class Gateway(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request):
            if request.method == "GET":
                return await super().handle_async_request(request)
            return httpx.Response(200, json={"error": "upstream exploded", "code": 500}, request=request)

    it.transport = Gateway
    it.timeout = 0.5
    error = it.destroy()

    assert error is not None or kind == "WorkflowVersion"  # of which nothing is ever removed
    assert [row["id"] for row in it.rows] == held
