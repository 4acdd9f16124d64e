"""The program tells the provider which places of its inputs are secret, and nothing else of them."""

from __future__ import annotations

import pulumi
import pytest
from mocked_programs import SECRET_SIGNATURE, run

import pulumi_comfy as comfy
from pulumi_comfy.address import SECRETS

MACHINE = "6d2b5f0e-1111-4222-8333-444455556666"
secret = pulumi.Output.secret
plain = pulumi.Output.from_input


def check(**arguments):
    return comfy.comfydeploy.InferenceCheck("it", deployment_id=MACHINE, **arguments)


def deployment(inference_check):
    ids = {"workflow_id": MACHINE, "workflow_version_id": MACHINE, "machine_id": MACHINE}
    return comfy.comfydeploy.Deployment("it", environment="staging", inference_check=inference_check, **ids)


def machine(*steps, **arguments):
    return comfy.comfydeploy.ServerlessMachine("it", gpu="T4", docker_command_steps=list(steps), **arguments)


async def later():
    return "a"


PLACES = {
    "an argument": (lambda: check(save_outputs_to=secret("a")), [["saveOutputsTo"]]),
    "a derived one": (lambda: check(save_outputs_to=pulumi.Output.concat("a", secret("b"))), [["saveOutputsTo"]]),
    "a whole mapping": (lambda: check(inputs=secret({"a": 1})), [["inputs"]]),
    "in an output's mapping": (lambda: check(inputs=plain({"a": secret("b")})), [["inputs"]]),
    "a mapping's key": (lambda: check(inputs={"a_b.c": secret("d"), "e": "f"}), [["inputs", "a_b.c"]]),
    "deep in a mapping": (lambda: check(inputs={"a": [1, {"b": secret(2)}]}), [["inputs", "a", 1, "b"]]),
    "an argument class": (
        lambda: deployment(
            comfy.comfydeploy.InferenceCheckArgs(save_outputs_to=secret("a"), inputs={"b": secret("c")})
        ),
        [["inferenceCheck", "inputs", "b"], ["inferenceCheck", "saveOutputsTo"]],
    ),
    "a list's item": (
        lambda: machine({"type": "commands", "data": "RUN a"}, {"type": "commands", "data": secret("RUN b")}),
        [["dockerCommandSteps", 1, "data"]],
    ),
    "a document": (lambda: comfy.comfydeploy.Workflow("it", workflow=secret({"1": {}})), [["workflow"]]),
    "in a document": (lambda: comfy.comfydeploy.Workflow("it", workflow={"1": secret({})}), [["workflow"]]),
    "several": (
        lambda: machine(prestart_command=secret("a"), extra_args=secret("b"), python_version=plain("3.12")),
        [["extraArgs"], ["prestartCommand"]],
    ),
    "an output that is none": (lambda: check(save_outputs_to=plain("a")), None),
    "an awaited one that is none": (lambda: check(save_outputs_to=later()), None),
    "no output": (lambda: check(save_outputs_to="a"), None),
}


@pytest.mark.parametrize(("program", "places"), PLACES.values(), ids=PLACES.keys())
def test_a_secret_s_place_is_told(program, places):
    told = run(lambda: program() and None).inputs("it").get(SECRETS)

    assert (told and sorted(told)) == places


def with_a_secret(args):
    step = {"type": "commands", "data": secret("RUN a")}
    return pulumi.ResourceTransformationResult({**args.props, "docker_command_steps": [step]}, args.opts)


def a_transformed_machine():
    machine(opts=pulumi.ResourceOptions(transformations=[with_a_secret]))


def a_machine_of_a_transformed_component():
    holder = pulumi.ComponentResource("own:index:Holder", "holder", None, None)
    holder._transformations = [with_a_secret]
    machine(opts=pulumi.ResourceOptions(parent=holder))


def a_machine_of_a_transformed_stack():
    pulumi.runtime.register_stack_transformation(
        lambda args: with_a_secret(args) if isinstance(args.resource, comfy.comfydeploy.ServerlessMachine) else None
    )
    machine()


