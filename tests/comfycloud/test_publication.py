"""Publications: nothing takes one back, so nothing is published that is not meant, and nothing stays public unsaid."""

from __future__ import annotations

import pytest
from comfycloud_kinds import ASSET
from comfycloud_program import graph
from lone import bodies, up

import pulumi_comfy as comfy

PUBLISH = "/userdata/.+/publish"


@pytest.fixture
def it(lone):
    return lone("Publication")


def links(cloud):
    return cloud.dump()["publications"]


def test_the_link_is_told_loudly(it, cloud):
    up(it)

    (row,) = links(cloud)
    assert it.outputs["shareUrl"].endswith(f"/?share={row['share_id']}")
    assert any("is public at" in line and "cannot be taken back" in line for line in it.lines)


def test_a_preview_says_that_there_is_no_way_back(comfy_stack, emulator, cloud):
    workflow_id = cloud.add_workflow(graph(), "base")

    def program() -> None:
        comfy.comfycloud.Publication("it", workflow_id=workflow_id, path="workflows/base.json")

    lines = [line.message for line in comfy_stack(program).preview().diagnostics]

    assert any("cannot be taken back" in line and "a destroy will be refused" in line for line in lines)
    assert links(cloud) == []


def test_a_destroy_is_refused_as_long_as_the_link_leads_somewhere(it, cloud):
    it.arguments["keep_on_destroy"] = False
    up(it)

    error = it.destroy()

    assert error.code == "COMFY4006"
    assert it.outputs["shareUrl"] in str(error)
    assert it.id is not None


def test_a_destroy_that_may_keep_it_public_says_so_with_the_link(it, cloud):
    up(it)

    assert it.destroy() is None

    assert any("STAYS PUBLIC" in line and it.outputs["shareUrl"] in line for line in it.lines)
    assert len(links(cloud)) == 1


def test_the_word_that_it_may_stay_reaches_the_state_without_publishing_again(it, emulator):
    it.arguments["keep_on_destroy"] = False
    up(it)
    emulator.clear_requests()
    it.arguments["keep_on_destroy"] = True

    up(it)

    assert bodies(it, "POST", PUBLISH) == []
    assert it.destroy() is None


def test_a_link_that_leads_nowhere_is_gone_and_a_destroy_a_success(it, emulator):
    it.arguments["keep_on_destroy"] = False
    up(it)
    body = {"code": "NOT_FOUND", "message": "Published workflow not found"}
    emulator.faults.add("GET", "/workflows/published/[^/]+", "status", status=404, body=body, times=None)

    assert it.destroy() is None


def test_a_path_of_another_workflow_publishes_nothing(it, cloud):
    cloud.add_workflow(graph(50), "else")
    it.arguments["path"] = "workflows/else.json"

    error = it.up()

    assert error.code == "COMFY4001"
    assert "is the file of workflow" in str(error)
    assert links(cloud) == []


def test_a_moved_file_is_published_by_its_new_path(it, cloud):
    cloud.move_workflow(it.arguments["workflow_id"], "workflows/team/hero.json")
    it.arguments["path"] = "workflows/team/hero.json"

    up(it)

    assert [row["workflow_id"] for row in links(cloud)] == [it.arguments["workflow_id"]]


def test_a_path_that_was_published_by_mistake_is_said_to_be_public(it, cloud):
    cloud.settings.never_published = "404"  # so that nobody can look before
    cloud.add_workflow(graph(50), "else")
    it.arguments["path"] = "workflows/else.json"

    error = it.up()

    assert "and public at" in str(error)


def test_a_version_that_is_not_declared_is_not_published(lone, cloud):
    workflow = lone("Workflow", name="hero")
    up(workflow)
    it = lone("Publication", workflow_id=workflow.id, path="workflows/hero.json")
    it.arguments["workflow_digest"] = workflow.outputs["workflowDigest"]
    cloud.save_version(workflow.id, graph(50))

    error = it.up()

    assert error.code == "COMFY4005"
    assert "saved by user_browser" in str(error)
    assert links(cloud) == []


def test_a_changed_document_is_published_again_behind_the_same_link(lone, cloud):
    workflow = lone("Workflow", name="hero")
    up(workflow)
    it = lone("Publication", workflow_id=workflow.id, path="workflows/hero.json")
    it.arguments["workflow_digest"] = workflow.outputs["workflowDigest"]
    up(it)
    first = it.id
    workflow.arguments["workflow"] = graph(40)
    up(workflow)
    it.arguments["workflow_digest"] = workflow.outputs["workflowDigest"]

    up(it)

    (row,) = links(cloud)
    assert (it.id, row["version"]) == (first, 2)


def test_another_document_behind_the_link_is_drift(lone, cloud, api):
    workflow = lone("Workflow", name="hero")
    up(workflow)
    it = lone("Publication", workflow_id=workflow.id, path="workflows/hero.json")
    it.arguments["workflow_digest"] = workflow.outputs["workflowDigest"]
    up(it)
    cloud.save_version(workflow.id, graph(50))
    api.post("/api/userdata/workflows%2Fhero.json/publish", json={"asset_ids": []}).raise_for_status()

    it.refresh()

    assert it.has_changes()


def test_a_document_with_a_credential_is_never_published(it, cloud):
    cloud.save_version(it.arguments["workflow_id"], graph(text="sk-" + "a1B2c3D4" * 6))

    error = it.up()

    assert error.code == "COMFY1201"
    assert "everybody would see" in str(error)
    assert links(cloud) == []


@pytest.mark.parametrize(
    "fault", [("lost", {}), ("reset", {}), ("status", {"status": 503}), ("status", {"status": 429})]
)
def test_a_fault_while_publishing_again_is_got_over_behind_the_same_link(it, emulator, cloud, fault):
    up(it)
    kind, details = fault
    it.arguments["asset_ids"] = [ASSET]
    emulator.faults.add("POST", PUBLISH, kind, **details)

    up(it)

    assert [(row["share_id"], row["asset_ids"]) for row in links(cloud)] == [(it.id, [ASSET])]
    assert not it.has_changes()


def test_another_link_that_publishing_again_makes_is_named_beside_the_one_that_the_state_holds(it, emulator):
    up(it)
    it.arguments["asset_ids"] = [ASSET]
    body = {"workflow_id": it.arguments["workflow_id"], "share_id": "another", "publish_time": "2026-11-27T00:00:00Z"}
    emulator.faults.add("POST", PUBLISH, "status", status=200, body=body)

    error = it.up()

    assert "made another link, " in str(error)
    assert "/?share=another" in str(error)
    assert it.outputs["shareUrl"] in str(error)
    assert it.has_changes()
    assert any("is public at" in line and "share=another" in line for line in it.lines)


@pytest.mark.parametrize("path", ["/workflows/a.json", "workflows\\a.json", "a%2Fb.json", ""])
def test_a_path_that_is_none_is_refused_before_anything_is_asked(comfy_stack, emulator, path):
    def program() -> None:
        workflow_id = "0a000000-0000-4000-8000-000000000001"
        comfy.comfycloud.Publication("it", workflow_id=workflow_id, path=path)

    assert "COMFY1001" in comfy_stack(program).preview(check=False).error
