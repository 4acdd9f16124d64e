"""Saved workflows: what is appended, what somebody else saves meanwhile, and what is never done twice."""

from __future__ import annotations

import json

import pytest
from comfycloud_program import graph, prompt, steps_of, versions
from lone import bodies, up

VERSIONS = "/workflows/[^/]+/versions"


def numbers(cloud):
    return [(row["version"], steps_of(row["workflow_json"])) for row in versions(cloud)]


def test_a_changed_document_appends_a_version_on_top_of_the_known_one(lone, cloud):
    it = lone()
    up(it)
    it.arguments["workflow"] = graph(40)

    up(it)

    assert numbers(cloud) == [(1, 20), (2, 40)]
    assert [body["base_version"] for body in bodies(it, "POST", VERSIONS)] == [1]
    assert (it.outputs["versionNumber"], it.outputs["versionId"]) == (2, versions(cloud)[-1]["id"])


def test_the_id_of_the_first_version_is_read_after_the_creation_which_does_not_tell_it(lone, cloud):
    it = lone()

    up(it)

    assert it.outputs["versionId"] == versions(cloud)[0]["id"]


def test_moved_nodes_make_no_version(lone):
    it = lone()
    up(it)
    it.arguments["workflow"] = graph(20, place=500)

    assert not it.has_changes()


def test_a_document_that_comes_back_with_its_keys_in_another_order_is_the_same(lone, cloud):
    cloud.settings.reorders_documents = True
    it = lone()
    up(it)

    assert it.refresh() is None

    assert not it.has_changes()


def test_metadata_makes_no_version_and_an_emptied_description_is_an_empty_text(lone, emulator, cloud):
    it = lone(description="good")
    up(it)
    emulator.clear_requests()
    del it.arguments["description"]

    up(it)

    assert bodies(it, "PATCH", "/workflows/[^/]+") == [{"description": ""}]
    assert len(versions(cloud)) == 1
    assert not it.has_changes()


def test_no_null_is_ever_sent(lone, emulator):
    it = lone()
    up(it)
    it.arguments.update(workflow=graph(40), name="another")
    up(it)

    sent = [request.request_json for request in emulator.requests if isinstance(request.request_json, dict)]
    assert [body for body in sent if None in body.values()] == []


def test_what_is_sent_is_the_document_as_written(lone, cloud):
    document = {**graph(), "extra": {"ds": {"scale": 2}, "seed": 2**64 - 1}}
    it = lone(workflow=document)

    up(it)

    assert versions(cloud)[0]["workflow_json"] == document


def test_of_an_export_that_holds_both_the_graph_is_saved(lone, cloud):
    it = lone(workflow={"workflow": graph(), "prompt": prompt()})

    up(it)

    assert versions(cloud)[0]["workflow_json"] == graph()
    assert it.refresh() is None
    assert not it.has_changes()


def test_an_api_prompt_alone_is_saved_and_it_is_said_that_it_has_no_layout(lone, cloud):
    it = lone(workflow=prompt())

    up(it)

    assert versions(cloud)[0]["workflow_json"] == prompt()
    assert any("without a layout" in line for line in it.lines)


def test_a_version_saved_in_the_browser_is_no_drift_and_told_at_refresh(lone, cloud):
    it = lone()
    up(it)
    held = it.outputs["versionId"]
    cloud.save_version(it.id, graph(50))

    assert it.refresh() is None

    assert "version 2 was saved outside of Pulumi by user_browser; version 1 stays" in it.lines
    assert it.outputs["versionId"] == held
    assert not it.has_changes()


def test_the_same_document_saved_again_in_the_browser_is_not_worth_a_line(lone, cloud):
    it = lone()
    up(it)
    cloud.save_version(it.id, graph(20, place=7))

    it.refresh()

    assert not any("outside of Pulumi" in line for line in it.lines)


def test_a_conflict_is_refused_with_who_saved_what_and_nothing_is_changed(lone, cloud):
    it = lone()
    up(it)
    cloud.save_version(it.id, graph(50))
    it.arguments.update(workflow=graph(40), description="new")

    error = it.up()

    assert error.code == "COMFY4005"
    assert "version 2, saved by user_browser" in str(error)
    assert "steps 50 -> 40" in str(error)
    assert numbers(cloud) == [(1, 20), (2, 50)]
    assert cloud.dump()["workflows"][0]["description"] == "good"


def test_a_conflict_is_overwritten_once_where_the_program_says_so(lone, cloud):
    it = lone(on_conflict="overwrite")
    up(it)
    cloud.save_version(it.id, graph(50))
    it.arguments["workflow"] = graph(40)

    up(it)

    assert numbers(cloud) == [(1, 20), (2, 50), (3, 40)]
    assert any("version 2, saved by user_browser" in line and "history" in line for line in it.lines)


def test_a_second_conflict_while_overwriting_is_refused(lone, emulator, cloud):
    it = lone(on_conflict="overwrite")
    up(it)
    it.arguments["workflow"] = graph(40)
    emulator.faults.add("POST", VERSIONS, "status", status=409, times=None, body={"code": "CONFLICT", "message": "no"})
    cloud.save_version(it.id, graph(50))

    error = it.up()

    assert error.code == "COMFY4005"
    assert len(bodies(it, "POST", VERSIONS)) == 2


