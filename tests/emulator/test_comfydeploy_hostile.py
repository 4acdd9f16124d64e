"""Requests that no client sends on purpose: answered as the platform's framework and database answer, never a crash."""

from __future__ import annotations

import httpx
import pytest
from emulated_objects import make_machine, make_running_deployment, make_workflow, start_run

from pulumi_comfy.emulator import Emulator

DEEP = "[" * 100_000  # deeper than any Python reads
# After a crash the platform drops the connection, at its own pace: the next request must not meet that.
JSON = {"content-type": "application/json", "connection": "close"}

# Method, path, body, status, why.
HOSTILE = [
    ("GET", "/platform/plan", DEEP, 200, "a body that nobody reads is not parsed, nor is it logged"),
    ("POST", "/volume/rm", DEEP, 400, "the framework cannot parse it"),
    ("POST", "/platform/api-keys", DEEP, 500, "this route parses by itself"),
    ("POST", "/volume/rm", '{"path": NaN}', 500, "the 422 would repeat NaN, which is no JSON"),
    ("POST", "/volume/rm", '{"path": 1e999}', 500, "the 422 would repeat infinity"),
    ("POST", "/volume/rm", '{"path": ["\\ud800"]}', 500, "the 422 would repeat half of a surrogate pair"),
    ("POST", "/volume/rm", '{"path": "\\ud800"}', 500, "no database takes half of a surrogate pair"),
    ("POST", "/workflow", '{"name": "\\u0000", "workflow_json": "{}"}', 500, "no database takes NUL"),
    ("PATCH", "/workflow/{id}", '{"description": "\\ud800"}', 500, "no database takes it in an update"),
    ("POST", "/platform/api-keys", '{"name": "\\ud800"}', 500, "no database takes it as a name"),
    ("GET", "/v2/workflow/{id}/runs?rf=9999999999999999999", None, 500, "no such year"),
    ("GET", "/v2/workflow/{id}/runs?deployment_id=x", None, 422, "a typed parameter"),
    ("GET", "/deployment/{id}/runs?filter_user_runs=-1", None, 422, "a typed parameter"),
    ("GET", "/v2/stream-progress?run_id={id}&return_run=-1", None, 422, "a typed parameter"),
    ("GET", "/platform/usage?start_time=soon", None, 422, "a typed parameter"),
    ("GET", "/platform/usage-details?start_time=soon&end_time=later", None, 422, "typed parameters"),
    ("GET", "/machine/version", None, 200, "the builder version has a default"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "why"), HOSTILE, ids=[row[4] for row in HOSTILE])
def test_a_hostile_request_is_answered(
    method: str, path: str, body: str | None, status: int, why: str, api: httpx.Client
) -> None:
    workflow = make_workflow(api)

    answer = api.request(method, path.replace("{id}", workflow["id"]), content=body, headers=JSON)

    assert answer.status_code == status


@pytest.mark.parametrize("document", ["[" * 3000 + "]" * 3000, '"\\u0000"', "NaN"])
def test_a_workflow_that_no_database_takes_is_a_crash_of_the_platform(document: str, api: httpx.Client) -> None:
    answer = api.post("/workflow", json={"name": "x", "workflow_json": document})

    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


def test_a_machine_is_not_changed_by_a_step_that_no_database_takes(api: httpx.Client) -> None:
    machine = make_machine(api)

    body = '{"docker_command_steps": {"steps": [{"type": "commands", "data": "\\ud800"}]}}'
    answer = api.patch(f"/machine/serverless/{machine['id']}", content=body, headers=JSON)

    assert answer.status_code == 500
    assert api.get(f"/machine/{machine['id']}").json()["docker_command_steps"] == machine["docker_command_steps"]


def test_a_prompt_that_no_database_takes_starts_no_run(api: httpx.Client, emulator: Emulator) -> None:
    workflow, machine = make_workflow(api), make_machine(api)

    body = f'{{"workflow_id": "{workflow["id"]}", "machine_id": "{machine["id"]}", "workflow_api_json": {{"1": NaN}}}}'
    answer = api.post("/run/workflow/queue", content=body, headers=JSON)

    assert (answer.status_code, emulator.comfydeploy.dump()["runs"]) == (500, [])


@pytest.mark.parametrize(
    "report", ['"output_data": {"text": ["\\ud800"]}', '"progress": NaN', '"logs": [{"logs": "\\ud800"}]']
)
def test_a_report_that_no_database_takes_leaves_the_run_readable(
    report: str, api: httpx.Client, emulator: Emulator
) -> None:
    run_id = start_run(api, make_running_deployment(api, emulator))

    status = api.post("/update-run", content=f'{{"run_id": "{run_id}", {report}}}', headers=JSON).status_code

    reads = [api.get(path).status_code for path in (f"/run/{run_id}", f"/v2/clickhouse-run-logs/{run_id}")]
    assert (status, reads) == (500, [200, 200])
