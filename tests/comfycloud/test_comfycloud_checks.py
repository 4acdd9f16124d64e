"""What becomes of a version that fails its check, where versions are only ever appended."""

from __future__ import annotations

import pytest
from comfycloud_program import CHECK, graph, runs, steps_of, versions
from lone import up


def steps(cloud):
    return [steps_of(row["workflow_json"]) for row in versions(cloud)]


@pytest.fixture
def it(lone):
    it = lone(inference_check=CHECK)
    up(it)
    return it


def test_a_rollback_appends_the_former_document_again(it, cloud):
    held = dict(it.outputs)
    it.arguments.update(workflow=graph(40), description="new")
    cloud.runs.script("failed", times=1)

    error = it.up()

    assert "version 3, the former document once more, serves again" in str(error)
    assert "version 2 stays in the history" in str(error)
    assert steps(cloud) == [20, 40, 20]
    assert cloud.dump()["workflows"][0]["description"] == "good"
    assert it.outputs == held


def test_a_rollback_gives_no_command_which_would_run_what_failed(it, cloud):
    it.arguments["workflow"] = graph(40)
    cloud.runs.script("failed", times=1)

    assert "curl" not in str(it.up())


def test_after_a_rollback_the_next_document_is_appended_without_a_conflict(it, cloud):
    it.arguments["workflow"] = graph(40)
    cloud.runs.script("failed", times=1)
    it.up()
    it.arguments["workflow"] = graph(41)

    up(it)

    assert steps(cloud) == [20, 40, 20, 41]
    assert it.outputs["versionNumber"] == 4


def test_after_a_rollback_a_refresh_finds_nothing_to_tell(it, cloud):
    it.arguments["workflow"] = graph(40)
    cloud.runs.script("failed", times=1)
    it.up()
    it.lines.clear()

    it.refresh()

    assert it.lines == []


def test_a_rollback_buries_nobodys_version(it, cloud, monkeypatch):
    it.arguments["workflow"] = graph(40)
    cloud.runs.script("failed", times=1)
    plan = cloud.runs.take

    def save_meanwhile():
        cloud.save_version(it.id, graph(50))
        return plan()

    monkeypatch.setattr(cloud.runs, "take", save_meanwhile)

    error = it.up()

    assert "could not be put back" in str(error)
    assert steps(cloud) == [20, 40, 50]


def test_a_new_workflow_that_fails_is_not_removed_where_somebody_saved_while_the_check_ran(lone, cloud, monkeypatch):
    it = lone(inference_check=CHECK)
    cloud.runs.script("failed", times=1)
    plan = cloud.runs.take

    def save_meanwhile():
        (row,) = cloud.dump()["workflows"]
        cloud.save_version(row["id"], graph(50))
        return plan()

    monkeypatch.setattr(cloud.runs, "take", save_meanwhile)

    error = it.up()

    assert "could not be removed" in str(error)
    assert [row["id"] for row in cloud.dump()["workflows"]] == [it.id]


def test_a_failed_check_that_is_kept_says_what_serves_and_is_run_again(it, cloud):
    it.arguments.update(workflow=graph(40), inference_check={**CHECK, "onFailure": "keep"})
    cloud.runs.script("failed", times=1)

    error = it.up()
    kept = it.outputs["lastCheck"]["status"]
    up(it)

    assert "version 2 serves now" in str(error)
    assert (kept, it.outputs["lastCheck"]["status"]) == ("failed", "passed")
    assert steps(cloud) == [20, 40]


def test_a_version_that_fails_its_check_stays_in_the_history_and_not_in_the_stack(lone, cloud):
    it = lone("WorkflowVersion", inference_check=CHECK)
    cloud.runs.script("failed", times=1)

    error = it.up()
    held = it.id
    up(it)

    assert "stays in the platform's history" in str(error)
    assert held is None
    assert steps(cloud) == [20, 30]
    assert it.outputs["lastCheck"]["status"] == "passed"


def test_a_version_is_checked_by_its_own_id(lone, cloud):
    it = lone("WorkflowVersion", inference_check=CHECK)

    up(it)

    assert [run["workflow_version_id"] for run in runs(cloud)] == [versions(cloud)[-1]["id"]]


def test_a_check_by_itself_takes_whatever_is_the_newest(lone, cloud):
    it = lone("InferenceCheck")
    cloud.save_version(it.arguments["workflow_id"], graph(50))

    up(it)

    assert runs(cloud)[0]["workflow_version_id"] == versions(cloud)[-1]["id"]


def test_a_check_by_itself_of_a_version_that_is_no_longer_the_newest_says_so(lone, cloud):
    it = lone("InferenceCheck")
    it.arguments["version_id"] = versions(cloud)[0]["id"]
    cloud.save_version(it.arguments["workflow_id"], graph(50))

    error = it.up()

    assert "version 2" in str(error)
    assert "no other can be read" in str(error)
    assert runs(cloud) == []


def test_a_check_of_a_document_that_is_none_says_so(lone, cloud):
    it = lone("InferenceCheck")
    cloud.save_version(it.arguments["workflow_id"], {"nothing": 1})

    assert "holds no workflow document" in str(it.up())
