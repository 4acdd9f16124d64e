"""The traps of docs/platforms/runcomfy.md 7, one after the other, by what is right.

7.14 (no API makes workflows or versions) asks nothing of us but that both are plain inputs.
"""

from __future__ import annotations

import pytest
from runcomfy_program import CHECK, GRAPH, TEXT, last_check, rows, runs

import pulumi_comfy as comfy
from pulumi_comfy.platforms.runcomfy.facts import HARDWARE

ONE = "/prod/v2/deployments/{deployment_id}"


def sent(emulator, method):
    """The bodies of the writes of one method."""
    return [one.request_json for one in emulator.requests if one.method == method]


def test_7_1_a_change_of_anything_else_carries_the_name_too(stack, program, runcomfy, emulator):
    stack.up()
    (row,) = rows(runcomfy)
    program.arguments["queue_size"] = 5

    stack.up()

    assert [body["name"] for body in sent(emulator, "PATCH")] == [row["name"]]


def test_7_2_hardware_is_one_word_in_the_program_and_a_list_on_the_wire(stack, program, emulator):
    program.arguments["hardware"] = "TURING_16"

    stack.up()
    stack.refresh()

    assert [body["hardware"] for body in sent(emulator, "POST")] == [["TURING_16"]]
    assert stack.resource("serving")["outputs"]["hardware"] == "TURING_16"
    assert stack.preview().changes == {}


def test_7_3_an_error_inside_a_success_is_an_error(stack, program, runcomfy, emulator):
    body = {"error_code": 403003, "error_message": "no"}
    emulator.faults.add("POST", "/prod/v2/deployments", "status", status=200, body=body, times=None)

    assert "[COMFY2403]" in stack.up(check=False).error


@pytest.mark.parametrize("word", ["cancelled", "canceled"])
def test_7_4_both_spellings_of_cancelled_end_the_wait(stack, program, runcomfy, word):
    runcomfy.settings.cancelled_word = word
    runcomfy.runs.script("cancelled")
    program.arguments["inference_check"] = CHECK

    failed = stack.up(check=False)

    assert f"ended as {word}" in failed.error
    assert "[COMFY3101]" in failed.error


def test_7_5_a_completed_run_has_not_passed_before_its_result_says_so(stack, program, runcomfy):
    runcomfy.runs.script("failed", log=["no such sampler"])
    program.arguments["inference_check"] = CHECK

    assert "ended as failed: no such sampler" in stack.up(check=False).error


def test_7_6_a_check_of_one_that_serves_a_lora_is_refused_as_its_outputs_are_elsewhere(comfy_stack, runcomfy):
    lora = runcomfy.add_lora_deployment()

    refused = comfy_stack(lambda: comfy.runcomfy.InferenceCheck("it", deployment_id=lora)).up(check=False)

    assert "serves no workflow" in refused.error
    assert runs(runcomfy) == []


def test_7_7_one_that_is_born_disabled_is_disabled_by_a_change_after_its_creation(stack, program, runcomfy, emulator):
    program.arguments["is_enabled"] = False

    stack.up()

    assert ["is_enabled" in body for body in sent(emulator, "POST")] == [False]
    assert [body["is_enabled"] for body in sent(emulator, "PATCH")] == [False]
    assert [row["is_enabled"] for row in rows(runcomfy)] == [False]


def test_7_8_the_graph_is_asked_for_by_its_name_on_the_wire(stack, program, emulator):
    program.arguments["inference_check"] = CHECK

    stack.up()

    queries = [one.query for one in emulator.requests if one.query]
    assert queries == [{"includes": "payload"}]


@pytest.mark.parametrize("queue", ["v1", "v2"])
def test_7_9_a_run_stays_in_the_queue_that_it_was_posted_to(stack, program, emulator, queue):
    stack.set_config("comfy:runcomfyQueueVersion", queue)
    program.arguments["inference_check"] = CHECK

    stack.up()

    of_runs = [one.path for one in emulator.requests if "/inference" in one.path or "/requests/" in one.path]
    assert {path.split("/")[2] for path in of_runs} == {queue}


