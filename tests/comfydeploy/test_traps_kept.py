"""Traps that the code has always kept out of, and that no test knew of: found by mutation.

Facts: docs/platforms/comfydeploy.md 2, 6.
"""

from __future__ import annotations

import asyncio

import httpx
import pytest
from by_hand import a_workflow
from lone import bodies, up
from plain_http import PlainHttp
from programs import Service
from waiting import eventually

from pulumi_comfy.core.resource import Timeouts
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM


def test_a_key_that_switches_off_the_platform_s_own_proxy_is_said_at_check(lone):
    it = lone("Secret", variables={"API_KEY_COMFY_ORG": "canary-1"})

    up(it)

    assert ["`API_KEY_COMFY_ORG` switches off" in line for line in it.lines] == [True]


def test_a_machine_that_is_being_replaced_is_not_rebuilt_without_the_secret_that_moves_on(deploy, emulator):
    service = Service(variables={"TOKEN": "canary-1"}, rollout="replace", has_deployment=False)
    stack = deploy(service.program)
    stack.up()
    (former,) = (row["id"] for row in emulator.comfydeploy.dump()["machines"])
    service.machine = {"python_version": "3.12"}
    emulator.clear_requests()

    stack.up()

    dump = emulator.comfydeploy.dump(include_secrets=True)
    built = {row["id"]: row["built_environment"] for row in dump["machine_versions"]}
    (now,) = dump["machines"]
    assert [one for one in emulator.requests if one.url_path == f"/machine/serverless/{former}"] == []
    assert built[now["machine_version_id"]] == {"TOKEN": "canary-1"}
    assert set(dump["secrets"][0]["machine_ids"]) - {former} == {now["id"]}  # the former's link ended with it


def test_a_renamed_secret_is_deleted_before_the_new_one_is_made_as_both_would_give_the_same_keys(lone, emulator):
    it = lone("Secret", name="one")
    up(it)
    emulator.clear_requests()
    it.arguments["name"] = "two"

    up(it)

    routes = [request.method for request in emulator.requests if request.url_path.startswith("/machine/secret")]
    assert [method for method in routes if method in ("DELETE", "POST")] == ["DELETE", "POST"]


class Nulls(PlainHttp):
    """A platform that tells an empty value as null."""

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if request.url.path.endswith("/machine/secrets/all"):
            await response.aread()
            text = response.text.replace('"value":""', '"value":null')
            return httpx.Response(200, text=text, headers={"content-type": "application/json"}, request=request)
        return response


@pytest.mark.parametrize("transport", [None, Nulls])
def test_an_empty_value_is_a_value_however_it_is_told(lone, transport):
    it = lone("Secret", variables={"EMPTY": ""})
    it.transport = transport

    up(it)

    it.assert_settled()
    assert it.rows[0]["variables"] == {"EMPTY": ""}


def test_a_version_of_another_workflow_is_refused_by_an_update_before_anything_is_sent(lone, platform, emulator):
    it = lone("Deployment")
    up(it)
    other = a_workflow(platform)["workflow_id"]
    it.arguments["workflow_version_id"] = platform.get(f"/workflow/{other}").json()["versions"][0]["id"]
    emulator.clear_requests()

    error = it.up()

    assert f"it is a version of workflow {other}" in str(error)
    assert bodies(it, "PATCH", "/deployment/[^/]+") == []


def test_a_deployment_that_is_gone_is_said_to_be_and_not_patched(lone, platform, emulator):
    it = lone("Deployment")
    up(it)
    it.kind.remove(platform, it.rows[0])
    it.arguments["gpu"] = "L4"
    emulator.clear_requests()

    error = it.up()

    assert error.code == "COMFY2404"
    assert bodies(it, "PATCH", "/deployment/[^/]+") == []


@pytest.fixture
def fluid(lone, emulator):
    """A deployment with a GPU app of its own."""
    emulator.settings.fluid_builds = True
    it = lone("Deployment", gpu="A100")
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "ready")
    up(it)
    return it


