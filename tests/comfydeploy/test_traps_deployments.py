"""The traps of deployments (docs/platforms/comfydeploy.md 2.5, 5.6, 6): each named, with what we make of it."""

from __future__ import annotations

import pytest
from lone import bodies, up
from programs import documents
from waiting import eventually


@pytest.mark.parametrize("answer", ["500", "fixed"])
def test_a_missing_deployment_answers_500_or_404_and_is_gone(lone, platform, emulator, answer):
    emulator.settings.deployment_404 = answer
    it = lone("Deployment")
    up(it)
    it.kind.remove(platform, it.rows[0])

    assert it.refresh() is None
    assert it.id is None


@pytest.mark.parametrize("answer", ["500", "fixed"])
def test_deleting_a_missing_deployment_is_a_success_in_either_spelling(lone, platform, emulator, answer):
    emulator.settings.deployment_404 = answer
    it = lone("Deployment")
    up(it)
    it.kind.remove(platform, it.rows[0])

    assert it.destroy() is None
    assert emulator.comfydeploy.dump()["deployments"] == []


def test_a_500_for_a_deployment_that_is_listed_is_an_error_not_gone(lone, emulator):
    it = lone("Deployment")
    up(it)
    emulator.faults.add("GET", "/deployment/[^/]+", "status", status=500, times=None)

    assert it.refresh() is not None
    assert it.id is not None


@pytest.mark.parametrize("environment", ["production", "staging", "preview"])
def test_an_environment_that_cannot_be_deleted_is_relabelled_first(lone, emulator, environment):
    it = lone("Deployment", environment=environment)
    up(it)

    assert it.destroy() is None
    assert emulator.comfydeploy.dump()["deployments"] == []


def test_a_share_is_deleted_without_relabelling(lone, emulator):
    it = lone("Deployment", environment="public-share")
    up(it)
    emulator.clear_requests()

    assert it.destroy() is None
    assert bodies(it, "POST", "/deployment") == []


def test_relabelling_for_a_delete_spares_the_private_share_beside_it(lone, emulator):
    share = lone("Deployment", environment="private-share", gpu=None)
    up(share)
    it = lone("Deployment", **{**share.arguments, "environment": "production"})
    up(it)

    assert it.destroy() is None
    assert [row["id"] for row in emulator.comfydeploy.dump()["deployments"]] == [share.id]


def test_an_implicit_preview_deployment_is_refused_not_taken_over(lone, platform, emulator):
    it = lone("Deployment", environment="preview")
    version = platform.get(f"/workflow-version/{it.arguments['workflow_version_id']}").json()
    body = {"workflow": version["workflow"], "workflow_api": version["workflow_api"]}
    body["machine_id"] = it.arguments["machine_id"]
    platform.post(f"/workflow/{it.arguments['workflow_id']}/version", json=body).raise_for_status()
    (implicit,) = emulator.comfydeploy.dump()["deployments"]

    error = it.up()

    assert implicit["id"] in str(error)
    assert emulator.comfydeploy.dump()["deployments"] == [implicit]


def test_two_rows_of_one_environment_are_refused_with_both_ids(lone, platform, emulator):
    first, second = lone("Deployment"), None
    up(first)
    second = lone("Deployment", **{**first.arguments, "environment": "staging"})
    up(second)
    keys = ("workflow_id", "workflow_version_id", "machine_id")
    relabel = {key: first.arguments[key] for key in keys} | {"deployment_id": second.id, "environment": "production"}
    platform.post("/deployment", json=relabel).raise_for_status()
    it = lone("Deployment", **first.arguments)

    error = str(it.up())

    assert first.id in error
    assert second.id in error


def test_a_share_slug_that_is_taken_is_said_in_words(lone, emulator):
    first = lone("Deployment", environment="public-share")
    up(first)
    it = lone("Deployment", **{**first.arguments, "environment": "community-share"})

    error = str(it.up())

    assert "another `name`" in error
    assert "SQL" not in error
    assert [row["id"] for row in emulator.comfydeploy.dump()["deployments"]] == [first.id]


def test_a_share_that_becomes_another_share_is_removed_first_as_both_have_one_slug(lone, emulator):
    it = lone("Deployment", environment="public-share")
    up(it)
    it.arguments["environment"] = "community-share"

    up(it)

    assert [row["environment"] for row in emulator.comfydeploy.dump()["deployments"]] == ["community-share"]


def test_a_gpu_cannot_be_unset_and_its_removal_is_refused_before_anything_is_done(lone, emulator):
    it = lone("Deployment")
    up(it)
    del it.arguments["gpu"]
    emulator.clear_requests()

    error = it.up()

    assert "cannot unset" in str(error)
    assert emulator.requests == []


def test_limits_that_do_nothing_on_an_ordinary_deployment_are_said_at_check(lone):
    it = lone("Deployment", run_timeout=60, keep_warm=1)

    up(it)

    assert any("`keep_warm`, `run_timeout`" in line and "without effect" in line for line in it.lines)


