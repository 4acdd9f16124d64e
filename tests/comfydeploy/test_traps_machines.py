"""The traps of machines (docs/platforms/comfydeploy.md 2.3, 2.4, 5.3, 6): each named, with what we make of it."""

from __future__ import annotations

import re

import pytest
from by_hand import builds_of
from lone import bodies, up
from waiting import eventually

import pulumi_comfy as comfy
from pulumi_comfy.core.resource import Timeouts
from pulumi_comfy.emulator.settings import PlanLimits
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM


def test_every_default_is_said_and_nothing_that_misleads(lone):
    it = lone("ServerlessMachine")

    up(it)

    (body,) = bodies(it, "POST", "/machine/serverless")
    said = {"comfyui_version", "concurrency_limit", "run_timeout", "idle_timeout", "keep_warm", "disable_metadata"}
    assert said | {"models_to_cache", "optimized_runner", "machine_builder_version"} <= set(body)
    assert not {"wait_for_build", "is_trigger_rebuild", "extra_docker_commands"} & set(body)
    assert body["machine_builder_version"] == "4"


def test_a_cpu_request_is_stored_in_four_bytes_and_is_no_diff_and_never_sent_again(lone):
    it = lone("ServerlessMachine", cpu_request=0.1)
    up(it)
    it.assert_settled()
    it.arguments["keep_warm"] = 1

    up(it)

    assert it.rows[0]["cpu_request"] != 0.1
    assert bodies(it, "PATCH", "/machine/serverless/[^/]+") == [{"keep_warm": 1}]
    assert len(builds_of(it)) == 1


def test_step_ids_are_compared_so_ours_do_not_change(lone):
    step = {"type": "custom-node", "data": {"url": "https://github.com/a/b", "install_type": "git-clone"}}
    it = lone("ServerlessMachine", docker_command_steps=[step])
    up(it)
    it.arguments["run_timeout"] = 500
    up(it)
    it.arguments["docker_command_steps"] = [dict(reversed(step.items()))]

    assert not it.has_changes()
    assert len(builds_of(it)) == 2


@pytest.mark.parametrize("change", [{"gpu": "A10G"}, {"keep_warm": 1}, {"optimized_runner": True}, {"name": "other"}])
def test_what_needs_no_build_makes_no_version(lone, change):
    it = lone("ServerlessMachine")
    up(it)
    it.arguments.update(change)

    up(it)

    assert len(builds_of(it)) == 1
    it.assert_settled()


def test_disable_metadata_alone_is_stored_only_so_the_build_is_forced(lone):
    it = lone("ServerlessMachine")
    up(it)
    it.arguments["disable_metadata"] = False

    up(it)

    assert len(builds_of(it)) == 2


def test_several_changes_are_one_build(lone):
    it = lone("ServerlessMachine")
    up(it)
    it.arguments.update(run_timeout=500, idle_timeout=30, python_version="3.12", disable_metadata=False)

    up(it)

    assert len(builds_of(it)) == 2


def test_null_and_empty_text_are_the_same(lone):
    it = lone("ServerlessMachine", extra_args="--lowvram")
    up(it)
    del it.arguments["extra_args"]
    up(it)

    assert it.rows[0]["extra_args"] == ""
    it.arguments["extra_args"] = ""
    assert not it.has_changes()


def test_a_memory_limit_cannot_be_unset_so_its_removal_replaces(lone):
    it = lone("ServerlessMachine", name="first", memory_limit=4096)
    up(it)
    before = it.id
    del it.arguments["memory_limit"]

    up(it)

    assert it.id != before
    it.assert_settled()


@pytest.mark.parametrize(
    ("kind", "edit"),
    [
        ("ServerlessMachine", {"gpu": "L4"}),
        ("ServerlessMachine", {"run_timeout": 500}),
        ("CustomMachine", {"endpoint": "https://gpu.example:8189"}),
    ],
)
def test_a_deleted_machine_accepts_changes_and_the_up_says_that_it_is_gone(lone, platform, kind, edit):
    it = lone(kind)
    up(it)
    platform.delete(f"/machine/{it.id}").raise_for_status()
    it.arguments.update(edit)

    error = it.up()

    assert error.code == "COMFY2404"
    assert re.search("the machine is deleted|it no longer exists", str(error))


def test_a_machine_that_is_kept_warm_is_drained_before_it_is_deleted(lone, platform):
    it = lone("ServerlessMachine")
    up(it)
    platform.patch(f"/machine/serverless/{it.id}", json={"keep_warm": 2}).raise_for_status()

    assert it.destroy() is None
    assert it.rows == []


def test_in_use_is_402_and_waited_for_since_its_deployment_may_be_on_its_way_out(lone, emulator):
    it = lone("ServerlessMachine")
    up(it)
    emulator.faults.add("DELETE", "/machine/[^/]+", "status", status=402, times=2)

    assert it.destroy() is None
    assert it.rows == []


@pytest.mark.parametrize("status", [400, 402])
def test_a_machine_that_is_never_let_go_is_an_error_when_the_time_is_over(lone, emulator, status, monkeypatch):
    monkeypatch.setattr(PLATFORM.handlers["ServerlessMachine"], "timeouts", Timeouts(delete=1.2))
    it = lone("ServerlessMachine")
    up(it)
    emulator.faults.add("DELETE", "/machine/[^/]+", "status", status=status, times=None)

    told = str(it.destroy())

    assert str(status) in told
    assert ("force_delete" in told) is (status == 402)
    assert it.id is not None


