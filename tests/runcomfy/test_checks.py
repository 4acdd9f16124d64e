"""What an inference check of a RunComfy deployment does to what serves. Facts: docs/platforms/runcomfy.md 4."""

from __future__ import annotations

import json
import sys
import uuid

import pulumi
import pytest
from runcomfy_program import CHECK, GRAPH, TEXT, WORD, asked, in_the_clear, last_check, rows, runs, served, told

import pulumi_comfy as comfy
from pulumi_comfy import workflows
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.check import check
from pulumi_comfy.core.connection import Connection
from pulumi_comfy.platforms.runcomfy.platform import PLATFORM

SEED = "2"
"""The node that gives the sampler its seed."""
OTHER = {
    "name": "another-name",
    "workflow_version": "v2",
    "hardware": "ADA_48_PLUS",
    "min_instances": 1,
    "max_instances": 3,
    "queue_size": 5,
    "keep_warm_duration_in_seconds": 10,
}
"""Another value of everything that an update can change."""


@pytest.fixture
def program(program):
    program.arguments |= {"name": "portrait", "inference_check": CHECK}
    return program


@pytest.mark.cli
def test_a_passed_check_is_in_the_state_with_what_it_made_and_no_address(stack, program, runcomfy):
    stack.up()

    (run,) = runs(runcomfy)
    last = last_check(stack)
    assert (last["status"], last["runId"], last["outputCounts"]) == ("passed", run["id"], {"images": 1})
    assert len(last["sha256"]) == 1
    assert run["overrides"][TEXT] == {"inputs": {"text": "a lighthouse"}}
    assert run["outputs"]["9"]["images"][0]["url"] not in stack.export_text()


@pytest.mark.cli
def test_a_failed_check_of_a_changed_one_puts_back_all_that_served(stack, program, runcomfy):
    stack.up()
    (before,) = rows(runcomfy)
    program.arguments |= OTHER
    runcomfy.runs.script("failed", times=1, log=["CUDA out of memory"])

    failed = stack.up(check=False)

    (row,) = rows(runcomfy)
    assert served(row) == served(before)
    assert "CUDA out of memory" in failed.error
    assert runs(runcomfy)[-1]["id"] in failed.error
    assert "version v1 on AMPERE_48 serves again" in failed.error
    assert "[COMFY3101]" in failed.error
    assert stack.preview().changes == {"update": 1}


def proof(stack):
    """What the state says was shown."""
    return stack.resource("serving")["outputs"]["proof"]


@pytest.mark.cli
def test_a_proof_names_the_version_the_hardware_and_what_callers_may_override(stack, program, runcomfy, emulator):
    stack.up()
    told = proof(stack)
    stack.refresh()
    emulator.clear_requests()

    assert stack.up().changes == {}

    (row,), (run,) = rows(runcomfy), runs(runcomfy)
    assert asked(emulator) == []
    assert proof(stack) == told
    assert (told["platform"], told["target"], told["runId"]) == ("runcomfy", row["id"], run["id"])
    assert (told["workflowVersion"], told["gpu"]) == ("v1", "AMPERE_48")
    assert told["workflowDigest"] == workflows.parse(json.dumps(GRAPH)).digest
    assert {"name": "7.steps", "type": "integer", "hasDefault": True} in told["runInputs"]
    assert f"{TEXT}.clip" not in {one["name"] for one in told["runInputs"]}  # a link
    assert "a lighthouse" not in json.dumps(told)
    assert "machineDigest" not in told


def test_after_a_rollback_the_proof_is_of_what_serves_again(stack, program, runcomfy):
    stack.up()
    before = proof(stack)
    program.arguments |= OTHER
    runcomfy.runs.script("failed", times=1)

    stack.up(check=False)

    assert (proof(stack), last_check(stack)["status"]) == (before, "passed")


@pytest.mark.cli
def test_a_later_failed_check_of_the_same_revokes_the_proof_until_one_passes(stack, program, runcomfy):
    stack.up()
    before = proof(stack)
    program.arguments |= {"queue_size": 5, "inference_check": {**CHECK, "triggers": ["again"]}}
    runcomfy.runs.script("failed", times=1)

    stack.up(check=False)
    revoked = proof(stack)
    stack.up()

    assert (revoked.pop("revoked")["runId"], revoked) == (runs(runcomfy)[1]["id"], before)
    assert "revoked" not in proof(stack)


