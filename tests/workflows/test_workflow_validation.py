"""Checking a prompt against a server's node descriptions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from workflow_documents import SHARED, changed, make_prompt

from pulumi_comfy.workflows import WorkflowError, parse, validate_against

Change = Callable[[Any], object]

SAMPLERS = ["euler", "heun"]
INFO: dict[str, Any] = {
    "ComfyUIDeployExternalText": {"input": {"required": {"input_id": ["STRING"]}}, "output": ["STRING"]},
    "CheckpointLoaderSimple": {
        "input": {"required": {"ckpt_name": [["a.safetensors", "b.safetensors", "dreamshaper_8.ckpt"], {}]}},
        "output": ["MODEL", "CLIP", "VAE"],
    },
    "EmptyLatentImage": {
        "input": {"required": {key: ["INT", {"min": 16, "max": 4096}] for key in ("width", "height")}},
        "output": ["LATENT"],
    },
    "CLIPTextEncode": {
        "input": {"required": {"text": ["STRING", {"multiline": True}], "clip": ["CLIP"]}},
        "output": ["CONDITIONING"],
    },
    "KSampler": {
        "input": {
            "required": {
                "model": ["MODEL"],
                "seed": ["INT", {"min": 0, "max": 2**64 - 1, "control_after_generate": True}],
                "steps": ["INT", {"min": 1, "max": 10000}],
                "cfg": ["FLOAT", {"min": 0.0, "max": 100.0}],
                "sampler_name": ["COMBO", {"options": SAMPLERS}],
                "positive": ["CONDITIONING"],
                "latent_image": ["LATENT,IMAGE"],
            },
            "optional": {"denoise": ["FLOAT"], "note": ["STRING"]},
        },
        "output": ["LATENT"],
    },
    "VAEDecode": {"input": {"required": {"samples": ["LATENT"], "vae": ["VAE"]}}, "output": ["IMAGE"]},
    "SaveImage": {
        "input": {"required": {"images": ["IMAGE"], "filename_prefix": ["STRING"]}},
        "output": [],
        "output_node": True,
    },
}


def problems(change: Change, info: dict[str, Any] = INFO) -> list[str]:
    return validate_against(info, changed(make_prompt(), change))


def given(prompt: dict[str, Any], node_id: str, **inputs: Any) -> None:
    prompt[node_id]["inputs"].update(inputs)


def picking(spec: Any, value: Any) -> list[str]:
    """The problems of one choice."""
    info = {"Pick": {"input": {"required": {"it": spec}}, "output_node": True}}
    return validate_against(info, {"1": {"class_type": "Pick", "inputs": {"it": value}}})


def test_a_prompt_that_fits_has_no_problems():
    assert validate_against(INFO, make_prompt()) == []


PROBLEMS: list[tuple[Change, list[str]]] = [
    (
        lambda p: p["3"].update(class_type="KSamplr"),
        ["KSamplr #3: the server does not know this class; did you mean KSampler?"],
    ),
    (
        lambda p: p["6"].update(class_type="Zzz"),
        ["Zzz #6: the server does not know this class"],
    ),
    (lambda p: p["3"]["inputs"].pop("steps"), ["KSampler #3: required input steps is missing"]),
    (
        lambda p: given(p, "3", step=p["3"]["inputs"].pop("steps")),
        ["KSampler #3: required input steps is missing; did you mean step?"],
    ),
    (
        lambda p: given(p, "4", ckpt_name="c.safetensors"),
        ['CheckpointLoaderSimple #4: ckpt_name "c.safetensors" is not on the server'],
    ),
    (
        lambda p: given(p, "4", ckpt_name="folder/Dreamshaper_7.safetensors"),
        [
            'CheckpointLoaderSimple #4: ckpt_name "folder/Dreamshaper_7.safetensors" is not on the server; '
            "did you mean dreamshaper_8.ckpt?"
        ],
    ),
    (
        lambda p: given(p, "3", sampler_name="rk4"),
        ['KSampler #3: sampler_name "rk4" is not one of the server\'s choices'],
    ),
    (lambda p: given(p, "3", sampler_name=5), ["KSampler #3: sampler_name 5 is not one of the server's choices"]),
    (lambda p: given(p, "3", steps=0), ["KSampler #3: steps 0 is smaller than the smallest allowed, 1"]),
    (
        lambda p: given(p, "3", seed=2**64),
        [f"KSampler #3: seed {2**64} is bigger than the biggest allowed, {2**64 - 1}"],
    ),
    (lambda p: given(p, "3", cfg=100.5), ["KSampler #3: cfg 100.5 is bigger than the biggest allowed, 100.0"]),
    (lambda p: given(p, "3", steps="many"), ['KSampler #3: steps "many" is no whole number']),
    (lambda p: given(p, "3", steps=None), ["KSampler #3: steps null is no whole number"]),
    (lambda p: given(p, "3", cfg={}), ["KSampler #3: cfg {} is no number"]),
    (lambda p: given(p, "3", denoise="nan"), ["KSampler #3: denoise is not finite"]),
    (lambda p: given(p, "3", denoise=10**400), [f"KSampler #3: denoise {str(10**400)[:80]}... is no number"]),
    (
        lambda p: given(p, "3", model=["4"]),
        ['KSampler #3: model is a list, which the server takes for a link; write {"__value__": [...]}'],
    ),
    (lambda p: given(p, "3", model=["77", 0]), ["KSampler #3: model is linked to node #77, which does not exist"]),
    (
        lambda p: given(p, "3", model=["4", 3]),
        ["KSampler #3: model is linked to output 3 of CheckpointLoaderSimple #4, which has 3"],
    ),
    (
        lambda p: given(p, "3", model=["4", -1]),
        ["KSampler #3: model is linked to output -1 of CheckpointLoaderSimple #4, which has 3"],
    ),
    (
        lambda p: given(p, "9", images=["5", 0]),
        ["SaveImage #9: images takes IMAGE, but EmptyLatentImage #5 delivers LATENT there"],
    ),
    (lambda p: p.pop("9"), ["the prompt has no output node, so there is nothing to run; add one such as SaveImage"]),
    (lambda p: given(p, "4", loop=["3", 0]), ["nodes #3 -> #4 -> #3 form a loop"]),
    (lambda p: given(p, "5", loop=["5", 0]), ["nodes #5 -> #5 form a loop"]),
]


@pytest.mark.parametrize(("change", "expected"), PROBLEMS)
def test_a_problem_is_told(change: Change, expected: list[str]):
    assert problems(change) == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda p: given(p, "3", steps="16"),
        lambda p: given(p, "3", steps=8.9),
        lambda p: given(p, "3", steps=True),
        lambda p: given(p, "3", cfg="7.5"),
        lambda p: given(p, "3", unknown=5),
        lambda p: given(p, "3", note=5),
        lambda p: given(p, "3", model=["4", 0], latent_image=["8", 0], samples=["5", 0]),
        lambda p: p.update({"20": {"class_type": "KSampler", "inputs": {}}}),
    ],
    ids=[
        "text",
        "fraction",
        "boolean",
        "float as text",
        "unknown name",
        "text takes all",
        "either type",
        "dead branch",
    ],
)
def test_what_the_server_takes_is_no_problem(change: Change):
    told = problems(change)

    assert [line for line in told if "loop" not in line] == []


def test_every_unknown_class_is_told_at_once():
    def change(prompt: Any) -> None:
        prompt["30"] = {"class_type": "Odd", "inputs": {}}
        prompt["4"]["class_type"] = "Even"

    assert problems(change) == [
        "Even #4: the server does not know this class",
        "Odd #30: the server does not know this class",
    ]


def test_an_unknown_class_may_be_the_output():
    assert problems(lambda p: p["9"].update(class_type="PackWriter")) == [
        "PackWriter #9: the server does not know this class"
    ]


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ([["a.png"], {"image_upload": True}], "folder/photo.png"),
        ([["a.png"], {"image_upload": True}], ""),
        ([["a.png"], {"image_upload": True}], "photo.png [output]"),
        (["COMBO", {"options": []}], "anything"),
        (["COMBO", {"remote": {"route": "/x"}, "options": []}], "anything"),
        (["COMBO", {}], "anything"),
        ([["a.png"]], "photo.png [output]"),
        ([["a", "b"]], {"__value__": ["a", "b"]}),
        ([["a", "b"], {"multiselect": True}], {"__value__": []}),
        ([[1, 2]], 2),
        (["*"], 5),
        ([], 5),
        (None, 5),
        (["INT", "odd"], 5),
        (["INT", {"min": True, "max": "9"}], -5),
        (["BOOLEAN"], "yes"),
        (["MODEL"], "literal"),
    ],
)
def test_choices_that_cannot_be_known_are_left_to_the_server(spec: Any, value: Any):
    assert picking(spec, value) == []


@pytest.mark.parametrize(
    "spec",
    [
        [[], {"image_upload": True}],
        [["a.png"], {"video_upload": True}],
        ["COMBO", {"options": ["a.mp4"], "video_upload": True}],
        ["COMBO", {"options": [], "audio_upload": True}],
        [["a.txt"], {"file_upload": True}],
    ],
)
def test_a_file_that_is_not_among_the_uploaded_ones_is_told(spec: Any):
    assert picking(spec, "clip.mp4") == ['Pick #1: it "clip.mp4" is not on the server']


def test_a_loader_whose_folder_is_empty_lacks_every_model():
    assert picking([[]], "a.safetensors") == ['Pick #1: it "a.safetensors" is not on the server']


def test_one_missing_choice_of_several_is_told():
    assert picking([["a", "b"]], {"__value__": ["a", "z"]}) == ['Pick #1: it "z" is not one of the server\'s choices']


def test_a_choice_that_holds_a_credential_is_not_shown():
    assert picking([["a"]], "hf_" + "x" * 30) == ["Pick #1: it (hidden) is not one of the server's choices"]


def test_a_long_choice_is_cut():
    assert picking([["a"]], "x" * 500)[0] == f"Pick #1: it \"{'x' * 79}... is not one of the server's choices"


@pytest.mark.parametrize("declared", [None, [], {"required": None}, {}], ids=["none", "list", "null", "nothing"])
def test_an_odd_description_is_no_problem(declared: Any):
    info = {"Pick": {"input": declared, "output_node": True}}

    assert validate_against(info, {"1": {"class_type": "Pick", "inputs": {"it": 5}}}) == []


@pytest.mark.parametrize("told", [-1, "IMAGE", {"0": "IMAGE"}, True])
def test_outputs_that_are_no_list_are_left_to_the_server(told: Any):
    info = {
        "Make": {"input": {"required": {}}, "output": told},
        "Keep": {"input": {"required": {"images": ["IMAGE"]}}, "output_node": True},
    }
    prompt = {
        "1": {"class_type": "Make", "inputs": {}},
        "2": {"class_type": "Keep", "inputs": {"images": ["1", 0]}},
    }

    assert validate_against(info, prompt) == []


@pytest.mark.parametrize(
    ("delivered", "taken"),
    [
        ("*", "IMAGE"),
        ("IMAGE", "*"),
        (["a", "b"], "COMBO"),
        ("X", "COMFY_MATCHTYPE_V3"),
        ("COMFY_MATCHTYPE_V3", "X"),
        ("A, B", "B"),
    ],
)
def test_types_that_meet(delivered: Any, taken: str):
    info = {"A": {"output": [delivered]}, "B": {"input": {"required": {"it": [taken]}}, "output_node": True}}
    prompt = {"1": {"class_type": "A", "inputs": {}}, "2": {"class_type": "B", "inputs": {"it": ["1", 0]}}}

    assert validate_against(info, prompt) == []


def test_inputs_that_appear_under_other_names_are_not_missed():
    info = {"B": {"input": {"required": {"images": ["COMFY_AUTOGROW_V3", {}]}}, "output_node": True}}

    assert validate_against(info, {"1": {"class_type": "B", "inputs": {"images.image0": 5}}}) == []


GROWING = {"min": 2, "prefix": "image", "input": {"required": {"image": ["IMAGE", {}]}}}


def test_a_growing_list_takes_its_least_number():
    info = {"B": {"input": {"required": {"images": ["COMFY_AUTOGROW_V3", {"template": GROWING}]}}, "output_node": True}}

    assert validate_against(info, {"1": {"class_type": "B", "inputs": {"images.image0": 5}}}) == [
        "B #1: required input images.image1 is missing"
    ]


def test_a_loop_that_an_unknown_output_may_need_is_told():
    prompt = {
        "1": {"class_type": "VAEDecode", "inputs": {"samples": ["1", 0]}},
        "2": {"class_type": "PackWriter", "inputs": {"images": ["1", 0]}},
    }

    assert validate_against(INFO, prompt)[1:] == ["nodes #1 -> #1 form a loop"]


def test_a_replaced_class_without_a_title_is_told():
    prompt = {**make_prompt(), "30": {"class_type": "Old", "inputs": {}}}

    assert "fails at a node without a title" in validate_against(INFO, prompt, replaced={"Old"})[0]


@pytest.mark.parametrize(("link", "fault"), [([5, 0], "its node id is a number"), (["5", 0.0], "has a decimal point")])
def test_a_link_that_no_server_reads_is_told_with_the_right_spelling(link: list[Any], fault: str):
    told = problems(lambda p: given(p, "3", latent_image=link))

    assert len(told) == 1
    assert fault in told[0]
    assert 'write ["5", 0]' in told[0]


def test_a_node_used_twice_is_no_loop():
    info = {**INFO, "Join": {"input": {}, "output": ["LATENT"], "output_node": True}}
    prompt = {
        "1": {"class_type": "Join", "inputs": {}},
        "2": {"class_type": "Join", "inputs": {"a": ["1", 0], "b": ["1", 0]}},
        "3": {"class_type": "Join", "inputs": {"a": ["1", 0], "b": ["2", 0]}},
    }

    assert validate_against(info, prompt) == []


# A real server's own verdicts


def recorded_verdicts() -> list[Any]:
    folder = SHARED / "recordings" / "comfyui"
    rows = []
    for name in ("prompt_invalid", "prompt_more", "prompt_valid", "prompt_options"):
        for number, step in enumerate(json.loads((folder / f"{name}.json").read_text())):
            body = step["request"].get("json") if isinstance(step["request"], dict) else None
            prompt = body.get("prompt") if isinstance(body, dict) else None
            answer = step["response"]["body"]
            if isinstance(prompt, dict):
                accepted = step["response"]["status"] == 200 and not answer["node_errors"]
                rows.append(pytest.param(prompt, accepted, id=f"{name}-{step.get('case', number)}"))
    return rows


@pytest.mark.apart
@pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings are not beside the checkout")
@pytest.mark.parametrize(("prompt", "accepted"), recorded_verdicts() if SHARED.is_dir() else [])
def test_the_verdict_is_that_of_a_real_server(prompt: dict[str, Any], accepted: bool):
    info = json.loads((SHARED / "recordings/comfyui/object_info_excerpt.json").read_text())["response"]["body"]

    try:
        told = validate_against(info, parse(json.dumps({"prompt": prompt})).prompt or {})
    except WorkflowError as error:
        told = [str(error)]

    assert (told == []) is accepted, told