@pytest.mark.parametrize(
    ("ours", "theirs"), [("CustomMachine", "ServerlessMachine"), ("ServerlessMachine", "CustomMachine")]
)
def test_a_machine_of_the_other_kind_is_not_adopted(lone, ours, theirs):
    other = lone(theirs, name="theirs")
    up(other)
    before = other.table()
    it = lone(ours, adopt=other.id)

    error = it.up()

    assert "this key sees no such object" in str(error)
    assert other.table() == before


def test_a_custom_machine_s_removed_token_is_emptied_since_null_changes_nothing(lone):
    it = lone("CustomMachine")
    up(it)
    del it.arguments["auth_token"]

    up(it)

    assert it.rows[0]["auth_token"] == ""


def test_an_adopted_custom_machine_gets_the_declared_token_though_nobody_can_read_it(lone, platform):
    body = {"name": "m", "type": "classic", "endpoint": "https://gpu.example:8188", "auth_token": "of somebody"}
    made = platform.post("/machine/custom", json=body).json()["id"]
    it = lone("CustomMachine", name="m", adopt=made)

    up(it)

    assert it.rows[0]["auth_token"] == "canary-1"


def test_a_null_that_becomes_an_empty_list_is_never_sent_alone(lone, platform):
    """`null -> []` counts as a change and builds (6.13)."""
    it = lone("ServerlessMachine")
    up(it)
    it.arguments.update(models_to_cache=[], docker_command_steps=[])

    assert not it.has_changes()
    it.arguments["keep_warm"] = 1
    up(it)
    assert bodies(it, "PATCH", "/machine/serverless/[^/]+") == [{"keep_warm": 1}]
    assert len(builds_of(it)) == 1


def test_a_secret_for_a_machine_of_one_s_own_is_refused_as_that(lone, platform):
    body = {"name": "own", "type": "classic", "endpoint": "http://gpu.example:8188", "auth_token": None}
    own = platform.post("/machine/custom", json=body).raise_for_status().json()["id"]

    error = str(lone("Secret", machine_ids=[own]).up())

    assert "it is a machine of one's own (classic), which the platform does not build" in error
    assert "builder" not in error


@pytest.mark.parametrize("builder", ["2", "3"])
def test_a_machine_of_an_old_builder_is_refused_in_words_since_it_has_no_versions(lone, platform, builder):
    body = {"name": "old", "gpu": "T4", "machine_builder_version": builder}
    made = platform.post("/machine/serverless", json=body).json()["id"]
    it = lone("ServerlessMachine", name="old", adopt=made)

    error = it.up()

    assert f"its builder is {builder}" in str(error)
    assert "Upgrade it to builder 4" in str(error)
    assert bodies(it, "PATCH", "/machine/serverless/[^/]+") == []


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("ServerlessMachine", {"extra_args": "--lowvram"}, "Free plan users cannot use extra_args"),
        ("CustomMachine", {}, "Access denied for requested operation"),
    ],
)
def test_what_the_plan_does_not_allow_is_said_in_the_platform_s_words_and_leaves_nothing(
    lone, emulator, kind, arguments, words
):
    emulator.settings.default_plan = PlanLimits.free()
    it = lone(kind, **arguments)

    error = it.up()

    assert error.code == "COMFY2403"
    assert words in str(error)
    assert "raise the plan's limit" in str(error)
    assert (it.id, it.rows) == (None, [])


def test_a_machine_too_many_for_the_plan_is_said_and_leaves_nothing(lone, emulator):
    up(lone("ServerlessMachine", name="first"))
    emulator.settings.default_plan = PlanLimits.free()
    it = lone("ServerlessMachine", name="second")

    error = it.up()

    assert error.code == "COMFY2403"
    assert it.id is None
    assert [row["name"] for row in it.rows] == ["first"]


def test_a_change_that_the_plan_does_not_allow_leaves_the_machine_as_it_was(lone, emulator):
    emulator.settings.default_plan = PlanLimits.free()
    it = lone("ServerlessMachine")
    up(it)
    it.arguments["concurrency_limit"] = 8

    error = it.up()

    assert "You have reached your concurrency limit" in str(error)
    assert it.outputs["concurrencyLimit"] == it.rows[0]["concurrency_limit"] == 1


@pytest.mark.parametrize(("field", "value"), [("gpu", "L4"), ("optimized_runner", True), ("run_timeout", 400)])
def test_what_an_update_changed_before_it_was_lost_changes_the_digest_after_a_refresh_too(lone, emulator, field, value):
    it = lone("ServerlessMachine")
    up(it)
    former = it.outputs["buildDigest"]
    it.arguments[field] = value
    emulator.faults.add("PATCH", "/machine/serverless/[^/]+", "lost", times=5)

    assert it.up().code == "COMFY2001"
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "ready")
    it.refresh()
    up(it)

    assert it.outputs["buildDigest"] not in (None, former)
    assert len(builds_of(it)) == (2 if field == "run_timeout" else 1)
    it.assert_settled()


def test_a_machine_that_somebody_else_built_is_said_to_be_that(deploy, platform):
    stack = deploy(lambda: comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4"))
    stack.up()
    machine = stack.resource("gpu")["id"]
    platform.patch(f"/machine/serverless/{machine}", json={"prestart_command": "true"}).raise_for_status()

    stack.refresh()

    assert any("it was built by somebody else" in line for line in stack.preview().messages("gpu"))