def test_an_app_that_runs_answers_400_to_its_deactivation_and_the_deployment_is_deleted(fluid, platform, emulator):
    emulator.comfydeploy.runs.script("hang")
    platform.post("/run/deployment/queue", json={"deployment_id": fluid.id}).raise_for_status()

    assert fluid.destroy() is None
    assert fluid.rows == []


def test_a_500_of_a_deactivation_is_not_repeated_and_the_deployment_is_deleted(fluid, emulator):
    emulator.faults.add("POST", "/deployment/[^/]+/deactivate", "status", status=500, times=None)

    assert fluid.destroy() is None
    assert fluid.rows == []
    assert len(bodies(fluid, "POST", "/deployment/[^/]+/deactivate")) == 1


class SomebodyElse(PlainHttp):
    """Makes a key of the same name just before ours."""

    def __init__(self, emulator):
        super().__init__()
        self.emulator = emulator

    async def handle_async_request(self, request):
        if request.method == "POST":
            same = httpx.Request("POST", request.url, headers=request.headers, content=request.content)
            await super().handle_async_request(same)
            self.emulator.clock.advance(self.emulator.settings.api_key_seconds)
        return await super().handle_async_request(request)


def test_a_key_is_told_from_one_that_somebody_makes_at_the_same_time_by_its_last_characters(lone, emulator):
    it = lone("ApiKey", name="given")
    it.transport = lambda: SomebodyElse(emulator)

    up(it)

    keys = {row["id"]: row["key"] for row in it.rows}
    assert len(keys) == 2
    assert keys[it.id] == it.outputs["key"]


class ShowsRevoked(PlainHttp):
    """A platform that lists keys as revoked: those with these ids, else all."""

    def __init__(self, *ids):
        super().__init__()
        self.ids = ids

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if request.method != "GET" or not request.url.path.endswith("/platform/api-keys"):
            return response
        await response.aread()
        rows = [{**row, "revoked": not self.ids or row["id"] in self.ids} for row in response.json()]
        return httpx.Response(200, json=rows, request=request)


def test_a_revoked_key_is_gone_also_where_it_is_listed(lone):
    it = lone("ApiKey")
    up(it)
    it.transport = ShowsRevoked

    assert it.refresh() is None
    assert it.id is None


def test_a_revoked_namesake_stands_in_nobody_s_way(lone, platform):
    platform.post("/platform/api-keys", json={"name": "given"}).raise_for_status()
    it = lone("ApiKey", name="given")
    (namesake,) = it.rows
    it.transport = lambda: ShowsRevoked(namesake["id"])

    up(it)

    assert it.id != namesake["id"]


def deploy_on(platform, machine, name):
    """Make a workflow with a machine by hand; a `preview` deployment comes with it."""
    body = {"name": name, "workflow_json": "{}", "machine_id": machine}
    made = platform.post("/workflow", json=body).raise_for_status().json()
    return str(made["workflow_id"])


class LetsGo(PlainHttp):
    """Somebody who deletes a workflow as soon as it stands in the way of a machine's delete."""

    def __init__(self, platform, workflow):
        super().__init__()
        self.platform, self.workflow, self.refusals = platform, workflow, 0

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if response.status_code == 402:
            self.refusals += 1
            await asyncio.to_thread(self.platform.delete, f"/workflow/{self.workflow}")
        return response


def test_a_custom_machine_that_is_still_in_use_is_asked_for_again_until_it_is_not(lone, platform):
    it = lone("CustomMachine")
    up(it)
    somebody = LetsGo(platform, deploy_on(platform, it.id, "by hand"))
    it.transport = lambda: somebody

    assert it.destroy() is None
    assert (it.rows, somebody.refusals) == ([], 1)


def test_a_preview_that_came_with_a_workflow_made_by_hand_blocks_a_machine_and_the_workflow_is_named(
    lone, platform, monkeypatch
):
    monkeypatch.setattr(PLATFORM.handlers["ServerlessMachine"], "timeouts", Timeouts(delete=0.5))
    it = lone("ServerlessMachine")
    up(it)
    deploy_on(platform, it.id, "made by hand")

    error = it.destroy()

    assert error.status == 402
    assert "made by hand" in str(error)
    assert "Remove the deployments of these workflows first" in str(error)
    assert [row["id"] for row in it.rows] == [it.id]
