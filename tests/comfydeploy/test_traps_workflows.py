"""The traps of workflows and their versions: each named, with what we make of it.

Facts: docs/platforms/comfydeploy.md 2.1, 2.2, 6.
"""

from __future__ import annotations

import json

import httpx
import pytest
from comfydeploy_kinds import KINDS
from lone import bodies, up
from plain_http import PlainHttp
from programs import documents
from waiting import eventually, in_background


def test_the_workflow_goes_as_text_and_a_version_as_objects(lone):
    it = lone("Workflow")
    up(it)
    it.arguments.update(documents(50))
    up(it)

    (created,) = bodies(it, "POST", "/workflow")
    (appended,) = bodies(it, "POST", "/workflow/[^/]+/version")
    assert created["workflow_json"].startswith("[document sha256:")  # so the log shows a document that is a text
    assert [list(appended[name]) for name in ("workflow", "workflow_api")] == [["[document]"]] * 2
    versions = it.emulator.comfydeploy.dump()["versions"]
    assert [row["workflow_api"]["7"]["inputs"]["steps"] for row in versions] == [20, 50]


def test_the_first_version_s_id_is_read_since_the_creation_does_not_tell_it(lone):
    it = lone("Workflow")

    up(it)

    (version,) = it.emulator.comfydeploy.dump()["versions"]
    assert (it.outputs["versionId"], it.outputs["versionNumber"]) == (version["id"], 1)


def test_a_selected_machine_makes_no_implicit_preview_deployment(lone, platform):
    machine = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    it = lone("Workflow", selected_machine_id=machine)
    up(it)
    it.arguments.update(documents(50))

    up(it)

    assert it.rows[0]["selected_machine_id"] == machine
    assert it.emulator.comfydeploy.dump()["deployments"] == []


def test_pinned_goes_alone_since_it_swallows_the_other_fields(lone):
    it = lone("Workflow", pinned=True, description="described")

    up(it)

    assert [sorted(body) for body in bodies(it, "PATCH", "/workflow/[^/]+")] == [["description"], ["pinned"]]
    assert (it.rows[0]["pinned"], it.rows[0]["description"]) == (True, "described")


def test_null_clears_nothing_so_a_removed_text_is_sent_empty(lone):
    it = lone("Workflow", cover_image="https://x.example/a.png")
    up(it)
    del it.arguments["cover_image"]

    up(it)

    assert it.rows[0]["cover_image"] == ""
    it.assert_settled()


def test_a_pin_taken_out_of_the_program_is_taken_off(lone):
    it = lone("Workflow", pinned=True)
    up(it)
    del it.arguments["pinned"]

    up(it)

    assert it.rows[0]["pinned"] is False
    it.assert_settled()


def test_the_search_is_by_substring_so_a_longer_name_is_no_namesake(lone, platform):
    it = lone("Workflow", name="portrait")
    platform.post("/workflow", json={"name": "portrait of a cat", "workflow_json": "{}"}).raise_for_status()

    assert it.up() is None


def test_a_deleted_namesake_is_none(lone, platform):
    for kind, route in (("Workflow", "/workflow/{id}"), ("ServerlessMachine", "/machine/{id}")):
        first = lone(kind, name="the-name")
        up(first)
        platform.delete(route.format(id=first.id)).raise_for_status()

        assert lone(kind, name="the-name").up() is None


def test_key_order_and_number_spelling_do_not_survive_and_are_no_change(lone, platform):
    graph, prompt = documents(20).values()
    shuffled = {key: dict(reversed(prompt[key].items())) for key in reversed(prompt)}
    texts = {"workflow_json": json.dumps(graph), "workflow_api": json.dumps(shuffled).replace(": 20,", ": 20.0,")}
    made = platform.post("/workflow", json={"name": "by hand", **texts}).json()["workflow_id"]
    it = lone("Workflow", name="by hand", adopt=made, description=None)

    up(it)

    assert [version["version"] for version in it.emulator.comfydeploy.dump()["versions"]] == [1]


def test_going_back_to_an_older_document_appends(lone):
    it = lone("Workflow")
    for steps in (20, 30, 20):
        it.arguments.update(documents(steps))
        up(it)

    assert [row["version"] for row in it.emulator.comfydeploy.dump()["versions"]] == [1, 2, 3]
    assert it.outputs["versionNumber"] == 3


def test_versions_appended_at_once_do_not_collide(deploy, emulator):
    from pulumi_comfy.comfydeploy import Workflow, WorkflowVersion

    emulator.settings.version_race_seconds = 0.05

    def program():
        workflow = Workflow("portrait", **documents(20))
        for steps in (30, 40, 50):
            WorkflowVersion(f"of-{steps}", workflow_id=workflow.id, **documents(steps))

    deploy(program).up()

    assert sorted(row["version"] for row in emulator.comfydeploy.dump()["versions"]) == [1, 2, 3, 4]


def test_a_version_is_known_by_its_id_when_numbers_collide(lone, platform, emulator):
    it = lone("WorkflowVersion")
    emulator.settings.version_race_seconds = 3600
    route = f"/workflow/{it.arguments['workflow_id']}/version"
    body = {"workflow": {}, "workflow_api": {}, "comment": "by hand"}

    with in_background(lambda: platform.post(route, json=body)), in_background(it.up) as done:
        eventually(lambda: len(bodies(it, "POST", route)) == 2)  # both have read the newest number
        emulator.clock.advance(3600)

    assert done == [None]
    assert sorted(row["version"] for row in emulator.comfydeploy.dump()["versions"]) == [1, 2, 2]
    it.assert_settled()


