"""What lost, late and odd answers make of a check and of a deployment. Facts: docs/platforms/runcomfy.md 1.1, 4."""

from __future__ import annotations

import pytest
from lone import up
from runcomfy_program import CHECK, rows, runs

ALL, ONE = "/prod/v2/deployments", "/prod/v2/deployments/{deployment_id}"
SUBMIT = ("POST", "/prod/v1/deployments/{deployment_id}/inference")
STATUS = ("GET", "/prod/v1/deployments/{deployment_id}/requests/{request_id}/status")
RESULT = ("GET", "/prod/v1/deployments/{deployment_id}/requests/{request_id}/result")


@pytest.fixture
def it(lone):
    """A deployment with a check, not yet made."""
    return lone(name="portrait", inference_check=CHECK)


def refusal(code, message="no"):
    return {"error_code": code, "error_message": message}


def test_a_lost_answer_to_a_start_says_that_a_run_may_have_begun(it, runcomfy, emulator):
    emulator.faults.add(*SUBMIT, "lost")

    error = str(it.up())

    assert "whether a run began cannot be told" in error
    assert "[COMFY2501]" in error
    assert len(runs(runcomfy)) == 1


@pytest.mark.parametrize(
    "early", [(400, refusal(400001, "not finished")), (404, refusal(404001)), (200, {"status": "in_progress"})]
)
def test_a_result_that_lags_behind_its_status_does_not_lose_the_run(it, runcomfy, emulator, early):
    status, body = early
    emulator.faults.add(*RESULT, "status", status=status, body=body, times=3)

    up(it)

    assert (it.outputs["lastCheck"]["status"], len(runs(runcomfy))) == ("passed", 1)


@pytest.mark.parametrize("reading", ["status", "error"])
def test_nor_does_one_that_is_asked_for_too_early(it, runcomfy, emulator, reading):
    runcomfy.settings.early_result = reading
    emulator.settings.run_seconds = 0.5
    emulator.faults.add(*STATUS, "status", status=200, body={"status": "completed"})

    up(it)

    assert (it.outputs["lastCheck"]["status"], len(runs(runcomfy))) == ("passed", 1)


def test_a_result_that_is_refused_for_good_is_told_with_its_run(it, runcomfy, emulator):
    emulator.faults.add(*RESULT, "status", status=400, body=refusal(400001, "not finished"), times=None)

    error = str(it.up())

    assert "not finished" in error
    assert runs(runcomfy)[0]["id"] in error
    assert rows(runcomfy) == []


@pytest.mark.parametrize("shape", ["list", "object", "text"])
def test_a_failure_is_told_in_whatever_shape_it_comes(it, runcomfy, shape):
    runcomfy.settings.failure = shape
    runcomfy.runs.script("failed", times=1, log=["CUDA out of memory"])

    assert "ended as failed: CUDA out of memory" in str(it.up())


def test_a_status_that_says_failed_is_told_with_the_reason_in_the_result(it, runcomfy, emulator):
    emulator.faults.add(*STATUS, "status", status=200, body={"status": "FAILED"}, times=None)
    body = {"status": "failed", "outputs": None, "error": [{"errorCode": 3, "error": "no such model"}]}
    emulator.faults.add(*RESULT, "status", status=200, body=body, times=None)

    assert "ended as failed: no such model" in str(it.up())


GATING = {
    10001: ("the account's balance ran out, so it was disabled", "COMFY2402"),
    10002: ("it is disabled; set `is_enabled`", "COMFY2400"),
    10003: ("it was deleted", "COMFY2404"),
}


@pytest.mark.parametrize("status", [400, 200])
@pytest.mark.parametrize("code", GATING)
def test_a_gate_before_a_run_is_told_with_what_to_do(it, runcomfy, emulator, code, status):
    hint, ours = GATING[code]
    emulator.faults.add(*SUBMIT, "status", status=status, body=refusal(code, "Gated"), times=None)

    error = str(it.up())

    assert f"{hint}" in error
    assert "Gated" in error
    assert f"[{ours}]" in error
    assert runs(runcomfy) == []


@pytest.mark.parametrize("shape", ["coded", "coded in 200", "message", "error", "detail", "html"])
def test_a_refusal_in_any_shape_is_no_success_and_leaves_nothing(it, runcomfy, shape):
    runcomfy.settings.error_shape = shape
    it.arguments["workflow_version"] = "v9"

    error = str(it.up())

    assert "create deployment" in error
    assert ("v9 not found" in error) is (shape != "html")
    assert rows(runcomfy) == []