def test_a_version_that_a_hand_has_put_there_is_not_what_the_proof_names(stack, program, runcomfy, api):
    stack.up()
    before = proof(stack)
    (row,) = rows(runcomfy)
    body = {"name": row["name"], "workflow_version": "v2"}
    api.patch(f"/prod/v2/deployments/{row['id']}", json=body).raise_for_status()

    stack.refresh()

    outputs = stack.resource("serving")["outputs"]
    assert (outputs["workflowVersion"], outputs["proof"]) == ("v2", before)
    assert "lastCheck" not in outputs


def test_a_failed_check_of_a_new_one_removes_it(stack, program, runcomfy):
    runcomfy.runs.script("failed", times=1)

    failed = stack.up(check=False)

    assert "the new deployment was removed again" in failed.error
    assert rows(runcomfy) == []
    assert stack.up().changes == {"create": 1}


def test_kept_it_stays_as_it_failed_and_the_next_up_checks_again(stack, program, runcomfy):
    program.arguments["inference_check"] = {**CHECK, "on_failure": "keep"}
    stack.up()
    program.arguments |= OTHER
    runcomfy.runs.script("failed", times=1)

    failed = stack.up(check=False)
    kept = last_check(stack)["status"]
    stack.up()

    (row,) = rows(runcomfy)
    assert "as `on_failure` says" in failed.error
    assert (kept, row["workflow_version"], last_check(stack)["status"]) == ("failed", "v2", "passed")
    assert len(runs(runcomfy)) == 3


def test_a_rollback_whose_version_the_platform_has_removed_meanwhile_says_so_and_is_remembered(
    stack, program, runcomfy
):
    stack.up()
    runcomfy.settings.version_removal = "when unprotected"
    runcomfy.runs.script("failed", times=1)
    program.arguments["workflow_version"] = "v2"

    failed = stack.up(check=False)

    (row,) = rows(runcomfy)
    assert "RunComfy has removed it meanwhile" in failed.error
    assert row["workflow_version"] == "v2"
    assert stack.resource("serving")["outputs"]["restoreTo"]["workflowVersion"] == "v1"

    stack.up()

    assert last_check(stack)["status"] == "passed"
    assert "restoreTo" not in stack.resource("serving")["outputs"]


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"44": {"text": "x"}}, "there is no node '44'; did you mean 4 (CLIPTextEncode)?"),
        ({"positive promt": {"text": "x"}}, "did you mean 4 (CLIPTextEncode)"),
        ({"nothing like it": {"text": "x"}}, "(there are 1 (ComfyUIDeployExternalText), 2 ("),
        ({TEXT: {"txt": "x"}}, "node 4 (CLIPTextEncode) has no input 'txt'; did you mean 'text'?"),
        ({TEXT: {"prompt-of-mine": "x"}}, "has no input 'prompt-of-mine' (it has clip, text)"),
    ],
)
def test_an_override_of_what_is_not_there_is_refused_before_anything_is_queued(
    stack, program, runcomfy, overrides, says
):
    program.arguments["inference_check"] = {"overrides": overrides}

    refused = stack.up(check=False)

    assert says in refused.error
    assert runs(runcomfy) == []
    assert rows(runcomfy) == []


def test_an_override_of_what_a_deployment_does_not_serve_is_refused_at_preview(stack, program, emulator):
    stack.up()
    emulator.clear_requests()
    program.arguments["inference_check"] = {"overrides": {"44": {"text": "x"}}}

    refused = stack.preview(check=False)

    assert "there is no node '44'; did you mean 4 (CLIPTextEncode)?" in refused.error
    assert "[COMFY1202]" in refused.error
    assert {one.method for one in emulator.requests} == {"GET"}


def test_an_override_of_a_node_that_only_the_next_version_has_passes(stack, program, runcomfy):
    stack.up()
    graph = {**GRAPH, "10": {**GRAPH["5"], "inputs": dict(GRAPH["5"]["inputs"])}}
    label = runcomfy.save_version(program.arguments["workflow_id"], graph)
    program.arguments |= {"workflow_version": label, "inference_check": {"overrides": {"10": {"text": "x"}}}}

    assert stack.preview().changes == {"update": 1}
    stack.up()

    assert last_check(stack)["status"] == "passed"


