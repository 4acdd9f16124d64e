"""The traps of builds (reference 2.3.1, 2.3.2): forced, failed, stale, two at once, and never ending."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from lone import builds_of, up
from test_waits import eventually

from pulumi_comfy.comfydeploy import builds, rows
from pulumi_comfy.core.stored import stored_state


@contextmanager
def in_background(work: Callable[[], Any]) -> Iterator[list[Any]]:
    """Run something beside the test and wait for its end; the list then holds what it gave."""
    gave: list[Any] = []
    running = threading.Thread(target=lambda: gave.append(work()), daemon=True)
    running.start()
    yield gave
    running.join(timeout=60)
    assert not running.is_alive()


def test_a_stale_ready_is_not_believed(lone, platform, emulator):
    emulator.builds.outcome("error", times=1, seconds=3600, log=["the newest build broke"])
    emulator.builds.outcome("ready", times=1, seconds=0.1)
    made = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    platform.patch(f"/machine/serverless/{made}", json={"run_timeout": 500}).raise_for_status()
    eventually(lambda: platform.get(f"/machine/{made}").json()["status"] == "ready")
    it = lone("ServerlessMachine", name="m", run_timeout=500, adopt=made)
    errors = []
    waiting = threading.Thread(target=lambda: errors.append(it.up()))
    waiting.start()
    eventually(lambda: sum("/versions/" in request.url_path for request in emulator.requests) > 3)

    emulator.clock.advance(3600)
    waiting.join()

    assert [error.code for error in errors] == ["COMFY3001"]


@pytest.mark.parametrize("forced", [{"rebuild_trigger": "now"}, {"disable_metadata": False}])
def test_a_forced_build_is_made_though_the_other_change_is_already_so_on_the_platform(lone, platform, forced):
    it = lone("ServerlessMachine")
    up(it)
    platform.patch(f"/machine/serverless/{it.id}", json={"run_timeout": 500}).raise_for_status()
    it.arguments.update(run_timeout=500, **forced)

    up(it)

    assert len(builds_of(it)) == 3  # the first, that by hand, and ours
    it.assert_settled()


NODE = {"type": "custom-node-manager", "data": {"node_id": "no-such-node", "version": "1.0.0"}}


def test_a_node_that_the_registry_lacks_is_named_though_the_platform_only_crashes(lone, emulator):
    emulator.settings.unknown_registry_nodes = ["no-such-node"]
    created = lone("ServerlessMachine", name="new", docker_command_steps=[NODE])
    updated = lone("ServerlessMachine", name="old")
    up(updated)
    updated.arguments["docker_command_steps"] = [NODE]

    errors = [created.up(), updated.up()]

    assert all("a node that the registry lacks: check no-such-node@1.0.0" in str(error) for error in errors)
    assert created.id is None
    assert len(created.rows) == 1  # the other one, as it was


def test_a_build_under_way_is_waited_for_since_the_one_that_ends_last_serves(lone, platform, emulator):
    it = lone("ServerlessMachine")
    up(it)
    emulator.builds.outcome("ready", times=1, seconds=3000)  # within the hour that a build may take
    platform.patch(f"/machine/serverless/{it.id}", json={"idle_timeout": 90}).raise_for_status()  # a foreign build
    it.arguments["run_timeout"] = 500

    with in_background(it.up) as done:
        eventually(lambda: it.lines)
        begun = len(builds_of(it))
        emulator.clock.advance(3000)

    assert (done, begun) == ([None], 2)  # ours began after it
    newest = builds_of(it)[-1]
    assert (newest["run_timeout"], emulator.builds.serving[it.id].version_id) == (500, newest["id"])
    assert "is under way: waiting for it" in it.lines[0]


@pytest.mark.parametrize("change", [{"docker_command_steps": []}, {"rebuild_trigger": "again"}])
def test_a_build_that_an_interrupted_run_left_does_not_end_after_ours(lone, emulator, change):
    it = lone("ServerlessMachine")
    up(it)
    emulator.builds.outcome("ready", times=1, seconds=3000)
    it.arguments["docker_command_steps"] = [{"type": "commands", "data": "RUN echo BREAK-INFERENCE"}]
    with in_background(it.up):
        eventually(lambda: len(builds_of(it)) == 2)
        it.cancel()
    it.arguments.update({"docker_command_steps": [], **change})

    with in_background(it.up) as done:
        eventually(lambda: any("is under way" in line for line in it.lines))
        emulator.clock.advance(3000)

    assert done == [None]
    assert emulator.builds.serving[it.id].version_id == it.outputs["machineVersionId"]
    it.assert_settled()


def test_an_earlier_build_that_fails_is_out_of_the_way(lone, platform, emulator):
    it = lone("ServerlessMachine")
    up(it)
    emulator.builds.outcome("error", times=1, seconds=3000)
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
    emulator.builds.outcome("hang", times=1)
    platform.patch(f"/machine/serverless/{it.id}", json={"idle_timeout": 90}).raise_for_status()
    it.arguments["run_timeout"] = 500

    late = impatient_up(it)
    held = it.outputs["runTimeout"]
    up(it)

    assert (late.code, held) == ("COMFY3002", 300)
    assert builds_of(it)[-1]["run_timeout"] == 500


@pytest.fixture
def impatient_up(monkeypatch):
    """An `up` that waits for no build longer than a moment; only one whose build hangs, as a machine may be busy."""

    def run(it):
        with monkeypatch.context() as patch:
            patch.setattr(builds, "BUILD_TIMEOUT", 0.3)
            return it.up()

    return run


class YearsLater(datetime):
    """Later than the emulator's clock, which other tests may have pushed forward."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(days=1000)


