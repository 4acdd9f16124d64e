"""Stacks that share: the workflow here, machine and deployment there."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from programs import quickstart_documents

import pulumi_comfy as comfy

pytestmark = pytest.mark.apart

GRAPH, PROMPT = quickstart_documents()


def workflow_program():
    workflow = comfy.comfydeploy.Workflow("portrait", workflow=GRAPH, workflow_api=PROMPT)
    pulumi.export("workflow_id", workflow.id)
    pulumi.export("version_id", workflow.version_id)


def serving_program(shared: dict[str, Any], **machine: Any):
    def program():
        gpu = comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4", **machine)
        comfy.comfydeploy.Deployment(
            "serving",
            workflow_id=shared["workflow_id"],
            workflow_version_id=shared["version_id"],
            machine_id=gpu.id,
            environment="production",
            inference_check=comfy.comfydeploy.InferenceCheckArgs(inputs={"prompt": "a cat"}),
        )

    return program


@pytest.mark.cli
def test_destroy_and_up_again_work_with_the_workflow_in_another_stack(deploy, emulator):
    shared = deploy(workflow_program, project="workflows").up().outputs
    serving = deploy(serving_program(shared, keep_warm=1), project="serving")
    serving.up()

    serving.destroy()
    empty = emulator.comfydeploy.dump()
    serving.up()

    assert (empty["machines"], empty["deployments"]) == ([], [])
    assert len(empty["workflows"]) == 1
    assert len(emulator.comfydeploy.dump()["deployments"]) == 1


def test_a_machine_that_another_stack_uses_is_not_deleted_and_the_error_names_the_workflow(deploy, emulator, platform):
    shared = deploy(workflow_program, project="workflows").up().outputs
    other = deploy(
        lambda: pulumi.export(
            "machine",
            comfy.comfydeploy.ServerlessMachine(
                "gpu", pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(delete="1s")), gpu="T4"
            ).id,
        ),
        project="machines",
    )
    machine_id = other.up().outputs["machine"]
    body = {
        "workflow_id": shared["workflow_id"],
        "workflow_version_id": shared["version_id"],
        "machine_id": machine_id,
        "environment": "staging",
    }
    platform.post("/deployment", json=body).raise_for_status()

    result = other.destroy(check=False)

    name = emulator.comfydeploy.dump()["workflows"][0]["name"]
    assert name in result.error
    assert "402" in result.error
    assert len(emulator.comfydeploy.dump()["machines"]) == 1


def test_a_version_of_another_workflow_is_refused_before_anything_is_deployed(deploy, emulator):
    first = deploy(workflow_program, project="one").up().outputs
    second = deploy(workflow_program, project="two").up().outputs
    mixed = {"workflow_id": first["workflow_id"], "version_id": second["version_id"]}

    result = deploy(serving_program(mixed), project="serving").up(check=False)

    assert "it is a version of workflow" in result.error
    assert emulator.comfydeploy.dump()["deployments"] == []
