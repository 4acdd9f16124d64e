"""Only the platform says «gone», and only in its own words: whoever else answers 404 empties no state."""

from __future__ import annotations

import httpx
import pytest
from exam import fingerprint
from lone import up
from plain_http import PlainHttp

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


@pytest.mark.one_in(4)
@pytest.mark.parametrize("body", OF_A_GATEWAY, ids=str)
def test_a_404_of_a_gateway_is_an_error_and_the_state_keeps_the_object(lone, emulator, kind, body):
    it = lone(kind)
    assert it.up() is None
    emulator.faults.add("*", ".*", "status", status=404, body=body, times=None)

    refreshed = it.refresh()
    destroyed = it.destroy() if it.kind.is_removed else refreshed

    assert refreshed.code == destroyed.code == "COMFY2003"
    assert it.id is not None


@pytest.mark.one_in(4)
@pytest.mark.parametrize("body", [{"data": []}, {}, [{"of": "another kind"}]], ids=str)
def test_an_answer_of_another_shape_says_of_nothing_that_it_is_absent(lone, emulator, kind, body):
    it = lone(kind)
    assert it.up() is None
    emulator.faults.add("GET", ".*", "status", status=200, body=body, times=None)

    assert it.refresh().code == "COMFY2003"
    assert it.id is not None


def test_a_request_that_the_platform_no_longer_takes_says_nothing_of_the_object(lone, emulator, kind):
    it = lone(kind)
    assert it.up() is None
    body = {"detail": [{"type": "missing", "loc": ["query", "of_tomorrow"], "msg": "Field required", "input": None}]}
    emulator.faults.add("GET", ".*", "status", status=422, body=body, times=None)

    refreshed = it.refresh()

    assert refreshed is not None
    assert it.id is not None


def test_a_removal_that_a_gateway_answers_with_an_error_in_a_success_is_no_success(lone, kind):
    it = lone(kind)
    up(it)
    held = [row["id"] for row in it.rows]

    class Gateway(PlainHttp):
        async def handle_async_request(self, request):
            if request.method == "GET":
                return await super().handle_async_request(request)
            return httpx.Response(200, json={"error": "upstream exploded", "code": 500}, request=request)

    it.transport = Gateway
    it.timeout = 0.5
    error = it.destroy()

    assert error is not None
    assert [row["id"] for row in it.rows] == held


OF_SOMEBODY_ELSE = [{}, None, [], {"detail": "busy"}, {"success": False}, {"message": "try later"}]


@pytest.mark.one_in(4)
@pytest.mark.parametrize("body", OF_SOMEBODY_ELSE, ids=str)
def test_a_removal_that_somebody_else_answers_with_a_success_is_not_done(lone, emulator, kind, body):
    it = lone(kind)
    if "delete" not in it.kind.main:
        pytest.skip("nothing is removed there")
    up(it)
    emulator.faults.add(*it.kind.main["delete"], "status", status=200, body=body, times=None)

    error = it.destroy()
    emulator.faults.clear()

    assert error is not None
    assert it.id is not None
    assert it.destroy() is None
    assert it.rows == []


def test_another_account_s_key_changes_nothing(lone, emulator, kind):
    it = lone(kind)
    up(it)
    held = {row["id"]: fingerprint(row) for row in it.rows}
    it.arguments.update(it.kind.edit)
    it.key = kind.examinee.other_key(it.emulated)
    emulator.clear_requests()

    refused = [it.refresh(), it.up(), it.destroy()]

    assert all(refused)
    assert it.id is not None
    assert {row["id"]: fingerprint(row) for row in it.rows} == held
    assert [request for request in emulator.requests if request.method != "GET" and request.status < 300] == []


def test_a_wrong_base_url_never_says_gone(lone, kind):
    it = lone(kind)
    up(it)
    it.url = f"{it.url.rpartition('/')[0]}/elsewhere"

    refreshed = it.refresh()
    destroyed = it.destroy() if it.kind.is_removed else refreshed

    assert refreshed is not None
    assert destroyed is not None
    assert it.id is not None
    assert it.rows
