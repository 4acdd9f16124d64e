"""What an inference check of a RunComfy deployment does to what serves. Facts: docs/platforms/runcomfy.md 4."""

from __future__ import annotations

import json
import sys
import uuid

import pulumi
import pytest
from canaries import WORD, canary, told
from lone import up
from runcomfy_program import CHECK, GRAPH, SEED, TEXT, asked, last_check, rows, runs, served
from subject import without_secrets

import pulumi_comfy as comfy
from pulumi_comfy import workflows
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.check import check
from pulumi_comfy.core.connection import Connection
from pulumi_comfy.inference import prove
from pulumi_comfy.platforms.runcomfy.platform import PLATFORM

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
def it(lone):
    """A deployment with a check, not yet made and without an engine."""
    return lone(name="portrait", inference_check=CHECK)


@pytest.fixture
def program(program):
    program.arguments |= {"name": "portrait", "inference_check": CHECK}
    return program


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


def test_a_rollback_whose_version_the_platform_has_removed_meanwhile_says_so_and_is_remembered(it, runcomfy):
    up(it)
    runcomfy.settings.version_removal = "when unprotected"
    runcomfy.runs.script("failed", times=1)
    it.arguments["workflow_version"] = "v2"

    error = str(it.up())

    (row,) = rows(runcomfy)
    assert "RunComfy has removed it meanwhile" in error
    assert row["workflow_version"] == "v2"
    assert it.outputs["restoreTo"]["workflowVersion"] == "v1"

    up(it)

    assert it.outputs["lastCheck"]["status"] == "passed"
    assert "restoreTo" not in it.outputs


def by_hand(api, runcomfy, **settings):
    """Change the one deployment behind Pulumi's back; its name always goes along (docs/platforms/runcomfy.md 7.1)."""
    (row,) = rows(runcomfy)
    body = {"name": row["name"], **settings}
    api.patch(f"/prod/v2/deployments/{row['id']}", json=body).raise_for_status()


def test_a_failed_check_puts_the_proved_version_back_and_not_a_hands_and_keeps_its_other_settings(it, runcomfy, api):
    up(it)
    third = canary("version")
    by_hand(api, runcomfy, name="renamed", workflow_version=third)
    it.arguments["workflow_version"] = "v2"
    runcomfy.runs.script("failed", times=1)

    error = str(it.up())

    (row,) = rows(runcomfy)
    assert (row["workflow_version"], row["name"]) == ("v1", "renamed")
    assert f"version v1 on AMPERE_48 serves again, not version {third} on AMPERE_48, which was not proved" in error


@pytest.mark.parametrize("operation", ["create", "update"])
def test_a_version_that_a_hand_puts_there_while_the_check_runs_is_not_said_to_be_proved(
    it, runcomfy, api, monkeypatch, operation
):
    judged = prove.complaint
    before = None
    if operation == "update":
        up(it)
        before = it.outputs["proof"]
        it.arguments["workflow_version"] = "v2"

    def meanwhile(*arguments):
        by_hand(api, runcomfy, workflow_version=canary("version"))
        return judged(*arguments)

    monkeypatch.setattr(prove, "complaint", meanwhile)

    error = str(it.up())

    assert f"while the check ran, a hand has put version {canary('version')} on AMPERE_48 there" in error
    assert it.outputs.get("proof") == before


def test_one_that_was_disabled_and_fails_its_check_is_disabled_again_and_nothing_is_said_to_serve(it, runcomfy):
    it.arguments["is_enabled"] = False
    up(it)
    it.arguments["is_enabled"] = True
    runcomfy.runs.script("failed", times=1)

    error = str(it.up())

    assert rows(runcomfy)[0]["is_enabled"] is False
    assert "version v1 on AMPERE_48 is disabled again" in error
    assert "serves" not in error
    assert "curl" not in error


def test_where_the_proved_version_is_gone_what_stood_before_the_update_is_put_back(it, runcomfy, api):
    up(it)
    by_hand(api, runcomfy, workflow_version=canary("version"))
    runcomfy.save_version(it.arguments["workflow_id"], GRAPH)  # a fourth one: the first goes
    it.arguments["workflow_version"] = "v2"
    runcomfy.runs.script("failed", times=1)

    error = str(it.up())

    assert rows(runcomfy)[0]["workflow_version"] == canary("version")
    assert "serves again, since RunComfy has removed version v1 meanwhile" in error


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
def test_an_override_of_what_is_not_there_is_refused_before_anything_is_queued(it, runcomfy, overrides, says):
    it.arguments["inference_check"] = {"overrides": overrides}

    error = str(it.up())

    assert says in error
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


def test_a_node_that_is_to_have_an_output_and_is_not_there_is_refused_at_preview(stack, program, runcomfy):
    stack.up()
    before = proof(stack)
    program.arguments["inference_check"] = {**CHECK, "expect": {"node_ids": ["44"]}}

    refused = [stack.preview(check=False), stack.up(check=False)]

    sentence = "expect.node_ids: there is no node '44'; did you mean 4 (CLIPTextEncode)?"
    assert all(sentence in one.error for one in refused)
    assert all("[COMFY1202]" in one.error for one in refused)
    assert len(runs(runcomfy)) == 1
    assert proof(stack) == before