def test_the_seed_that_the_program_leaves_open_varies_from_check_to_check(stack, program, runcomfy):
    stack.up()
    program.arguments["inference_check"] = {**CHECK, "triggers": ["again"]}

    stack.up()

    first, second = (run["overrides"][SEED]["inputs"]["default_value"] for run in runs(runcomfy))
    assert first != second


def test_the_seed_that_the_program_gives_stays_also_where_a_double_could_not_hold_it(stack, program, runcomfy):
    program.arguments["inference_check"] = {"overrides": {SEED: {"default_value": "18446744073709551557"}}}

    stack.up()

    (run,) = runs(runcomfy)
    assert run["overrides"][SEED] == {"inputs": {"default_value": 18446744073709551557}}


def test_a_change_of_scaling_alone_is_not_checked(stack, program, runcomfy):
    stack.up()
    program.arguments["queue_size"] = 4

    stack.up()

    assert len(runs(runcomfy)) == 1


def test_with_checks_switched_off_nothing_runs_and_it_is_due_later(stack, program, runcomfy):
    stack.set_config("comfy:inferenceChecks", "off")
    stack.up()
    skipped = last_check(stack)["status"]
    stack.set_config("comfy:inferenceChecks", "on")
    stack.up()

    assert (skipped, last_check(stack)["status"], len(runs(runcomfy))) == ("skipped", "passed", 1)


def test_without_credit_nothing_is_queued(stack, program, runcomfy, emulator):
    runcomfy.set_balance(0)

    refused = stack.up(check=False)

    assert "the account's balance is 0.00 USD" in refused.error
    assert "[COMFY2402]" in refused.error
    assert not [line for line in asked(emulator) if line.endswith("/inference")]
    assert rows(runcomfy) == []


@pytest.mark.parametrize("answer", ["outcome", "status"])
def test_a_queue_that_is_too_slow_is_given_up_and_cancelled_on_the_platform(stack, program, runcomfy, emulator, answer):
    emulator.settings.cold_start_seconds = 3600
    runcomfy.settings.cancel_answer = answer
    program.arguments["inference_check"] = {**CHECK, "queue_timeout_seconds": 0.05}

    failed = stack.up(check=False)

    (run,) = runs(runcomfy)
    assert (run["status"], rows(runcomfy)) == ("cancelled", [])
    assert f"start run {run['id']}: still in_queue" in failed.error
    assert "may go on" not in told(failed)


