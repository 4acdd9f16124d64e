"""What lost, late and odd answers make of a check and of a deployment. Facts: docs/platforms/runcomfy.md 1.1, 4."""

from __future__ import annotations

import pytest
from runcomfy_program import CHECK, asked, last_check, rows, runs, told

ALL, ONE = "/prod/v2/deployments", "/prod/v2/deployments/{deployment_id}"
SUBMIT = ("POST", "/prod/v1/deployments/{deployment_id}/inference")
STATUS = ("GET", "/prod/v1/deployments/{deployment_id}/requests/{request_id}/status")
RESULT = ("GET", "/prod/v1/deployments/{deployment_id}/requests/{request_id}/result")


@pytest.fixture
def program(program):
    program.arguments |= {"name": "portrait", "inference_check": CHECK}
    return program


def refusal(code, message="no"):
    return {"error_code": code, "error_message": message}


@pytest.mark.parametrize("name", ["portrait", None])
def test_a_lost_answer_to_a_creation_makes_no_duplicate(stack, program, runcomfy, emulator, name):
    program.arguments["name"] = name
    emulator.faults.add("POST", ALL, "lost")

    stack.up()

    (row,) = rows(runcomfy)
    assert row["id"] == stack.resource("serving")["id"]


def test_a_lost_answer_to_a_start_says_that_a_run_may_have_begun(stack, program, runcomfy, emulator):
    emulator.faults.add(*SUBMIT, "lost")

    failed = stack.up(check=False)

    assert "whether a run began cannot be told" in failed.error
    assert "[COMFY2501]" in failed.error
    assert len(runs(runcomfy)) == 1


@pytest.mark.parametrize(
    "early", [(400, refusal(400001, "not finished")), (404, refusal(404001)), (200, {"status": "in_progress"})]
)
def test_a_result_that_lags_behind_its_status_does_not_lose_the_run(stack, program, runcomfy, emulator, early):
    status, body = early
    emulator.faults.add(*RESULT, "status", status=status, body=body, times=3)

    stack.up()

    assert (last_check(stack)["status"], len(runs(runcomfy))) == ("passed", 1)


@pytest.mark.parametrize("reading", ["status", "error"])
def test_nor_does_one_that_is_asked_for_too_early(stack, program, runcomfy, emulator, reading):
    runcomfy.settings.early_result = reading
    emulator.settings.run_seconds = 0.5
    emulator.faults.add(*STATUS, "status", status=200, body={"status": "completed"})

    stack.up()

    assert (last_check(stack)["status"], len(runs(runcomfy))) == ("passed", 1)


def test_a_result_that_is_refused_for_good_is_told_with_its_run(stack, program, runcomfy, emulator):
    emulator.faults.add(*RESULT, "status", status=400, body=refusal(400001, "not finished"), times=None)

    failed = stack.up(check=False)

    assert "not finished" in failed.error
    assert runs(runcomfy)[0]["id"] in failed.error
    assert rows(runcomfy) == []


@pytest.mark.parametrize("shape", ["list", "object", "text"])
def test_a_failure_is_told_in_whatever_shape_it_comes(stack, program, runcomfy, shape):
    runcomfy.settings.failure = shape
    runcomfy.runs.script("failed", times=1, log=["CUDA out of memory"])

    assert "ended as failed: CUDA out of memory" in stack.up(check=False).error


def test_a_status_that_says_failed_is_told_with_the_reason_in_the_result(stack, program, runcomfy, emulator):
    emulator.faults.add(*STATUS, "status", status=200, body={"status": "FAILED"}, times=None)
    body = {"status": "failed", "outputs": None, "error": [{"errorCode": 3, "error": "no such model"}]}
    emulator.faults.add(*RESULT, "status", status=200, body=body, times=None)

    assert "ended as failed: no such model" in stack.up(check=False).error


GATING = {
    10001: ("the account's balance ran out, so it was disabled", "COMFY2402"),
    10002: ("it is disabled; set `is_enabled`", "COMFY2400"),
    10003: ("it was deleted", "COMFY2404"),
}


@pytest.mark.parametrize("status", [400, 200])
@pytest.mark.parametrize("code", GATING)
def test_a_gate_before_a_run_is_told_with_what_to_do(stack, program, runcomfy, emulator, code, status):
    hint, ours = GATING[code]
    emulator.faults.add(*SUBMIT, "status", status=status, body=refusal(code, "Gated"), times=None)

    failed = stack.up(check=False)

    assert f"{hint}" in failed.error
    assert "Gated" in failed.error
    assert f"[{ours}]" in failed.error
    assert runs(runcomfy) == []


@pytest.mark.parametrize("shape", ["coded", "coded in 200", "message", "error", "detail", "html"])
def test_a_refusal_in_any_shape_is_no_success_and_leaves_nothing(stack, program, runcomfy, shape):
    runcomfy.settings.error_shape = shape
    program.arguments["workflow_version"] = "v9"

    failed = stack.up(check=False)

    assert "create deployment" in failed.error
    assert ("v9 not found" in failed.error) is (shape != "html")
    assert rows(runcomfy) == []