def test_a_node_that_another_makes_while_it_runs_may_be_asked_for(it, runcomfy):
    it.arguments["inference_check"] = {**CHECK, "expect": {"nodeIds": ["4.0.0.1"]}}

    assert "no output of node 4.0.0.1" in str(it.up())  # by the run itself
    assert len(runs(runcomfy)) == 1


def test_an_override_of_a_node_that_only_the_next_version_has_passes(stack, program, runcomfy):
    stack.up()
    graph = {**GRAPH, "10": {**GRAPH["5"], "inputs": dict(GRAPH["5"]["inputs"])}}
    label = runcomfy.save_version(program.arguments["workflow_id"], graph)
    program.arguments |= {"workflow_version": label, "inference_check": {"overrides": {"10": {"text": "x"}}}}

    assert stack.preview().changes == {"update": 1}
    stack.up()

    assert last_check(stack)["status"] == "passed"


def test_the_seed_that_the_program_gives_stays_also_where_a_double_could_not_hold_it(it, runcomfy):
    it.arguments["inference_check"] = {"overrides": {SEED: {"default_value": "18446744073709551557"}}}

    up(it)

    (run,) = runs(runcomfy)
    assert run["overrides"][SEED] == {"inputs": {"default_value": 18446744073709551557}}


def test_without_credit_nothing_is_queued(it, runcomfy, emulator):
    runcomfy.set_balance(0)

    error = str(it.up())

    assert "the account's balance is 0.00 USD" in error
    assert "[COMFY2402]" in error
    assert not [line for line in asked(emulator) if line.endswith("/inference")]
    assert rows(runcomfy) == []


@pytest.mark.parametrize("answer", ["outcome", "status"])
def test_a_queue_that_is_too_slow_is_given_up_and_cancelled_on_the_platform(it, runcomfy, emulator, answer):
    emulator.settings.cold_start_seconds = 3600
    runcomfy.settings.cancel_answer = answer
    it.arguments["inference_check"] = {**CHECK, "queueTimeoutSeconds": 0.05}

    error = str(it.up())

    (run,) = runs(runcomfy)
    assert (run["status"], rows(runcomfy)) == ("cancelled", [])
    assert f"start run {run['id']}: still in_queue" in error
    assert "may go on" not in "\n".join(it.lines)


def test_a_run_whose_status_nobody_knows_yet_goes_on_and_is_cancelled_when_its_time_is_over(it, runcomfy, emulator):
    route = "/prod/v1/deployments/{deployment_id}/requests/{request_id}/status"
    emulator.faults.add("GET", route, "status", status=200, body={"status": "warming_up"}, times=None)
    runcomfy.runs.script("hang")
    it.arguments["inference_check"] = {**CHECK, "runTimeoutSeconds": 0.05}

    error = str(it.up())

    (run,) = runs(runcomfy)
    assert (run["status"], rows(runcomfy)) == ("cancelled", [])
    assert f"finish run {run['id']}: still warming_up" in error


def test_a_run_that_ended_meanwhile_is_no_complaint_of_the_cancelling(it, runcomfy, emulator):
    emulator.faults.add(
        "POST",
        "/prod/v1/deployments/[^/]+/requests/[^/]+/cancel",
        "status",
        status=200,
        body={"status": "not_cancellable"},
    )
    runcomfy.runs.script("hang")
    it.arguments["inference_check"] = {**CHECK, "runTimeoutSeconds": 0.05}

    it.up()

    assert "may go on" not in "\n".join(it.lines)


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


@pytest.mark.parametrize(
    "asked_for", [{"overrides": {"44": {"text": "x"}}}, {"expect": {"node_ids": ["44"]}}], ids=["given", "expected"]
)
def test_by_itself_an_unknown_node_is_refused_at_preview_and_by_up(by_itself, runcomfy, asked_for):
    checking = by_itself(**asked_for)

    refused = [checking.preview(check=False), checking.up(check=False)]

    assert all("there is no node '44'; did you mean 4" in one.error for one in refused)
    assert runs(runcomfy) == []


@pytest.mark.parametrize("check", [{}, {"overrides": {TEXT: {"text": "x"}}}], ids=str)
def test_by_itself_a_deployment_that_is_not_there_is_refused_at_preview(comfy_stack, runcomfy, check):
    nobody_s = str(uuid.UUID(int=9))
    checking = comfy_stack(lambda: comfy.runcomfy.InferenceCheck("by-itself", deployment_id=nobody_s, **check))

    refused = checking.preview(check=False)

    assert f"there is no deployment {nobody_s}" in refused.error
    assert "[COMFY2404]" in refused.error


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
    state = json.dumps(without_secrets(stack.resources()))
    lines += [told(stack.preview()), told(stack.destroy())]

    assert all(run["extra_data_keys"] == ["api_key_comfy_org"] for run in runs(runcomfy))
    assert len(runs(runcomfy)) == 3
    assert WORD not in "\n".join(lines)
    assert WORD not in state
    assert ("a lighthouse" in state) is (form != "output")  # the rest of the check is no secret where it is known apart
