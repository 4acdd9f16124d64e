"""ComfyDeploy's input nodes and the inputs of a run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workflow_documents import BIG_SEED, SHARED, make_prompt

from pulumi_comfy.workflows import ExternalInput, check_run_inputs, external_inputs, seed_inputs

PREFIX = "ComfyUIDeployExternal"


def offering(kind: str, **inputs: Any) -> dict[str, Any]:
    """A prompt with one input node called `it`."""
    return {"1": {"class_type": kind, "inputs": {"input_id": "it", **inputs}}}


def problems(kind: str, value: Any, **inputs: Any) -> list[str]:
    return check_run_inputs(external_inputs(offering(kind, **inputs)), {"it": value})


def test_a_text_input_is_described_in_full():
    assert external_inputs(make_prompt()) == [
        ExternalInput(
            input_id="prompt",
            type="string",
            class_type=f"{PREFIX}Text",
            default_value="a cat",
            min_value=None,
            max_value=None,
            options=None,
            display_name="Prompt",
            description="What.",
            node_id="1",
        )
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        *[
            (f"{PREFIX}{name}", "string")
            for name in ("Text", "TextAny", "Image", "ImageBatch", "Lora", "Enum", "Video", "Color")
        ],
        (f"{PREFIX}Number", "float"),
        (f"{PREFIX}NumberSlider", "float"),
        (f"{PREFIX}NumberInt", "integer"),
        (f"{PREFIX}NumberSliderInt", "integer"),
        (f"{PREFIX}Seed", "integer"),
        (f"{PREFIX}Boolean", "boolean"),
        ("ComfyDeployWebscoketImageInput", "binary"),
    ],
)
def test_each_class_has_the_platforms_type(kind: str, expected: str):
    assert [offered.type for offered in external_inputs(offering(kind))] == [expected]


@pytest.mark.parametrize(
    "node",
    [
        {"class_type": "KSampler", "inputs": {"input_id": "it"}},
        {"class_type": f"{PREFIX}Text", "inputs": {}},
        {"class_type": f"{PREFIX}Text", "inputs": {"input_id": ""}},
        {"class_type": f"{PREFIX}Text", "inputs": {"input_id": ["1", 0]}},
    ],
    ids=["other class", "no id", "empty id", "linked id"],
)
def test_some_nodes_offer_no_input(node: dict[str, Any]):
    assert external_inputs({"1": node}) == []


def test_inputs_come_in_the_order_of_their_nodes():
    prompt = {key: {"class_type": f"{PREFIX}Text", "inputs": {"input_id": f"i{key}"}} for key in ("10", "2")}

    assert [offered.input_id for offered in external_inputs(prompt)] == ["i2", "i10"]


def test_limits_and_texts_of_odd_types_are_absent():
    (offered,) = external_inputs(
        offering(
            f"{PREFIX}Number", min_value=True, max_value="9", display_name=3, description=["2", 0], default_value={}
        )
    )

    assert (offered.min_value, offered.max_value, offered.display_name, offered.description) == (None, None, "", "")
    assert offered.default_value is None


def test_a_default_that_another_node_makes_is_none():
    (offered,) = external_inputs(offering(f"{PREFIX}Image", default_value=["4", 0]))

    assert offered.default_value is None


@pytest.mark.parametrize(
    ("written", "options"),
    [
        ('["a", "b"]', ("a", "b")),
        (["a"], ("a",)),
        ("a, b", None),
        ("", None),
        ('{"a": 1}', None),
        ("[1, 2]", None),
        ("[" * 100_000, None),
        (None, None),
    ],
)
def test_options_are_read_from_json_text(written: Any, options: Any):
    (offered,) = external_inputs(offering(f"{PREFIX}Enum", options=written))

    assert offered.options == options


def test_only_an_enum_has_options():
    (offered,) = external_inputs(offering(f"{PREFIX}Text", options='["a"]'))

    assert offered.options is None


# What a run is given


@pytest.mark.parametrize(
    ("kind", "value", "inputs"),
    [
        ("Text", "a dog", {}),
        ("Text", "", {}),
        ("Image", "https://host/a.png", {}),
        ("ImageBatch", ["https://host/a.png"], {}),
        ("ImageBatch", '["https://host/a.png"]', {}),
        ("Number", 1.5, {}),
        ("Number", 1, {}),
        ("Number", "1.5", {}),
        ("NumberInt", 5, {}),
        ("NumberInt", 5.0, {}),
        ("NumberInt", "5", {}),
        ("NumberInt", str(BIG_SEED), {}),
        ("NumberSlider", 0.5, {"min_value": 0, "max_value": 1}),
        ("NumberSliderInt", 1, {"min_value": 1, "max_value": 1}),
        ("Seed", -1, {"min_value": 1, "max_value": 5}),
        ("Boolean", False, {}),
        ("Enum", "a", {"options": '["a", "b"]'}),
        ("Enum", "anything", {"options": "unreadable"}),
    ],
)
def test_a_fitting_value_is_no_problem(kind: str, value: Any, inputs: dict[str, Any]):
    assert problems(f"{PREFIX}{kind}", value, **inputs) == []


@pytest.mark.parametrize(
    ("kind", "value", "inputs", "said"),
    [
        ("Text", 5, {}, "must be a text, not a number"),
        ("Text", True, {}, "must be a text, not a boolean"),
        ("Text", ["a"], {}, "must be a text, not a list"),
        ("Text", None, {}, "must be a text; the platform accepts neither null nor an object"),
        ("Text", {"a": 1}, {}, "must be a text; the platform accepts neither null nor an object"),
        ("ImageBatch", [1], {}, "must be a list of texts"),
        ("ImageBatch", 1, {}, "must be a list of texts or a text, not a number"),
        ("Number", "much", {}, "must be a number, not a text"),
        ("Number", "nan", {}, "must be a number, not a text"),
        ("Number", float("inf"), {}, "must be a number, not a number"),
        ("Number", True, {}, "must be a number, not a boolean"),
        ("Number", [1], {}, "must be a number, not a list"),
        ("NumberInt", None, {}, "must be a whole number; the platform accepts neither null nor an object"),
        ("NumberInt", 1.5, {}, "must be a whole number, not 1.5"),
        ("NumberInt", "1_000", {}, "must be a whole number, not a text"),
        ("NumberInt", "9" * 5000, {}, "must be a whole number, not a text"),
        ("NumberSlider", 2, {"min_value": 0, "max_value": 1}, "must be at most 1, not 2"),
        ("NumberSlider", -0.5, {"min_value": 0, "max_value": 1}, "must be at least 0, not -0.5"),
        ("Boolean", "true", {}, "must be true or false, not a text"),
        ("Boolean", 1, {}, "must be true or false, not a number"),
        ("Enum", "pink", {"options": '["red", "blue"]'}, 'must be one of "red", "blue"'),
        ("Enum", "bleu", {"options": '["red", "blue"]'}, 'must be one of "red", "blue"; did you mean "blue"?'),
    ],
)
def test_a_value_that_does_not_fit_is_told(kind: str, value: Any, inputs: dict[str, Any], said: str):
    assert problems(f"{PREFIX}{kind}", value, **inputs) == [f'input "it" {said}']


def test_a_misspelt_name_is_told_with_the_nearest():
    assert check_run_inputs(external_inputs(make_prompt()), {"promt": "a"}) == [
        '"promt" is not an input of the workflow; did you mean "prompt"?'
    ]


def test_a_strange_name_is_told_with_all_there_are():
    assert check_run_inputs(external_inputs(make_prompt()), {"zzz": "a"}) == [
        '"zzz" is not an input of the workflow; it has "prompt"'
    ]


def test_a_workflow_without_inputs_says_so():
    assert check_run_inputs([], {"prompt": "a"}) == ['"prompt" is not an input of the workflow, which has no inputs']


def test_inputs_may_be_left_out():
    assert check_run_inputs(external_inputs(make_prompt()), {}) == []


def test_one_name_for_two_nodes_must_fit_both():
    prompt = {
        "1": {"class_type": f"{PREFIX}NumberSlider", "inputs": {"input_id": "it", "max_value": 5}},
        "2": {"class_type": f"{PREFIX}NumberSlider", "inputs": {"input_id": "it", "max_value": 3}},
        "3": {"class_type": f"{PREFIX}NumberSlider", "inputs": {"input_id": "it", "max_value": 3}},
    }

    assert check_run_inputs(external_inputs(prompt), {"it": 4}) == ['input "it" must be at most 3, not 4']


@given(st.integers())
def test_every_whole_number_fits_a_whole_number_input_as_text_too(number: int):
    assert problems(f"{PREFIX}NumberInt", str(number)) == []


@given(st.text(min_size=8))
def test_a_given_text_is_never_repeated(text: str):
    kinds = [f"{PREFIX}{kind}" for kind in ("Number", "NumberInt", "Boolean", "Enum")]

    said = " ".join(line for kind in kinds for line in problems(kind, f"<{text}>", options='["red"]'))

    assert f"<{text}>" not in said


# Seeds


def test_a_seed_node_is_a_seed_input():
    assert seed_inputs(offering(f"{PREFIX}Seed")) == ["it"]


@pytest.mark.parametrize(
    ("kind", "name", "is_seed"),
    [
        ("NumberInt", "seed", True),
        ("Number", "noise_seed", True),
        ("NumberInt", "steps", False),
        ("Text", "seed", False),
    ],
)
def test_a_number_linked_to_a_seed_is_a_seed_input(kind: str, name: str, is_seed: bool):
    prompt = {**offering(f"{PREFIX}{kind}"), "2": {"class_type": "KSampler", "inputs": {name: ["1", 0], "seed ": 3}}}

    assert seed_inputs(prompt) == (["it"] if is_seed else [])


def test_a_seed_input_of_two_nodes_is_listed_once():
    assert seed_inputs({**offering(f"{PREFIX}Seed"), "2": offering(f"{PREFIX}Seed")["1"]}) == ["it"]


# The platform's own reading


def recorded_inputs() -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Prompts with the inputs that a real server derived from them."""
    recording = json.loads((SHARED / "recordings/comfydeploy/09_deployment_lifecycle.json").read_text())
    answers = [step["response"] for step in recording["steps"] if isinstance(step.get("response"), dict)]
    return [
        (answer["version"]["workflow_api"], answer["input_types"])
        for answer in answers
        if answer.get("input_types") and answer.get("version")
    ]


@pytest.mark.apart
@pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings are not beside the checkout")
def test_inputs_are_those_that_the_platform_derives():
    recorded = recorded_inputs()

    assert recorded
    for prompt, theirs in recorded:
        ours = [
            {
                "input_id": each.input_id,
                "type": each.type,
                "class_type": each.class_type,
                "default_value": each.default_value,
                "min_value": each.min_value,
                "max_value": each.max_value,
                "display_name": each.display_name,
                "description": each.description,
                "enum_options": each.options,
                "step": None,
            }
            for each in external_inputs(prompt)
        ]
        assert ours == theirs
