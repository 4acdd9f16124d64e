"""What a server has is asked once; what it lacks is held by its id, and a check tells what that points to."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from lone import bodies, up
from selfhosted_program import a_machine_and_a_workflow, documents, save

import pulumi_comfy as comfy
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.platforms.selfhosted.api import SelfHostedApi
from pulumi_comfy.platforms.selfhosted.platform import PLATFORM

SOME_ID = "6d2b5f0e-1111-4222-8333-444455556666"


def asked(emulator):
    return [f"{one.method} {one.url_path}" for one in emulator.requests]


def test_a_server_is_asked_once_what_it_has(comfy_stack, emulator):
    def program():
        workflow = comfy.selfhosted.Workflow("it", **documents(20))
        comfy.selfhosted.WorkflowVersion("pinned", workflow_id=workflow.id, **documents(30))

    comfy_stack(program).up()

    assert asked(emulator).count("GET /api/doc") == 1


@pytest.mark.parametrize("kind", ["Deployment", "ApiKey"])
def test_a_server_is_asked_once_though_lists_are_read_afresh_before_a_create(lone, emulator, kind):
    up(lone(kind, "seed"))

    assert asked(emulator).count("GET /api/doc") == 1


@pytest.mark.parametrize("kind", ["Machine", "Deployment", "ApiKey"])
def test_what_was_made_by_hand_is_held_without_a_call(lone, emulator, server, kind):
    it = lone(kind, existing_id=SOME_ID)
    it.arguments = {"existing_id": SOME_ID}
    before = server.dump()
    up(it)
    held = (it.id, it.outputs["managed"])

    assert it.refresh() is None
    assert not it.has_changes()
    assert it.destroy() is None
    assert held == (SOME_ID, False)
    assert emulator.requests == []
    assert server.dump() == before


def test_another_existing_id_replaces_what_is_held_and_removes_nothing(lone, emulator):
    it = lone("Machine")
    it.arguments = {"existing_id": SOME_ID}
    up(it)
    it.arguments = {"existing_id": SOME_ID.replace("6d2b", "7e3c")}
    up(it)

    assert it.id == it.arguments["existing_id"]
    assert emulator.requests == []


@pytest.mark.parametrize("kind", ["Machine", "Deployment", "ApiKey"])
def test_a_destroy_says_of_what_was_made_by_hand_that_it_stays(lone, kind):
    it = lone(kind, existing_id=SOME_ID)
    it.arguments = {"existing_id": SOME_ID}
    up(it)

    it.destroy()

    assert [line for line in it.lines if f"{SOME_ID} stays on the server" in line]


@pytest.mark.parametrize("points_to", ["workflow_version_id", "machine_id"])
def test_a_check_tells_that_a_deployment_points_elsewhere_than_declared(lone, points_to):
    it = lone("InferenceCheck", **{points_to: SOME_ID})

    error = it.up()

    assert error.code == "COMFY3101"
    assert "the deployment has drifted" in str(error)
    assert f"where {SOME_ID} is declared" in str(error)


def test_a_check_of_what_is_declared_passes_and_proves_that_version(lone, server):
    it = lone("InferenceCheck")
    (deployment,) = server.dump()["deployments"]
    it.arguments |= {name: deployment[name] for name in ("workflow_version_id", "machine_id")}

    up(it)

    assert it.outputs["proof"]["workflowVersion"] == deployment["workflow_version_id"]


def test_a_declared_version_lets_unknown_inputs_be_refused_before_anything_runs(lone, server):
    it = lone("InferenceCheck", inputs={"promt": "a cat"})
    it.arguments["workflow_version_id"] = server.dump()["deployments"][0]["workflow_version_id"]

    error = it.up()

    assert error.code == "COMFY1202"
    assert "prompt" in str(error)
    assert server.dump()["runs"] == []


def test_a_hosted_comfydeploy_behind_the_url_is_told_and_nothing_is_sent(lone):
    it, sent = lone("Workflow"), []

    async def hosted(request: httpx.Request) -> httpx.Response:
        sent.append(f"{request.method} {request.url.path}")
        if request.url.path == "/selfhosted/internal/openapi.json":
            return httpx.Response(200, json={"openapi": "3.1.0", "paths": {"/api/machine/serverless": {"post": {}}}})
        return httpx.Response(404, json={"detail": "Not Found"})

    it.transport = lambda: httpx.MockTransport(hosted)

    error = it.up()

    assert error.code == "COMFY1104"
    assert "is ComfyDeploy's hosted platform" in str(error)
    assert "pulumi_comfy.comfydeploy" in str(error)
    assert [one for one in sent if one.startswith("POST")] == []


@pytest.mark.parametrize("key_of", ["selfhosted", "comfydeploy"])
def test_the_hosted_comfydeploy_is_told_whosever_key_it_is_asked_with(comfy_stack, emulator, key_of):
    environment = {"SELFHOSTED_URL": emulator.comfydeploy.url, "SELFHOSTED_API_KEY": getattr(emulator, key_of).key()}
    stack = comfy_stack(lambda: comfy.selfhosted.Workflow("it", **documents(20)), env=environment)

    error = stack.preview(check=False).error

    assert "is ComfyDeploy's hosted platform" in error
    assert "COMFY1104" in error


def test_a_proxy_that_asks_for_a_key_of_its_own_is_no_hosted_platform(lone, emulator):
    it = lone("Workflow")
    emulator.faults.add("GET", "/api/doc", "status", status=401, body="Basic", times=None)

    assert it.up().code == "COMFY2401"


def test_the_doctor_s_question_tells_the_hosted_platform(emulator):
    async def ask():
        client = HttpClient(platform="it", base_url=emulator.comfydeploy.url.removesuffix("/api"), key="x")
        async with client:
            await PLATFORM.question(SelfHostedApi(client))

    with pytest.raises(InputError, match="ask whether the key is good"):
        asyncio.run(ask())


def test_a_server_that_runs_nothing_is_told_so_and_nothing_of_a_state_or_of_what_works(emulator, server):
    described = json.dumps({"paths": {"/api/workflow": {"post": {}}}})
    emulator.faults.add("GET", "/api/doc", "status", status=200, body=described, times=None)

    async def ask():
        client = HttpClient(platform="it", base_url=server.url, key="x")
        async with client:
            await PLATFORM.question(SelfHostedApi(client))

    with pytest.raises(InputError, match="has no route GET /run") as refused:
        asyncio.run(ask())

    assert "Give the URL of a ComfyUI Deploy web app" in str(refused.value)
    assert "state delete" not in str(refused.value)
    assert "inference checks work on it" not in str(refused.value)


@pytest.mark.parametrize(("status", "body"), [(404, "404 Not Found"), (405, "")])
def test_a_server_that_does_not_describe_itself_is_tried(lone, emulator, status, body):
    it = lone("Machine", "seed")
    emulator.faults.add("GET", "/api/doc", "status", status=status, body=body, times=None)

    up(it)

    assert len(it.rows) == 1


@pytest.mark.parametrize("listing", [404, 405])
def test_a_check_runs_on_a_server_that_neither_describes_itself_nor_lists_deployments(lone, emulator, listing):
    it = lone("InferenceCheck")
    emulator.faults.add("GET", "/api/doc", "status", status=404, body="404 Not Found", times=None)
    emulator.faults.add("GET", "/api/deployment", "status", status=listing, body="", times=None)

    up(it)

    assert it.outputs["result"]["status"] == "passed"


def test_a_listing_that_fails_is_no_lack_of_one(lone, emulator):
    it = lone("InferenceCheck", "seed")
    emulator.faults.add("GET", "/api/deployment", "status", status=401, body="Revoked token", times=None)

    assert it.up().code == "COMFY2401"


def test_the_url_may_end_with_the_api_that_every_route_begins_with(comfy_stack, server):
    def program():
        comfy.selfhosted.Workflow("it", **documents(20))

    comfy_stack(program, env={"SELFHOSTED_URL": f"{server.url}/api/"}).up()

    assert len(server.dump()["workflows"]) == 1


def test_what_is_refused_names_the_operation_and_what_still_works(lone):
    error = lone("ApiKey").up()

    assert 'create API key "it"' in str(error)
    assert "has no route POST /api-key" in str(error)
    assert "workflows, their versions and inference checks work" in str(error)
    assert "existing_id" in str(error)


def test_what_was_made_on_a_server_that_lacks_the_routes_since_can_be_taken_out_of_the_state(lone, server):
    it = lone("Machine", "seed")
    up(it)
    server.settings.profile = "oss"

    for error in (it.refresh(), it.destroy()):
        assert error.code == "COMFY2405"
        assert "Bring back the server or the proxy that had it" in str(error)
        assert "`pulumi state delete`" in str(error)
    assert it.id is not None


def test_a_preview_of_a_change_names_the_route_that_changes(comfy_stack, server):
    server.settings.profile = "seed"
    stack = comfy_stack(lambda: comfy.selfhosted.Machine("it", endpoint="http://10.0.0.5:8188"))
    stack.up()
    server.settings.profile = "oss"
    stack.program = lambda: comfy.selfhosted.Machine("it", endpoint="http://10.0.0.6:8188")

    assert "has no route PUT /machine/{id}" in stack.preview(check=False).error


def test_a_preview_of_a_replacement_names_the_route_that_makes(comfy_stack, server):
    server.settings.profile = "seed"
    stack = comfy_stack(lambda: comfy.selfhosted.ApiKey("it", name="one"))
    stack.up()
    server.settings.profile = "oss"
    stack.program = lambda: comfy.selfhosted.ApiKey("it", name="two")

    error = stack.preview(check=False).error

    assert "has no route POST /api-key" in error
    assert "existing_id" in error
    assert "existingId" not in error


def test_a_preview_of_what_stays_as_it_is_asks_the_server_nothing(comfy_stack, emulator, server):
    server.settings.profile = "seed"
    stack = comfy_stack(lambda: comfy.selfhosted.ApiKey("it", name="one"))
    stack.up()
    server.settings.profile = "oss"
    emulator.clear_requests()

    stack.preview()

    assert emulator.requests == []


def test_a_version_whose_id_the_server_does_not_tell_is_asked_for_by_name(comfy_stack, server):
    server.settings.profile, server.settings.tells_version_id = "seed", False

    def program():
        workflow = comfy.selfhosted.Workflow("it", **documents(20))
        comfy.selfhosted.Deployment(
            "serving",
            workflow_id=workflow.id,
            workflow_version_id=workflow.version_id,
            machine_id=SOME_ID,
            environment="staging",
        )

    error = comfy_stack(program).up(check=False).error

    assert "give `workflow_version_id`" in error
    assert "a public server tells no `version_id` of a `Workflow`, its web UI's links do" in error


def test_a_workflow_that_somebody_made_is_taken_over_by_a_new_version(lone, server, api):
    workflow_id = save(api, workflow_name="by hand")
    it = lone("Workflow", adopt=workflow_id)

    up(it)

    assert it.id == workflow_id
    assert [row["version"] for row in server.dump()["versions"]] == [1, 2]


def test_a_workflow_that_is_not_there_is_not_adopted(lone):
    it = lone("Workflow", adopt=SOME_ID)

    error = it.up()

    assert "this key sees no such object" in str(error)
    assert it.id is None


class Killed(BaseException):
    """The process is gone."""


class Dying(httpx.AsyncHTTPTransport):
    """The way to the server, until the process dies after its write."""

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if request.method == "POST":
            raise Killed
        return response


def test_what_a_killed_create_may_have_left_is_told_since_nothing_lists_it(lone, server):
    it = lone("Workflow")
    it.transport = Dying
    with pytest.raises(Killed):
        it.up()
    it.transport = None

    up(it)

    assert any("was broken off" in line for line in it.lines)
    assert len(server.dump()["workflows"]) == 2


def test_destroy_says_what_stays(lone, server):
    it = lone("Workflow")
    up(it)

    it.destroy()

    assert len(server.dump()["workflows"]) == 1
    assert any("stays on the server" in line for line in it.lines)


def test_a_deployment_is_not_taken_over_by_another_that_serves_something_else(lone, emulator, server, api):
    it = lone("Deployment", "seed")
    other = save(api, workflow_id=it.arguments["workflow_id"])
    foreign = server.add_deployment(other, server.newest_version(other), it.arguments["machine_id"])
    emulator.clear_requests()

    error = it.up()

    assert error.code == "COMFY4001"
    assert foreign in str(error)
    assert bodies(it, "POST", "/api/deployment") == []


def test_a_machine_that_a_deployment_uses_is_not_deleted(lone, server, api):
    it = lone("Machine", "seed")
    up(it)
    parts = {**a_machine_and_a_workflow(server, api), "machine_id": it.id}
    server.add_deployment(**parts)

    error = it.destroy()

    assert error.code == "COMFY2409"
    assert it.id in [row["id"] for row in it.rows]
