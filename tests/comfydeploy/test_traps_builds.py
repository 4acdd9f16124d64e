"""The traps of builds: forced, failed, stale, two at once, and never ending.

Facts: docs/platforms/comfydeploy.md 2.3.1, 2.3.2.
"""

from __future__ import annotations

import threading

import pytest
from by_hand import builds_of
from lone import up
from waiting import eventually

from pulumi_comfy.core.stored import stored_state
from pulumi_comfy.platforms.comfydeploy import builds
from pulumi_comfy.platforms.comfydeploy.api import rows


def test_a_stale_ready_is_not_believed(lone, platform, emulator):
    emulator.comfydeploy.builds.outcome("error", times=1, seconds=3600, log=["the newest build broke"])
    emulator.comfydeploy.builds.outcome("ready", times=1, seconds=60)
    made = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    platform.patch(f"/machine/serverless/{made}", json={"run_timeout": 500}).raise_for_status()
    emulator.clock.advance(60)
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


@pytest.mark.parametrize("is_refreshed", [False, True])
@pytest.mark.parametrize("is_first", [False, True])
def test_a_build_of_a_crashed_builder_is_waited_for_once_and_then_made_again(
    lone, emulator, impatient_up, is_refreshed, is_first
):
    it = lone("ServerlessMachine")
    if not is_first:
        up(it)
        it.arguments["run_timeout"] = 500
    emulator.comfydeploy.builds.outcome("hang", times=1)

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
    emulator.comfydeploy.builds.outcome("ready", times=1, seconds=3600)
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
    emulator.comfydeploy.builds.outcome("ready", seconds=3600)
    it = lone("ServerlessMachine")
    running = threading.Thread(target=it.up)
    running.start()
    eventually(lambda: emulator.comfydeploy.dump()["machine_versions"])
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
    emulator.comfydeploy.builds.outcome("ready", seconds=3600)
    running = threading.Thread(target=it.up)
    running.start()
    eventually(lambda: len(emulator.comfydeploy.dump()["machine_versions"]) == 2)
    it.cancel()
    running.join()
    emulator.clock.advance(7200)
    assert it.refresh() is None

    assert it.up() is None

    assert it.outputs["buildDigest"] not in (None, before)


def test_another_gpu_is_a_build_where_nodes_are_installed_on_the_gpu(lone):
    it = lone("ServerlessMachine", install_custom_node_with_gpu=True)
    up(it)
    before = it.outputs["buildDigest"]
    it.arguments["gpu"] = "L4"

    up(it)

    assert it.outputs["machineVersionId"] == builds_of(it)[-1]["id"]
    assert len(builds_of(it)) == 2
    assert it.outputs["buildDigest"] != before


def test_a_build_for_another_gpu_that_fails_is_an_error(lone, emulator):
    it = lone("ServerlessMachine", install_custom_node_with_gpu=True)
    up(it)
    emulator.comfydeploy.builds.outcome("error", times=1, seconds=0)  # it has failed by the first look
    it.arguments["gpu"] = "L4"

    assert it.up().code == "COMFY3001"
    assert it.outputs["status"] == "error"
    assert len(builds_of(it)) == 2


def test_the_log_of_a_failed_build_is_read_out_of_its_json(lone, emulator):
    emulator.comfydeploy.builds.outcome("error", times=1, log=["ERROR: no matching distribution"])
    it = lone("ServerlessMachine")

    told = str(it.up())

    assert "ERROR: no matching distribution | " in told
    assert "timestamp" not in told


def test_a_log_that_is_no_json_is_shown_as_it_is():
    assert builds.log_lines(rows.MachineVersionRow(id="v", status="error", build_log="one\ntwo")) == ["one", "two"]