@pytest.mark.parametrize("shape", ["coded", "coded in 200", "message", "error", "detail", "html"])
def test_no_shape_of_a_foreign_answer_lets_a_removal_succeed(stack, program, runcomfy, shape):
    stack.up()
    runcomfy.settings.error_shape = shape
    stack.env = {**stack.env, "RUNCOMFY_API_KEY": runcomfy.key(account="another")}

    refused = stack.destroy(check=False)

    assert not refused.ok
    assert len(rows(runcomfy)) == 1
    assert stack.resource("serving")["id"] == rows(runcomfy)[0]["id"]


@pytest.mark.parametrize("body", [refusal(403003), refusal("403003"), refusal(777), {"success": False}])
def test_a_removal_that_is_answered_200_and_refused_is_not_done(stack, program, runcomfy, emulator, body):
    stack.up()
    emulator.faults.add("DELETE", ONE, "status", status=200, body=body, times=None)

    refused = stack.destroy(check=False)

    assert not refused.ok
    assert stack.resource("serving")["id"] == rows(runcomfy)[0]["id"]


@pytest.mark.parametrize("code", [404001, 10003])
def test_a_removal_of_what_is_gone_is_done(stack, program, runcomfy, emulator, api, code):
    stack.up()
    api.delete(f"{ALL}/{stack.resource('serving')['id']}").raise_for_status()
    emulator.faults.add("DELETE", ONE, "status", status=200, body=refusal(code))

    assert stack.destroy().ok


def test_a_creation_that_is_answered_200_and_refused_is_not_done(stack, program, runcomfy, emulator):
    emulator.faults.add("POST", ALL, "status", status=200, body=refusal(422001, "hardware: one word"), times=None)

    refused = stack.up(check=False)

    assert "hardware: one word" in refused.error
    assert "[COMFY2400]" in refused.error


def test_a_change_that_is_answered_200_and_refused_is_not_done(stack, program, runcomfy, emulator):
    stack.up()
    emulator.faults.add("PATCH", ONE, "status", status=200, body=refusal(403003), times=None)
    program.arguments["queue_size"] = 9

    refused = stack.up(check=False)

    assert "[COMFY2403]" in refused.error
    assert stack.preview().changes == {"update": 1}


@pytest.mark.parametrize("body", [refusal(403003), refusal(401001), {"message": "Forbidden", "error": "Forbidden"}])
def test_a_read_that_is_answered_200_and_refused_empties_no_state(stack, program, emulator, body):
    stack.up()
    for route in (ALL, ONE):
        emulator.faults.add("GET", route, "status", status=200, body=body, times=None)

    refused = stack.refresh(check=False)

    assert not refused.ok
    assert stack.resource("serving")["id"]


def test_a_404_that_is_not_the_platform_s_word_empties_no_state(stack, program, runcomfy, emulator, api):
    stack.up()
    api.delete(f"{ALL}/{stack.resource('serving')['id']}").raise_for_status()
    runcomfy.settings.error_shape = "message"

    refused = stack.refresh(check=False)

    assert not refused.ok
    assert stack.resource("serving")["id"]


def test_an_outage_while_a_run_goes_on_is_outlived(stack, program, runcomfy, emulator):
    emulator.faults.add(*STATUS, "status", status=503, times=2)

    stack.up()

    assert (last_check(stack)["status"], len(runs(runcomfy))) == ("passed", 1)


def test_a_file_on_a_host_of_nobody_we_know_is_not_fetched(stack, program, runcomfy, emulator):
    body = {"status": "succeeded", "outputs": {"9": {"images": [{"url": "http://169.254.169.254/a.png"}]}}}
    emulator.faults.add(*RESULT, "status", status=200, body=body, times=None)

    failed = stack.up(check=False)

    assert "a file on 169.254.169.254, which is none of its own" in failed.error


def test_the_balance_that_cannot_be_read_stands_in_no_run_s_way(stack, program, runcomfy, emulator):
    emulator.faults.add("GET", "/prod/v2/balance", "status", status=404, body={"message": "no"}, times=None)

    stack.up()

    assert last_check(stack)["status"] == "passed"


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_runs_go_through_the_queue_that_is_configured(stack, program, runcomfy, emulator, version):
    stack.set_config("comfy:runcomfyQueueVersion", version)

    stack.up()

    queue = {line.split("/")[2] for line in asked(emulator) if "/requests/" in line or line.endswith("/inference")}
    assert queue == {version}
    assert f"/prod/{version}/deployments/" in stack.resource("serving")["outputs"]["endpoint"]


def test_a_queue_that_there_is_not_is_refused(stack, program, runcomfy):
    stack.set_config("comfy:runcomfyQueueVersion", "v3")

    refused = stack.up(check=False)

    assert "[COMFY1104]" in refused.error
    assert "runcomfyQueueVersion is 'v3'" in told(refused)
