"""The inference check of a deployment, seen close: what it asks for, what it takes for an answer, what it leaves."""

from __future__ import annotations

import hashlib
import json
import shlex
import sys
import threading
import uuid
from pathlib import Path

import httpx
import kinds
import pytest
from calls import a_call
from checks import QUEUE, a_checked_deployment, result, statuses
from lone import bodies
from test_waits import eventually

import pulumi_comfy as comfy
from pulumi_comfy.core.check import check
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM


@pytest.fixture
def it(lone, emulator):
    return a_checked_deployment(lone, emulator)


def expect(it, **expectations):
    it.arguments["inference_check"] = {"expect": expectations}


def test_a_check_passes_with_its_run_and_the_counts_of_what_it_made(it, emulator):
    assert it.up() is None

    (run,) = emulator.comfydeploy.dump()["runs"]
    assert (result(it)["status"], result(it)["runId"]) == ("passed", run["id"])
    assert result(it)["outputCounts"] == {"images": 1}
    assert any("inference check passed: images: 1" in line for line in it.lines)


def test_no_url_of_an_output_is_kept(it):
    it.up()

    assert "http" not in str(result(it))


def test_a_seed_that_is_left_open_differs_from_check_to_check(it):
    it.up()
    it.arguments["machine_build_digest"] = "another build"
    it.up()

    first, second = [body["inputs"]["seed"] for body in bodies(it, *QUEUE)]
    assert first != second


def test_a_seed_that_is_given_is_used(it):
    it.arguments["inference_check"] = {"inputs": {"seed": 7}}

    it.up()

    assert bodies(it, *QUEUE)[0]["inputs"] == {"seed": 7}


