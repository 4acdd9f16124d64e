"""The emulated ComfyDeploy against the API description that the real server serves: any request, every route.

Hypothesis draws requests from the description, half of them broken in one place. `FUZZ=long` draws many more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from described_answers import BYPASSED, REFUSALS, UNREAD
from described_requests import Ids, Request, requests
from description import Operation, operations, problems, resolved
from emulated_objects import make_deployment, make_machine, make_ready_machine, make_workflow, start_run
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from pulumi_comfy.emulator import Emulator

pytestmark = pytest.mark.apart

_IS_LONG = os.environ.get("FUZZ") == "long"
_PROFILE = settings(
    derandomize=not _IS_LONG,
    database=None,
    deadline=None,
    max_examples=300 if _IS_LONG else 14,
    suppress_health_check=list(HealthCheck),
)
_ALL = operations()
_EMULATED = [operation for operation in _ALL if operation.route.evidence != "not emulated"]
needs_description = pytest.mark.skipif(not _ALL, reason="the shared recordings are not beside this checkout")


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def caller(running: Emulator) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {running.comfydeploy.key()}"}
    with httpx.Client(
        base_url=running.comfydeploy.url, headers=headers, trust_env=False, verify=False, timeout=20
    ) as client:
        yield client


@pytest.fixture
def ids(running: Emulator, caller: httpx.Client) -> Ids:
    """Something of everything; builds and runs take no time."""
    return furnish(running, caller)


def furnish(emulator: Emulator, api: httpx.Client) -> Ids:
    """Empty the platform and make something of everything; the same ids each time."""
    emulator.reset()
    emulator.settings.build_seconds = emulator.settings.run_seconds = emulator.settings.download_seconds = 0
    emulator.settings.default_plan.machine_limit = emulator.settings.default_plan.workflow_limit = 10**6
    machine = make_ready_machine(api, emulator)
    custom = {"name": "own", "type": "classic", "endpoint": "http://127.0.0.1:9", "auth_token": None}
    machines = [machine, make_machine(api, name="second"), api.post("/machine/custom", json=custom).json()]
    workflows = [make_workflow(api), make_workflow(api, name="second")]
    deployments = [
        make_deployment(api, workflows[0], machine, "production"),
        make_deployment(api, workflows[0], machine, "public-share"),
        make_deployment(api, workflows[1], machines[2], "private-share"),
    ]
    runs = [start_run(api, deployment) for deployment in deployments]
    secret = {"secret": [{"key": "A", "value": "b"}], "secret_name": "s", "machine_id": machine["id"]}
    secrets = [api.post("/machine/secret", json=secret).json()["id"]]
    api.post("/platform/api-keys", json={"name": "other"})
    api.post("/volume/model", json={"source": "link", "folderPath": "vae", "downloadLink": "http://h.example/a.bin"})
    return {
        "machine_id": [row["id"] for row in machines],
        "machine_version_id": [row["machine_version_id"] for row in machines[:2]],
        "workflow_id": [row["id"] for row in workflows],
        "workflow_version_id": [row["versions"][0]["id"] for row in workflows],
        "deployment_id": [row["id"] for row in deployments],
        "run_id": runs,
        "secret_id": secrets,
        "file_id": [row["id"] for row in emulator.comfydeploy.dump()["downloads"]],
        "key_id": [row["id"] for row in api.get("/platform/api-keys").json()],
        "path": ["vae/a.bin"],
        "source_path": ["vae/a.bin"],
        "username": ["user_demo"],
        "slug": ["portrait"],
    }


def send(api: httpx.Client, request: Request) -> tuple[int, Any]:
    """Status and JSON, None for any other answer. Streams are left at their first line: some never end."""
    # After a crash the platform drops the connection, at its own pace: the next request must not meet that.
    headers = {"connection": "close"}
    if request.content is not None:
        headers["content-type"] = "application/json"
    sent = api.build_request(
        request.method, request.path, params=request.query, content=request.content, headers=headers
    )
    answer = api.send(sent, stream=True)
    try:
        if answer.headers.get("content-type") != "application/json":
            return answer.status_code, None
        answer.read()
        return answer.status_code, answer.json()
    finally:
        answer.close()


@pytest.mark.one_in(3)
@needs_description
@pytest.mark.parametrize("operation", _EMULATED, ids=lambda operation: operation.name)
def test_any_request_is_answered_as_described(
    operation: Operation, running: Emulator, caller: httpx.Client, ids: Ids
) -> None:
    has_choices = operation.parameters or operation.body or operation.route.method != "GET"

    @settings(_PROFILE, max_examples=_PROFILE.max_examples if has_choices else 2)
    @given(requests(operation, ids))
    def holds(request: Request) -> None:
        crashes = running.internal_errors

        status, body = send(caller, request)

        note(f"{request} -> {status} {str(body)[:1000]}")
        assert running.internal_errors == crashes
        assert status in allowed(operation, request)
        if status == 200 and operation.answer is not None and operation.name not in BYPASSED:
            assert list(problems(body, operation.answer)) == []

    holds()


def allowed(operation: Operation, request: Request) -> set[int]:
    """The statuses that the description and the facts leave for this request."""
    if request.is_refused:
        # A text that the answer cannot repeat crashes the answer.
        return {422, 500} if request.is_hostile else {422}
    statuses = {200, *REFUSALS.get(operation.name, ())}
    if not request.is_fitting:
        statuses |= {422, 400}
    return statuses | {500} if request.is_hostile else statuses


@needs_description
@pytest.mark.parametrize("operation", [item for item in _ALL if item not in _EMULATED], ids=lambda item: item.name)
def test_a_route_that_is_not_emulated_says_so_to_any_request(operation: Operation, caller: httpx.Client) -> None:
    @settings(_PROFILE, max_examples=2)
    @given(requests(operation, {}))
    def holds(request: Request) -> None:
        assert send(caller, request)[0] == 501

    holds()


@st.composite
def histories(draw: st.DrawFn, ids: Ids) -> list[Request]:
    """Some requests in a row to any routes but those that wait for a run to end."""
    waiting = ("/sync", "/stream", "/v2/stream-logs", "/v2/stream-progress")
    routes = [item for item in _EMULATED if not item.path.endswith(waiting)]
    chosen = draw(st.lists(st.sampled_from(routes), min_size=5, max_size=25))
    return [draw(requests(operation, ids)) for operation in chosen]


@needs_description
def test_any_history_leaves_the_emulator_whole(running: Emulator, caller: httpx.Client, ids: Ids) -> None:
    @settings(_PROFILE, max_examples=300 if _IS_LONG else 20)
    @given(histories(ids))
    def holds(history: list[Request]) -> None:
        furnish(running, caller)
        running.settings.build_seconds = running.settings.run_seconds = 60
        for request in history:
            if '"wait_for_build": true' not in (request.content or ""):
                note(f"{request} -> {send(caller, request)[0]}")
        running.clock.advance(61)

        assert {read_status(caller, path) for path in _LISTS} == {200}
        runs = running.comfydeploy.dump()["runs"]
        assert {status for run in runs for status in fetch_outputs(caller, run["id"])} <= {200}
        assert running.internal_errors == []

    holds()


_LISTS = (
    *("/machines", "/machines/all", "/workflows", "/workflows/all", "/deployments", "/machine/secrets/all"),
    *("/platform/api-keys", "/volume/private-models", "/volume/downloading-models", "/platform/plan"),
)


def read_status(api: httpx.Client, path: str) -> int:
    """The status of a plain read."""
    return api.get(path).status_code


def fetch_outputs(api: httpx.Client, run_id: str) -> Iterator[int]:
    """The status of each file that a run made."""
    for output in api.get(f"/run/{run_id}").json()["outputs"]:
        for item in [item for kind in output["data"].values() for item in kind if isinstance(item, dict)]:
            yield api.get(item["url"]).status_code


@needs_description
def test_the_emulator_reads_every_described_parameter_and_field(running: Emulator, caller: httpx.Client) -> None:
    own = httpx.get(f"{running.url}/comfydeploy/internal/openapi.json", trust_env=False, verify=False).json()

    unread = {operation.name: sorted(_read_names(operation) - _own_names(operation, own)) for operation in _EMULATED}

    assert {name: names for name, names in unread.items() if names} == UNREAD


def _read_names(operation: Operation) -> set[str]:
    fields = resolved(operation.body or {}).get("properties", {})
    return {parameter.name for parameter in operation.parameters} | set(fields)


def _own_names(operation: Operation, own: dict[str, Any]) -> set[str]:
    mine = own["paths"][operation.route.path][operation.route.method.lower()]
    body = mine.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    fields = own["components"]["schemas"].get(body.get("$ref", "").rsplit("/", 1)[-1], {}).get("properties", {})
    return {parameter["name"] for parameter in mine.get("parameters", [])} | set(fields)
