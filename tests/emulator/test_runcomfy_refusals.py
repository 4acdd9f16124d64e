"""How RunComfy says no: tokens, gating, balance, and one error in many shapes."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from runcomfy_objects import caller_of, code_of, make_deployment, run_to_end, submit

from pulumi_comfy.emulator import Emulator

BALANCE = "/prod/v2/balance"


@pytest.fixture
def made(runcomfy: httpx.Client, emulator: Emulator) -> dict[str, Any]:
    return make_deployment(runcomfy, emulator)


def enabled(api: httpx.Client, deployment: dict[str, Any], value: bool) -> httpx.Response:
    return api.patch(f"/prod/v2/deployments/{deployment['id']}", json={"name": "portrait", "is_enabled": value})


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nobody", "bearer {key}", "Basic {key}", "{key}"])
def test_whatever_is_no_token_is_401(header: str, emulator: Emulator) -> None:
    sent = {"authorization": header.format(key=emulator.runcomfy.key())}

    answer = httpx.get(f"{emulator.runcomfy.url}{BALANCE}", headers=sent, trust_env=False, verify=False)

    assert code_of(answer) == (401, 401001)


@pytest.mark.parametrize(
    ("reading", "status", "key"), [("message", 403, "message"), ("coded in 200", 200, "error_code")]
)
def test_a_bad_token_can_look_otherwise(reading: Any, status: int, key: str, emulator: Emulator) -> None:
    emulator.runcomfy.settings.bad_token = reading

    with caller_of(emulator, "nobody") as stranger:
        answer = stranger.get(BALANCE)

    assert (answer.status_code, key in answer.json()) == (status, True)


def test_an_account_may_have_several_opaque_tokens(emulator: Emulator) -> None:
    tokens = {emulator.runcomfy.key("a"), emulator.runcomfy.key("a"), emulator.runcomfy.key("b")}

    assert (len(tokens), {len(token) for token in tokens}) == (3, {48})


def test_tokens_survive_a_reset(runcomfy: httpx.Client, emulator: Emulator) -> None:
    emulator.reset()

    assert runcomfy.get(BALANCE).status_code == 200


@pytest.mark.parametrize("usd", [5.0, 0, -0.25])
def test_the_balance_is_told_in_dollars_and_millionths(usd: float, runcomfy: httpx.Client, emulator: Emulator) -> None:
    emulator.runcomfy.set_balance(usd)

    told = {"balance_usd": usd, "balance_microdollars": usd * 1_000_000, "currency": "USD"}
    assert runcomfy.get(BALANCE).json() == told


@pytest.mark.parametrize("status", [400, 200])
def test_a_disabled_deployment_takes_no_request(
    status: int, runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    emulator.runcomfy.settings.gating_status = status
    enabled(runcomfy, made, False)

    assert code_of(submit(runcomfy, made)) == (status, 10002)


def test_a_deleted_deployment_takes_no_request_and_is_remembered(runcomfy: httpx.Client, made: dict[str, Any]) -> None:
    runcomfy.delete(f"/prod/v2/deployments/{made['id']}")

    assert code_of(submit(runcomfy, made)) == (400, 10003)


def test_gating_comes_before_the_body(runcomfy: httpx.Client, made: dict[str, Any]) -> None:
    enabled(runcomfy, made, False)

    assert code_of(submit(runcomfy, made, overrides=7)) == (400, 10002)


def test_without_balance_deployments_are_disabled_by_nobody(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    emulator.runcomfy.set_balance(0)

    assert runcomfy.get("/prod/v2/deployments").json()[0]["is_enabled"] is False
    assert code_of(submit(runcomfy, made)) == (400, 10001)


def test_a_request_without_balance_disables_what_was_made_since(runcomfy: httpx.Client, emulator: Emulator) -> None:
    emulator.runcomfy.set_balance(-1)
    made = make_deployment(runcomfy, emulator)

    codes = [code_of(submit(runcomfy, made)) for _ in range(2)]

    assert codes == [(400, 10001)] * 2
    assert runcomfy.get("/prod/v2/deployments").json()[0]["is_enabled"] is False


def test_paying_alone_enables_nothing(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    emulator.runcomfy.set_balance(0)
    refused = enabled(runcomfy, made, True)
    emulator.runcomfy.set_balance(5)
    before = submit(runcomfy, made)
    enabled(runcomfy, made, True)

    assert (code_of(refused), code_of(before)) == ((400, 10001), (400, 10001))
    assert submit(runcomfy, made).status_code == 200


@pytest.mark.parametrize(
    ("shape", "status", "body"),
    [
        ("coded", 404, {"error_code": 404001, "error_message": "Deployment not found"}),
        ("coded in 200", 200, {"error_code": 404001, "error_message": "Deployment not found"}),
        ("message", 404, {"message": "Deployment not found"}),
        ("error", 404, {"error": "Deployment not found"}),
        ("detail", 404, {"detail": "Deployment not found"}),
        ("html", 404, None),
    ],
)
def test_an_error_comes_in_many_shapes(
    shape: Any, status: int, body: Any, runcomfy: httpx.Client, emulator: Emulator
) -> None:
    emulator.runcomfy.settings.error_shape = shape

    answer = runcomfy.get("/prod/v2/deployments/nothing")

    is_json = answer.headers["content-type"] == "application/json"
    assert (answer.status_code, answer.json() if is_json else None) == (status, body)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000], ids=["nothing", "half", "bytes", "deep"])
def test_what_is_not_json_is_refused(content: bytes, runcomfy: httpx.Client, made: dict[str, Any]) -> None:
    headers = {"content-type": "application/json"}
    for path in ("/prod/v2/deployments", f"/prod/v2/deployments/{made['id']}/inference"):
        assert runcomfy.post(path, content=content, headers=headers).status_code in (400, 422)


def test_a_fault_hits_this_platform_by_its_own_paths(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    emulator.faults.add("GET", "/prod/v2/deployments/{deployment_id}", "status", status=429, retry_after=2)

    answer = runcomfy.get(f"/prod/v2/deployments/{made['id']}")

    assert (answer.status_code, answer.headers["retry-after"], emulator.requests[-1].platform) == (429, "2", "runcomfy")


def test_a_create_can_be_done_without_an_answer(runcomfy: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add("POST", "/prod/v2/deployments", "lost")

    with pytest.raises(httpx.TransportError):
        make_deployment(runcomfy, emulator)

    assert len(emulator.runcomfy.dump()["deployments"]) == 1


def test_a_request_is_logged_with_its_route_and_account(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    submit(runcomfy, made)

    logged = emulator.requests[-1]
    assert (logged.path, logged.account) == ("/prod/v1/deployments/{deployment_id}/inference", "demo")


def test_a_restored_platform_gives_the_same_dump_and_goes_on(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    run_to_end(runcomfy, emulator, made)
    under_way = submit(runcomfy, made).json()
    runcomfy.delete(f"/prod/v2/deployments/{make_deployment(runcomfy, emulator)['id']}")
    emulator.runcomfy.set_balance(3)
    held = json.loads(json.dumps(emulator.runcomfy.dump(include_secrets=True, include_deleted=True)))

    with Emulator() as another:
        another.runcomfy.restore(held)
        assert another.runcomfy.dump(include_secrets=True, include_deleted=True) == held
        with caller_of(another, runcomfy.headers["authorization"].removeprefix("Bearer ")) as client:
            cancelled = client.post(under_way["cancel_url"].replace(emulator.url, another.url))
            another.settings.run_seconds = 0
            other = make_deployment(client, another)
            assert (cancelled.json()["outcome"], submit(client, other).status_code) == ("cancelled", 200)


def test_what_is_no_dump_leaves_an_empty_platform(emulator: Emulator, made: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="there is no table 'machines'"):
        emulator.runcomfy.restore({"machines": []})

    assert emulator.runcomfy.dump()["deployments"] == []
