"""The request log: what it says, and what it never says."""

from __future__ import annotations

import json

import httpx
import pytest
from emulated_objects import make_machine, make_running_deployment, make_workflow

from pulumi_comfy.emulator import Emulator
from pulumi_comfy.emulator.redaction import REDACTED

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
    key = emulator.comfydeploy.key()
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

    plain, full = json.dumps(emulator.comfydeploy.dump()), json.dumps(emulator.comfydeploy.dump(include_secrets=True))

    assert (CANARY in plain, CANARY in full) == (False, True)


def log_of(emulator: Emulator) -> str:
    return json.dumps([request.as_json() for request in emulator.requests])


@pytest.mark.parametrize(
    "endpoint",
    [
        f"https://user:{CANARY}@gpu.example:8188",
        f"https://{CANARY}@gpu.example",
        f"https://user:p@{CANARY}@gpu.example/x",
        f"https://gpu.example/?token={CANARY}",
        f"https://gpu.example/?x=1&X-Amz-Signature={CANARY}&y=2",
        f"https://gpu.example/?api_key={CANARY}",
    ],
)
def test_a_password_in_a_url_is_masked_wherever_the_url_stands(
    endpoint: str, api: httpx.Client, emulator: Emulator
) -> None:
    api.post("/machine/custom", json={"name": "c", "type": "classic", "endpoint": endpoint, "auth_token": None})
    api.get("/machines", params={"search": endpoint})
    step = {"id": "1", "type": "commands", "data": f"git clone {endpoint}"}
    api.post("/machine/serverless", json={"name": "s", "docker_command_steps": {"steps": [step]}})

    assert CANARY not in log_of(emulator)
    assert "gpu.example" in log_of(emulator)


@pytest.mark.parametrize(
    "command",
    [
        f"export HF_TOKEN={CANARY} && python main.py",
        f"PASSWORD='{CANARY} two' run",
        f"curl -H 'Authorization: Bearer {CANARY}' https://x.example",
        f"curl https://x.example?password={CANARY}",
        "curl -H x-api-key:eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiY2FuYXJ5LXZhbHVlLTQ3MTEifQ.c2lnbmF0dXJl",
    ],
)
def test_a_credential_in_a_command_is_masked(command: str, api: httpx.Client, emulator: Emulator) -> None:
    api.post("/machine/serverless", json={"name": "s", "prestart_command": command})

    logged = emulator.requests[-1].request_json["prestart_command"]
    assert REDACTED in logged
    assert CANARY not in logged
    assert "c2lnbmF0dXJl" not in logged


def test_a_document_is_logged_by_its_digest_in_the_form_it_was_sent_in(api: httpx.Client, emulator: Emulator) -> None:
    prompt = {"1": {"class_type": "Note", "inputs": {"text": CANARY}}}
    texts = {"workflow_json": json.dumps({"nodes": [CANARY]}), "workflow_api": json.dumps(prompt)}
    made = api.post("/workflow", json={"name": "w", **texts}).json()
    for _ in range(2):
        api.post(f"/workflow/{made['workflow_id']}/version", json={"workflow": {"n": CANARY}, "workflow_api": prompt})

    created, first, second = (request.request_json for request in emulator.requests)
    assert CANARY not in log_of(emulator)
    assert (created["name"], created["workflow_json"][:17]) == ("w", "[document sha256:")
    assert list(first["workflow_api"]) == ["[document]"]
    assert first == second


def test_what_a_run_is_told_is_masked_but_for_its_numbers(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    inputs = {"prompt": CANARY, "width": 96, "pictures": [CANARY]}
    api.post("/run/deployment/queue", json={"deployment_id": deployment["id"], "inputs": inputs})
    graph = {"1": {"class_type": "Note", "inputs": {"text": CANARY}}}
    workflow = {"workflow_id": deployment["workflow_id"], "workflow_api_json": graph, "inputs": {}}
    api.post("/run/workflow/queue", json=workflow)

    assert CANARY not in log_of(emulator)
    assert emulator.requests[-2].request_json["inputs"] == {"prompt": REDACTED, "width": 96, "pictures": REDACTED}


def test_a_credential_in_a_path_is_masked(emulator: Emulator) -> None:
    key = emulator.comfydeploy.key()

    httpx.get(f"{emulator.comfydeploy.url}/user/{key}", trust_env=False, verify=False)

    assert key not in log_of(emulator)


def test_a_dump_shows_no_credential_in_any_url_unless_asked(api: httpx.Client, emulator: Emulator) -> None:
    endpoint = f"https://user:{CANARY}@gpu.example"
    api.post("/machine/custom", json={"name": "c", "type": "classic", "endpoint": endpoint, "auth_token": None})
    link = {"source": "link", "folderPath": "x", "filename": "m", "downloadLink": f"https://x.example/{CANARY}"}
    api.post("/volume/model", json=link)
    api.post("/machine/serverless", json={"name": "s", "prestart_command": f"HF_TOKEN={CANARY} true"})

    plain, full = json.dumps(emulator.comfydeploy.dump()), json.dumps(emulator.comfydeploy.dump(include_secrets=True))

    assert CANARY not in plain
    assert f"user:{CANARY}@" in full
    assert f"https://x.example/{CANARY}" in full


def test_a_crash_of_the_emulator_is_told_without_credentials(emulator: Emulator) -> None:
    with Emulator() as other:
        other._application._gateways["/comfydeploy"].app = _crash
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{other.comfydeploy.url}/machines", trust_env=False, verify=False)

        assert other.internal_errors == [f"GET /machines: ValueError('https://{REDACTED}@x.example')"]


async def _crash(scope: object, receive: object, send: object) -> None:
    raise ValueError(f"https://user:{CANARY}@x.example")