@pytest.mark.parametrize(
    "program", [a_transformed_machine, a_machine_of_a_transformed_component, a_machine_of_a_transformed_stack]
)
def test_a_secret_that_a_transformation_brings_is_told_and_masked(comfy_stack, comfy_emulator, program):
    comfy_emulator.comfydeploy.builds.outcome("error", log=["step RUN a failed"])
    stack = comfy_stack(program, env={"PULUMI_COMFY_PACE": "0.05"})

    result = stack.up(check=False)

    assert "step [secret] failed" in result.error
    assert stack.resource("it")["inputs"][SECRETS] == [["dockerCommandSteps", 0, "data"]]


def test_a_document_that_a_transformation_brings_arrives_as_text():
    def another(args):
        return pulumi.ResourceTransformationResult({**args.props, "workflow": {"1": {}}}, args.opts)

    def program():
        options = pulumi.ResourceOptions(transformations=[another])
        comfy.comfydeploy.Workflow("it", workflow={"2": {}}, opts=options)

    assert run(program).inputs("it")["workflow"] == '{"1": {}}'


def test_a_field_that_is_always_secret_stays_so_under_a_transformation():
    def another(args):
        return pulumi.ResourceTransformationResult({**args.props, "variables": {"A": "b"}}, args.opts)

    def program():
        options = pulumi.ResourceOptions(transformations=[another])
        comfy.comfydeploy.Secret("it", variables={"A": "a"}, machine_ids=[MACHINE], opts=options)

    assert run(program).inputs("it")["variables"].items() >= SECRET_SIGNATURE.items()


def test_what_an_awaitable_gives_is_still_sent():
    assert run(lambda: check(save_outputs_to=later()) and None).inputs("it")["saveOutputsTo"] == "a"


def test_a_secret_that_fails_stops_the_program_and_leaves_nothing_behind(comfy_stack):
    def fails(_):
        raise ValueError("boom")

    result = comfy_stack(lambda: check(save_outputs_to=secret("a").apply(fails)) and None).preview(check=False)

    assert "boom" in result.error


def test_a_secret_path_that_leads_nowhere_is_not_repeated(comfy_stack):
    result = comfy_stack(
        lambda: comfy.comfydeploy.Workflow("it", workflow=secret("hidden/place.json")) and None
    ).preview(check=False)

    assert 'Workflow "it", workflow: a dict, JSON text or the path of a file is expected. [COMFY1201]' in result.error
    assert "hidden" not in result.error


@pytest.mark.parametrize("seed", [float(2**64 - 1), -float(2**53)])
def test_a_number_of_a_document_that_was_rounded_in_another_stack_s_outputs_stops_the_program(comfy_stack, seed):
    def program():
        document = {"1": {"class_type": "KSampler", "inputs": {"seed": plain(seed)}}}
        comfy.comfydeploy.Workflow("it", workflow=document)

    result = comfy_stack(program).preview(check=False)

    assert 'Workflow "it", workflow: a whole number beyond 2^53 lost its last digits' in result.error


EXTRA = {"api_key_comfy_org": "a key of a partner"}
FORMS = {
    "an argument class": lambda: comfy.runcomfy.InferenceCheckArgs(extra_data=EXTRA),
    "a dict": lambda: {"extra_data": EXTRA},
    "a dict as it is sent": lambda: {"extraData": EXTRA},
    "an output": lambda: plain({"extra_data": EXTRA}),
}


def serving(inference_check):
    arguments = {"workflow_id": MACHINE, "workflow_version": "v1", "inference_check": inference_check}
    return comfy.runcomfy.Deployment("it", **arguments)


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_field_inside_an_input_is_sent_as_a_secret_without_a_mark_of_the_program(form):
    sent = run(lambda: serving(FORMS[form]()) and None).inputs("it")["inferenceCheck"]

    holder = sent if SECRET_SIGNATURE.items() <= sent.items() else sent["extraData"]
    assert holder.items() >= SECRET_SIGNATURE.items()


NOT_GIVEN = {
    "no check": lambda: None,
    "a dict": dict,
    "an argument class": comfy.runcomfy.InferenceCheckArgs,
    "an output": lambda: plain({"overrides": {}}),
}


@pytest.mark.parametrize("form", NOT_GIVEN)
def test_where_it_is_not_given_nothing_is_secret(form):
    sent = run(lambda: serving(NOT_GIVEN[form]()) and None).inputs("it")

    assert str(next(iter(SECRET_SIGNATURE))) not in str(sent)
