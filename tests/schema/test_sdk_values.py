"""What a program writes arrives as written, or the program is stopped: Pulumi itself would change it in silence."""

from __future__ import annotations

import pulumi
import pytest
from mocked_programs import run

import pulumi_comfy as comfy

MACHINE = "11111111-1111-1111-1111-111111111111"
BEYOND = 2**53 + 1


def secret(variables):
    return comfy.comfydeploy.Secret("tokens", variables=variables, machine_ids=[MACHINE])


def check(**arguments):
    return comfy.comfydeploy.InferenceCheck("daily", deployment_id=MACHINE, **arguments)


def machine(data):
    return comfy.comfydeploy.ServerlessMachine(
        "gpu", gpu="T4", docker_command_steps=[{"type": "commands", "data": data}]
    )


def deployment(inference_check):
    ids = {"workflow_id": MACHINE, "workflow_version_id": MACHINE, "machine_id": MACHINE}
    return comfy.comfydeploy.Deployment("serving", environment="staging", inference_check=inference_check, **ids)


NONE = {
    "in a mapping": (lambda: secret({"HF_TOKEN": None}), 'Secret "tokens", variables["HF_TOKEN"]'),
    "in an output": (
        lambda: secret(pulumi.Output.from_input({"A": None})),
        'Secret "tokens", variables["A"]',
    ),
    "as an output": (lambda: secret({"A": pulumi.Output.from_input(None)}), 'Secret "tokens", variables["A"]'),
    "as a secret": (lambda: secret({"A": pulumi.Output.secret(None)}), 'Secret "tokens", variables["A"]'),
    "deep in JSON": (lambda: machine({"pip": [{"a": None}]}), 'docker_command_steps[0].data["pip"][0]["a"]'),
    "in run inputs": (lambda: check(inputs={"prompt": None}), 'InferenceCheck "daily", inputs["prompt"]'),
    "in arguments": (
        lambda: deployment(comfy.comfydeploy.InferenceCheckArgs(inputs={"prompt": None})),
        'Deployment "serving", inference_check.inputs["prompt"]',
    ),
    "in a dict of arguments": (
        lambda: deployment({"inputs": {"prompt": None}}),
        'Deployment "serving", inference_check.inputs["prompt"]',
    ),
}


@pytest.mark.parametrize(("program", "place"), NONE.values(), ids=NONE.keys())
def test_none_in_a_mapping_stops_the_program_and_names_the_key(comfy_stack, program, place):
    result = comfy_stack(lambda: program() and None).preview(check=False)

    assert f"{place}: None is no value" in result.error
    assert result.error.endswith("[COMFY1001]")


def in_text(make):
    """Make something of a text into which a program put an output."""

    def program():
        made = comfy.comfydeploy.CustomMachine("own", endpoint="https://comfy.example")
        make(f"of {made.id}")

    return program


