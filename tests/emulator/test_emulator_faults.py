"""Planned faults: what the caller sees, and whether the work was done."""

from __future__ import annotations

import http.client
import json
import re
from typing import Any

import httpx
import pytest
from emulated_objects import make_workflow

from pulumi_comfy.emulator import Emulator
from pulumi_comfy.emulator.faults import Faults
from pulumi_comfy.emulator.gateway import Gateway
from pulumi_comfy.emulator.registry import route_table
from pulumi_comfy.emulator.request_log import RequestLog
from pulumi_comfy.emulator.server import BackgroundServer, bind

WORKFLOW = {"name": "portrait", "workflow_json": "{}"}


def names_of_workflows(emulator: Emulator) -> list[str]:
    return [row["name"] for row in emulator.comfydeploy.dump()["workflows"]]


def test_a_status_fault_answers_without_doing_the_work(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("POST", "/workflow", "status", status=503, retry_after=2)

    answer = api.post("/workflow", json=WORKFLOW)

    assert (answer.status_code, answer.headers["retry-after"], names_of_workflows(emulator)) == (503, "2", [])


def test_a_status_fault_can_bring_its_own_body(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("GET", "/machines", "status", status=429, body={"detail": "slow down"})

    answer = api.get("/machines")

    assert answer.json() == {"detail": "slow down"}


def test_a_fault_hits_as_often_as_planned(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("GET", "/machines", "status", times=2)

    statuses = [api.get("/machines").status_code for _ in range(3)]

    assert statuses == [503, 503, 200]


def test_a_fault_on_a_template_hits_any_id_and_no_other_route(api: httpx.Client, emulator: Emulator) -> None:
    workflow = make_workflow(api)
    emulator.faults.add("*", "/workflow/{workflow_id}", "status", times=None)

    statuses = [api.get(path).status_code for path in (f"/workflow/{workflow['id']}", "/workflows")]

    assert statuses == [503, 200]


def test_a_fault_on_a_pattern_must_match_the_whole_path(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("GET", "/machines.*", "status", times=None)

    statuses = [api.get(path).status_code for path in ("/machines", "/machines/all", "/workflows")]

    assert statuses == [503, 503, 200]


def test_an_unknown_kind_of_fault_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="unknown kind of fault 'explode'"):
        emulator.faults.add("GET", "/machines", "explode")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"status": 99}, "status=99 is no answer of a server: give 200 to 599"),
        ({"status": 600}, "status=600 is no answer"),
        ({"status": "503"}, "status='503' is no answer"),
        ({"times": 0}, "times=0 would hit no request: give 1 or more, or None for all"),
        ({"times": -1}, "times=-1 would hit no request"),
        ({"times": True}, "times=True would hit no request"),
        ({"delay": -1}, "delay=-1 is no time to wait"),
        ({"delay": float("inf")}, "delay=inf is no time to wait"),
        ({"delay": "2"}, "delay='2' is no time to wait"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(emulator: Emulator, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        emulator.faults.add("GET", "/machines", "status", **arguments)

    assert emulator.faults.pending == []


@pytest.mark.parametrize(
    ("method", "route", "hint"),
    [
        ("GET", "/machinez", "did you mean GET /machines?"),
        ("PUT", "/machines", "did you mean GET /machines?"),
        ("GET", "/api/platform/api-keys", "did you mean GET /platform/api-keys"),
        ("GET", "/machine/{id}", "did you mean DELETE /machine/{machine_id} or GET /machine/{machine_id}?"),
        ("*", "/nothing/like/it", "docs/emulator.md lists the routes"),
        ("GET", "/files/.*", "the fault would never happen"),
        ("GET", "/_emulator/health", "the fault would never happen"),
        ("GET", "/machines[", "is no regular expression"),
    ],
)
def test_a_fault_that_would_never_happen_is_refused(emulator: Emulator, method: str, route: str, hint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(hint)):
        emulator.faults.add(method, route, "status")

    assert emulator.faults.pending == []


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("*", ".*"),
        ("any", "/machines"),
        ("get", "/machine/{machine_id}"),
        ("GET", "/machine/[0-9a-f-]+"),
        ("GET", "/workflow/[^/]+/version/[0-9]+"),
        ("GET", "/machine/0c6f7a9e-30d4-4b3b-8a8d-70a7b1f7e1de"),
        ("DELETE", "/platform/api-keys/key_(a|b)"),
        ("GET", "/(machines|workflows)"),
    ],
)
def test_a_fault_that_can_happen_is_planned(emulator: Emulator, method: str, route: str) -> None:
    emulator.faults.add(method, route, "status")

    assert emulator.faults.pending == [{"method": method.upper(), "route": route, "kind": "status", "remaining": 1}]


def test_every_route_of_the_emulator_can_have_a_fault(emulator: Emulator) -> None:
    for row in route_table():
        left_out = emulator.platforms[row.platform].short_of[-1]
        emulator.faults.add(row.method, row.path.removeprefix(left_out), "status", times=1)

    assert len(emulator.faults.pending) == len(route_table())


def test_a_delay_still_gives_the_right_answer(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("GET", "/machines", "delay", delay=0.01)

    answer = api.get("/machines")

    assert (answer.json(), emulator.requests[-1].fault) == ([], "delay")


def test_a_reset_does_nothing(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("POST", "/workflow", "reset")

    with pytest.raises(httpx.ReadError):
        api.post("/workflow", json=WORKFLOW)

    assert names_of_workflows(emulator) == []


def test_a_lost_answer_did_the_work(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("POST", "/workflow", "lost")

    with pytest.raises(httpx.ReadError):
        api.post("/workflow", json=WORKFLOW)

    assert names_of_workflows(emulator) == ["portrait"]


def test_garbage_is_a_200_that_is_not_json(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("GET", "/machines", "garbage")

    answer = api.get("/machines")

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_truncated_answer_did_the_work(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("POST", "/workflow", "truncated")

    answer = api.post("/workflow", json=WORKFLOW)

    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert names_of_workflows(emulator) == ["portrait"]


def test_a_timeout_never_answers_and_does_nothing(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("POST", "/workflow", "timeout")

    with pytest.raises(httpx.ReadTimeout):
        api.post("/workflow", json=WORKFLOW, timeout=httpx.Timeout(10, read=0.1))

    assert names_of_workflows(emulator) == []


def test_a_stale_connection_resets_the_next_request_unseen(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("GET", "/machines", "stale")

    api.get("/machines")
    with pytest.raises(httpx.ReadError):
        api.post("/workflow", json=WORKFLOW)

    assert [request.path for request in emulator.requests] == ["/machines"]


def test_a_closed_idle_connection_is_replaced_by_the_client(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("GET", "/machines", "close_idle")

    answer = api.get("/machines")

    assert (answer.status_code, emulator.requests[-1].fault) == (200, "close_idle")


def test_an_unhandled_500_closes_its_connection(api: httpx.Client, emulator: Emulator) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", api.base_url.port, timeout=5)
    headers = {"authorization": api.headers["authorization"]}

    connection.request("GET", "/comfydeploy/api/workflow/not-a-uuid", headers=headers)
    answer = connection.getresponse().read()
    after = connection.sock.recv(1)
    connection.close()

    assert (answer, after) == (b"Internal Server Error", b"")


def test_clearing_forgets_planned_faults(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("GET", "/machines", "status", times=None)

    emulator.faults.clear()

    assert (api.get("/machines").status_code, emulator.faults.pending) == (200, [])


def test_a_crash_of_a_build_or_run_that_became_due_is_kept(emulator: Emulator, api: httpx.Client) -> None:
    def crash() -> None:
        raise LookupError("a bug of ours")

    emulator.comfydeploy.scheduler.after(0, crash)

    with pytest.raises(httpx.RemoteProtocolError):
        api.get("/machines")

    assert emulator.internal_errors == ["GET /machines: LookupError('a bug of ours')"]
    emulator.reset()


def test_a_crash_of_the_emulator_itself_is_kept_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def crashes(*_: object) -> None:
        raise LookupError("a bug of ours")

    gateway = Gateway("toy", crashes, RequestLog(), Faults(), lambda: None, lambda scope: scope["path"], ())
    listener = bind(0)
    server = BackgroundServer(gateway, listener)
    server.start()

    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{listener.getsockname()[1]}/x", trust_env=False, verify=False)
    server.stop()

    assert gateway.internal_errors == ["GET /x: LookupError('a bug of ours')"]
    assert "the emulator failed to answer GET /x" in caplog.text
