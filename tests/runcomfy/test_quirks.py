"""The traps of docs/platforms/runcomfy.md 7, one after the other, by what is right."""

from __future__ import annotations

import pytest
from lone import up
from runcomfy_program import CHECK, GRAPH, TEXT, rows, runs

import pulumi_comfy as comfy
from pulumi_comfy.platforms.runcomfy.facts import HARDWARE

ONE = "/prod/v2/deployments/{deployment_id}"


@pytest.fixture
def it(lone):
    """A deployment, not yet made."""
    return lone()


def sent(emulator, method):
    """The bodies of the writes of one method."""
    return [one.request_json for one in emulator.requests if one.method == method]


def test_7_1_a_change_of_anything_else_carries_all_of_it_and_the_name(it, runcomfy, emulator):
    up(it)
    (row,) = rows(runcomfy)
    it.arguments["queue_size"] = 5

    up(it)

    (body,) = sent(emulator, "PATCH")
    assert body["name"] == row["name"]
    assert set(body) == {
        *("name", "workflow_version", "hardware", "min_instances", "max_instances", "queue_size"),
        *("keep_warm_duration_in_seconds", "is_enabled"),
    }


def test_7_2_hardware_is_one_word_in_the_program_and_a_list_on_the_wire(it, emulator):
    it.arguments["hardware"] = "TURING_16"

    up(it)
    it.refresh()

    assert [body["hardware"] for body in sent(emulator, "POST")] == [["TURING_16"]]
    assert it.outputs["hardware"] == "TURING_16"
    assert not it.has_changes()


def test_7_3_an_error_inside_a_success_is_an_error(it, runcomfy, emulator):
    body = {"error_code": 403003, "error_message": "no"}
    emulator.faults.add("POST", "/prod/v2/deployments", "status", status=200, body=body, times=None)

    assert "[COMFY2403]" in str(it.up())


@pytest.mark.parametrize("word", ["cancelled", "canceled"])
def test_7_4_both_spellings_of_cancelled_end_the_wait(it, runcomfy, word):
    runcomfy.settings.cancelled_word = word
    runcomfy.runs.script("cancelled")
    it.arguments["inference_check"] = CHECK

    error = str(it.up())

    assert f"ended as {word}" in error
    assert "[COMFY3101]" in error


def test_7_5_a_completed_run_has_not_passed_before_its_result_says_so(it, runcomfy):
    runcomfy.runs.script("failed", log=["no such sampler"])
    it.arguments["inference_check"] = CHECK

    assert "ended as failed: no such sampler" in str(it.up())


def test_7_6_a_check_of_one_that_serves_a_lora_is_refused_as_its_outputs_are_elsewhere(comfy_stack, runcomfy):
    lora = runcomfy.add_lora_deployment()

    refused = comfy_stack(lambda: comfy.runcomfy.InferenceCheck("it", deployment_id=lora)).up(check=False)

    assert "serves no workflow" in refused.error
    assert runs(runcomfy) == []


def test_7_7_one_that_is_born_disabled_is_disabled_by_a_change_after_its_creation(it, runcomfy, emulator):
    it.arguments["is_enabled"] = False

    up(it)

    assert ["is_enabled" in body for body in sent(emulator, "POST")] == [False]
    assert [body["is_enabled"] for body in sent(emulator, "PATCH")] == [False]
    assert [row["is_enabled"] for row in rows(runcomfy)] == [False]


def test_7_8_the_graph_is_asked_for_by_its_name_on_the_wire(it, emulator):
    it.arguments["inference_check"] = CHECK

    up(it)

    queries = [one.query for one in emulator.requests if one.query]
    assert queries == [{"includes": "payload"}]


@pytest.mark.parametrize("queue", ["v1", "v2"])
def test_7_9_a_run_stays_in_the_queue_that_it_was_posted_to(it, emulator, queue):
    it.config["comfy:runcomfyQueueVersion"] = queue
    it.arguments["inference_check"] = CHECK

    up(it)

    of_runs = [one.path for one in emulator.requests if "/inference" in one.path or "/requests/" in one.path]
    assert {path.split("/")[2] for path in of_runs} == {queue}
    assert f"/prod/{queue}/deployments/" in it.outputs["endpoint"]


