"""The request log: what it says, and what it never says."""

from __future__ import annotations

import json

import httpx
from emulated_objects import make_machine, make_workflow

from pulumi_comfy.emulator import Emulator

CANARY = "canary-value-4711"


def test_a_request_is_logged_with_route_status_and_body(api: httpx.Client, emulator: Emulator) -> None:
    workflow = make_workflow(api)
    emulator.clear_requests()

    api.patch(f"/workflow/{workflow['id']}?x=1", json={"name": "renamed"})

    logged = emulator.requests[0]
    assert (logged.method, logged.path, logged.url_path) == (
        "PATCH",
        "/workflow/{workflow_id}",
        f"/workflow/{workflow['id']}",
    )
    assert (logged.status, logged.query, logged.request_json) == (200, {"x": "1"}, {"name": "renamed"})


def test_a_request_is_logged_with_its_account_and_times(api: httpx.Client, emulator: Emulator) -> None:
    api.get("/machines")

    logged = emulator.requests[0]
    assert (logged.account, logged.in_flight, logged.ended is not None) == ("user_demo", 1, True)


def test_an_unknown_route_is_logged_by_its_path(api: httpx.Client, emulator: Emulator) -> None:
    api.get("/nowhere")

    assert (emulator.requests[0].path, emulator.requests[0].status) == ("/nowhere", 404)


def test_sequence_numbers_go_on_after_clearing(api: httpx.Client, emulator: Emulator) -> None:
    api.get("/machines")
    emulator.clear_requests()
    api.get("/machines")

    assert [request.sequence for request in emulator.requests] == [2]


def test_administration_and_files_are_not_logged(emulator: Emulator) -> None:
    httpx.get(f"{emulator.url}/_emulator/health", trust_env=False, verify=False)
    httpx.get(f"{emulator.url}/files/nothing", trust_env=False, verify=False)

    assert emulator.requests == []


def test_no_credential_is_in_the_log(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_machine(api)
    variables = [{"key": "TOKEN", "value": CANARY}]
    secret = {"secret": variables, "secret_name": "s", "machine_id": machine["id"]}
    made = api.post("/machine/secret", json=secret).json()
    api.patch(f"/machine/secret/{made['id']}/envs", json={"secret": variables})
    api.post("/machine/custom", json={"name": "c", "type": "classic", "endpoint": "http://x", "auth_token": CANARY})
    api.post("/volume/model", json={"source": "link", "folderPath": "x", "downloadLink": f"https://x.y/{CANARY}"})
    key = emulator.comfydeploy_key()
    api.get("/machines", params={"cd_token": key}, headers={"x-api-key": key})

    text = json.dumps([request.as_json() for request in emulator.requests])

    assert [word for word in (CANARY, key, api.headers["authorization"]) if word in text] == []


def test_names_of_secret_variables_stay_readable(api: httpx.Client, emulator: Emulator) -> None:
    secret = {"secret": [{"key": "TOKEN", "value": CANARY}], "secret_name": "s", "machine_id": make_machine(api)["id"]}

    api.post("/machine/secret", json=secret)

    assert emulator.requests[-1].request_json["secret"] == [{"key": "TOKEN", "value": "[redacted]"}]


def test_a_dump_shows_secret_values_only_when_asked(api: httpx.Client, emulator: Emulator) -> None:
    secret = {"secret": [{"key": "TOKEN", "value": CANARY}], "secret_name": "s", "machine_id": make_machine(api)["id"]}
    api.post("/machine/secret", json=secret)

    plain, full = json.dumps(emulator.dump()), json.dumps(emulator.dump(include_secrets=True))

    assert (CANARY in plain, CANARY in full) == (False, True)
