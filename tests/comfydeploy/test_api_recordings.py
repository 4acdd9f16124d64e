"""Every recorded answer of a route we call is understood by the client: parsed, or an error in words."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from replay import load, scenarios

from pulumi_comfy.core.errors import ComfyError
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.retrying import RetryPolicy
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi, rows

# The recordings are beside some checkouts only, and coverage is to be the same in all.
pytestmark = pytest.mark.apart

Ask = Callable[[ComfyDeployApi], Awaitable[Any]]

ROUTES: dict[str, tuple[Ask, Any]] = {
    "POST /workflow": (
        lambda api: api.create_workflow(name="x", workflow_json="{}", workflow_api="{}"),
        rows.CreatedWorkflowRow,
    ),
    "GET /workflow/[^/]+": (lambda api: api.get_workflow("x"), rows.WorkflowRow),
    "PATCH /workflow/[^/]+": (lambda api: api.patch_workflow("x", {"name": "y"}), None),
    "DELETE /workflow/[^/]+": (lambda api: api.delete_workflow("x"), None),
    "GET /workflows/all": (lambda api: api.find_workflows("x"), list),
    "POST /workflow/[^/]+/version": (
        lambda api: api.create_version("x", workflow={}, workflow_api={}, comment=""),
        rows.WorkflowVersionRow,
    ),
    "GET /workflow-version/[^/]+": (lambda api: api.get_version("x"), rows.WorkflowVersionRow),
    "GET /workflow/[^/]+/versions": (lambda api: api.find_versions("x", "y"), list),
    "POST /machine/serverless": (lambda api: api.create_serverless_machine({"name": "x"}), rows.MachineRow),
    "PATCH /machine/serverless/[^/]+": (lambda api: api.patch_serverless_machine("x", {}), rows.MachineRow),
    "GET /machine/[^/]+": (lambda api: api.get_machine("x"), rows.MachineRow),
    "GET /machine/serverless/[^/]+/versions/(?!all)[^/]+": (
        lambda api: api.get_machine_version("x", "y"),
        rows.MachineVersionRow,
    ),
    "GET /machines/all": (lambda api: api.find_machines("x"), list),
    "DELETE /machine/[^/]+": (lambda api: api.delete_machine("x"), None),
    "POST /machine/secret": (
        lambda api: api.create_secret(name="x", variables={"A": "b"}, machine_id="m"),
        rows.SecretRow,
    ),
    "GET /machine/secrets/all": (lambda api: api.list_secrets(), list),
    "PATCH /machine/secret/[^/]+/envs": (lambda api: api.replace_variables("x", {"A": "b"}), None),
    "PATCH /machine/secret": (lambda api: api.toggle_secret_link("x", "m"), None),
    "DELETE /machine/secret/[^/]+": (lambda api: api.delete_secret("x"), None),
    "POST /deployment": (
        lambda api: api.insert_deployment(
            workflow_id="w", workflow_version_id="v", environment="staging", machine_id="m"
        ),
        rows.DeploymentRow,
    ),
    "PATCH /deployment/[^/]+": (lambda api: api.patch_deployment("x", {}), rows.DeploymentRow),
    "GET /deployment/[^/]+": (lambda api: api.get_deployment("x", "w"), rows.DeploymentRow),
    "GET /workflow/[^/]+/deployments": (lambda api: api.list_workflow_deployments("x"), list),
    "POST /deployment/[^/]+/deactivate": (lambda api: api.deactivate_deployment("x"), None),
    "DELETE /deployment/[^/]+": (lambda api: api.delete_share_deployment("x"), None),
    "GET /deployment/[^/]+/runs": (lambda api: api.newest_runs("x"), list),
    "POST /run/deployment/queue": (lambda api: api.queue_run("x", {}), str),
    "GET /run/[^/]+": (lambda api: api.get_run("x"), rows.RunRow),
    "POST /run/[^/]+/cancel": (lambda api: api.cancel_run("x"), bool),
    "GET /v2/clickhouse-run-logs/[^/]+": (lambda api: api.run_logs("x"), list),
}
NEVER_RECORDED = {"GET /v2/clickhouse-run-logs/[^/]+"}
"""The recorded server had no log store; the route is marked unverified in the emulator's table."""


def answers() -> list[tuple[str, str, dict[str, Any]]]:
    """Every recorded step of a route we call: its name, its route, and the step."""
    found = []
    for scenario in scenarios():
        for number, step in enumerate(load(scenario)):
            if "method" not in step:
                continue
            call = f"{step['method']} {step['path'].split('?')[0].removeprefix('/api')}"
            route = next((pattern for pattern in ROUTES if re.fullmatch(pattern, call)), None)
            if route is not None:
                found.append((f"{scenario}[{number}]", route, step))
    return found


def answered(step: dict[str, Any]) -> httpx.MockTransport:
    body = step["response"]
    is_json = "json" in step.get("response_headers", {}).get("content-type", "application/json")
    content = json.dumps(body) if is_json else str(body)
    return httpx.MockTransport(lambda _request: httpx.Response(step["status"], content=content))


async def ask(route: str, step: dict[str, Any]) -> Any:
    retry = RetryPolicy(attempts=1)
    http = HttpClient(platform="ComfyDeploy", base_url="http://recorded/api", retry=retry, transport=answered(step))
    async with http:
        return await ROUTES[route][0](ComfyDeployApi(http))


@pytest.mark.parametrize(
    ("route", "step"),
    [pytest.param(route, step, id=name) for name, route, step in answers()]
    or [pytest.param("", {}, marks=pytest.mark.skip(reason="the shared recordings are not beside this checkout"))],
)
def test_a_recorded_answer_is_understood(route, step):
    kind = ROUTES[route][1]

    try:
        answer = asyncio.run(ask(route, step))
    except ComfyError as error:
        answer = None
        said = str(error)
    else:
        said = ""

    assert not said or str(step["status"]) in said
    assert step["status"] < 400 or answer in (None, False, [])
    assert answer is None or kind is None or isinstance(answer, kind)


def test_every_route_we_call_was_recorded():
    if not scenarios():
        pytest.skip("the shared recordings are not beside this checkout")

    assert {route for _name, route, _step in answers()} == set(ROUTES) - NEVER_RECORDED