def test_7_9_addresses_in_answers_are_not_followed(it, runcomfy, emulator):
    """Every one of them would lead to another host here, with the token."""
    nowhere = {"request_id": "6d2b5f0e-1111-4222-8333-444455556666"} | dict.fromkeys(
        ("status_url", "result_url", "cancel_url"), "http://elsewhere.invalid/x"
    )
    emulator.faults.add("POST", "/prod/v1/deployments/{deployment_id}/inference", "status", status=200, body=nowhere)
    it.arguments["inference_check"] = CHECK

    error = str(it.up())

    assert "elsewhere.invalid" not in error
    assert [one for one in emulator.requests if nowhere["request_id"] in one.url_path]


def test_7_10_the_graph_of_an_answer_never_enters_the_state(stack, program, runcomfy):
    runcomfy.settings.get_shows_payload = True
    program.arguments["inference_check"] = CHECK
    stack.up()
    program.arguments["workflow_version"] = "v2"
    stack.up()
    stack.refresh()

    assert "CLIPTextEncode" not in stack.export_text()


def test_7_11_what_an_empty_balance_disabled_is_enabled_again_by_up_once_there_is_credit(it, runcomfy):
    up(it)
    runcomfy.set_balance(0)
    it.refresh()

    error = str(it.up())
    runcomfy.set_balance(10)
    up(it)

    assert "[COMFY2402]" in error
    assert [row["is_enabled"] for row in rows(runcomfy)] == [True]


def test_7_12_of_two_with_one_name_the_one_is_adopted_whose_id_is_given(comfy_stack, program, runcomfy, api):
    body = {"name": "portrait", **program.arguments, "hardware": ["AMPERE_48"], "min_instances": 0}
    body |= {"max_instances": 1, "queue_size": 1, "keep_warm_duration_in_seconds": 60}
    first, second = (api.post("/prod/v2/deployments", json=body).raise_for_status().json()["id"] for _ in range(2))
    program.arguments |= {"name": "portrait", "adopt": second, "queue_size": 7}

    comfy_stack(program.run).up()

    assert {row["id"]: row["queue_size"] for row in rows(runcomfy)} == {first: 1, second: 7}


def test_7_13_more_instances_than_the_server_allows_are_its_to_refuse(it, runcomfy):
    it.arguments["max_instances"] = 11
    up(it)
    runcomfy.settings.limits = "legacy"
    it.arguments["max_instances"] = 12

    error = str(it.up())

    assert "max_instances: Input should be at most 10" in error
    assert [row["max_instances"] for row in rows(runcomfy)] == [11]


def test_7_13_ada_80_plus_is_an_h100():
    assert HARDWARE["ADA_80_PLUS"].gpu == "H100"


def test_7_14_promotion_passes_workflow_and_version_on(comfy_stack, program, runcomfy):
    def promoted():
        first = comfy.runcomfy.Deployment("staging", **program.arguments)
        comfy.runcomfy.Deployment("production", workflow_id=first.workflow_id, workflow_version=first.workflow_version)

    comfy_stack(promoted).up()

    assert [(row["workflow_id"], row["workflow_version"]) for row in rows(runcomfy)] == [
        (program.arguments["workflow_id"], "v1")
    ] * 2


def test_7_14_those_of_another_account_are_not_found_and_nothing_is_left(it, runcomfy):
    it.arguments["workflow_id"] = runcomfy.add_workflow(GRAPH, account="another")

    error = it.up()

    assert "Workflow version v1 not found" in str(error)
    assert rows(runcomfy) == []


def test_7_15_a_status_that_nobody_published_is_no_drift(it, emulator, api):
    up(it)
    shown = [{**row, "status": "melting"} for row in api.get("/prod/v2/deployments").json()]
    emulator.faults.add("GET", "/prod/v2/deployments", "status", status=200, body=shown)

    it.refresh()

    assert not it.has_changes()


def test_7_16_a_creation_has_the_eight_fields_of_the_wire(it, emulator):
    up(it)

    (body,) = sent(emulator, "POST")
    assert set(body) == {
        *("name", "workflow_id", "workflow_version", "hardware", "min_instances", "max_instances", "queue_size"),
        "keep_warm_duration_in_seconds",
    }


def test_a_node_of_a_subgraph_is_named_by_both_ids(it, runcomfy):
    graph = {**GRAPH, "38:42": {**GRAPH["9"], "inputs": {**GRAPH["9"]["inputs"], "filename_prefix": "inner"}}}
    it.arguments["workflow_version"] = runcomfy.save_version(it.arguments["workflow_id"], graph)
    overrides = {"38:42": {"filename_prefix": "mine"}, TEXT: {"text": "x"}}
    it.arguments["inference_check"] = {"overrides": overrides, "expect": {"nodeIds": ["9", "38:42"]}}

    up(it)

    assert it.outputs["lastCheck"]["outputCounts"] == {"images": 2}