def test_what_somebody_saved_is_no_conflict_where_it_is_what_is_declared(lone, cloud):
    it = lone()
    up(it)
    cloud.save_version(it.id, graph(40, place=9))
    it.arguments["workflow"] = graph(40)

    up(it)

    assert numbers(cloud) == [(1, 20), (2, 40)]
    assert it.outputs["versionNumber"] == 2


def test_a_save_that_changed_nothing_that_matters_is_no_conflict(lone, cloud):
    it = lone()
    up(it)
    cloud.save_version(it.id, graph(20, place=9))
    it.arguments["workflow"] = graph(40)

    up(it)

    assert numbers(cloud) == [(1, 20), (2, 20), (3, 40)]


def test_a_lost_answer_to_an_append_makes_no_second_version(lone, emulator, cloud):
    it = lone()
    up(it)
    emulator.faults.add("POST", VERSIONS, "lost")
    it.arguments["workflow"] = graph(40)

    up(it)

    assert numbers(cloud) == [(1, 20), (2, 40)]
    assert it.outputs["versionNumber"] == 2


def test_a_lost_append_that_did_not_happen_is_not_repeated_blindly(lone, emulator, cloud):
    it = lone()
    up(it)
    emulator.faults.add("POST", VERSIONS, "status", status=502)
    it.arguments["workflow"] = graph(40)

    error = it.up()

    assert "a look afterwards shows nothing of it" in str(error)
    assert len(bodies(it, "POST", VERSIONS)) == 1
    up(it)
    assert numbers(cloud) == [(1, 20), (2, 40)]


def test_a_patch_that_fails_after_an_append_leaves_the_version_known(lone, emulator, cloud):
    it = lone()
    up(it)
    it.arguments.update(workflow=graph(40), description="new")
    emulator.faults.add("PATCH", "/workflows/[^/]+", "status", status=403, times=1)

    failed = it.up()
    known = it.outputs["versionNumber"]
    up(it)

    assert failed.code == "COMFY2403"
    assert known == 2
    assert numbers(cloud) == [(1, 20), (2, 40)]
    assert cloud.dump()["workflows"][0]["description"] == "new"


def test_the_name_of_a_list_is_a_part_so_that_only_an_equal_one_stands_in_the_way(lone, cloud):
    cloud.add_workflow(graph(), "Superhero")
    it = lone(name="hero")

    up(it)

    assert len(cloud.dump()["workflows"]) == 2


def test_a_namesake_on_a_later_page_is_found(lone, cloud):
    for number in range(105):
        cloud.add_workflow({"nodes": [], "links": []}, f"hero {number}")
    cloud.add_workflow(graph(), "hero")
    it = lone(name="hero")

    assert it.up().code == "COMFY4001"


def test_an_unknown_view_of_tomorrow_stops_nobody(lone, emulator):
    it = lone()
    up(it)
    row = {"id": it.id, "latest_version": 1, "name": it.outputs["name"], "description": "good", "default_view": "grid"}
    emulator.faults.add("GET", "/workflows/[^/]+", "status", status=200, times=None, body={**row, "of_tomorrow": 1})

    assert it.refresh() is None

    assert "defaultView" not in it.outputs


@pytest.mark.parametrize("absent", ["left out", "null"])
def test_an_absent_description_and_a_null_are_one(lone, cloud, absent):
    cloud.settings.absent_fields = absent
    it = lone()
    del it.arguments["description"]
    up(it)

    assert it.refresh() is None

    assert not it.has_changes()


def test_a_recreated_workflow_has_another_id_and_begins_at_version_one(lone, cloud):
    it = lone()
    up(it)
    first = it.id
    it.destroy()

    up(it)

    assert it.id != first
    assert it.outputs["versionNumber"] == 1


def test_a_version_resource_is_refused_where_another_than_its_base_is_the_newest(lone, cloud):
    it = lone("WorkflowVersion", base_version=1)
    cloud.save_version(it.arguments["workflow_id"], graph(50))

    error = it.up()

    assert error.code == "COMFY4005"
    assert numbers(cloud) == [(1, 20), (2, 50)]


def test_a_version_resource_builds_on_the_newest_and_reuses_an_equal_one(lone, cloud):
    it = lone("WorkflowVersion")
    cloud.save_version(it.arguments["workflow_id"], graph(30, place=3))

    up(it)

    assert numbers(cloud) == [(1, 20), (2, 30)]
    assert it.id == f"{it.arguments['workflow_id']}/2"


def test_a_removed_version_resource_leaves_the_version(lone, cloud):
    it = lone("WorkflowVersion")
    up(it)

    it.destroy()

    assert len(versions(cloud)) == 2


def test_the_preview_says_what_changed_in_words(stack, program):
    stack.up()
    program.arguments["workflow"] = graph(40)

    result = stack.preview()

    assert "KSampler #3: steps 20 -> 40" in json.dumps([line.message for line in result.diagnostics])


def test_a_refresh_of_many_is_one_page(comfy_stack, emulator, cloud):
    import pulumi_comfy as comfy

    def many() -> None:
        for number in range(12):
            comfy.comfycloud.Workflow(f"one-{number}", workflow=graph())

    stack = comfy_stack(many)
    stack.up()
    emulator.clear_requests()

    stack.refresh()

    assert [request.path for request in emulator.requests if request.path != "/user"] == ["/workflows"]
