"""What the platform refuses, and in which words: facts of the recordings, for a checkout without them.

A table a kind of object: what is asked, the status, and a part of the answer. `{machine}` and the like are ids.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from emulated_objects import make_deployment, make_ready_machine, make_workflow, start_run

from pulumi_comfy.emulator import Emulator

NOWHERE = "00000000-0000-4000-8000-000000000000"
TEXT = "not-a-uuid"
PROMPT = {"1": {"class_type": "Note", "inputs": {}}}
VERSION = {"workflow": {}, "workflow_api": {}}

Case = tuple[str, str, Any, int, str]

MACHINE_VERSIONS: list[Case] = [
    ("GET", f"/machine/serverless/{NOWHERE}/versions/{{build}}", None, 404, "Machine not found"),
    ("GET", f"/machine/serverless/{{machine}}/versions/{NOWHERE}", None, 404, "Machine version not found"),
    ("POST", f"/machine/serverless/{NOWHERE}/rollback", {"version": 1}, 404, "Machine not found"),
    ("POST", "/machine/serverless/{custom}/rollback", {"version": 1}, 400, "not a serverless machine"),
    ("POST", "/machine/serverless/{machine}/rollback", {}, 400, "Either machine_version_id or version"),
    ("POST", "/machine/serverless/{machine}/rollback", {"version": 7}, 404, "Machine version not found"),
    ("POST", "/machine/serverless/{machine}/rollback", {"machine_version_id": NOWHERE}, 404, "version not found"),
    ("POST", "/machine/serverless/{machine}/rollback", {"version": 1}, 400, "Cannot rollback to current version"),
]
MACHINES: list[Case] = [
    ("GET", f"/machine/{NOWHERE}", None, 404, "Machine not found"),
    ("DELETE", f"/machine/{NOWHERE}", None, 404, "Machine not found"),
    ("GET", f"/machine/{NOWHERE}/docker-commands", None, 404, "Machine not found"),
    ("GET", "/machine/{custom}/docker-commands", None, 400, "not a Comfy Deploy Serverless machine"),
    ("GET", f"/machine/{NOWHERE}/export", None, 404, "Machine not found"),
    ("GET", "/machine/{machine}/export?version=9", None, 404, "Machine version not found"),
]
SECRETS: list[Case] = [
    ("POST", "/machine/secret", {"secret": [], "secret_name": "s", "machine_id": NOWHERE}, 404, "Machine not found"),
    ("PATCH", "/machine/secret", {"machine_id": NOWHERE, "secret_id": NOWHERE}, 404, "Machine doesn't exist"),
    ("PATCH", "/machine/secret", {"machine_id": "{machine}", "secret_id": NOWHERE}, 404, "Secret doesn't exist!"),
    ("PATCH", f"/machine/secret/{NOWHERE}/envs", {"secret": []}, 404, "Secret doesn't exist!"),
    ("DELETE", f"/machine/secret/{NOWHERE}", None, 404, "Secret doesn't exist!"),
    ("GET", f"/machine/{NOWHERE}/secrets/linked", None, 500, "404: Machine not found"),
    ("GET", f"/machine/{NOWHERE}/secrets/unlinked", None, 500, "404: Machine not found"),
]


def deployment(**changed: Any) -> dict[str, Any]:
    """A deployment's body: whole, but for what is changed."""
    ids = {"workflow_id": "{workflow}", "workflow_version_id": "{version}", "machine_id": "{machine}"}
    return {**ids, "environment": "staging", **changed}


DEPLOYMENTS: list[Case] = [
    ("POST", "/deployment", deployment(environment="somewhere"), 500, "invalid input value for enum"),
    ("POST", "/deployment", deployment(workflow_id=TEXT), 500, "invalid UUID"),
    ("POST", "/deployment", deployment(workflow_id=NOWHERE), 500, "404: Workflow not found"),
    ("POST", "/deployment", deployment(machine_id=NOWHERE), 500, "404: Machine not found"),
    ("POST", "/deployment", deployment(machine_version_id=NOWHERE), 500, "NoneType"),
    ("POST", "/deployment", deployment(workflow_version_id=TEXT), 500, "invalid UUID"),
    ("POST", "/deployment", deployment(workflow_version_id=NOWHERE), 500, "violates foreign key constraint"),
    ("POST", "/deployment", deployment(deployment_id=TEXT), 500, "invalid UUID"),
    ("GET", f"/deployment/{NOWHERE}", None, 500, "Internal server error"),
    ("PATCH", "/deployment/{deployment}", {"machine_id": NOWHERE}, 500, "Internal server error"),
    ("PATCH", "/deployment/{deployment}", {"machine_version_id": NOWHERE}, 500, "Internal server error"),
    ("PATCH", "/deployment/{deployment}", {"workflow_version_id": NOWHERE}, 500, "Internal server error"),
    ("DELETE", "/deployment/{deployment}", None, 500, "Internal server error"),
    ("POST", f"/deployment/{TEXT}/deactivate", None, 500, "invalid UUID"),
    ("POST", f"/deployment/{NOWHERE}/deactivate", None, 404, "Deployment not found"),
    ("POST", "/deployment/{deployment}/deactivate", None, 400, "It may have active runs"),
    ("GET", f"/workflow/{TEXT}/deployments", None, 500, "Internal Server Error"),
    ("GET", f"/workflow/{NOWHERE}/deployments", None, 404, "Deployments not found"),
    ("GET", f"/deployment/{NOWHERE}/v0-ui-spec", None, 500, "Internal server error"),
    ("GET", "/share/nobody/nothing", None, 404, "Deployment not found"),
]


