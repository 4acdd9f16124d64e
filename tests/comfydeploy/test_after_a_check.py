"""What becomes of a deployment after its check: kept, put back, checked again (docs/platforms/comfydeploy.md 2.5)."""

from __future__ import annotations

import pytest
from checks import a_checked_deployment, a_second_version, result, statuses


@pytest.fixture
def it(lone, emulator):
    return a_checked_deployment(lone, emulator)


def test_a_failed_check_of_an_update_puts_everything_back(it, emulator, platform):
    it.up()
    (before,) = it.rows
    it.arguments.update(a_second_version(it, platform), gpu="L4")
    emulator.comfydeploy.runs.script("failed", times=1)

    error = it.up()

    (row,) = it.rows
    assert row["workflow_version_id"] == before["workflow_version_id"]
    assert f"version {before['workflow_version_id']} on machine {before['machine_id']} serves again" in str(error)
    assert row["gpu"] == "T4"  # the machine's: what served before, since a GPU cannot be unset
    assert it.up() is None


def test_a_failed_check_that_is_kept_says_what_serves_and_is_run_again(it, emulator, platform):
    it.arguments["inference_check"] = {"onFailure": "keep"}
    it.up()
    it.arguments.update(a_second_version(it, platform))
    emulator.comfydeploy.runs.script("failed", times=1)

    error = it.up()
    kept = it.outputs["lastCheck"]["status"]
    again = it.up()

    assert f"version {it.arguments['workflow_version_id']} serves now" in str(error)
    assert (kept, again, result(it)["status"]) == ("failed", None, "passed")


def test_a_failed_first_check_that_is_kept_leaves_the_deployment_in_the_state(it, emulator):
    it.arguments["inference_check"] = {"onFailure": "keep"}
    emulator.comfydeploy.runs.script("failed", times=1)

    error = it.up()

    assert "the deployment stays" in str(error)
    assert [row["id"] for row in it.rows] == [it.id]


def test_a_rebuild_in_place_is_checked_and_the_error_says_that_the_former_build_is_gone(it, emulator):
    it.arguments["machine_build_digest"] = "first"
    it.up()
    it.arguments["machine_build_digest"] = "second"
    emulator.comfydeploy.runs.script("failed", times=1)

    error = it.up()

    assert "rebuilt in place and its former build is gone" in str(error)


def test_a_change_of_limits_alone_is_not_checked(it, emulator):
    it.up()
    it.arguments["keep_warm"] = 1

    it.up()

    assert statuses(emulator) == ["success"]


def test_a_check_that_never_ran_is_due_at_the_next_up(it, emulator):
    it.arguments["keep_warm"] = 1
    emulator.faults.add("PATCH", "/deployment/[^/]+", "status", status=403, times=1)

    assert it.up() is not None
    assert statuses(emulator) == []
    assert it.up() is None

    assert result(it)["status"] == "passed"


def test_a_kept_failure_is_checked_again_with_the_next_change_of_any_kind(it, emulator):
    it.arguments["inference_check"] = {"onFailure": "keep"}
    emulator.comfydeploy.runs.script("failed", times=1)
    it.up()
    it.arguments["keep_warm"] = 1

    it.up()

    assert (statuses(emulator)[-1], result(it)["status"]) == ("success", "passed")


def test_a_check_that_was_switched_off_is_said_to_be_skipped_and_made_up_for(it, emulator):
    it.checks_enabled = False
    it.up()
    skipped, is_quiet_while_off = result(it)["status"], not it.has_changes()
    it.checks_enabled = True

    it.up()

    assert (skipped, is_quiet_while_off, result(it)["status"]) == ("skipped", True, "passed")


def test_a_version_deployed_while_checks_are_off_is_not_said_to_have_passed(it, emulator, platform):
    it.up()
    it.arguments.update(a_second_version(it, platform))
    it.checks_enabled = False

    it.up()

    assert result(it)["status"] == "skipped"


def test_a_rollback_that_fails_is_said_and_made_up_for_by_the_next_failed_check(it, emulator, platform):
    it.up()
    (good,) = it.rows
    it.arguments.update(a_second_version(it, platform))
    emulator.comfydeploy.runs.script("failed", times=2)
    emulator.faults.add("PATCH", "/deployment/[^/]+", "delay", times=1, delay=0)
    emulator.faults.add("PATCH", "/deployment/[^/]+", "status", status=403, times=1)

    stuck = it.up()
    emulator.faults.clear()
    again = it.up()

    assert "could not be put back" in str(stuck)
    assert f"version {good['workflow_version_id']} on machine {good['machine_id']} serves again" in str(again)
    assert it.rows[0]["workflow_version_id"] == good["workflow_version_id"]


def test_where_there_is_nothing_to_go_back_to_it_is_said(it, emulator):
    it.arguments["inference_check"] = {"onFailure": "keep"}
    emulator.comfydeploy.runs.script("failed", times=2)
    it.up()
    it.arguments["inference_check"] = {"onFailure": "rollback"}

    error = it.up()

    assert "there is nothing to go back to" in str(error)
