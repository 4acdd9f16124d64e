"""Runs: scripted, and failing by themselves as ComfyUI would."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from emulated_objects import (
    log_of,
    make_machine,
    make_prompt,
    make_ready_machine,
    make_running_deployment,
    run_to_end,
    start_run,
)

from pulumi_comfy.emulator import Emulator


def status_of(api: httpx.Client, run_id: str) -> str:
    return str(api.get(f"/run/{run_id}").json()["status"])


def test_a_run_passes_the_statuses_on_its_way(api: httpx.Client, emulator: Emulator) -> None:
    run_id = start_run(api, make_running_deployment(api, emulator))

    seen = [status_of(api, run_id)]
    for _ in range(5):
        emulator.clock.advance(12)
        seen.append(status_of(api, run_id))

    assert seen == ["not-started", "queued", "started", "running", "uploading", "success"]


def test_a_cold_start_comes_between_queued_and_started(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.cold_start_seconds = 1000
    deployment = make_running_deployment(api, emulator)
    run_id = start_run(api, deployment)

    emulator.clock.advance(500)
    waiting = status_of(api, run_id)
    emulator.clock.advance(600)
    run = api.get(f"/run/{run_id}").json()

    assert (waiting, run["status"], run["cold_start_duration"] >= 1000) == ("queued", "success", True)


def test_a_run_names_the_build_that_served_it(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)

    run_to_end(api, emulator, deployment)

    dumped = emulator.comfydeploy.dump()
    assert dumped["runs"][0]["served_by_version_id"] == dumped["machines"][0]["serving_version_id"]


@pytest.mark.parametrize("outcome", ["failed", "timeout", "success"])
def test_a_script_decides_how_a_run_ends(outcome: Any, api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    emulator.comfydeploy.runs.script(outcome, log=["out of memory"])

    run = run_to_end(api, emulator, deployment)

    assert (run["status"], "out of memory" in log_of(api, run)) == (outcome, True)


def test_a_hanging_run_never_ends(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    emulator.comfydeploy.runs.script("hang")

    run = run_to_end(api, emulator, deployment)

    assert (run["status"], run["ended_at"]) == ("running", None)


def test_a_forgotten_run_is_reported_as_timed_out(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    emulator.comfydeploy.runs.script("hang")
    run_id = start_run(api, deployment)

    emulator.clock.advance(25 * 3600)

    assert status_of(api, run_id) == "timeout"


def test_a_script_holds_for_the_planned_number_of_runs(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    emulator.comfydeploy.runs.script("failed", times=1)

    statuses = [run_to_end(api, emulator, deployment)["status"] for _ in range(2)]

    assert statuses == ["failed", "success"]


def test_a_script_for_one_machine_leaves_others_alone(api: httpx.Client, emulator: Emulator) -> None:
    first, second = (make_running_deployment(api, emulator) for _ in range(2))
    emulator.comfydeploy.runs.script("failed", machine_id=first["machine_id"])

    statuses = [run_to_end(api, emulator, deployment)["status"] for deployment in (first, second)]

    assert statuses == ["failed", "success"]


def test_a_run_can_succeed_without_outputs(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    emulator.comfydeploy.runs.script("no_outputs")

    run = run_to_end(api, emulator, deployment)

    assert (run["status"], run["outputs"]) == ("success", [])


def test_a_script_names_the_kinds_of_outputs(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    emulator.comfydeploy.runs.script(outputs=["image", "video", "file", "text", "empty"])

    outputs = run_to_end(api, emulator, deployment)["outputs"]

    kinds = [(kind, len(items)) for output in outputs for kind, items in output["data"].items()]
    assert kinds == [("images", 1), ("gifs", 1), ("files", 1), ("text", 1), ("images", 0)]


@pytest.mark.parametrize(("kind", "name", "start"), [("video", "gifs", b"GIF8"), ("file", "files", b"RIFF")])
def test_videos_and_files_are_real(kind: str, name: str, start: bytes, api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    emulator.comfydeploy.runs.script(outputs=[kind])

    url = run_to_end(api, emulator, deployment)["outputs"][0]["data"][name][0]["url"]

    assert httpx.get(url, trust_env=False, verify=False).content.startswith(start)


@pytest.mark.parametrize(("outcome", "outputs"), [("explode", ["image"]), ("success", ["smell"])])
def test_an_unknown_script_is_refused(outcome: Any, outputs: list[str], emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="unknown"):
        emulator.comfydeploy.runs.script(outcome, outputs=outputs)


def test_an_unknown_node_class_fails_the_run(api: httpx.Client, emulator: Emulator) -> None:
    prompt = make_prompt()
    prompt["8"]["class_type"] = "BrokenDecoder"
    deployment = make_running_deployment(api, emulator, prompt)

    run = run_to_end(api, emulator, deployment)

    assert (run["status"], "node BrokenDecoder does not exist" in log_of(api, run)) == ("failed", True)


def test_a_link_to_nowhere_fails_the_run(api: httpx.Client, emulator: Emulator) -> None:
    prompt = make_prompt()
    prompt["8"]["inputs"]["samples"] = ["99", 0]
    deployment = make_running_deployment(api, emulator, prompt)

    run = run_to_end(api, emulator, deployment)

    assert (run["status"], "VAEDecode 8" in log_of(api, run)) == ("failed", True)


def test_a_missing_model_fails_the_run(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.missing_models = ["model.safetensors"]
    deployment = make_running_deployment(api, emulator)

    run = run_to_end(api, emulator, deployment)

    assert (run["status"], "Value not in list: ckpt_name" in log_of(api, run)) == ("failed", True)


def test_a_prompt_without_outputs_fails_the_run(api: httpx.Client, emulator: Emulator) -> None:
    prompt = make_prompt()
    del prompt["9"]
    deployment = make_running_deployment(api, emulator, prompt)

    run = run_to_end(api, emulator, deployment)

    assert (run["status"], "Prompt has no outputs" in log_of(api, run)) == ("failed", True)


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([], "failed"),
        ([{"type": "custom-node-manager", "data": {"node_id": "ComfyUI-Impact-Pack", "version": "1"}}], "success"),
    ],
)
def test_a_custom_node_runs_only_where_its_pack_is_installed(
    steps: list[Any], status: str, api: httpx.Client, emulator: Emulator
) -> None:
    prompt = make_prompt()
    prompt["20"] = {"class_type": "FaceDetailer", "inputs": {"image": ["8", 0]}}
    prompt["9"]["inputs"]["images"] = ["20", 0]
    deployment = make_running_deployment(api, emulator, prompt, docker_command_steps={"steps": steps})

    run = run_to_end(api, emulator, deployment)

    assert run["status"] == status


@pytest.mark.parametrize(
    ("fields", "more", "status"),
    [
        ({}, [], "failed"),
        ({}, ["Recolour"], "success"),
        ({"base_docker_image": "painter:1"}, [], "success"),
        ({"docker_command_steps": {"steps": [{"type": "commands", "data": "RUN make nodes"}]}}, [], "success"),
    ],
    ids=["plain", "known", "base image", "steps"],
)
def test_a_class_that_comfyui_does_not_bring_fails_on_a_plain_machine(
    fields: dict[str, Any], more: list[str], status: str, api: httpx.Client, emulator: Emulator
) -> None:
    emulator.settings.more_node_classes = more
    prompt = make_prompt()
    prompt["20"] = {"class_type": "Recolour", "inputs": {"image": ["8", 0]}}
    prompt["9"]["inputs"]["images"] = ["20", 0]
    deployment = make_running_deployment(api, emulator, prompt, **fields)

    run = run_to_end(api, emulator, deployment)

    assert (run["status"], "node Recolour does not exist" in log_of(api, run)) == (status, status == "failed")


@pytest.mark.parametrize(
    ("node", "inputs", "says"),
    [
        ("3", {"sampler_name": "euler2"}, "Value not in list: sampler_name: 'euler2' not in (list of length 42)"),
        ("3", {"scheduler": "slow"}, "Value not in list: scheduler: 'slow' not in ['simple', "),
        ("3", {"steps": None}, "Failed to convert an input value to a INT value: steps, None"),
        ("3", {"cfg": "high"}, "Failed to convert an input value to a FLOAT value: cfg, high"),
        ("3", {"steps": 0}, "Value 0 smaller than min of 1: steps"),
        ("3", {"denoise": 1.5}, "Value 1.5 bigger than max of 1.0: denoise"),
        ("3", {"model": ["4", 1]}, "Return type mismatch between linked nodes: model, received_type(CLIP) mismatch"),
        ("3", {"model": ["4", 3]}, "tuple index out of range"),
        ("9", {"images": ...}, "Required input is missing: images"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_input_that_comfyui_refuses_fails_the_run(
    node: str, inputs: dict[str, Any], says: str, api: httpx.Client, emulator: Emulator
) -> None:
    prompt = make_prompt()
    changed = {**prompt[node]["inputs"], **inputs}
    prompt[node]["inputs"] = {name: value for name, value in changed.items() if value is not ...}
    deployment = make_running_deployment(api, emulator, prompt)

    run = run_to_end(api, emulator, deployment)

    assert (run["status"], says in log_of(api, run)) == ("failed", True)


def test_a_node_that_no_output_needs_may_be_wrong(api: httpx.Client, emulator: Emulator) -> None:
    prompt = make_prompt()
    prompt["30"] = {"class_type": "KSampler", "inputs": {"steps": "many"}}
    deployment = make_running_deployment(api, emulator, prompt)

    assert run_to_end(api, emulator, deployment)["status"] == "success"


def test_a_rebuild_that_breaks_inference_breaks_the_deployment(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    steps = {"steps": [{"type": "commands", "data": "RUN echo BREAK-INFERENCE"}]}
    api.patch(f"/machine/serverless/{deployment['machine_id']}", json={"docker_command_steps": steps})
    emulator.clock.advance(61)

    run = run_to_end(api, emulator, deployment)

    assert (run["status"], "CUDA error" in log_of(api, run)) == ("failed", True)


def test_a_failed_rebuild_leaves_the_last_good_image_serving(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    steps = {"steps": [{"type": "commands", "data": "RUN BREAK-BUILD"}]}
    api.patch(f"/machine/serverless/{deployment['machine_id']}", json={"docker_command_steps": steps})
    emulator.clock.advance(61)

    run = run_to_end(api, emulator, deployment)

    assert run["status"] == "success"


def test_a_cancelled_run_stays_cancelled(api: httpx.Client, emulator: Emulator) -> None:
    run_id = start_run(api, make_running_deployment(api, emulator))

    answer = api.post(f"/run/{run_id}/cancel")
    emulator.clock.advance(100)

    assert (answer.json()["status"], status_of(api, run_id)) == ("success", "cancelled")


def test_sync_answers_with_the_outputs(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    emulator.settings.run_seconds = 0

    outputs = api.post("/run/deployment/sync", json={"deployment_id": deployment["id"]}).json()

    assert [list(output["data"]) for output in outputs] == [["images"]]


def test_sync_hides_a_failure_behind_an_empty_list(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    emulator.comfydeploy.runs.script("failed", seconds=0)

    answer = api.post("/run/deployment/sync", json={"deployment_id": deployment["id"]})

    assert (answer.status_code, answer.json()) == (200, [])


def test_a_deployments_gpu_beats_the_requests(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    api.patch(f"/deployment/{deployment['id']}", json={"gpu": "H100"})

    run_id = api.post("/run/deployment/queue", json={"deployment_id": deployment["id"], "gpu": "L4"}).json()["run_id"]

    assert api.get(f"/run/{run_id}").json()["gpu"] == "H100"


def test_a_prompt_runs_without_a_deployment(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    body = {"workflow_id": deployment["workflow_id"], "workflow_api_json": make_prompt()}

    run_id = api.post("/run/workflow/queue", json={**body, "machine_id": deployment["machine_id"]}).json()["run_id"]
    emulator.clock.advance(61)

    assert status_of(api, run_id) == "success"


def test_a_machine_that_never_built_leaves_a_failed_run(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    api.patch(f"/deployment/{deployment['id']}", json={"machine_id": make_machine(api)["id"]})

    answer = api.post("/run/deployment/queue", json={"deployment_id": deployment["id"]})

    assert (answer.status_code, emulator.comfydeploy.dump()["runs"][0]["status"]) == (500, "failed")


def test_a_classic_machine_runs_when_its_endpoint_answers(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    classic = {"name": "c", "type": "classic", "endpoint": "http://gpu.example", "auth_token": None}
    machine = api.post("/machine/custom", json=classic).json()
    api.patch(f"/deployment/{deployment['id']}", json={"machine_id": machine["id"]})

    run = run_to_end(api, emulator, deployment)

    assert (run["status"], run["machine_type"]) == ("success", "classic")


def test_a_public_share_can_be_run_by_anybody(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator)
    deployment = make_running_deployment(api, emulator)
    body = {"workflow_id": deployment["workflow_id"], "workflow_version_id": deployment["workflow_version_id"]}
    share = api.post("/deployment", json={**body, "machine_id": machine["id"], "environment": "public-share"}).json()
    stranger = {"authorization": f"Bearer {emulator.comfydeploy.key('user_stranger')}"}

    answer = api.post("/run/deployment/queue", json={"deployment_id": share["id"]}, headers=stranger)

    assert answer.status_code == 200
