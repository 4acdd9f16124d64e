"""RunComfy's requests: refused or queued, on a cold or a warm instance, with a verdict that only the result knows."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest
from emulated_objects import make_prompt
from PIL import Image
from runcomfy_objects import caller_of, code_of, make_deployment, result_of, run_to_end, status_of, submit

from pulumi_comfy.emulator import Emulator


@pytest.fixture
def made(runcomfy: httpx.Client, emulator: Emulator) -> dict[str, Any]:
    return make_deployment(runcomfy, emulator)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_both_prefixes_answer_with_addresses_of_their_own(
    version: str, runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    answer = runcomfy.post(f"/prod/{version}/deployments/{made['id']}/inference", json={"overrides": {}}).json()

    place = f"{emulator.runcomfy.url}/prod/{version}/deployments/{made['id']}/requests/{answer['request_id']}"
    assert {answer.pop(f"{name}_url") for name in ("status", "result", "cancel")} == {
        f"{place}/{name}" for name in ("status", "result", "cancel")
    }
    assert list(answer) == ["request_id"]


def test_a_request_waits_runs_and_completes(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    submitted = submit(runcomfy, made)

    seen = [status_of(runcomfy, submitted)]
    for seconds in (20, 41):
        emulator.clock.advance(seconds)
        seen.append(status_of(runcomfy, submitted))

    assert [one["status"] for one in seen] == ["in_queue", "in_progress", "completed"]
    assert [one.get("queue_position") for one in seen] == [0, None, None]
    assert ["instance_id" in one for one in seen] == [False, True, True]


def test_only_as_many_run_as_there_may_be_instances(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    first, second, third = (submit(runcomfy, made) for _ in range(3))
    before = [status_of(runcomfy, one)["queue_position"] for one in (first, second, third)]
    emulator.clock.advance(20)

    after = [status_of(runcomfy, one).get("queue_position") for one in (first, second, third)]

    assert (before, after) == ([0, 1, 2], [None, 0, 1])


def test_the_first_request_after_a_pause_starts_cold(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    emulator.settings.cold_start_seconds = 300
    statuses = []
    for pause in (0, 30, 600):
        emulator.clock.advance(pause)
        submitted = submit(runcomfy, made)
        emulator.clock.advance(61)
        statuses.append(status_of(runcomfy, submitted)["status"])
        emulator.clock.advance(0 if statuses[-1] == "completed" else 300)
        assert status_of(runcomfy, submitted)["status"] == "completed"

    assert statuses == ["in_queue", "completed", "in_queue"]


def test_instances_that_are_always_there_are_warm(runcomfy: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.cold_start_seconds = 300

    assert run_to_end(runcomfy, emulator, make_deployment(runcomfy, emulator, min_instances=1))["status"] == "succeeded"


def test_a_success_shows_a_picture_of_the_prompts_size(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    result = run_to_end(runcomfy, emulator, made)

    file = result["outputs"]["9"]["images"][0]
    with httpx.Client(trust_env=False, verify=False) as stranger:
        picture = Image.open(io.BytesIO(stranger.get(file["url"]).content))
    assert (file["filename"], file["subfolder"], file["type"]) == ("house_00001_.png", "", "output")
    assert (picture.format, picture.size) == ("PNG", (96, 64))


def test_files_are_gone_after_a_week(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    url = run_to_end(runcomfy, emulator, made)["outputs"]["9"]["images"][0]["url"]
    statuses = []
    for days in (6, 2):
        emulator.clock.advance(days * 24 * 3600)
        statuses.append(httpx.get(url, trust_env=False, verify=False).status_code)

    assert statuses == [200, 403]


def test_a_preview_is_a_temporary_output(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    prompt = make_prompt()
    prompt["10"] = {"class_type": "PreviewImage", "inputs": {"images": ["8", 0]}}

    result = run_to_end(runcomfy, emulator, made, overrides={}, workflow_api_json=prompt)

    assert {node: channel["images"][0]["type"] for node, channel in result["outputs"].items()} == {
        "9": "output",
        "10": "temp",
    }


def test_overrides_are_merged_over_the_saved_graph(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    result = run_to_end(runcomfy, emulator, made, overrides={"9": {"inputs": {"filename_prefix": "tower"}}})

    assert result["outputs"]["9"]["images"][0]["filename"] == "tower_00001_.png"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"workflow": {}}, ["overrides"]),
        ({"overrides": []}, ["overrides"]),
        ({"overrides": {"99": {"inputs": {}}}}, ["overrides", "99"]),
        ({"overrides": {"3": {"seed": 1}}}, ["overrides", "3", "inputs"]),
        ({"overrides": {"3": {"inputs": {"sed": 1}}}}, ["overrides", "3", "inputs", "sed"]),
        ({"overrides": {"3": {"inputs": {"seed": "1"}}}}, ["overrides", "3", "inputs", "seed"]),
        ({"overrides": {"3": {"inputs": {"seed": True}}}}, ["overrides", "3", "inputs", "seed"]),
        ({"overrides": {"9": {"inputs": {"filename_prefix": None}}}}, ["overrides", "9", "inputs", "filename_prefix"]),
        ({"overrides": {"3": {"inputs": {"seed": 1}}}, "workflow_api_json": make_prompt()}, ["overrides"]),
        ({"overrides": {}, "extra_data": "key"}, ["extra_data"]),
        ([], []),
    ],
    ids=str,
)
def test_a_body_that_does_not_fit_is_refused(
    body: Any, place: list[str], runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    answer = runcomfy.post(f"/prod/v1/deployments/{made['id']}/inference", json=body)

    assert (code_of(answer), emulator.runcomfy.dump()["requests"]) == ((422, 422001), [])
    assert answer.json()["detail"][0]["loc"] == ["body", *place]


def test_saved_inputs_may_be_enough(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    emulator.runcomfy.settings.overrides_needed = False

    assert runcomfy.post(f"/prod/v1/deployments/{made['id']}/inference", json={}).status_code == 200


def test_keys_of_partner_nodes_are_neither_logged_nor_kept(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    submit(runcomfy, made, extra_data={"api_key_comfy_org": "canary-4711"})

    assert emulator.runcomfy.dump()["requests"][0]["extra_data_keys"] == ["api_key_comfy_org"]
    assert "canary-4711" not in f"{emulator.requests}{emulator.runcomfy.dump(include_secrets=True)}"


def test_completed_is_not_success(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    emulator.runcomfy.runs.script("failed", log=["CUDA out of memory"])
    submitted = submit(runcomfy, made)
    emulator.clock.advance(61)

    result = result_of(runcomfy, submitted)

    assert (status_of(runcomfy, submitted)["status"], result["status"]) == ("completed", "failed")
    assert result["error"] == [{"errorCode": 30001, "error": "CUDA out of memory", "debugInfo": ""}]
    assert "outputs" not in result


@pytest.mark.parametrize("form", ["object", "text"])
def test_a_failure_can_be_told_otherwise(
    form: Any, runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    emulator.runcomfy.settings.failure = form
    emulator.runcomfy.runs.script("failed", log=["no"])

    error = run_to_end(runcomfy, emulator, made)["error"]

    assert error == {"object": {"type": "execution_error", "message": "no"}, "text": "no"}[form]


def test_a_missing_model_fails_the_request(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    emulator.settings.missing_models = ["model.safetensors"]

    errors = run_to_end(runcomfy, emulator, made)["error"]

    assert any("Value not in list: ckpt_name" in one["error"] for one in errors)


def test_a_request_can_succeed_without_outputs(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    emulator.runcomfy.runs.script("no_outputs")

    assert run_to_end(runcomfy, emulator, made)["outputs"] == {}


def test_a_result_asked_for_too_early_is_a_status_or_an_error(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    submitted = submit(runcomfy, made)
    early = result_of(runcomfy, submitted)
    emulator.runcomfy.settings.early_result = "error"

    answer = runcomfy.get(submitted.json()["result_url"])

    assert (early["status"], "finished_at" in early, answer.status_code) == ("in_queue", False, 400)


def test_moments_of_results_have_an_offset(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    result = run_to_end(runcomfy, emulator, made)

    assert all(result[name].endswith("+00:00") for name in ("created_at", "finished_at"))


@pytest.mark.parametrize("word", ["cancelled", "canceled"])
def test_cancelled_has_two_spellings(
    word: Any, runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    emulator.runcomfy.settings.cancelled_word = word
    submitted = submit(runcomfy, made)

    runcomfy.post(submitted.json()["cancel_url"])

    assert (status_of(runcomfy, submitted)["status"], result_of(runcomfy, submitted)["status"]) == (word, word)


@pytest.mark.parametrize(
    ("form", "answers"),
    [
        ("outcome", [("completed", "cancelled"), ("completed", "not_cancellable")]),
        ("status", [("cancellation_requested", None), ("not_cancellable", None)]),
    ],
)
def test_a_cancel_is_answered_in_two_forms(
    form: Any, answers: list[Any], runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    emulator.runcomfy.settings.cancel_answer = form
    url = submit(runcomfy, made).json()["cancel_url"]

    told = [runcomfy.post(url).json() for _ in range(2)]

    assert [(one["status"], one.get("outcome")) for one in told] == answers


def test_a_cancel_may_take_its_time(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    emulator.runcomfy.settings.cancel_seconds = 5
    submitted = submit(runcomfy, made)
    runcomfy.post(submitted.json()["cancel_url"])
    before = status_of(runcomfy, submitted)["status"]
    emulator.clock.advance(6)

    assert (before, status_of(runcomfy, submitted)["status"]) == ("in_queue", "cancelled")


def test_cancelling_one_lets_the_next_begin(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    emulator.runcomfy.runs.script("hang", times=1)
    first, second = submit(runcomfy, made), submit(runcomfy, made)
    emulator.clock.advance(600)
    waiting = status_of(runcomfy, second)["status"]

    runcomfy.post(first.json()["cancel_url"])
    emulator.clock.advance(61)

    assert (waiting, status_of(runcomfy, second)["status"]) == ("in_queue", "completed")


def test_the_platform_may_cancel_by_itself(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    emulator.runcomfy.runs.script("cancelled")

    assert run_to_end(runcomfy, emulator, made)["status"] == "cancelled"


def test_a_lora_answers_with_output(runcomfy: httpx.Client, emulator: Emulator) -> None:
    deployment = {"id": emulator.runcomfy.add_lora_deployment()}

    result = run_to_end(runcomfy, emulator, deployment, overrides={"prompt": "a fox"})

    assert ("output" in result, "outputs" in result) == (True, False)


def test_a_request_is_found_under_its_own_deployment_and_account_only(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    url = submit(runcomfy, made).json()["status_url"]
    other = make_deployment(runcomfy, emulator)

    with caller_of(emulator, emulator.runcomfy.key("other")) as stranger:
        foreign = stranger.get(url)

    assert code_of(runcomfy.get(url.replace(made["id"], other["id"]))) == (404, 404001)
    assert code_of(foreign) == (403, 403003)


def test_a_request_outlives_its_deployment(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    submitted = submit(runcomfy, made)
    runcomfy.delete(f"/prod/v2/deployments/{made['id']}")
    emulator.clock.advance(61)

    assert result_of(runcomfy, submitted)["status"] == "succeeded"


def test_a_version_can_go_while_the_next_request_is_checked(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    emulator.runcomfy.settings.version_removal = "at the next run"
    place = f"/prod/v2/deployments/{made['id']}"
    runcomfy.patch(place, json={"name": "x", "workflow_version": "v2"})
    run_to_end(runcomfy, emulator, made)

    back = runcomfy.patch(place, json={"name": "x", "workflow_version": "v1"})

    assert code_of(back) == (404, 404001)


def test_the_proxy_to_an_instance_says_that_it_is_not_emulated(runcomfy: httpx.Client, made: dict[str, Any]) -> None:
    answer = runcomfy.post(f"/prod/v2/deployments/{made['id']}/instances/x/proxy/api/free", json={})

    assert (answer.status_code, "instance proxy" in answer.json()["detail"]) == (501, True)
