"""Runs of a saved version: what they are given, how they are refused, cut off, lost and found."""

from __future__ import annotations

import json

import pytest
from comfycloud_program import CHECK, CHECKPOINT, TEXT, graph, prompt, runs, versions
from lone import bodies, up
from plain_http import PlainHttp

import pulumi_comfy as comfy

RUN = "/prompt"


@pytest.fixture
def it(lone):
    return lone(inference_check=CHECK)


def sent(it):
    return bodies(it, "POST", RUN)


def test_a_check_proves_this_saved_version(it, cloud):
    up(it)

    (run,) = runs(cloud)
    (version,) = versions(cloud)
    assert (run["workflow_id"], run["workflow_version_id"]) == (it.id, version["id"])
    proof = it.outputs["proof"]
    assert (proof["target"], proof["workflowVersion"]) == (it.id, version["id"])
    assert proof["workflowDigest"] == it.outputs["workflowDigest"]


def test_the_prompt_is_converted_from_the_saved_graph_with_the_platforms_own_classes(it, cloud):
    up(it)

    queued = runs(cloud)[0]["graph"]
    shape = {node: one["class_type"] for node, one in prompt().items()}
    assert {node: one["class_type"] for node, one in queued.items()} == shape
    assert queued[TEXT]["inputs"]["text"] == "a lighthouse"
    assert [one.query for one in it.emulator.requests if one.path == "/object_info"] == [
        {"include_user_models": "true"}
    ]


def test_a_declared_prompt_is_run_as_it_is_and_not_saved(it, cloud):
    it.arguments["workflow_api"] = prompt(text="a dog")
    it.arguments["inference_check"] = {}

    up(it)

    assert runs(cloud)[0]["graph"][TEXT]["inputs"]["text"] == "a dog"
    assert versions(cloud)[0]["workflow_json"] == graph()


def test_a_declared_prompt_that_changes_alone_makes_no_version(it):
    up(it)
    it.arguments["workflow_api"] = prompt()

    assert not it.has_changes()


def test_a_class_that_the_platform_does_not_have_is_refused_with_its_node_before_anything_runs(it, cloud):
    document = graph()
    document["nodes"][4]["type"] = "KSamplerOfNobody"
    it.arguments["workflow"] = document

    error = it.up()

    assert "KSamplerOfNobody #3" in str(error)
    assert (sent(it), cloud.dump()["workflows"]) == ([], [])


def test_a_document_that_no_check_could_run_is_not_even_saved(it, cloud):
    up(it)
    document = graph(40)
    document["nodes"][4]["type"] = "KSamplerOfNobody"
    it.arguments["workflow"] = document

    error = it.up()

    assert "KSamplerOfNobody #3" in str(error)
    assert len(versions(cloud)) == 1


def test_a_missing_model_is_told_with_its_node(it, cloud):
    cloud.settings.models = {"checkpoints": []}

    error = it.up()

    assert f"CheckpointLoaderSimple #4: ckpt_name {CHECKPOINT} is not one of" in str(error).replace('"', "")
    assert cloud.dump()["workflows"] == []


def test_a_preview_refuses_an_override_of_a_node_that_there_is_not(stack, program, cloud):
    program.arguments["inference_check"] = {"overrides": {"66": {"text": "a cat"}}}

    result = stack.preview(check=False)

    assert "inference_check.overrides: there is no node '66'; did you mean 6 (CLIPTextEncode)" in result.error
    assert cloud.dump()["workflows"] == []


def test_a_preview_warns_of_a_model_that_is_not_there(stack, program, cloud):
    cloud.settings.models = {"checkpoints": ["another.safetensors"]}
    program.arguments["inference_check"] = CHECK

    lines = [line.message for line in stack.preview().diagnostics]

    assert any("may not run" in line and CHECKPOINT in line for line in lines)


@pytest.mark.parametrize(
    "kind",
    [
        *("PAYMENT_REQUIRED", "CLOUD_SUBSCRIPTION_REQUIRED", "FREE_TIER_EXHAUSTED"),
        *("PARTNER_NODE_PAYMENT_REQUIRED", "MODEL_PAYMENT_REQUIRED", "SUBSCRIPTION_INACTIVE"),
    ],
)
def test_money_is_told_as_money_and_not_asked_for_again(it, cloud, kind):
    up(it)
    proof = it.outputs["proof"]
    it.arguments["inference_check"] = {**CHECK, "triggers": ["again"]}
    cloud.runs.refuse(kind, times=None)

    error = it.up()

    assert error.code == "COMFY2402"
    assert kind in str(error)
    assert len(sent(it)) == 2
    assert it.outputs["proof"] == proof