def test_7_9_addresses_in_answers_are_not_followed(stack, program, runcomfy, emulator):
    """Every one of them would lead to another host here, with the token."""
    nowhere = {"request_id": "6d2b5f0e-1111-4222-8333-444455556666"} | dict.fromkeys(
        ("status_url", "result_url", "cancel_url"), "http://elsewhere.invalid/x"
    )
    emulator.faults.add("POST", "/prod/v1/deployments/{deployment_id}/inference", "status", status=200, body=nowhere)
    program.arguments["inference_check"] = CHECK

    failed = stack.up(check=False)

    assert "elsewhere.invalid" not in failed.error
    assert [one for one in emulator.requests if nowhere["request_id"] in one.url_path]


def test_7_10_the_graph_of_an_answer_never_enters_the_state(stack, program, runcomfy):
    runcomfy.settings.get_shows_payload = True
    program.arguments["inference_check"] = CHECK
    stack.up()
    program.arguments["workflow_version"] = "v2"
    stack.up()
    stack.refresh()

    assert "CLIPTextEncode" not in stack.export_text()


def test_7_11_what_an_empty_balance_disabled_is_enabled_again_by_up_once_there_is_credit(stack, program, runcomfy):
    stack.up()
    runcomfy.set_balance(0)
    stack.refresh()

    refused = stack.up(check=False)
    runcomfy.set_balance(10)
    stack.up()

    assert "[COMFY2402]" in refused.error
    assert [row["is_enabled"] for row in rows(runcomfy)] == [True]


def test_7_12_of_two_with_one_name_the_one_is_adopted_whose_id_is_given(comfy_stack, program, runcomfy, api):
    body = {"name": "portrait", **program.arguments, "hardware": ["AMPERE_48"], "min_instances": 0}
    body |= {"max_instances": 1, "queue_size": 1, "keep_warm_duration_in_seconds": 60}
    first, second = (api.post("/prod/v2/deployments", json=body).raise_for_status().json()["id"] for _ in range(2))
    program.arguments |= {"name": "portrait", "adopt": second, "queue_size": 7}

    comfy_stack(program.run).up()

    assert {row["id"]: row["queue_size"] for row in rows(runcomfy)} == {first: 1, second: 7}


def test_7_13_more_instances_than_the_server_allows_are_its_to_refuse(stack, program, runcomfy):
    program.arguments["max_instances"] = 11
    stack.up()
    runcomfy.settings.limits = "legacy"
    program.arguments["max_instances"] = 12

    refused = stack.up(check=False)

    assert "max_instances: Input should be at most 10" in refused.error
    assert [row["max_instances"] for row in rows(runcomfy)] == [11]


def test_7_13_ada_80_plus_is_an_h100():
    assert HARDWARE["ADA_80_PLUS"].gpu == "H100"


def test_7_15_a_status_that_nobody_published_is_no_drift(stack, program, emulator, api):
    stack.up()
    shown = [{**row, "status": "melting"} for row in api.get("/prod/v2/deployments").json()]
    emulator.faults.add("GET", "/prod/v2/deployments", "status", status=200, body=shown)

    stack.refresh()

    assert stack.preview().changes == {}


def test_7_16_a_creation_has_the_eight_fields_of_the_wire(stack, program, emulator):
    stack.up()

    (body,) = sent(emulator, "POST")
    assert set(body) == {
        *("name", "workflow_id", "workflow_version", "hardware", "min_instances", "max_instances", "queue_size"),
        "keep_warm_duration_in_seconds",
    }


def test_a_node_of_a_subgraph_is_named_by_both_ids(stack, program, runcomfy):
    graph = {**GRAPH, "38:42": {**GRAPH["9"], "inputs": {**GRAPH["9"]["inputs"], "filename_prefix": "inner"}}}
    program.arguments["workflow_version"] = runcomfy.save_version(program.arguments["workflow_id"], graph)
    overrides = {"38:42": {"filename_prefix": "mine"}, TEXT: {"text": "x"}}
    program.arguments["inference_check"] = {"overrides": overrides, "expect": {"node_ids": ["9", "38:42"]}}

    stack.up()

    assert last_check(stack)["outputCounts"] == {"images": 2}
