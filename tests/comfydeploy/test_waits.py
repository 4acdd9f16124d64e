"""Builds and runs that take time: all at once, failed and rebuilt, ended by Ctrl-C with the id in the state."""

from __future__ import annotations

import threading

import pytest
from programs import Service
from waiting import eventually, in_background

import pulumi_comfy as comfy

pytestmark = pytest.mark.apart

MACHINES = 10


def machines(count):
    def program():
        for number in range(count):
            comfy.comfydeploy.ServerlessMachine(f"gpu-{number}", gpu="T4")

    return program


@pytest.mark.cli
def test_ten_machines_build_at_once(deploy, emulator):
    emulator.settings.build_seconds = 3600
    stack = deploy(machines(MACHINES))

    with in_background(lambda: stack.up(parallel=32)) as done:
        eventually(lambda: emulator.comfydeploy.builds.in_flight == MACHINES)
        emulator.clock.advance(3600)

    assert done[0].ok


def test_a_failed_build_keeps_the_machine_and_the_next_up_rebuilds_it(deploy, emulator):
    emulator.comfydeploy.builds.outcome("error", times=1, log=["pip: no such package"])
    stack = deploy(machines(1))
    failed = stack.up(check=False)
    (machine,) = emulator.comfydeploy.dump()["machines"]

    repaired = stack.up()

    assert "pip: no such package" in failed.error
    assert "COMFY3001" in failed.error
    assert stack.resource("gpu-0")["id"] == machine["id"]
    assert repaired.operation("gpu-0").op == "update"
    assert [row["status"] for row in emulator.comfydeploy.dump()["machines"]] == ["ready"]


def test_a_failed_build_is_still_rebuilt_after_a_refresh(deploy, emulator):
    emulator.comfydeploy.builds.outcome("error", times=1)
    stack = deploy(machines(1))
    stack.up(check=False)

    stack.refresh()
    stack.up()

    assert [row["status"] for row in emulator.comfydeploy.dump()["machines"]] == ["ready"]


def test_a_build_that_never_ends_is_given_up_at_the_custom_timeout(deploy, emulator):
    import pulumi

    emulator.comfydeploy.builds.outcome("hang", times=1)

    def program():
        timeouts = pulumi.CustomTimeouts(create="3s")
        comfy.comfydeploy.ServerlessMachine("gpu", pulumi.ResourceOptions(custom_timeouts=timeouts), gpu="T4")

    stack = deploy(program)
    result = stack.up(check=False)

    assert "COMFY3002" in result.error
    assert stack.resource("gpu")["id"] == emulator.comfydeploy.dump()["machines"][0]["id"]


@pytest.mark.cli
def test_ctrl_c_ends_the_wait_with_the_id_in_the_state(deploy, emulator):
    emulator.comfydeploy.builds.outcome("hang")
    stack = deploy(machines(1))
    outcome = []
    running = threading.Thread(target=lambda: outcome.append(stack.up(check=False)))
    running.start()
    eventually(lambda: emulator.comfydeploy.builds.in_flight == 1)

    stack.cancel()
    running.join(timeout=60)

    (machine,) = emulator.comfydeploy.dump()["machines"]
    assert not outcome[0].ok
    assert stack.resource("gpu-0")["id"] == machine["id"]


def test_ctrl_c_during_the_inference_check_cancels_the_run(deploy, emulator):
    emulator.comfydeploy.runs.script("hang")
    stack = deploy(Service().program)
    running = threading.Thread(target=lambda: stack.up(check=False))
    running.start()
    eventually(lambda: emulator.comfydeploy.dump()["runs"])

    stack.cancel()
    running.join(timeout=60)

    assert [run["status"] for run in emulator.comfydeploy.dump()["runs"]] == ["cancelled"]
    assert emulator.comfydeploy.dump()["deployments"] == []


def test_a_run_that_outlives_its_budget_is_cancelled_and_undone(deploy, emulator):
    emulator.comfydeploy.runs.script("hang")

    result = deploy(Service(check={"queue_timeout_seconds": 0.5, "run_timeout_seconds": 0.5}).program).up(check=False)

    assert "still" in result.error
    assert [run["status"] for run in emulator.comfydeploy.dump()["runs"]] == ["cancelled"]
    assert emulator.comfydeploy.dump()["deployments"] == []


def test_what_looks_like_a_credential_in_a_build_s_log_is_masked(deploy, emulator):
    told = ["RUN git clone https://x-access-token:canary1@github.com/o/r", "GH=hf_canary0123456789abcdef"]
    emulator.comfydeploy.builds.outcome("error", times=1, log=told)

    result = deploy(lambda: comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4")).up(check=False)

    assert "GH=[secret]" in result.error
    assert "canary" not in str(result)


def test_progress_is_shown_on_the_machines_own_row(deploy, emulator):
    emulator.settings.build_seconds = 3600
    lines = []

    def hear(event):
        line = getattr(event, "diagnostic", None)
        if line is not None and line.ephemeral and "building" in line.message:
            lines.append(line)
            emulator.clock.advance(3600)

    deploy(machines(1)).up(on_event=hear)

    assert lines[0].urn.endswith("gpu-0")
