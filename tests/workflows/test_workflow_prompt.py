"""Reading the API prompt: order, classes, outputs, model files, seeds."""

from __future__ import annotations

from typing import Any

import pytest
from workflow_documents import BIG_SEED, changed, make_prompt

from pulumi_comfy.workflows import ModelFile, model_files, node_classes, output_node_ids, vary_seed
from pulumi_comfy.workflows.prompt import link_of, natural_order


def lone(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"1": {"class_type": class_type, "inputs": inputs}}


def test_node_ids_sort_as_people_count():
    ids = ["10", "x", "2", "5:2", "5", "5:10", "²"]

    assert sorted(ids, key=natural_order) == ["2", "5", "5:2", "5:10", "10", "x", "²"]


@pytest.mark.parametrize(
    ("value", "link"),
    [
        (["4", 1], ("4", 1)),
        ([4, 1], ("4", 1)),
        (["4", 1.0], ("4", 1)),
        (["4", 1.5], None),
        (["4", float("inf")], None),
        (["4", True], None),
        ([True, 1], None),
        (["4"], None),
        (["4", 1, 2], None),
        ("41", None),
        ({"__value__": ["4", 1]}, None),
    ],
)
def test_a_link_is_a_node_and_a_slot(value: object, link: object):
    assert link_of(value) == link


def test_node_classes_are_listed_once_and_sorted():
    prompt = {**make_prompt(), "99": {"class_type": "KSampler", "inputs": {}}}

    assert node_classes(prompt) == [
        "CLIPTextEncode",
        "CheckpointLoaderSimple",
        "ComfyUIDeployExternalText",
        "EmptyLatentImage",
        "KSampler",
        "SaveImage",
        "VAEDecode",
    ]


@pytest.mark.parametrize(
    "kind",
    [
        "SaveImage",
        "PreviewImage",
        "SaveAnimatedWEBP",
        "ComfyDeployOutputImage",
        "ComfyDeployStdOutputAny",
        "VHS_VideoCombine",
    ],
)
def test_well_known_output_classes_are_outputs(kind: str):
    prompt = changed(make_prompt(), lambda p: p["9"].update(class_type=kind))

    assert output_node_ids(prompt) == ["9"]


def test_outputs_are_listed_in_natural_order():
    prompt = {**make_prompt(), "10": make_prompt()["9"], "2": make_prompt()["9"]}

    assert output_node_ids(prompt) == ["2", "9", "10"]


def test_without_a_known_output_the_end_of_the_chain_is_one():
    prompt = changed(make_prompt(), lambda p: p["9"].update(class_type="PackWriter"))

    assert output_node_ids(prompt) == ["9"]


def test_a_lone_node_is_no_output():
    assert output_node_ids(lone("ComfyUIDeployExternalText")) == []


def test_a_server_knows_the_outputs_for_certain():
    info = {"VAEDecode": {"output_node": True}, "SaveImage": {"output_node": False}, "KSampler": None}

    assert output_node_ids(make_prompt(), info) == ["8"]


def test_a_model_file_is_listed_with_its_place():
    assert model_files(make_prompt()) == [ModelFile("a.safetensors", "4", "CheckpointLoaderSimple", "ckpt_name")]


@pytest.mark.parametrize(
    ("name", "value", "is_file"),
    [
        ("lora_name", "style\\ink.safetensors", True),
        ("anything", "model.GGUF", True),
        ("vae_name", "taesd", True),
        ("vae_name", "pixel_space", False),
        ("lora_name", "None", False),
        ("lora_name", "", False),
        ("lora_url", "https://host/a.safetensors", False),
        ("text", "load a.safetensors\nand b.pt", False),
        ("text", "a cat", False),
        ("ckpt_name", ["1", 0], False),
        ("ckpt_name", 5, False),
    ],
)
def test_model_files_are_told_from_other_values(name: str, value: Any, is_file: bool):
    assert bool(model_files(lone("Loader", **{name: value}))) is is_file


def test_varying_a_seed_leaves_the_prompt_as_it_was():
    prompt = make_prompt()

    varied = vary_seed(prompt, BIG_SEED)

    assert varied["3"]["inputs"]["seed"] == BIG_SEED
    assert prompt == make_prompt()


def test_varying_a_seed_changes_nothing_else():
    varied = vary_seed(make_prompt(), 77)

    assert changed(varied, lambda p: p["3"]["inputs"].update(seed=5)) == make_prompt()


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ({"value": 5}, {"value": 9}),
        ({"input_id": "seed", "default_value": 5}, {"input_id": "seed", "default_value": 9}),
        ({"noise_seed": 5}, {"noise_seed": 9}),
        ({"value": True}, {"value": True}),
        ({"text": "5"}, {"text": "5"}),
    ],
)
def test_a_seed_fed_by_another_node_is_varied_there(origin: dict[str, Any], expected: dict[str, Any]):
    prompt = {
        "1": {"class_type": "Feeder", "inputs": origin},
        "2": {"class_type": "RandomNoise", "inputs": {"noise_seed": ["1", 0]}},
    }

    assert vary_seed(prompt, 9)["1"]["inputs"] == expected


@pytest.mark.parametrize("seed", ["5", ["77", 0], None])
def test_a_seed_that_is_no_number_stays(seed: Any):
    assert vary_seed(lone("KSampler", seed=seed), 9) == lone("KSampler", seed=seed)
