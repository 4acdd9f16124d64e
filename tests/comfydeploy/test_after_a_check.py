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


def test_a_rebuild_in_place_is_checked_and_the_error_says_that_the_former_build_is_gone(it, emulator):
    it.arguments["machine_build_digest"] = "first"
    it.up()
    it.arguments["machine_build_digest"] = "second"
    emulator.comfydeploy.runs.script("failed", times=1)

    error = it.up()

    assert "rebuilt in place and its former build is gone" in str(error)


def test_a_check_that_never_ran_is_due_at_the_next_up(it, emulator):
    it.arguments["keep_warm"] = 1
    emulator.faults.add("PATCH", "/deployment/[^/]+", "status", status=403, times=1)

    assert it.up() is not None
    assert statuses(emulator) == []
    assert it.up() is None

    assert result(it)["status"] == "passed"


def test_a_failed_check_puts_the_proved_version_back_and_not_a_hands_and_keeps_its_other_settings(
    it, emulator, platform
):
    it.up()
    (proved,) = it.rows
    by_hand = a_second_version(it, platform)
    platform.patch(f"/deployment/{it.id}", json={**by_hand, "concurrency_limit": 7}).raise_for_status()
    it.arguments.update(a_second_version(it, platform))
    emulator.comfydeploy.runs.script("failed", times=1)

    error = str(it.up())

    (row,) = it.rows
    assert (row["workflow_version_id"], row["concurrency_limit"]) == (proved["workflow_version_id"], 7)
    assert f"serves again, not version {by_hand['workflow_version_id']}" in error