IN_TEXT = {
    "a name": (
        in_text(lambda text: comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4", name=text)),
        'ServerlessMachine "gpu", name',
    ),
    "a folder": (in_text(lambda text: check(save_outputs_to=text)), 'InferenceCheck "daily", save_outputs_to'),
    "a run input": (in_text(lambda text: check(inputs={"prompt": text})), 'InferenceCheck "daily", inputs["prompt"]'),
    "a document": (
        in_text(lambda text: comfy.comfydeploy.Workflow("it", workflow={"1": {"inputs": {"a": text}}})),
        'Workflow "it", workflow',
    ),
}


@pytest.mark.parametrize(("program", "place"), IN_TEXT.values(), ids=IN_TEXT.keys())
def test_an_output_in_a_text_stops_the_program_and_names_the_place(comfy_stack, program, place):
    result = comfy_stack(program).preview(check=False)

    assert f"{place}: an output was put into text" in result.error
    assert "Calling __str__" not in result.error


NOT_GIVEN = {
    "an argument": lambda: check(inputs=None, always=None),
    "an argument as an output": lambda: check(save_outputs_to=pulumi.Output.from_input(None)),
    "of an argument class": lambda: deployment(comfy.comfydeploy.InferenceCheckArgs(on_failure=None)),
    "of a dict in its place": lambda: deployment({"on_failure": None, "expect": {"width": None}}),
    "of an output in its place": lambda: deployment(pulumi.Output.from_input({"on_failure": None})),
}


@pytest.mark.parametrize("program", NOT_GIVEN.values(), ids=NOT_GIVEN.keys())
def test_none_for_an_argument_means_that_it_is_not_given(program):
    run(program)


SEED = 'InferenceCheck "daily", inputs["seed"]'
TRIGGER = 'InferenceCheck "daily", triggers[1]'
TOO_LARGE = {
    "positive": (lambda: check(inputs={"seed": BEYOND}), SEED),
    "negative": (lambda: check(inputs={"seed": -BEYOND}), SEED),
    "as an output": (
        lambda: check(inputs={"seed": pulumi.Output.from_input(BEYOND)}),
        SEED,
    ),
    "in a list": (lambda: check(triggers=[1, BEYOND]), TRIGGER),
    "in a list as an output": (
        lambda: check(triggers=pulumi.Output.from_input([1, BEYOND])),
        TRIGGER,
    ),
    "beyond any double": (lambda: check(inputs={"seed": 10**400}), SEED),
}


@pytest.mark.parametrize(("program", "place"), TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_a_whole_number_that_pulumi_would_round_stops_the_program(comfy_stack, program, place):
    result = comfy_stack(lambda: program() and None).preview(check=False)

    assert f"{place}: a whole number beyond 2^53 would be rounded" in result.error
    assert result.error.endswith("Give it as text. [COMFY1001]")


@pytest.mark.parametrize("seed", [2**53, -(2**53), str(BEYOND), float(2**52)])
def test_what_arrives_whole_passes(seed):
    wire = run(lambda: check(inputs={"seed": seed}) and None)

    assert wire.inputs("daily")["inputs"] == {"seed": seed}


@pytest.mark.parametrize("wrap", [lambda seed: seed, pulumi.Output.from_input], ids=["as it is", "as an output"])
def test_a_whole_number_that_was_rounded_in_another_stack_s_outputs_stops_the_program(comfy_stack, wrap):
    result = comfy_stack(lambda: check(inputs={"seed": wrap(float(2**64 - 1))}) and None).preview(check=False)

    assert f"{SEED}: a whole number beyond 2^53 is rounded already" in result.error
    assert result.error.endswith("Give and export it as text. [COMFY1001]")


def test_a_rounded_number_that_comes_as_a_whole_argument_is_refused_by_the_provider(comfy_stack):
    program = lambda: comfy.comfydeploy.Model(  # noqa: E731
        "m", folder_path="a", filename="b", civitai="https://civitai.com/x", size=pulumi.Output.from_input(2.0**60)
    )

    result = comfy_stack(lambda: program() and None).preview(check=False)

    assert "size: a whole number beyond 2^53 lost its last digits" in result.error


def test_a_value_that_is_refused_is_not_printed(comfy_stack):
    result = comfy_stack(lambda: secret({"PIN": BEYOND}) and None).preview(check=False)

    assert str(BEYOND) not in result.error


def test_an_output_among_the_values_of_a_secret_stays_a_secret():
    wire = run(lambda: secret({"A": pulumi.Output.secret("b")}) and None)

    assert "b" in str(wire.inputs("tokens")["variables"])


@pytest.mark.cli
def test_a_variable_that_is_not_set_ends_the_program_without_a_traceback(comfy_stack, comfy_emulator):
    result = comfy_stack(lambda: secret({"HF_TOKEN": None}) and None).preview(check=False)

    assert 'Secret "tokens", variables["HF_TOKEN"]: None is no value' in result.error
    assert "Traceback" not in result.error
    assert list(comfy_emulator.requests) == []


def test_an_output_of_another_resource_may_hold_fields_that_were_not_given(comfy_stack):
    def program() -> None:
        served = deployment(comfy.comfydeploy.InferenceCheckArgs(inputs={"prompt": "a cat"}))
        check(triggers=[served.inference_check], inputs={"told": served.inference_check.apply(str)})

    result = comfy_stack(program).preview(check=False)

    assert "None is no value" not in result.error
    assert result.ok, result.error