def test_a_policy_is_told_as_a_policy(it, cloud):
    cloud.runs.refuse("PARTNER_NODE_DISABLED")

    error = it.up()

    assert error.code == "COMFY2403"
    assert "policy forbids partner nodes" in str(error)


@pytest.mark.parametrize("kind", ["QUEUE_LIMIT", "FREE_TIER_UNAVAILABLE", "BILLING_UNAVAILABLE", "PLATFORM_REFUSED"])
@pytest.mark.parametrize("retry_after", [None, 0])
def test_pressure_is_waited_out(it, cloud, kind, retry_after):
    cloud.runs.refuse(kind, retry_after=retry_after)

    up(it)

    assert len(sent(it)) == 2
    assert len(runs(cloud)) == 1


def test_a_429_of_an_unknown_reason_that_says_when_is_waited_out(it, emulator):
    body = {"error": {"type": "OF_TOMORROW", "message": "later", "details": "", "extra_info": {}}, "node_errors": {}}
    emulator.faults.add("POST", RUN, "status", status=429, retry_after="0", body=body)

    up(it)


def test_a_lost_answer_is_found_again_among_the_workflows_jobs_and_never_queued_twice(it, emulator, cloud):
    emulator.faults.add("POST", RUN, "lost")

    up(it)

    assert len(runs(cloud)) == len(sent(it)) == 1
    assert it.outputs["lastCheck"]["runId"] == runs(cloud)[0]["id"]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_answer_of_which_nobody_knows_what_it_did_is_not_repeated(it, emulator, cloud, status):
    emulator.faults.add("POST", RUN, "status", status=status)

    error = it.up()

    assert error.code == "COMFY2501"
    assert "no run of it is listed" in str(error)
    assert (len(sent(it)), runs(cloud)) == (1, [])


def test_another_run_of_the_same_workflow_is_not_taken_for_a_lost_one(it, emulator, cloud):
    up(it)
    it.arguments["inference_check"] = {**CHECK, "triggers": ["again"]}
    emulator.faults.add("POST", RUN, "status", status=502)

    assert it.up().code == "COMFY2501"

    assert len(runs(cloud)) == 1


def test_a_run_that_the_plan_cuts_off_is_told_as_that(it, emulator, cloud):
    cloud.settings.run_limit_seconds = 0.05
    cloud.runs.script("hang")

    error = it.up()

    assert "the plan's limit on the run time" in str(error)
    assert cloud.dump()["workflows"] == []


def test_a_run_that_somebody_cancels_before_it_began_is_not_blamed_on_the_plan(it, emulator, cloud, api):
    body = {"id": "0a000000-0000-4000-8000-000000000001", "status": "cancelled", "create_time": 1}
    emulator.faults.add("GET", "/jobs/[^/]+", "status", status=200, body=body, times=None)

    error = it.up()

    assert "by somebody else before it ran" in str(error)


def test_a_part_that_cannot_run_fails_the_check_although_the_answer_is_200(it, cloud):
    document = graph()
    document["nodes"].append(
        {
            **document["nodes"][-1],
            "id": 10,
            "type": "SaveAnimatedWEBP",
            "inputs": [{"name": "images", "type": "IMAGE", "link": None}],
            "widgets_values": ["second", 6, True, 80, "default"],
        }
    )
    it.arguments["workflow"] = document

    error = it.up()

    assert "#10" in str(error)
    assert cloud.dump()["workflows"] == []


def test_the_key_is_not_carried_to_the_store(it, monkeypatch):
    seen = []

    class Network(PlainHttp):
        async def handle_async_request(self, request):
            seen.append(request)
            return await super().handle_async_request(request)

    it.transport = Network
    up(it)

    fetched = [one for one in seen if one.url.path.startswith("/files/")]
    assert [one.url.host for one in fetched] == ["localhost"]
    assert [name for one in fetched for name in one.headers if name in ("x-api-key", "authorization")] == []
    assert it.key not in str([one.headers for one in fetched])
    assert any("x-api-key" in one.headers for one in seen)


def test_a_signed_address_is_kept_nowhere(it):
    up(it)

    assert "/files/" not in json.dumps(it.outputs)
    assert "signature" not in json.dumps([it.outputs, it.lines])


