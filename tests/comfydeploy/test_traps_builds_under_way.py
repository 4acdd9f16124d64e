"""Builds that others began: nothing locks them out, none can be stopped, and the one that ends last serves.

So ours begins when they have ended.

Facts: docs/platforms/comfydeploy.md 2.3.2.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from by_hand import builds_of
from lone import up
from waiting import eventually, in_background

from pulumi_comfy.platforms.comfydeploy.api import rows


def leave_a_build_under_way(it: Any, emulator: Any) -> None:
    """Make a machine, and interrupt an update whose build would break every run on it."""
    up(it)
    emulator.comfydeploy.builds.outcome("ready", times=1, seconds=3000)
    it.arguments["docker_command_steps"] = [{"type": "commands", "data": "RUN echo BREAK-INFERENCE"}]
    with in_background(it.up):
        eventually(lambda: len(builds_of(it)) == 2)
        it.cancel()


def test_a_build_under_way_is_waited_for_since_the_one_that_ends_last_serves(lone, platform, emulator):
    it = lone("ServerlessMachine")
    up(it)
    emulator.comfydeploy.builds.outcome("ready", times=1, seconds=3000)  # within the hour that a build may take
    platform.patch(f"/machine/serverless/{it.id}", json={"idle_timeout": 90}).raise_for_status()  # a foreign build
    it.arguments["run_timeout"] = 500

    with in_background(it.up) as done:
        eventually(lambda: it.lines)
        begun = len(builds_of(it))
        emulator.clock.advance(3000)

    assert (done, begun) == ([None], 2)  # ours began after it
    newest = builds_of(it)[-1]
    assert (newest["run_timeout"], emulator.comfydeploy.builds.serving[it.id].version_id) == (500, newest["id"])
    assert "is under way: waiting for it" in it.lines[0]


@pytest.mark.parametrize("change", [{"docker_command_steps": []}, {"rebuild_trigger": "again"}])
def test_a_build_that_an_interrupted_run_left_does_not_end_after_ours(lone, emulator, change):
    it = lone("ServerlessMachine")
    leave_a_build_under_way(it, emulator)
    it.arguments.update({"docker_command_steps": [], **change})

    with in_background(it.up) as done:
        eventually(lambda: any("is under way" in line for line in it.lines))
        emulator.clock.advance(3000)

    assert done == [None]
    assert emulator.comfydeploy.builds.serving[it.id].version_id == it.outputs["machineVersionId"]
    it.assert_settled()


def test_a_build_that_an_interrupted_run_left_is_waited_for_though_somebody_made_another_since(
    lone, platform, emulator
):
    it = lone("ServerlessMachine")
    leave_a_build_under_way(it, emulator)
    platform.patch(f"/machine/serverless/{it.id}", json={"idle_timeout": 90}).raise_for_status()
    eventually(lambda: builds_of(it)[-1]["status"] == "ready")
    it.arguments["docker_command_steps"] = []

    with in_background(it.up) as done:
        eventually(lambda: any("build 2 of machine" in line for line in it.lines))
        emulator.clock.advance(3000)

    assert done == [None]
    assert emulator.comfydeploy.builds.serving[it.id].version_id == it.outputs["machineVersionId"]


def test_a_secret_s_rebuild_waits_for_a_build_under_way(lone, platform, emulator):
    it = lone("Secret")
    up(it)
    emulator.comfydeploy.builds.outcome("ready", times=1, seconds=3000)
    machine = it.arguments["machine_ids"][0]
    platform.patch(f"/machine/serverless/{machine}", json={"idle_timeout": 90}).raise_for_status()
    it.arguments["variables"] = {"TOKEN": "canary-2"}

    with in_background(it.up) as done:
        eventually(lambda: any("is under way" in line for line in it.lines))
        emulator.clock.advance(3000)

    assert done == [None]
    assert emulator.comfydeploy.builds.serving[machine].environment == {"TOKEN": "canary-2"}


def test_an_earlier_build_that_fails_is_out_of_the_way(lone, platform, emulator):
    it = lone("ServerlessMachine")
    up(it)
    emulator.comfydeploy.builds.outcome("error", times=1, seconds=3000)
    platform.patch(f"/machine/serverless/{it.id}", json={"idle_timeout": 90}).raise_for_status()
    it.arguments["run_timeout"] = 500

    with in_background(it.up) as done:
        eventually(lambda: it.lines)
        emulator.clock.advance(3000)

    assert done == [None]


def test_an_earlier_build_that_never_ends_leaves_the_change_undone_and_the_next_up_goes_on(
    lone, platform, emulator, impatient_up
):
    it = lone("ServerlessMachine")
    up(it)
    emulator.comfydeploy.builds.outcome("hang", times=1)
    platform.patch(f"/machine/serverless/{it.id}", json={"idle_timeout": 90}).raise_for_status()
    it.arguments["run_timeout"] = 500

    late = impatient_up(it)
    held = it.outputs["runTimeout"]
    up(it)

    assert (late.code, held) == ("COMFY3002", 300)
    assert builds_of(it)[-1]["run_timeout"] == 500


class YearsLater(datetime):
    """Later than the emulator's clock, which other tests may have pushed forward."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(days=1000)


def test_a_build_whose_builder_was_lost_an_hour_ago_is_not_waited_for(lone, platform, emulator, monkeypatch):
    it = lone("ServerlessMachine")
    up(it)
    emulator.comfydeploy.builds.outcome("hang", times=1)
    platform.patch(f"/machine/serverless/{it.id}", json={"idle_timeout": 90}).raise_for_status()
    it.arguments["run_timeout"] = 500
    monkeypatch.setattr(rows, "datetime", YearsLater)

    up(it)

    assert builds_of(it)[-1]["run_timeout"] == 500


@pytest.mark.parametrize(
    "told",
    [
        "2025-11-02T06:55:53.123000",
        "2025-11-02T06:55:53.123Z",
        "2025-11-02T06:55:53.123000Z",
        "2025-11-02 06:55:53.123000",
        "2025-11-02T06:55:53.123000+00Z",
    ],
)
def test_each_of_the_five_spellings_of_a_time_is_read_as_utc(told):
    row = rows.MachineVersionRow(id="v", status="ready", created_at=told)

    assert row.created_at == datetime(2025, 11, 2, 6, 55, 53, 123000, tzinfo=timezone.utc)


def test_a_time_in_yet_another_spelling_stops_nobody():
    assert rows.MachineVersionRow(id="v", status="ready", created_at="yesterday").age == 0


def test_a_build_of_ours_that_never_ends_leaves_in_the_state_what_was_sent(lone, emulator, impatient_up):
    it = lone("ServerlessMachine")
    up(it)
    emulator.comfydeploy.builds.outcome("hang", times=1)
    it.arguments["run_timeout"] = 500

    late = impatient_up(it)

    assert (late.code, it.outputs["runTimeout"]) == ("COMFY3002", 500)


def test_a_build_of_somebody_else_that_failed_is_made_again_by_an_update_that_builds_nothing(lone, platform, emulator):
    it = lone("ServerlessMachine")
    up(it)
    emulator.comfydeploy.builds.outcome("error", times=1)
    platform.patch(f"/machine/serverless/{it.id}", json={"is_trigger_rebuild": True}).raise_for_status()
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "error")
    it.arguments["gpu"] = "L4"

    up(it)

    assert [row["status"] for row in builds_of(it)] == ["ready", "error", "ready"]