def test_a_version_of_a_deleted_workflow_is_gone(lone, platform):
    it = lone("WorkflowVersion")
    up(it)
    platform.delete(f"/workflow/{it.arguments['workflow_id']}").raise_for_status()

    assert it.refresh() is None
    assert it.id is None


def test_a_version_for_a_missing_workflow_answers_500_and_leaves_nothing(lone):
    it = lone("WorkflowVersion", workflow_id="3f0d2a4e-6a52-4b0e-9c37-2f6f5b6d7e88")

    error = it.up()

    assert "Workflow not found" in str(error)
    assert it.id is None


@pytest.mark.parametrize("spelling", ["recorded", "iso"])
@pytest.mark.parametrize("kind", KINDS)
def test_five_timestamp_spellings_are_no_diff(lone, emulator, kind, spelling):
    emulator.settings.timestamps = spelling
    it = lone(kind)

    up(it)

    it.assert_settled()


def test_a_name_that_looks_like_an_id_is_no_search_word_so_its_namesake_is_found(lone, platform):
    name = "6d2b5f0e-1111-4222-8333-444455556666"
    made = platform.post("/workflow", json={"name": name, "workflow_json": "{}"}).raise_for_status().json()

    refused = lone("Workflow", name=name).up()

    assert refused.code == "COMFY4001"
    assert made["workflow_id"] in str(refused)


MISSING = "6d2b5f0e-1111-4222-8333-444455556666"


@pytest.mark.parametrize("is_new", [False, True])
def test_a_selected_machine_that_does_not_exist_is_a_plain_500_and_is_named(lone, is_new):
    it = lone("Workflow")
    if not is_new:
        up(it)
    it.arguments["selected_machine_id"] = MISSING

    error = it.up()

    assert f"check {MISSING}" in str(error)


def test_another_failure_of_the_platform_does_not_blame_the_machine(lone, emulator):
    it = lone("Workflow", selected_machine_id=MISSING)
    emulator.faults.add("PATCH", "/workflow/[^/]+", "status", status=403, times=None)

    error = it.up()

    assert MISSING not in str(error)


def deployed(it, platform, environment):
    machine = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    body = {"workflow_id": it.id, "workflow_version_id": it.outputs["versionId"], "machine_id": machine}
    return platform.post("/deployment", json={**body, "environment": environment}).raise_for_status().json()["id"]


def test_deployments_that_end_with_their_workflow_are_named_since_the_platform_checks_no_references(lone, platform):
    it = lone("Workflow")
    up(it)
    theirs = {name: deployed(it, platform, name) for name in ("production", "private-share")}

    assert it.destroy() is None

    (line,) = it.lines
    assert all(f"{environment} ({made})" in line for environment, made in theirs.items())


def test_a_workflow_that_nothing_serves_any_more_is_deleted_without_a_word(lone):
    it = lone("Workflow")
    up(it)

    it.destroy()

    assert (it.rows, it.lines) == ([], [])


def test_a_list_of_deployments_that_cannot_be_had_keeps_no_workflow_from_being_deleted(lone, emulator):
    it = lone("Workflow")
    up(it)
    emulator.faults.add("GET", "/workflow/[^/]+/deployments", "status", status=403, times=None)

    assert it.destroy() is None
    assert it.rows == []


def test_a_version_that_a_person_saved_in_the_editor_is_no_drift_and_is_said(lone, platform):
    it = lone("Workflow")
    up(it)
    body = {**documents(60), "comment": "saved by hand"}
    platform.post(f"/workflow/{it.id}/version", json=body).raise_for_status()

    it.refresh()

    assert not it.has_changes()
    assert it.outputs["versionNumber"] == 1
    assert any("version 2 was saved outside of Pulumi" in line for line in it.lines)


def test_a_version_that_another_resource_appended_is_not_said_to_be_a_person_s(lone, platform):
    it = lone("Workflow")
    up(it)
    other = lone("WorkflowVersion", workflow_id=it.id)
    up(other)

    it.refresh()

    assert it.lines == []


class WithoutVersions(PlainHttp):
    """A platform that tells no version of a workflow."""

    def __init__(self, versions):
        super().__init__()
        self.versions = versions

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if request.method != "GET" or "/workflow/" not in request.url.path:
            return response
        await response.aread()
        return httpx.Response(200, json={**response.json(), "versions": self.versions}, request=request)


@pytest.mark.parametrize("versions", [[None], []], ids=str)
def test_a_workflow_without_versions_can_be_read(lone, versions):
    it = lone("Workflow")
    up(it)
    it.transport = lambda: WithoutVersions(versions)

    assert it.refresh() is None
    assert not it.has_changes()


@pytest.mark.parametrize("versions", [[None], []], ids=str)
def test_a_first_version_that_is_not_told_is_an_error_and_read_by_the_next_up(lone, versions):
    it = lone("Workflow")
    it.transport = lambda: WithoutVersions(versions)

    error = it.up()
    it.transport = None
    up(it)

    assert error.code == "COMFY2404"
    it.assert_settled()
