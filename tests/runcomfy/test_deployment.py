"""A deployment's life on RunComfy, through the engine. Facts: docs/platforms/runcomfy.md."""

from __future__ import annotations

from uuid import uuid4

import pytest
from runcomfy_program import CHECK, GRAPH, TEXT, asked, rows

import pulumi_comfy as comfy


@pytest.mark.cli
def test_a_deployment_lives_changes_and_goes(stack, program, runcomfy, emulator):
    program.arguments["inference_check"] = CHECK
    stack.up()
    (made,) = rows(runcomfy)
    emulator.clear_requests()

    assert stack.up().changes == {}
    assert asked(emulator) == []

    program.arguments |= {"workflow_version": "v2", "hardware": "ADA_48_PLUS", "max_instances": 3}
    assert stack.up().changes == {"update": 1}
    (row,) = rows(runcomfy)
    assert (row["id"], row["workflow_version"], row["hardware"], row["max_instances"]) == (
        made["id"],
        "v2",
        ["ADA_48_PLUS"],
        3,
    )
    assert stack.resource("serving")["outputs"]["lastCheck"]["status"] == "passed"
    stack.refresh()
    assert stack.preview().changes == {}
    stack.destroy()
    assert rows(runcomfy) == []


def test_another_workflow_replaces_it(stack, program, runcomfy):
    stack.up()
    (old,) = rows(runcomfy)
    program.arguments["workflow_id"] = runcomfy.add_workflow(GRAPH)

    assert stack.up().changes == {"replace": 1}

    (new,) = rows(runcomfy)
    assert new["id"] != old["id"]


def test_a_deployment_that_is_born_disabled_is_not_checked(stack, program, runcomfy):
    program.arguments |= {"is_enabled": False, "inference_check": CHECK}

    stack.up()

    (row,) = rows(runcomfy)
    assert (row["is_enabled"], runcomfy.dump()["requests"]) == (False, [])
    assert stack.preview().changes == {}


def test_what_is_enabled_again_is_checked(stack, program, runcomfy):
    program.arguments |= {"is_enabled": False, "inference_check": CHECK}
    stack.up()
    program.arguments["is_enabled"] = True

    stack.up()

    assert stack.resource("serving")["outputs"]["lastCheck"]["status"] == "passed"


def test_more_instances_than_the_stack_allows_are_refused_at_preview(comfy_stack, program):
    program.arguments["max_instances"] = 11
    refused = comfy_stack(program.run, config={"comfy:runcomfyInstanceCeiling": "10"}).preview(check=False)

    assert "max_instances: 11 are more than the 10 that this stack allows" in refused.error


def test_a_queue_that_is_none_is_refused_at_preview(comfy_stack, program):
    refused = comfy_stack(program.run, config={"comfy:runcomfyQueueVersion": "v3"}).preview(check=False)

    assert "comfy:runcomfyQueueVersion is 'v3'. Set it, or RUNCOMFY_QUEUE_VERSION, to `v1` or `v2`" in refused.error


def test_so_it_is_where_a_check_alone_asks_for_it(comfy_stack):
    def alone():
        comfy.runcomfy.InferenceCheck("check", deployment_id=str(uuid4()))

    refused = comfy_stack(alone, config={"comfy:runcomfyQueueVersion": "v3"}).preview(check=False)

    assert "comfy:runcomfyQueueVersion is 'v3'" in refused.error


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"min_instances": 3, "max_instances": 2}, "`min_instances` is 3, more than `max_instances`, 2"),
        ({"min_instances": -1}, "greater than or equal to 0"),
        ({"max_instances": 0}, "greater than or equal to 1"),
        ({"max_instances": "2"}, "should be a valid integer"),
        ({"queue_size": True}, "should be a valid integer"),
        ({"is_enabled": "no"}, "should be a valid boolean"),
        ({"workflow_id": "portrait"}, "an id of RunComfy"),
    ],
)
def test_what_can_be_no_deployment_is_refused_at_preview(stack, program, emulator, arguments, says):
    program.arguments |= arguments

    refused = stack.preview(check=False)

    assert says in refused.error
    assert asked(emulator) == []


def test_an_adopt_of_another_than_it_has_is_said_to_be_idle(stack, program):
    stack.up()
    program.arguments["adopt"] = "00000000-0000-0000-0000-000000000009"

    previewed = stack.preview()

    assert any(
        "`adopt` 00000000-0000-0000-0000-000000000009 is not followed" in line for line in previewed.messages("serving")
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("AMPERE48", "; did you mean 'AMPERE_48'?"),
        ("ada_80_plus", "; did you mean 'ADA_80_PLUS'?"),
        ("B200", " (TURING_16, AMPERE_24"),
    ],
)
def test_of_hardware_that_is_misspelt_a_preview_names_the_nearest_word(stack, program, given, says):
    program.arguments["hardware"] = given

    lines = stack.preview().messages("serving")

    assert any(f"`hardware` {given!r} is none that this version knows{says}" in line for line in lines)


def test_hardware_that_is_new_is_sent_with_a_warning(stack, program):
    program.arguments["hardware"] = "HOPPER_999"

    refused = stack.up(check=False)

    assert any("HOPPER_999" in line for line in refused.messages("serving"))
    assert "[COMFY2400]" in refused.error


def test_the_function_finds_it_with_its_nodes(comfy_stack, program, runcomfy, stack):
    stack.up()
    (row,) = rows(runcomfy)
    told = []

    def reader():
        told.append(comfy.runcomfy.get_deployment(deployment_id=row["id"]))
        told.append(comfy.runcomfy.list_deployments())
        told.append(comfy.runcomfy.get_balance())

    comfy_stack(reader, stack="reader").up()

    found, listed, balance = told
    assert TEXT in found.node_ids
    assert (listed.names, listed.enabled_ids) == ({row["id"]: row["name"]}, [row["id"]])
    assert balance.usd == 10