def test_the_kept_file_is_the_one_that_was_judged(it, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    it.arguments["inference_check"] = {"saveOutputsTo": "pictures"}

    it.up()

    (path,), (digest,) = result(it)["files"], result(it)["sha256"]
    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(
    ("expectations", "complaint"),
    [
        ({"minimumOutputs": 2}, "1 output items, expected at least 2"),
        ({"kinds": ["gifs"]}, "gifs"),
        ({"nodeIds": ["99"]}, "99"),
        ({"mimeTypes": ["video/mp4"]}, "image/png"),
        ({"width": 64}, "64"),
        ({"maximumSeconds": 0.000001}, "s"),
    ],
)
def test_what_is_expected_and_not_there_fails_the_check(it, emulator, expectations, complaint):
    expect(it, **expectations)

    error = it.up()

    assert error.code == "COMFY3101"
    assert complaint in str(error)
    assert it.rows == []


WITHOUT_RESULT = {
    "failed": {"outcome": "failed"},
    "timeout": {"outcome": "timeout"},
    "no outputs": {"outcome": "no_outputs"},
    "an empty list": {"outputs": ["empty"]},
}


@pytest.mark.parametrize("run", WITHOUT_RESULT)
def test_a_run_without_a_result_fails_the_check_and_names_the_run(it, emulator, run):
    emulator.comfydeploy.runs.script(**WITHOUT_RESULT[run])

    error = it.up()

    (row,) = emulator.comfydeploy.dump()["runs"]
    assert error.code == "COMFY3101"
    assert row["id"] in str(error)
    assert it.rows == []


def test_the_error_holds_the_last_log_lines_and_what_became_of_the_deployment(it, emulator):
    emulator.comfydeploy.runs.script("failed", log=["loading", "CUDA out of memory"])

    error = it.up()

    assert "CUDA out of memory" in str(error)
    assert "the new deployment was removed again" in str(error)
    assert "curl" not in str(error)  # there is nothing left to run


def test_the_command_that_repeats_a_run_can_be_pasted_and_holds_no_text_of_the_program(it, emulator):
    it.arguments["inference_check"] = {"onFailure": "keep", "inputs": {"prompt": "canary's", "seed": 7}}
    emulator.comfydeploy.runs.script("failed", times=1)

    error = it.up()

    words = shlex.split(str(error)[str(error).index("curl") :].rpartition(" [")[0])
    assert "Authorization: Bearer $COMFYDEPLOY_API_KEY" in words
    assert json.loads(words[-1])["inputs"] == {"prompt": "<prompt>", "seed": 7}
    assert "canary" not in str(error)


def test_without_logs_the_error_is_whole_all_the_same(it, emulator):
    emulator.comfydeploy.runs.script("failed")
    emulator.faults.add("GET", "/v2/clickhouse-run-logs/.*", "status", status=500, times=None)

    error = it.up()

    assert "ended as failed" in str(error)


@pytest.mark.parametrize("budget", ["queueTimeoutSeconds", "runTimeoutSeconds"])
def test_a_run_that_outlives_a_budget_is_cancelled(it, emulator, budget):
    it.arguments["inference_check"] = {budget: 0.05}
    passed = ["queued"] if budget.startswith("queue") else ["queued", "started"]
    emulator.comfydeploy.runs.script("hang", statuses=passed)

    error = it.up()

    assert "start run" in str(error) if budget.startswith("queue") else "finish run" in str(error)
    assert statuses(emulator) == ["cancelled"]
    assert it.rows == []


def test_a_500_of_the_start_leaves_a_failed_run_behind_and_is_said(it, emulator, platform):
    body = {"name": "own", "type": "classic", "endpoint": "http://gpu.example:8188", "auth_token": None}
    it.arguments["machine_id"] = platform.post("/machine/custom", json=body).raise_for_status().json()["id"]
    emulator.settings.endpoint_answers = {body["endpoint"]: "refused"}

    error = it.up()

    assert error.code == "COMFY3101"
    assert "500" in str(error)
    assert statuses(emulator) == ["failed"]
    assert it.rows == []


class WithoutFiles(httpx.AsyncHTTPTransport):
    """The platform, and an object store that has lost everything."""

    async def handle_async_request(self, request):
        if request.url.path.startswith("/files/"):
            return httpx.Response(404, request=request)
        return await super().handle_async_request(request)


def test_an_output_that_cannot_be_fetched_fails_the_check(it):
    it.transport = WithoutFiles

    error = it.up()

    assert error.code == "COMFY3101"
    assert "fetch output" in str(error)
    assert it.rows == []


def test_an_unknown_run_input_is_refused_before_anything_is_made(it, emulator):
    it.arguments["inference_check"] = {"inputs": {"promt": "a cat"}}

    error = it.up()

    assert error.code == "COMFY1202"
    assert "prompt" in str(error)  # the input that was meant
    assert (it.rows, emulator.comfydeploy.dump()["runs"]) == ([], [])


def test_ctrl_c_cancels_the_run_and_undoes_the_deployment(it, emulator):
    emulator.comfydeploy.runs.script("hang")
    running = threading.Thread(target=it.up)
    running.start()
    eventually(lambda: statuses(emulator) not in ([], ["not-started"]))

    it.cancel()
    running.join()

    assert statuses(emulator) == ["cancelled"]
    assert it.rows == []


def test_a_run_whose_polling_fails_is_cancelled(it, emulator):
    emulator.comfydeploy.runs.script("hang")
    emulator.faults.add("GET", "/run/[^/]+", "status", status=403, times=None)

    it.up()

    assert statuses(emulator) == ["cancelled"]


def test_a_run_that_cannot_be_cancelled_is_said_and_the_deployment_undone_all_the_same(it, emulator):
    emulator.comfydeploy.runs.script("hang")
    it.arguments["inference_check"] = {"runTimeoutSeconds": 0.05}
    emulator.faults.add("POST", "/run/[^/]+/cancel", "status", status=403, times=None)

    it.up()

    assert it.rows == []
    assert any("could not be cancelled" in line for line in it.lines)


def test_a_custom_timeout_cuts_the_budgets_of_a_check(it, emulator):
    emulator.comfydeploy.runs.script("hang")
    it.timeout = 1.5  # seconds: a busy machine has started the run by then

    error = it.up()

    assert "finish run" in str(error)
    assert statuses(emulator) == ["cancelled"]


class OnceReset(httpx.AsyncHTTPTransport):
    """An object store that resets the first connection."""

    resets = 1

    async def handle_async_request(self, request):
        if request.url.path.startswith("/files/") and self.resets:
            self.resets -= 1
            raise httpx.ReadError("reset")
        return await super().handle_async_request(request)


def test_one_reset_while_fetching_an_output_fails_no_check(it):
    it.transport = OnceReset

    assert it.up() is None


def test_two_deployments_of_one_environment_at_once_are_one_and_the_other_is_told(deploy, emulator):
    def program():
        needs = kinds.a_machine_and_a_workflow()
        for name in ("one", "two"):
            comfy.comfydeploy.Deployment(name, environment="staging", **needs)

    result = deploy(program).up(check=False)

    assert len(emulator.comfydeploy.dump()["deployments"]) == 1
    assert "of this stack declares" in result.error


def test_what_an_interrupted_removal_may_have_left_is_said(it, emulator, platform):
    body = {name: it.arguments[name] for name in ("workflow_id", "workflow_version_id", "machine_id")}
    left = platform.post("/deployment", json={**body, "environment": "private-share"}).raise_for_status().json()

    it.up()

    assert any(left["id"] in line for line in it.lines)


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"expect": {"width": 64}}, "needs Pillow"), ({"saveOutputsTo": f"{__file__}/x"}, "is a file, no folder")],
)
@pytest.mark.parametrize("kind", ["Deployment", "InferenceCheck"])
def test_what_a_check_cannot_do_here_is_said_at_preview(kind, settings, says, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    ids = {name: str(uuid.UUID(int=number)) for number, name in enumerate(("workflowId", "workflowVersionId"))}
    deployment = {**ids, "machineId": ids["workflowId"], "environment": "staging", "inferenceCheck": settings}
    wire = deployment if kind == "Deployment" else {"deploymentId": ids["workflowId"], **settings}

    def failures(*, checks_enabled):
        call = a_call(checks_enabled=checks_enabled)
        return check(PLATFORM.handlers[kind], wire, call).failures

    assert any(says in str(failure) for failure in failures(checks_enabled=True))
    assert failures(checks_enabled=False) == ()
