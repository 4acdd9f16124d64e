"""What Pulumi cannot carry stops the program in one sentence: Pulumi's own traceback shows the values beside it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pulumi
import pytest

import pulumi_comfy as comfy

MACHINE = "11111111-1111-1111-1111-111111111111"
CHECK = 'InferenceCheck "daily"'


class Colour(Enum):
    RED = "red"


def check(**arguments):
    return comfy.comfydeploy.InferenceCheck("daily", deployment_id=MACHINE, **arguments)


def machine(**arguments):
    return comfy.comfydeploy.ServerlessMachine("gpu", **{"gpu": "T4", **arguments})


def secret(variables):
    return comfy.comfydeploy.Secret("tokens", variables=variables, machine_ids=[MACHINE])


def refusal(comfy_stack, program):
    result = comfy_stack(lambda: program() and None).preview(check=False)
    assert "Traceback" not in result.error
    return result.error


STRANGERS = {
    "a path": Path("pictures"),
    "a date": date(2026, 1, 1),
    "a decimal": Decimal("1.5"),
    "an enumeration": Colour.RED,
    "bytes": b"abc",
    "a set": {"a"},
    "a generator": (letter for letter in "ab"),
    "an asset": pulumi.StringAsset("abc"),
    "a function": len,
}


@pytest.mark.parametrize("value", STRANGERS.values(), ids=STRANGERS.keys())
def test_a_value_that_pulumi_cannot_carry_is_named_by_its_place_and_type(comfy_stack, value):
    error = refusal(comfy_stack, lambda: check(inputs={"colour": value}))

    kind = type(value).__name__
    assert error == (
        f'{CHECK}, inputs["colour"]: a value of type {kind} cannot be sent; give text, a number, True or False, a list '
        "or a dict. [COMFY1001]"
    )


def test_such_a_value_in_an_output_is_refused_too(comfy_stack):
    error = refusal(comfy_stack, lambda: check(inputs=pulumi.Output.from_input({"a": 1}).apply(lambda _: {"a": {"b"}})))

    assert f'{CHECK}, inputs["a"]: a value of type set cannot be sent' in error


def test_a_path_as_an_argument_is_refused(comfy_stack):
    error = refusal(comfy_stack, lambda: check(save_outputs_to=Path("pictures")))

    assert f"{CHECK}, save_outputs_to: a value of type PosixPath cannot be sent" in error


def test_what_stands_beside_such_a_value_is_not_shown(comfy_stack):
    error = refusal(comfy_stack, lambda: check(inputs={"token": "hf_canary", "folder": Path("pictures")}))

    assert "canary" not in error


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_number_that_json_does_not_know_is_refused(comfy_stack, number):
    error = refusal(comfy_stack, lambda: check(triggers=[float(number)]))

    assert f"{CHECK}, triggers[0]: {number} is no number in JSON" in error


@pytest.mark.parametrize("program", [lambda: check(inputs={1: "a"}), lambda: secret({1: "hf_canary"})])
def test_a_key_that_is_no_text_is_refused(comfy_stack, program):
    error = refusal(comfy_stack, program)

    assert "a key that is no text cannot be sent. Write its keys in quotes" in error


LISTS = {
    "for a dict": (lambda: check(inputs=["a"]), f"{CHECK}, inputs: a dict"),
    "for arguments": (
        lambda: machine(docker_command_steps=[[{"type": "commands", "data": "RUN true"}]]),
        'ServerlessMachine "gpu", docker_command_steps[0]: a dict',
    ),
    "for text": (lambda: machine(name=["painter"]), 'ServerlessMachine "gpu", name: a single value'),
    "for a number": (lambda: machine(idle_timeout=[60]), 'ServerlessMachine "gpu", idle_timeout: a single value'),
    "in a secret": (lambda: secret({"A": ["b"]}), 'Secret "tokens", variables["A"]: a single value'),
}


@pytest.mark.parametrize(("program", "place"), LISTS.values(), ids=LISTS.keys())
def test_a_list_where_none_is_expected_is_refused_by_its_place(comfy_stack, program, place):
    error = refusal(comfy_stack, program)

    assert f"{place} is expected, not a list. [COMFY1001]" in error


def test_a_structure_that_holds_itself_is_refused(comfy_stack):
    inputs = {}
    inputs["again"] = inputs

    error = refusal(comfy_stack, lambda: check(inputs=inputs))

    assert error == f"{CHECK}, inputs: it holds itself, or is nested too deeply. [COMFY1001]"


def test_a_dict_in_the_place_of_the_resource_options_is_refused(comfy_stack):
    error = refusal(comfy_stack, lambda: comfy.comfydeploy.Workflow("portrait", {"name": "x"}, workflow="w.json"))

    assert error == (
        "portrait: what follows the name is `pulumi.ResourceOptions(...)`, not a dict; give inputs by their names. "
        "[COMFY1001]"
    )
