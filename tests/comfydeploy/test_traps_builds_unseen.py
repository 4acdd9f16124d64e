"""A build that was begun and that nobody saw end counts: nothing on the platform tells what it was begun for."""

from __future__ import annotations

import pytest
from by_hand import builds_of
from lone import up
from test_traps_builds_under_way import in_background
from waiting import eventually

SECONDS = 3000  # within the hour that a build may take


def interrupted(it, emulator, changes):
    """Begin a build with an update, and press Ctrl-C while it lasts."""
    before = len(emulator.comfydeploy.dump()["machine_versions"])
    emulator.comfydeploy.builds.outcome("ready", times=1, seconds=SECONDS)
    it.arguments.update(changes)
    with in_background(it.up) as gave:
        eventually(lambda: len(emulator.comfydeploy.dump()["machine_versions"]) == before + 1)
        it.cancel()
    assert [error.code for error in gave] == ["COMFY3003"]
    return before + 1


def ended(emulator):
    emulator.clock.advance(SECONDS)
    emulator.comfydeploy.dump()


TRIGGERED = [
    {"rebuild_trigger": "now"},
    {"rebuild_trigger": "now", "run_timeout": 400},
    {"disable_metadata": False},
]


@pytest.mark.parametrize("is_ended", [False, True])
@pytest.mark.parametrize("is_refreshed", [False, True])
@pytest.mark.parametrize("changes", TRIGGERED, ids=str)
def test_the_build_that_a_trigger_began_is_not_made_once_more(lone, emulator, changes, is_refreshed, is_ended):
    it = lone("ServerlessMachine")
    up(it)
    digest = it.outputs["buildDigest"]
    interrupted(it, emulator, changes)
    if is_refreshed:
        it.refresh()
    if is_ended:
        ended(emulator)

    with in_background(it.up) as gave:
        if not is_ended:
            eventually(lambda: it.progress)
            ended(emulator)

    assert gave == [None]
    assert len(builds_of(it)) == 2
    assert it.outputs["buildDigest"] != digest
    it.assert_settled()


def test_a_build_that_a_trigger_began_and_that_failed_is_made_again_once(lone, emulator):
    it = lone("ServerlessMachine")
    up(it)
    emulator.comfydeploy.builds.outcome("error", times=1, seconds=SECONDS)
    it.arguments["rebuild_trigger"] = "now"
    with in_background(it.up):
        eventually(lambda: len(builds_of(it)) == 2)
        it.cancel()
    ended(emulator)

    up(it)

    assert len(builds_of(it)) == 3
    it.assert_settled()


def test_another_value_of_the_trigger_builds_again(lone, emulator):
    it = lone("ServerlessMachine")
    up(it)
    interrupted(it, emulator, {"rebuild_trigger": "now"})
    ended(emulator)
    it.arguments["rebuild_trigger"] = "and again"

    up(it)

    assert len(builds_of(it)) == 3
    it.assert_settled()


@pytest.mark.parametrize("is_refreshed", [False, True])
@pytest.mark.parametrize("is_ended", [False, True])
def test_the_build_that_a_secret_began_is_not_made_once_more(lone, emulator, is_ended, is_refreshed):
    it = lone("Secret")
    up(it)
    begun = interrupted(it, emulator, {"variables": {"TOKEN": "canary-2"}})
    if is_refreshed:
        it.refresh()
    if is_ended:
        ended(emulator)

    with in_background(it.up) as gave:
        if not is_ended:
            eventually(lambda: it.progress)
            ended(emulator)

    assert gave == [None]
    versions = emulator.comfydeploy.dump(include_secrets=True)["machine_versions"]
    assert (len(versions), versions[-1]["built_environment"]) == (begun, {"TOKEN": "canary-2"})
    it.assert_settled()


def test_a_build_that_a_secret_began_with_other_variables_does_not_count(lone, emulator):
    it = lone("Secret")
    up(it)
    begun = interrupted(it, emulator, {"variables": {"TOKEN": "canary-2"}})
    ended(emulator)
    it.arguments["variables"] = {"TOKEN": "canary-3"}

    up(it)

    versions = emulator.comfydeploy.dump(include_secrets=True)["machine_versions"]
    assert (len(versions), versions[-1]["built_environment"]) == (begun + 1, {"TOKEN": "canary-3"})
    it.assert_settled()


def test_a_build_that_a_secret_began_and_that_failed_is_made_again(lone, emulator):
    it = lone("Secret")
    up(it)
    emulator.comfydeploy.builds.outcome("error", times=1, seconds=SECONDS)
    before = len(emulator.comfydeploy.dump()["machine_versions"])
    it.arguments["variables"] = {"TOKEN": "canary-2"}
    with in_background(it.up):
        eventually(lambda: len(emulator.comfydeploy.dump()["machine_versions"]) == before + 1)
        it.cancel()
    ended(emulator)

    up(it)

    assert len(emulator.comfydeploy.dump()["machine_versions"]) == before + 2
    it.assert_settled()