def test_a_run_that_ended_meanwhile_is_no_complaint_of_the_cancelling(stack, program, runcomfy, emulator):
    emulator.faults.add(
        "POST",
        "/prod/v1/deployments/[^/]+/requests/[^/]+/cancel",
        "status",
        status=200,
        body={"status": "not_cancellable"},
    )
    runcomfy.runs.script("hang")
    program.arguments["inference_check"] = {**CHECK, "run_timeout_seconds": 0.05}

    assert "may go on" not in told(stack.up(check=False))


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"expect": {"width": 64}}, "needs Pillow"), ({"saveOutputsTo": f"{__file__}/x"}, "is a file, no folder")],
)
@pytest.mark.parametrize("kind", ["Deployment", "InferenceCheck"])
def test_what_a_check_cannot_do_here_is_said_at_preview(kind, settings, says, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    some_id = str(uuid.UUID(int=1))
    deployment = {"name": "it", "workflowId": some_id, "workflowVersion": "v1", "inferenceCheck": settings}
    wire = deployment if kind == "Deployment" else {"deploymentId": some_id, **settings}
    nobody = Connection(PLATFORM, None, "host", "account")

    def failures(*, checks_enabled):
        call = Call(nobody, Cancellation(), checks_enabled=checks_enabled)
        return check(PLATFORM.handlers[kind], wire, call).failures

    assert any(says in str(failure) for failure in failures(checks_enabled=True))
    assert failures(checks_enabled=False) == ()


def standalone(stack, **arguments):
    """Declare a check by itself of the deployment that the stack has made."""
    deployment_id = stack.resource("serving")["id"]
    return lambda: comfy.runcomfy.InferenceCheck("by-itself", deployment_id=deployment_id, **arguments)


@pytest.fixture
def by_itself(comfy_stack, stack, program):
    """A stack with a check by itself of a deployment that another stack made."""
    program.arguments.pop("inference_check")
    stack.up()

    def declare(**arguments):
        env = {"PULUMI_COMFY_PACE": "0.05"}
        return comfy_stack(standalone(stack, **arguments), stack="checking", env=env)

    return declare


def test_by_itself_it_runs_once_with_its_overrides(by_itself, runcomfy, emulator):
    checking = by_itself(**CHECK)
    checking.up()
    emulator.clear_requests()

    assert checking.up().changes == {}

    (run,) = runs(runcomfy)
    assert asked(emulator) == []
    assert run["overrides"][TEXT] == {"inputs": {"text": "a lighthouse"}}
    assert checking.resource("by-itself")["outputs"]["result"]["runId"] == run["id"]


def test_with_always_every_up_checks(by_itself, runcomfy):
    checking = by_itself(always=True, **CHECK)
    checking.up()
    checking.up()

    assert len(runs(runcomfy)) == 2


def test_by_itself_an_unknown_node_is_refused_at_preview_and_by_up(by_itself, runcomfy):
    checking = by_itself(overrides={"44": {"text": "x"}})

    refused = [checking.preview(check=False), checking.up(check=False)]

    assert all("there is no node '44'; did you mean 4" in one.error for one in refused)
    assert runs(runcomfy) == []


def test_by_itself_it_may_name_a_node_of_the_version_that_the_same_up_deploys(stack, program, runcomfy):
    made = []

    def both():
        made[:] = [comfy.runcomfy.Deployment("serving", **program.arguments)]
        if "10" in overrides:
            comfy.runcomfy.InferenceCheck("by-itself", deployment_id=made[0].id, overrides=overrides)

    overrides = {}
    stack.program = both
    stack.up()
    label = runcomfy.save_version(program.arguments["workflow_id"], {**GRAPH, "10": GRAPH["5"]})
    program.arguments["workflow_version"] = label
    overrides["10"] = {"text": "x"}

    assert stack.preview().changes == {"create": 1, "update": 1}
    stack.up()

    assert stack.resource("by-itself")["outputs"]["result"]["status"] == "passed"


def test_by_itself_a_deployment_that_is_not_there_is_named(comfy_stack, runcomfy):
    missing = "00000000-0000-4000-8000-000000000000"

    refused = comfy_stack(lambda: comfy.runcomfy.InferenceCheck("it", deployment_id=missing)).up(check=False)

    assert f"there is no deployment {missing}" in refused.error
    assert "[COMFY2404]" in refused.error


@pytest.mark.cli
@pytest.mark.parametrize("form", ["args", "dict", "output"])
def test_what_partner_nodes_need_is_sent_and_never_told(comfy_stack, program, runcomfy, form):
    check = {**CHECK, "extra_data": {"api_key_comfy_org": f"{WORD}-partner"}, "on_failure": "keep"}
    forms = {
        "args": lambda: comfy.runcomfy.InferenceCheckArgs(**check),
        "dict": lambda: check,
        "output": lambda: pulumi.Output.from_input(check),
    }

    def declare():
        arguments = {**program.arguments, "inference_check": forms[form]()}
        made = comfy.runcomfy.Deployment("serving", **arguments)
        comfy.runcomfy.InferenceCheck(
            "by-itself", deployment_id=made.id, extra_data={"api_key_comfy_org": f"{WORD}-itself"}
        )

    stack = comfy_stack(declare, env={"PULUMI_COMFY_PACE": "0.05", "PULUMI_COMFY_LOG": "debug"})
    runcomfy.runs.script("failed", times=1, log=[f"403 of a partner for {WORD}-partner"])

    lines = [told(stack.preview()), told(stack.up(check=False)), told(stack.up()), told(stack.refresh())]
    state = json.dumps(in_the_clear(stack.resources()))
    lines += [told(stack.preview()), told(stack.destroy())]

    assert all(run["extra_data_keys"] == ["api_key_comfy_org"] for run in runs(runcomfy))
    assert len(runs(runcomfy)) == 3
    assert WORD not in "\n".join(lines)
    assert WORD not in state
    assert ("a lighthouse" in state) is (form != "output")  # the rest of the check is no secret where it is known apart
