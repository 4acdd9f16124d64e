"""The InferenceCheck resource without an engine: what it runs, keeps, and says."""

from __future__ import annotations

import pytest
from kinds import Kind
from lone import Lone, a_machine_and_a_workflow, up
from test_waits import eventually

import pulumi_comfy as comfy

CHECK = Kind(
    comfy.comfydeploy.InferenceCheck,
    "runs",
    arguments={"inputs": {"prompt": "a cat", "seed": 1}},
    edit={},
    held=("", ""),
    main={},
    remove=lambda _platform, _row: None,
    namesake=lambda _platform, _row: None,
)


@pytest.fixture
def it(emulator, platform, account_key, monkeypatch):
    """A check of a deployment that runs, not yet made."""
    monkeypatch.setenv("PULUMI_COMFY_PACE", "0.01")
    body = {**a_machine_and_a_workflow(platform), "environment": "staging"}
    emulator.clock.advance(emulator.settings.build_seconds)
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "ready")
    made = Lone("InferenceCheck", CHECK, emulator, platform, account_key)
    made.arguments["deployment_id"] = platform.post("/deployment", json=body).raise_for_status().json()["id"]
    return made


def statuses(it):
    return [run["status"] for run in it.table()]


def test_it_runs_once_and_its_first_run_is_its_id(it):
    up(it)
    up(it)

    (run,) = it.table()
    assert (it.id, it.outputs["result"]["runId"], run["status"]) == (run["id"], run["id"], "success")
    assert any("inference check passed: images: 1" in line for line in it.lines)


def test_it_runs_again_when_its_inputs_change_and_keeps_its_id(it):
    up(it)
    first = it.id
    it.arguments["inputs"] = {"prompt": "a dog", "seed": 1}

    up(it)

    assert (statuses(it), it.id) == (["success", "success"], first)
    assert it.outputs["result"]["runId"] != first


def test_with_always_every_up_checks(it):
    it.arguments["always"] = True

    up(it)
    up(it)

    assert statuses(it) == ["success", "success"]


def test_a_refresh_and_a_destroy_ask_nothing(it):
    up(it)
    it.emulator.clear_requests()

    assert (it.refresh(), it.has_changes(), it.destroy()) == (None, False, None)

    assert it.emulator.requests == []


def test_switched_off_it_says_so_and_is_due_when_checks_are_on_again(it):
    it.checks_enabled = False
    up(it)
    skipped = it.outputs["result"]["status"]
    it.checks_enabled = True

    up(it)

    assert (skipped, it.outputs["result"]["status"], statuses(it)) == ("skipped", "passed", ["success"])
    assert "not checked: comfy:inferenceChecks is off" in it.lines


def test_a_failed_run_is_told_with_its_log_and_the_line_that_repeats_it(it):
    it.emulator.comfydeploy.runs.script("failed", times=1, log=["CUDA out of memory"])

    error = it.up()

    assert error.code == "COMFY3101"
    assert "CUDA out of memory" in str(error)
    assert "To repeat the run:" in str(error)
    assert it.id is None


def test_a_deployment_that_is_not_there_is_named(it):
    it.arguments["deployment_id"] = "00000000-0000-4000-8000-000000000000"

    error = it.up()

    assert error.code == "COMFY2404"
    assert "00000000-0000-4000-8000-000000000000" in str(error)


def test_an_input_that_the_workflow_does_not_declare_is_refused_before_anything_runs(it):
    it.arguments["inputs"] = {"promt": "a cat"}

    error = it.up()

    assert "promt" in str(error)
    assert it.table() == []


def test_a_lost_look_at_its_run_is_got_over(it):
    it.emulator.faults.add("GET", "/run/{run_id}", "status", status=503)

    up(it)

    assert statuses(it) == ["success"]


def test_a_garbled_start_is_an_error_and_the_next_up_checks(it):
    it.emulator.faults.add("POST", "/run/deployment/queue", "garbage")

    error = it.up()
    up(it)

    assert error is not None
    assert statuses(it) == ["success"]


def test_a_passed_run_is_proved_with_the_version_that_the_deployment_serves(it):
    up(it)

    (deployment,) = it.emulator.comfydeploy.dump()["deployments"]
    proof = it.outputs["proof"]
    assert (proof["target"], proof["runId"]) == (deployment["id"], it.id)
    assert proof["workflowVersion"] == deployment["workflow_version_id"]
    assert "machineDigest" not in proof  # nothing that is read anyway tells it


def test_a_later_failed_run_revokes_the_proof_and_the_next_up_checks_again(it):
    up(it)
    it.arguments["triggers"] = ["again"]
    it.emulator.comfydeploy.runs.script("failed", times=1)

    error = it.up()
    failed, revoked = it.outputs["result"]["status"], it.outputs["proof"]["revoked"]
    up(it)

    assert error is not None
    assert (failed, revoked["runId"]) == ("failed", it.table()[1]["id"])
    assert (it.outputs["result"]["status"], "revoked" in it.outputs["proof"]) == ("passed", False)
    assert statuses(it) == ["success", "failed", "success"]