def test_a_limit_taken_out_goes_back_to_the_platform_s_own(lone):
    it = lone("Deployment", concurrency_limit=5)
    up(it)
    del it.arguments["concurrency_limit"]

    up(it)

    assert it.rows[0]["concurrency_limit"] == 2
    it.assert_settled()


def test_a_fluid_deployment_keeps_its_settings_through_an_update_that_would_reset_them(lone, emulator):
    emulator.settings.fluid_builds = True
    it = lone("Deployment", gpu="A100", run_timeout=77, idle_timeout=7)
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "ready")
    up(it)
    it.arguments["keep_warm"] = 1

    up(it)

    row = it.rows[0]
    assert row["modal_image_id"]
    assert (row["gpu"], row["run_timeout"], row["idle_timeout"], row["keep_warm"]) == ("A100", 77, 7, 1)
    it.assert_settled()
    assert it.destroy() is None
    assert it.rows == []


def test_a_missing_machine_hides_in_a_500_and_is_said(lone):
    it = lone("Deployment", machine_id="6d2b5f0e-1111-4222-8333-444455556666")

    error = it.up()

    assert "404: Machine not found" in str(error)
    assert it.rows == []


def test_a_share_that_is_hidden_since_its_workflow_was_deleted_is_deleted_all_the_same(lone, platform):
    """The row stays on the platform and keeps its public name from the next workflow of that name (2.1, 2.5)."""
    it = lone("Deployment", environment="public-share")
    up(it)
    share = it.id
    platform.delete(f"/workflow/{it.arguments['workflow_id']}").raise_for_status()

    assert it.destroy() is None
    assert platform.delete(f"/deployment/{share}").status_code == 500  # there is none to delete


def test_a_hidden_ordinary_deployment_is_not_posted_since_that_could_make_a_new_one(lone, platform):
    it = lone("Deployment")
    up(it)
    platform.delete(f"/workflow/{it.arguments['workflow_id']}").raise_for_status()

    assert it.destroy() is None
    assert len(bodies(it, "POST", "/deployment")) == 1


def another_version(it, platform):
    body = {**documents(30), "comment": "second"}
    made = platform.post(f"/workflow/{it.arguments['workflow_id']}/version", json=body).raise_for_status()
    return made.json()["id"]


def test_a_rollback_puts_back_what_a_hand_set_on_a_fluid_deployment_too(lone, platform, emulator):
    emulator.settings.fluid_builds = True
    it = lone("Deployment", inference_check={"inputs": {"prompt": "a cat"}})
    it.arguments.pop("gpu")
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "ready")
    up(it)
    platform.patch(f"/deployment/{it.id}", json={"gpu": "H100", "run_timeout": 77, "idle_timeout": 7})
    it.arguments["workflow_version_id"] = another_version(it, platform)
    emulator.comfydeploy.runs.script("failed", times=1)

    error = it.up()

    row = it.rows[0]
    assert "serves again" in str(error)
    assert (row["gpu"], row["run_timeout"], row["idle_timeout"]) == ("H100", 77, 7)


def test_a_rollback_pins_no_gpu_that_the_update_did_not_set(lone, platform, emulator):
    it = lone("Deployment", inference_check={"inputs": {"prompt": "a cat"}})
    it.arguments.pop("gpu")
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "ready")
    up(it)
    it.arguments["workflow_version_id"] = another_version(it, platform)
    emulator.comfydeploy.runs.script("failed", times=1)

    error = it.up()

    assert "serves again" in str(error)
    assert it.rows[0]["gpu"] is None


@pytest.mark.parametrize("answer", ["500", "fixed"])
def test_a_share_that_is_really_gone_is_a_success_in_either_spelling(lone, platform, emulator, answer):
    emulator.settings.deployment_404 = answer
    it = lone("Deployment", environment="public-share")
    up(it)
    platform.delete(f"/deployment/{it.id}").raise_for_status()

    assert it.destroy() is None


def test_a_fluid_deployment_s_limits_are_those_of_the_build_again_once_they_are_no_longer_declared(
    lone, platform, emulator
):
    emulator.settings.fluid_builds = True
    it = lone("Deployment", run_timeout=400, idle_timeout=5)
    machine = f"/machine/serverless/{it.arguments['machine_id']}"
    platform.patch(machine, json={"run_timeout": 900, "idle_timeout": 33}).raise_for_status()
    eventually(lambda: all(row["status"] == "ready" for row in emulator.comfydeploy.dump()["machine_versions"]))
    up(it)
    del it.arguments["run_timeout"], it.arguments["idle_timeout"]

    up(it)

    assert (it.rows[0]["run_timeout"], it.rows[0]["idle_timeout"]) == (900, 33)
    it.assert_settled()
