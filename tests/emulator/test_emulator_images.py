"""Runs make real pictures, decided by what the workflow and the run say."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest
from emulated_objects import make_prompt, make_running_deployment, picture_of, run_to_end
from PIL import Image

from pulumi_comfy.emulator import Emulator


def test_a_run_makes_a_picture_of_the_prompts_size(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)

    picture = picture_of(run_to_end(api, emulator, deployment))

    with Image.open(io.BytesIO(picture)) as image:
        assert (image.format, image.size) == ("PNG", (96, 64))


def test_a_run_input_reaches_the_size_through_a_link(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)

    picture = picture_of(run_to_end(api, emulator, deployment, width=128))

    with Image.open(io.BytesIO(picture)) as image:
        assert image.size == (128, 64)


def test_the_same_prompt_and_seed_make_the_same_bytes(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)

    first = picture_of(run_to_end(api, emulator, deployment))
    second = picture_of(run_to_end(api, emulator, deployment))

    assert first == second


def test_another_run_input_makes_another_picture(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)

    first = picture_of(run_to_end(api, emulator, deployment))
    second = picture_of(run_to_end(api, emulator, deployment, prompt="a blue house"))

    assert first != second


@pytest.mark.parametrize(
    "change", [{"seed": 8}, {"steps": 30}, {"cfg": 3.5}, {"sampler_name": "dpmpp_2m"}, {"text": "a barn"}]
)
def test_each_setting_of_the_sampler_changes_the_picture(
    change: dict[str, Any], api: httpx.Client, emulator: Emulator
) -> None:
    before = make_running_deployment(api, emulator)
    after = make_running_deployment(api, emulator, make_prompt(**change))

    pictures = [picture_of(run_to_end(api, emulator, deployment)) for deployment in (before, after)]

    assert pictures[0] != pictures[1]


def test_an_external_seed_of_minus_one_is_drawn_for_each_run(api: httpx.Client, emulator: Emulator) -> None:
    prompt = make_prompt(seed=["10", 0])  # type: ignore[arg-type]
    prompt["10"] = {"class_type": "ComfyUIDeployExternalSeed", "inputs": {"input_id": "seed", "default_value": -1}}
    deployment = make_running_deployment(api, emulator, prompt)

    pictures = {picture_of(run_to_end(api, emulator, deployment)) for _ in range(2)}

    assert len(pictures) == 2


def test_a_batch_makes_one_picture_for_each_place(api: httpx.Client, emulator: Emulator) -> None:
    prompt = make_prompt()
    prompt["5"]["inputs"]["batch_size"] = 3
    deployment = make_running_deployment(api, emulator, prompt)

    images = run_to_end(api, emulator, deployment)["outputs"][0]["data"]["images"]

    assert [image["filename"] for image in images] == ["house_00001_.png", "house_00002_.png", "house_00003_.png"]


def test_an_output_url_needs_its_signature(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    url = run_to_end(api, emulator, deployment)["outputs"][0]["data"]["images"][0]["url"]

    answer = httpx.get(url.split("?")[0], trust_env=False, verify=False)

    assert answer.status_code == 403


def test_an_output_url_expires(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    url = run_to_end(api, emulator, deployment)["outputs"][0]["data"]["images"][0]["url"]
    emulator.clock.advance(emulator.settings.signed_url_seconds + 5)

    answer = httpx.get(url, trust_env=False, verify=False)

    assert (answer.status_code, "AccessDenied" in answer.text) == (403, True)


def test_an_output_can_be_fetched_in_part(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    url = run_to_end(api, emulator, deployment)["outputs"][0]["data"]["images"][0]["url"]

    answer = httpx.get(url, headers={"range": "bytes=0-7"}, trust_env=False, verify=False)

    assert (answer.status_code, answer.content) == (206, b"\x89PNG\r\n\x1a\n")