def test_a_build_whose_builder_was_lost_an_hour_ago_is_not_waited_for(lone, platform, emulator, monkeypatch):
    it = lone("ServerlessMachine")
    up(it)
    emulator.builds.outcome("hang", times=1)
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


@pytest.mark.parametrize("is_refreshed", [False, True])
@pytest.mark.parametrize("is_first", [False, True])
def test_a_build_of_a_crashed_builder_is_waited_for_once_and_then_made_again(
    lone, emulator, impatient_up, is_refreshed, is_first
):
    it = lone("ServerlessMachine")
    if not is_first:
        up(it)
        it.arguments["run_timeout"] = 500
    emulator.builds.outcome("hang", times=1)

    late = impatient_up(it)
    if is_refreshed:
        it.refresh()
        it.is_unfinished = False
    status = it.outputs["status"]
    up(it)

    assert (late.code, status) == ("COMFY3002", "timed-out")
    assert builds_of(it)[-1]["status"] == "ready"
    it.assert_settled()


def test_a_late_build_that_ended_meanwhile_is_taken_as_it_is(lone, emulator, impatient_up):
    it = lone("ServerlessMachine")
    emulator.builds.outcome("ready", times=1, seconds=3600)
    late = impatient_up(it)
    emulator.clock.advance(3600)

    up(it)

    assert late is not None
    assert len(builds_of(it)) == 1
    it.assert_settled()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("error", "its last build failed: it is built again"),
        ("building", "its last build is still under way"),
        ("timed-out", "its last build never ended"),
    ],
)
def test_what_a_machine_needs_an_update_for_is_said_in_words(lone, status, words):
    it = lone("ServerlessMachine")
    up(it)
    state = stored_state(it.handler, {**it.outputs, "status": status})

    assert it.handler.repair(state, state.inputs).startswith(words)


def test_a_build_that_was_not_seen_to_end_gets_its_digest_at_the_next_up(lone, emulator):
    emulator.builds.outcome("ready", seconds=3600)
    it = lone("ServerlessMachine")
    running = threading.Thread(target=it.up)
    running.start()
    eventually(lambda: emulator.dump()["machine_versions"])
    it.cancel()
    running.join()
    emulator.clock.advance(7200)
    assert it.refresh() is None

    assert it.up() is None

    assert it.outputs["buildDigest"]
    assert not it.has_changes()


def test_a_rebuild_that_was_not_seen_to_end_changes_the_digest_at_the_next_up(lone, emulator):
    it = lone("ServerlessMachine")
    up(it)
    before = it.outputs["buildDigest"]
    it.arguments["run_timeout"] = 777
    emulator.builds.outcome("ready", seconds=3600)
    running = threading.Thread(target=it.up)
    running.start()
    eventually(lambda: len(emulator.dump()["machine_versions"]) == 2)
    it.cancel()
    running.join()
    emulator.clock.advance(7200)
    assert it.refresh() is None

    assert it.up() is None

    assert it.outputs["buildDigest"] not in (None, before)
