"""`rollout="replace"` with a secret: its links move when the switch is proved (docs/platforms/comfydeploy.md 2.6)."""

from __future__ import annotations

import pytest
from programs import Service
from test_scenarios import BREAKS_INFERENCE, changes, only, served_picture

pytestmark = [pytest.mark.cli, pytest.mark.apart]


def links(emulator):
    return set(only(emulator.comfydeploy.dump()["secrets"])["machine_ids"])


def live_machines(emulator):
    return {row["id"] for row in emulator.comfydeploy.dump()["machines"]}


@pytest.fixture
def failed(deploy, emulator):
    """A rollout whose check failed; gives the service, its stack and the machine that serves."""
    service = Service(rollout="replace", variables={"HF_TOKEN": "hf_canary_value"})
    stack = deploy(service.program)
    stack.up()
    old = only(emulator.comfydeploy.dump()["machines"])["id"]
    service.machine = BREAKS_INFERENCE
    assert not stack.up(check=False).ok
    return service, stack, old


def test_a_failed_check_leaves_the_old_machine_serving_with_its_secret(failed, emulator, platform):
    _service, _stack, old = failed

    assert only(emulator.comfydeploy.dump()["deployments"])["machine_id"] == old
    assert old in links(emulator)
    rebuilt = platform.patch(f"/machine/serverless/{old}", json={"is_trigger_rebuild": True}).json()
    versions = {row["id"]: row for row in emulator.comfydeploy.dump()["machine_versions"]}
    assert versions[rebuilt["machine_version_id"]]["built_environment_keys"] == ["HF_TOKEN"]
    assert served_picture(emulator, platform)


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_the_up_that_follows_a_failed_check_settles(failed, emulator, is_refreshed):
    service, stack, old = failed
    service.machine = {"python_version": "3.12"}
    if is_refreshed:
        stack.refresh()

    stack.up()
    again = stack.up()
    stack.refresh()

    new = only(emulator.comfydeploy.dump()["machines"])["id"]
    assert new != old
    assert only(emulator.comfydeploy.dump()["deployments"])["machine_id"] == new
    assert links(emulator) & live_machines(emulator) == {new}
    assert (changes(again), changes(stack.preview())) == ({}, {})


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_an_up_that_fails_once_more_still_leaves_the_secret_with_the_machine_that_serves(
    failed, emulator, is_refreshed
):
    service, stack, old = failed
    service.machine = {**BREAKS_INFERENCE, "run_timeout": 400}
    if is_refreshed:
        stack.refresh()

    assert not stack.up(check=False).ok

    assert only(emulator.comfydeploy.dump()["deployments"])["machine_id"] == old
    assert old in links(emulator)


def test_a_rollout_that_passes_leaves_the_secret_with_the_new_machine_alone(deploy, emulator):
    service = Service(rollout="replace", variables={"HF_TOKEN": "hf_canary_value"})
    stack = deploy(service.program)
    stack.up()
    service.machine = {"python_version": "3.12"}

    stack.up()
    stack.refresh()

    new = only(emulator.comfydeploy.dump()["machines"])
    assert links(emulator) & live_machines(emulator) == {new["id"]}
    assert changes(stack.preview()) == {}
