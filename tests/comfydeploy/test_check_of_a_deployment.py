"""The inference check of a deployment: what is ComfyDeploy's own (the rest: tests/contract/test_contract_checks.py)."""

from __future__ import annotations

import sys
import uuid

import comfydeploy_kinds as kinds
import pytest
from calls import a_call
from checks import a_checked_deployment, statuses

import pulumi_comfy as comfy
from pulumi_comfy.core.check import check
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM


@pytest.fixture
def it(lone, emulator):
    return a_checked_deployment(lone, emulator)


def test_a_run_that_the_platform_gave_up_fails_the_check_and_is_named(it, emulator):
    emulator.comfydeploy.runs.script(outcome="timeout")

    error = it.up()

    (row,) = emulator.comfydeploy.dump()["runs"]
    assert error.code == "COMFY3101"
    assert row["id"] in str(error)
    assert it.rows == []


def test_a_run_whose_status_nobody_knows_yet_goes_on_and_is_cancelled_when_its_time_is_over(it, emulator):
    run = {"id": str(uuid.uuid4()), "status": "warming", "outputs": []}
    emulator.faults.add("GET", "/run/{run_id}", "status", status=200, body=run, times=None)
    emulator.comfydeploy.runs.script("hang")
    it.arguments["inference_check"] = {**it.arguments["inference_check"], "runTimeoutSeconds": 0.05}

    error = it.up()

    assert statuses(emulator) == ["cancelled"]
    assert "still warming" in str(error)
    assert it.rows == []


def test_without_logs_the_error_is_whole_all_the_same(it, emulator):
    emulator.comfydeploy.runs.script("failed")
    emulator.faults.add("GET", "/v2/clickhouse-run-logs/.*", "status", status=500, times=None)

    error = it.up()

    assert "ended as failed" in str(error)


def test_a_500_of_the_start_leaves_a_failed_run_behind_and_is_said(it, emulator, platform):
    body = {"name": "own", "type": "classic", "endpoint": "http://gpu.example:8188", "auth_token": None}
    it.arguments["machine_id"] = platform.post("/machine/custom", json=body).raise_for_status().json()["id"]
    emulator.settings.endpoint_answers = {body["endpoint"]: "refused"}

    error = it.up()

    assert error.code == "COMFY3101"
    assert "500" in str(error)
    assert statuses(emulator) == ["failed"]
    assert it.rows == []


def test_an_unknown_run_input_is_refused_before_anything_is_made(it, emulator):
    it.arguments["inference_check"] = {"inputs": {"promt": "a cat"}}

    error = it.up()

    assert error.code == "COMFY1202"
    assert "prompt" in str(error)  # the input that was meant
    assert (it.rows, emulator.comfydeploy.dump()["runs"]) == ([], [])


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