def bare(**changed: Any) -> dict[str, Any]:
    """The body of a run without a deployment."""
    return {"workflow_id": "{workflow}", "workflow_api_json": PROMPT, "machine_id": "{machine}", **changed}


RUNS: list[Case] = [
    ("GET", f"/run/{NOWHERE}", None, 404, "Run not found"),
    ("GET", f"/run?run_id={NOWHERE}", None, 404, "Run not found"),
    ("POST", f"/run/{TEXT}/cancel", None, 500, "invalid UUID"),
    ("POST", f"/run/{NOWHERE}/cancel", None, 500, "404: Run not found"),
    ("POST", "/update-run", {"run_id": NOWHERE, "status": "running"}, 404, "WorkflowRun not found"),
    ("POST", "/run/deployment/queue", {"deployment_id": NOWHERE}, 404, "Deployment not found"),
    ("POST", "/run/workflow/queue", bare(workflow_id=NOWHERE), 404, "Workflow not found"),
    ("POST", "/run/workflow/queue", bare(machine_id=NOWHERE), 404, "Machine not found"),
    ("POST", "/run/workflow/queue", bare(workflow_api_json={}), 404, "Workflow API not found"),
    ("GET", f"/v2/clickhouse-run-logs/{NOWHERE}", None, 404, "Run not found"),
    ("GET", f"/v2/workflow/{TEXT}/runs", None, 500, "Internal Server Error"),
    ("GET", f"/v2/workflow/{{workflow}}/runs?rf={10**40}", None, 500, "Internal Server Error"),
]
WORKFLOWS: list[Case] = [
    ("POST", "/workflow", {"name": "w", "workflow_json": "{"}, 400, "Invalid JSON format"),
    ("POST", "/workflow", {"name": "w", "workflow_json": "{}", "machine_id": NOWHERE}, 404, "Machine not found"),
    (
        "POST",
        "/workflow",
        {"name": "w", "workflow_json": "{}", "machine_version_id": NOWHERE},
        404,
        "version not found",
    ),
    ("POST", "/workflow", {"name": "w", "workflow_json": "{}", "machine_id": TEXT}, 500, "Internal Server Error"),
    ("GET", f"/workflow/{TEXT}", None, 500, "Internal Server Error"),
    ("PATCH", f"/workflow/{NOWHERE}", {"name": "x"}, 404, "Workflow not found"),
    ("PATCH", "/workflow/{workflow}", {"selected_machine_id": NOWHERE}, 500, "Internal Server Error"),
    ("DELETE", f"/workflow/{NOWHERE}", None, 404, "Workflow not found"),
    ("POST", f"/workflow/{NOWHERE}/clone", {}, 404, "Workflow not found"),
    ("POST", f"/workflow/{TEXT}/version", VERSION, 500, "invalid UUID"),
    ("POST", f"/workflow/{NOWHERE}/version", VERSION, 500, "404: Workflow not found"),
    ("POST", "/workflow/{workflow}/version", {**VERSION, "machine_id": TEXT}, 500, "badly formed"),
    ("POST", "/workflow/{workflow}/version", {**VERSION, "machine_id": NOWHERE}, 500, "foreign key constraint"),
    ("GET", "/workflow/{workflow}/version/9", None, 404, "Workflow version not found"),
    ("GET", f"/workflow-version/{NOWHERE}", None, 404, "Workflow version not found"),
    ("GET", f"/workflow/{NOWHERE}/versions", None, 404, "not found"),
]


@pytest.fixture
def ids(api: httpx.Client, emulator: Emulator) -> dict[str, str]:
    """One object of each kind, with a run under way."""
    machine, workflow = make_ready_machine(api, emulator), make_workflow(api)
    own = {"name": "own", "type": "classic", "endpoint": "https://gpu.example", "auth_token": None}
    deployed = make_deployment(api, workflow, machine)
    start_run(api, deployed)
    return {
        "machine": machine["id"],
        "build": machine["machine_version_id"],
        "custom": api.post("/machine/custom", json=own).json()["id"],
        "workflow": workflow["id"],
        "version": workflow["versions"][0]["id"],
        "deployment": deployed["id"],
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [*MACHINE_VERSIONS, *MACHINES, *SECRETS, *DEPLOYMENTS, *RUNS, *WORKFLOWS],
)
def test_it_is_refused_in_the_platforms_words(
    method: str, path: str, body: Any, status: int, words: str, api: httpx.Client, ids: dict[str, str]
) -> None:
    filled = {
        name: ids.get(value[1:-1], value) if isinstance(value, str) else value for name, value in (body or {}).items()
    }

    answer = api.request(method, path.format(**ids), json=None if body is None else filled)

    assert (answer.status_code, words in answer.text) == (status, True), answer.text