@pytest.mark.parametrize("shape", ["coded", "coded in 200", "message", "error", "detail", "html"])
def test_no_shape_of_a_foreign_answer_lets_a_removal_succeed(it, runcomfy, shape):
    up(it)
    runcomfy.settings.error_shape = shape
    it.key = runcomfy.key(account="another")

    refused = it.destroy()

    assert refused is not None
    assert len(rows(runcomfy)) == 1
    assert it.id == rows(runcomfy)[0]["id"]


@pytest.mark.parametrize("body", [refusal(403003), refusal("403003"), refusal(777), {"success": False}])
def test_a_removal_that_is_answered_200_and_refused_is_not_done(it, runcomfy, emulator, body):
    up(it)
    emulator.faults.add("DELETE", ONE, "status", status=200, body=body, times=None)

    refused = it.destroy()

    assert refused is not None
    assert it.id == rows(runcomfy)[0]["id"]


@pytest.mark.parametrize("code", [404001, 10003])
def test_a_removal_of_what_is_gone_is_done(it, runcomfy, emulator, api, code):
    up(it)
    api.delete(f"{ALL}/{it.id}").raise_for_status()
    emulator.faults.add("DELETE", ONE, "status", status=200, body=refusal(code))

    assert it.destroy() is None


def test_a_creation_that_is_answered_200_and_refused_is_not_done(it, runcomfy, emulator):
    emulator.faults.add("POST", ALL, "status", status=200, body=refusal(422001, "hardware: one word"), times=None)

    error = str(it.up())

    assert "hardware: one word" in error
    assert "[COMFY2400]" in error


@pytest.mark.parametrize("argument", ["workflow_id", "workflow_version"])
def test_a_workflow_or_a_version_that_is_not_there_is_said_to_be_what_is_missing(it, argument):
    it.arguments[argument] = {"workflow_id": "00000000-0000-0000-0000-000000000009", "workflow_version": "v9"}[argument]

    error = str(it.up())

    assert "Name a `workflow_id` and a `workflow_version` that the account has" in error
    assert "[COMFY2404]" in error
    assert "pulumi refresh" not in error


def test_so_it_is_of_a_change(it):
    up(it)
    it.arguments["workflow_version"] = "v9"

    assert "Name a `workflow_id` and a `workflow_version`" in str(it.up())


def test_what_is_another_account_s_needs_its_token_and_no_larger_plan(it, emulator):
    emulator.faults.add("POST", ALL, "status", status=403, body=refusal(403003), times=None)

    error = str(it.up())

    assert "Use the token of the account that owns it." in error
    assert "plan" not in error


def test_a_change_that_is_answered_200_and_refused_is_not_done(it, runcomfy, emulator):
    up(it)
    emulator.faults.add("PATCH", ONE, "status", status=200, body=refusal(403003), times=None)
    it.arguments["queue_size"] = 9

    error = str(it.up())

    assert "[COMFY2403]" in error
    assert it.has_changes()


@pytest.mark.parametrize("body", [refusal(403003), refusal(401001), {"message": "Forbidden", "error": "Forbidden"}])
def test_a_read_that_is_answered_200_and_refused_empties_no_state(it, emulator, body):
    up(it)
    for route in (ALL, ONE):
        emulator.faults.add("GET", route, "status", status=200, body=body, times=None)

    refused = it.refresh()

    assert refused is not None
    assert it.id


def test_a_file_on_a_host_of_nobody_we_know_is_not_fetched(it, runcomfy, emulator):
    body = {"status": "succeeded", "outputs": {"9": {"images": [{"url": "http://169.254.169.254/a.png"}]}}}
    emulator.faults.add(*RESULT, "status", status=200, body=body, times=None)

    error = str(it.up())

    assert "a file on 169.254.169.254, which is none of its own" in error


def test_the_balance_that_cannot_be_read_stands_in_no_run_s_way(it, runcomfy, emulator):
    emulator.faults.add("GET", "/prod/v2/balance", "status", status=404, body={"message": "no"}, times=None)

    up(it)

    assert it.outputs["lastCheck"]["status"] == "passed"


def test_a_queue_that_there_is_not_is_refused_by_the_check_of_inputs_and_nothing_is_made(it, runcomfy):
    it.config["comfy:runcomfyQueueVersion"] = "v3"

    with pytest.raises(AssertionError, match=r"runcomfyQueueVersion is 'v3'.*\[COMFY1104\]"):
        it.up()

    assert runcomfy.dump()["deployments"] == []
