"""What becomes of what is deployed after its check: kept, put back, checked again."""

from __future__ import annotations

import pytest
from checked import a_checked_target, result, serves, set_check, statuses
from exam import fingerprint

pytestmark = pytest.mark.one_in(2)


@pytest.fixture
def it(lone, target):
    return a_checked_target(lone, target)


def declared_on(it):
    """What the target is on the platform, without when it was changed."""
    (row,) = it.rows
    return fingerprint({name: value for name, value in row.items() if name != "updated_at"})


def test_a_failed_check_of_an_update_puts_everything_back(it):
    it.up()
    before = declared_on(it)
    it.arguments.update({**it.examinee.runs.another(it), **it.examinee.runs.unchecked})
    it.emulated.runs.script("failed", times=1)

    error = it.up()

    assert error.code == "COMFY3101"
    assert "serves again" in str(error)
    assert declared_on(it) == before
    assert it.has_changes()
    assert it.up() is None


def test_a_failed_check_that_is_kept_says_what_serves_and_is_run_again(it):
    set_check(it, onFailure="keep")
    it.up()
    another = it.examinee.runs.another(it)
    it.arguments.update(another)
    it.emulated.runs.script("failed", times=1)

    error = it.up()
    kept = result(it)["status"]
    again = it.up()

    assert "serves now" in str(error)
    assert (kept, again, result(it)["status"]) == ("failed", None, "passed")
    assert serves(it) in it.examinee.runs.versions_in(another)


def test_a_failed_first_check_that_is_kept_leaves_the_target_in_the_state(it):
    set_check(it, onFailure="keep")
    it.emulated.runs.script("failed", times=1)

    error = it.up()

    assert "stays" in str(error)
    assert [row["id"] for row in it.rows] == [it.id]


def test_a_change_of_what_the_check_is_not_about_is_not_checked(it):
    it.up()
    it.arguments.update(it.examinee.runs.unchecked)

    it.up()

    assert statuses(it) == ["success"]


def test_a_kept_failure_is_checked_again_with_the_next_change_of_any_kind(it):
    set_check(it, onFailure="keep")
    it.emulated.runs.script("failed", times=1)
    it.up()
    it.arguments.update(it.examinee.runs.unchecked)

    it.up()

    assert (statuses(it)[-1], result(it)["status"]) == ("success", "passed")


def test_a_check_that_was_switched_off_is_said_to_be_skipped_and_made_up_for(it):
    it.checks_enabled = False
    it.up()
    skipped, is_quiet_while_off = result(it)["status"], not it.has_changes()
    it.checks_enabled = True

    it.up()

    assert (skipped, is_quiet_while_off, result(it)["status"]) == ("skipped", True, "passed")


def test_a_version_deployed_while_checks_are_off_is_not_said_to_have_passed(it):
    it.up()
    it.arguments.update(it.examinee.runs.another(it))
    it.checks_enabled = False

    it.up()

    assert result(it)["status"] == "skipped"


def test_a_rollback_that_fails_is_said_and_made_up_for_by_the_next_failed_check(it, emulator):
    it.up()
    good = serves(it)
    it.arguments.update(it.examinee.runs.another(it))
    it.emulated.runs.script("failed", times=2)
    emulator.faults.add(*it.kind.main["update"], "delay", times=1, delay=0)
    emulator.faults.add(*it.kind.main["update"], "status", status=403, times=1)

    stuck = it.up()
    emulator.faults.clear()
    again = it.up()

    assert "could not be put back" in str(stuck)
    assert "serves again" in str(again)
    assert serves(it) == good


def test_where_there_is_nothing_to_go_back_to_it_is_said(it):
    set_check(it, onFailure="keep")
    it.emulated.runs.script("failed", times=2)
    it.up()
    set_check(it, onFailure="rollback")

    error = it.up()

    assert "there is nothing to go back to" in str(error)
