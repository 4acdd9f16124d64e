"""Questions that a program asks the platform while it runs."""

from __future__ import annotations

import threading

import pulumi
import pytest
from programs import quickstart_documents

import pulumi_comfy as comfy
from pulumi_comfy.sdk._functions import ask_later

GRAPH, PROMPT = quickstart_documents()


@pytest.mark.cli
def test_a_program_finds_what_another_stack_made(deploy):
    def owner():
        comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4", name="shared-gpu")
        comfy.comfydeploy.Workflow("portrait", workflow=GRAPH, workflow_api=PROMPT, name="shared-workflow")

    def reader():
        machine = comfy.comfydeploy.get_machine(name="shared-gpu")
        workflow = comfy.comfydeploy.get_workflow_output(name=pulumi.Output.from_input("shared-workflow"))
        pulumi.export("gpu", machine.gpu)
        pulumi.export("version", workflow.version_number)

    deploy(owner, project="owner").up()

    result = deploy(reader, project="reader").up()

    assert result.outputs == {"gpu": "T4", "version": 1}


def test_prices_and_releases_can_be_asked_for(deploy):
    def program():
        pulumi.export("t4", comfy.comfydeploy.get_gpu_pricing().usd_per_second["T4"])
        pulumi.export("latest", comfy.comfydeploy.get_comfyui_versions().latest)

    result = deploy(program).up()

    assert result.outputs["t4"] == 0.00018
    assert len(result.outputs["latest"]) == 40


def test_questions_about_outputs_are_asked_side_by_side(deploy):
    def program():
        together = threading.Barrier(2, timeout=60)

        def question(number):
            together.wait()
            return number

        for number in (1, 2):
            pulumi.export(str(number), ask_later(question, {"number": number}))

    assert deploy(program).up().outputs == {"1": 1, "2": 2}


def test_a_deployment_is_found_by_workflow_and_environment(deploy, emulator):
    def owner():
        machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4")
        workflow = comfy.comfydeploy.Workflow("portrait", workflow=GRAPH, workflow_api=PROMPT)
        deployment = comfy.comfydeploy.Deployment(
            "serving",
            workflow_id=workflow.id,
            workflow_version_id=workflow.version_id,
            machine_id=machine.id,
            environment="production",
        )
        found = comfy.comfydeploy.get_deployment_output(
            workflow_id=pulumi.Output.all(workflow.id, deployment.id).apply(lambda ids: ids[0]),
            environment="production",
        )
        pulumi.export("same", pulumi.Output.all(found.deployment_id, deployment.id).apply(lambda ids: ids[0] == ids[1]))

    assert deploy(owner).up().outputs == {"same": True}


NOBODYS = "6d2b5f0e-1111-4222-8333-444455556666"


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: comfy.comfydeploy.get_machine(name="nobody"), "this key sees none. Check the name and the account"),
        (lambda: comfy.comfydeploy.get_workflow(object_id=NOBODYS), "this key sees none. Check the id and the account"),
        (
            lambda: comfy.comfydeploy.get_deployment(workflow_id=NOBODYS, environment="staging"),
            "has none in staging. Check the workflow's id",
        ),
        (
            lambda: comfy.comfydeploy.get_deployment(
                workflow_id=NOBODYS, environment=comfy.comfydeploy.Environment.PREVIEW
            ),
            "has none in preview. Check the workflow's id",
        ),
        (lambda: comfy.comfydeploy.get_machine(name="a\0"), "it holds U+0000"),
        (comfy.comfydeploy.get_machine, "either `name` or `object_id`"),
        (lambda: comfy.comfydeploy.get_deployment(workflow_id=NOBODYS, environment="prod"), "environment"),
    ],
)
def test_a_question_without_an_answer_is_one_sentence(deploy, ask, says):
    result = deploy(lambda: ask() and None).preview(check=False)

    assert says in result.error
    assert "Traceback" not in result.error


def test_two_objects_of_the_same_name_are_listed_by_id(deploy, platform, emulator):
    for _ in range(2):
        platform.post("/machine/serverless", json={"name": "twin", "gpu": "T4"}).raise_for_status()

    result = deploy(lambda: comfy.comfydeploy.get_machine(name="twin") and None).preview(check=False)

    assert all(machine["id"] in result.error for machine in emulator.comfydeploy.dump()["machines"])


@pytest.mark.cli
@pytest.mark.parametrize("argument", ["name", "object_id", "connection"])
def test_an_output_given_to_the_plain_form_is_refused_and_the_output_form_named(deploy, emulator, argument):
    def program():
        comfy.comfydeploy.get_machine(**{"name": "shared-gpu", argument: pulumi.Output.from_input("shared-gpu")})

    result = deploy(program).preview(check=False)

    assert f"get_machine: `{argument}` is an output, which has no value yet. Use get_machine_output" in result.error
    assert "[COMFY1001]" in result.error
    assert "Traceback" not in result.error
    assert list(emulator.requests) == []


@pytest.mark.cli
def test_the_output_form_asks_once_its_outputs_are_known(deploy, emulator):
    def program():
        machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4")
        pulumi.export("gpu", comfy.comfydeploy.get_machine_output(object_id=machine.id).gpu)

    stack = deploy(program)

    stack.preview()
    asked_in_preview = len(emulator.requests)

    assert (asked_in_preview, stack.up().outputs) == (0, {"gpu": "T4"})


def test_the_output_form_without_an_answer_is_one_sentence(deploy):
    def program():
        pulumi.export("gpu", comfy.comfydeploy.get_machine_output(name=pulumi.Output.from_input("nobody")).gpu)

    result = deploy(program).preview(check=False)

    assert "this key sees none" in result.error
    assert "Traceback" not in result.error


def test_an_error_of_the_output_form_does_not_tell_a_secret_argument(deploy):
    def program():
        pulumi.export("gpu", comfy.comfydeploy.get_machine_output(name=pulumi.Output.secret("hidden-machine")).gpu)

    result = deploy(program).preview(check=False)

    assert "[COMFY" in result.error
    assert "hidden-machine" not in result.error
