"""Refreshes: one list for any number, and an absence that is a question."""

from __future__ import annotations

import pytest
from runcomfy_program import GRAPH

import pulumi_comfy as comfy

MANY = 200


def deployments(workflow_id, count):
    def program():
        for number in range(count):
            comfy.runcomfy.Deployment(f"serving-{number}", workflow_id=workflow_id, workflow_version="v1")

    return program


def test_a_refresh_of_two_hundred_is_one_call(comfy_stack, runcomfy, emulator):
    stack = comfy_stack(deployments(runcomfy.add_workflow(GRAPH), MANY))
    stack.up()
    emulator.clear_requests()

    stack.refresh()

    assert [f"{one.method} {one.path}" for one in emulator.requests] == ["GET /prod/v2/deployments"]
    assert stack.preview().changes == {}


def test_one_that_was_deleted_by_hand_is_gone(comfy_stack, runcomfy, emulator, api):
    stack = comfy_stack(deployments(runcomfy.add_workflow(GRAPH), 3))
    stack.up()
    api.delete(f"/prod/v2/deployments/{stack.resource('serving-1')['id']}").raise_for_status()

    stack.refresh()

    assert stack.preview().changes == {"create": 1}


@pytest.mark.cli
def test_another_account_s_token_changes_nothing(comfy_stack, runcomfy, emulator):
    program = deployments(runcomfy.add_workflow(GRAPH), 3)
    env = {"PULUMI_COMFY_PACE": "0.05"}
    stack = comfy_stack(program, env=env)
    stack.up()
    held = runcomfy.dump()["deployments"]
    stack.env = {**stack.env, "RUNCOMFY_API_KEY": runcomfy.key(account="another")}

    refused = [stack.refresh(check=False), stack.destroy(check=False)]

    assert all("another account" in one.error for one in refused)
    assert runcomfy.dump()["deployments"] == held
    assert len([one for one in stack.resources() if "Deployment" in one["type"]]) == 3


def test_where_all_are_said_to_be_gone_at_once_the_refresh_refuses_and_names_the_variable(comfy_stack, runcomfy, api):
    stack = comfy_stack(deployments(runcomfy.add_workflow(GRAPH), 3))
    stack.up()
    for number in range(3):
        api.delete(f"/prod/v2/deployments/{stack.resource(f'serving-{number}')['id']}").raise_for_status()

    refused = stack.refresh(check=False)

    assert "RUNCOMFY_API_KEY" in refused.error
    assert len([one for one in stack.resources() if "Deployment" in one["type"]]) == 3


def test_one_that_serves_a_lora_is_refused(comfy_stack, runcomfy):
    lora = runcomfy.add_lora_deployment()

    def program():
        comfy.runcomfy.Deployment("it", workflow_id=runcomfy.add_workflow(GRAPH), workflow_version="v1", adopt=lora)

    assert "serves no workflow" in comfy_stack(program).up(check=False).error