def test_the_secret_of_partner_nodes_is_sent_with_the_run_and_kept_nowhere(it, cloud):
    it.arguments["inference_check"] = {**CHECK, "extraData": {"api_key_comfy_org": "comfyui-of-a-partner"}}
    cloud.runs.script("failed", times=1)

    error = it.up()

    assert sent(it)[0]["extra_data"]
    assert "of-a-partner" not in str(error)


def test_a_failed_node_is_named_with_its_exception(it, cloud):
    cloud.runs.script("failed", times=1, log=["RuntimeError: mat1 and mat2 shapes cannot be multiplied"])

    error = it.up()

    assert "KSampler #3" in str(error)
    assert "RuntimeError" in str(error)
    assert "mat1 and mat2" in str(error)


def test_a_moment_in_seconds_is_no_wait_of_fifty_years(it, cloud):
    cloud.settings.job_times = "seconds"

    up(it)

    assert it.outputs["lastCheck"]["queueSeconds"] < 60


def test_a_status_of_tomorrow_is_none_that_ends(it, emulator):
    body = {"id": "0a000000-0000-4000-8000-000000000001", "status": "warming", "create_time": 1}
    emulator.faults.add("GET", "/jobs/[^/]+", "status", status=200, body=body, times=2)

    up(it)


@pytest.mark.parametrize("kind", ["InsufficientFundsError", "InactiveSubscriptionError"])
def test_a_run_that_nobody_paid_for_says_nothing_of_the_workflow(it, emulator, kind):
    up(it)
    proof = it.outputs["proof"]
    it.arguments["inference_check"] = {**CHECK, "triggers": ["again"]}
    failed = {"node_id": "3", "node_type": "KSampler", "exception_type": kind, "exception_message": "no credits"}
    body = {"id": "0a000000-0000-4000-8000-000000000001", "status": "failed", "execution_error": failed}
    emulator.faults.add("GET", "/jobs/[^/]+", "status", status=200, body=body, times=None)

    error = it.up()

    assert error.code == "COMFY2402"
    assert it.outputs["proof"] == proof


def test_by_itself_a_node_that_is_to_have_an_output_and_is_not_there_is_refused_at_preview(lone, cloud):
    it = lone("InferenceCheck", expect={"nodeIds": ["66"]})
    del it.arguments["overrides"]

    (refused,) = it.foreseen()

    assert "expect.node_ids: there is no node '66'; did you mean 6 (CLIPTextEncode)?" in refused
    assert cloud.dump()["jobs"] == []


def test_a_check_by_itself_is_held_against_what_its_workflow_is_about_to_be(comfy_stack, emulator, cloud):
    declared = {"workflow": graph(), "node": "9"}

    def program() -> None:
        hero = comfy.comfycloud.Workflow("hero", workflow=declared["workflow"])
        expect = {"node_ids": [declared["node"]]}
        comfy.comfycloud.InferenceCheck("check", workflow_id=hero.id, expect=expect, triggers=[declared["node"]])

    stack = comfy_stack(program, env={"PULUMI_COMFY_PACE": "0.05"})
    stack.up()
    declared.update(workflow=renamed(graph(), "9", "19"), node="19")

    assert stack.preview().ok
    assert stack.up().ok
    assert len(cloud.dump()["jobs"]) == 2


def renamed(document, old, new):
    """The graph with another id for its last node."""
    return json.loads(
        json.dumps(document).replace(f'"id": {old}', f'"id": {new}').replace(f"8, 0, {old}, 0", f"8, 0, {new}, 0")
    )


NOWHERE = {"status": 404, "body": {"code": "NOT_FOUND", "message": "job not found"}}


def test_a_job_that_is_not_shown_yet_is_looked_for_again(it, emulator):
    emulator.faults.add("GET", "/jobs/[^/]+", "status", times=2, **NOWHERE)

    up(it)

    assert it.outputs["lastCheck"]["status"] == "passed"


def test_a_job_that_is_lost_says_nothing_of_the_workflow(it, cloud, emulator):
    up(it)
    it.arguments["inference_check"] = {**CHECK, "triggers": ["again"]}
    emulator.faults.add("GET", "/jobs/[^/]+", "status", times=None, **NOWHERE)

    error = it.up()

    assert (error.code, "the platform no longer knows it" in str(error)) == ("COMFY2500", True)
    assert "revoked" not in it.outputs["proof"]
    assert len(versions(cloud)) == 1
