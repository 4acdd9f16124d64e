"""What the platform's less common routes answer: facts of the recordings, for a checkout without them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from emulated_objects import (
    log_of,
    make_deployment,
    make_machine,
    make_prompt,
    make_ready_machine,
    make_running_deployment,
    make_workflow,
    run_to_end,
    start_run,
)

from pulumi_comfy.emulator import Emulator

# Machines and their versions.


def test_versions_of_a_machine_come_highest_first_and_by_pages(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator)
    api.patch(f"/machine/serverless/{machine['id']}", json={"run_timeout": 77}).raise_for_status()
    route = f"/machine/serverless/{machine['id']}/versions"

    listed, paged, everything = (api.get(route + suffix).json() for suffix in ("", "?limit=1&offset=1", "/all"))

    assert [row["version"] for row in listed] == [2, 1]
    assert [row["version"] for row in paged] == [1]
    assert everything == listed


def test_an_unknown_machine_has_no_versions(api: httpx.Client) -> None:
    assert api.get("/machine/serverless/00000000-0000-4000-8000-000000000000/versions").json() == []


def test_a_version_shows_its_settings_and_its_builds_log(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator, run_timeout=77)

    version = api.get(f"/machine/serverless/{machine['id']}/versions/{machine['machine_version_id']}").json()

    assert (version["version"], version["run_timeout"], version["status"]) == (1, 77, "ready")
    assert json.loads(version["build_log"])[0]["logs"].startswith("Builder Version")


@pytest.mark.parametrize("by", ["version", "machine_version_id"])
def test_a_rollback_builds_an_old_version_again(by: str, api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator, run_timeout=77)
    api.patch(f"/machine/serverless/{machine['id']}", json={"run_timeout": 88}).raise_for_status()
    emulator.clock.advance(61)
    wanted: Any = 1 if by == "version" else machine["machine_version_id"]

    back = api.post(f"/machine/serverless/{machine['id']}/rollback", json={by: wanted}).json()
    emulator.clock.advance(61)

    (row,) = emulator.comfydeploy.dump()["machines"]
    assert (back["status"], back["run_timeout"]) == ("building", 77)
    assert (row["status"], row["serving_version_id"]) == ("ready", machine["machine_version_id"])


def test_a_build_that_breaks_inference_says_that_comfyui_did_not_start(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator, prestart_command="echo BREAK-INFERENCE")

    told = api.get(f"/machine-version/{machine['machine_version_id']}/error-start-logs").json()["logs"]

    assert [line["message"] for line in told] == ["ComfyUI did not start"]


def test_a_machine_shows_its_commands_its_workflows_and_its_events(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator)
    workflow = make_workflow(api)
    api.patch(f"/workflow/{workflow['id']}", json={"selected_machine_id": machine["id"]}).raise_for_status()

    commands, workflows, events = (
        api.get(f"/machine/{machine['id']}/{name}").json() for name in ("docker-commands", "workflows", "events")
    )

    assert commands["machine_version"] == {"id": machine["machine_version_id"], "modal_image_id": None}
    assert any("comfyui" in line.lower() for group in commands["docker_commands"] for line in group)
    assert workflows == [{"id": workflow["id"], "name": "portrait"}]
    assert events == []


def test_a_machine_is_exported_as_a_document(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator, run_timeout=77)

    exported = api.get(f"/machine/{machine['id']}/export").json()

    assert (exported["name"], exported["environment"]["run_timeout"]) == ("painter", 77)


def test_the_list_of_machines_tells_more_when_asked(api: httpx.Client) -> None:
    make_machine(api)
    flags = {"include_docker_command_steps": True, "include_has_workflows": True}

    plain, full = (api.get("/machines", params=asked).json()[0] for asked in ({}, flags))

    assert full.keys() - plain.keys() == {"docker_command_steps", "has_workflows"}
    assert full["has_workflows"] is False


# Secrets.


def test_a_secret_is_linked_and_unlinked_by_the_same_request(api: httpx.Client) -> None:
    first, second = make_machine(api), make_machine(api, name="second")
    body = {"secret": [{"key": "TOKEN", "value": "x"}], "secret_name": "s", "machine_id": first["id"]}
    secret = api.post("/machine/secret", json=body).json()["id"]
    told = []
    for _ in range(2):
        api.patch("/machine/secret", json={"machine_id": second["id"], "secret_id": secret})
        told.append([api.get(f"/machine/{second['id']}/secrets/{which}").json() for which in ("linked", "unlinked")])

    (linked, none), (nothing, unlinked) = told
    assert ([row["id"] for row in linked], none) == ([secret], [])
    assert (nothing, [row["id"] for row in unlinked]) == ([], [secret])
    assert linked[0]["environment_variables"] == [{"key": "TOKEN", "value": "x"}]


# Workflows.


def test_a_clone_starts_with_the_latest_version(api: httpx.Client) -> None:
    workflow = make_workflow(api)
    changed = {"workflow": {"nodes": []}, "workflow_api": make_prompt("a blue house")}
    api.post(f"/workflow/{workflow['id']}/version", json=changed).raise_for_status()

    clone = api.post(f"/workflow/{workflow['id']}/clone", json={}).json()

    (version,) = api.get(f"/workflow/{clone['id']}").json()["versions"]
    assert (clone["name"], version["version"]) == ("portrait (Cloned)", 1)
    assert version["workflow_api"]["1"]["inputs"]["default_value"] == "a blue house"


def test_versions_are_found_by_number_by_id_and_by_comment(api: httpx.Client) -> None:
    workflow = make_workflow(api)
    body = {"workflow": {}, "workflow_api": {}, "comment": "Second try"}
    made = api.post(f"/workflow/{workflow['id']}/version", json=body).json()

    by_number = api.get(f"/workflow/{workflow['id']}/version/2").json()
    by_id = api.get(f"/workflow-version/{made['id']}").json()
    by_comment = api.get(f"/workflow/{workflow['id']}/versions", params={"search": "second"}).json()

    assert (by_number["id"], by_id["version"], [row["id"] for row in by_comment]) == (made["id"], 2, [made["id"]])


def test_a_version_made_with_a_machine_moves_the_workflow_and_its_preview(api: httpx.Client) -> None:
    workflow, machine = make_workflow(api), make_machine(api)
    body = {"workflow": {}, "workflow_api": {}, "machine_id": machine["id"]}

    made = api.post(f"/workflow/{workflow['id']}/version", json=body).json()

    (preview,) = api.get(f"/workflow/{workflow['id']}/deployments").json()
    assert api.get(f"/workflow/{workflow['id']}").json()["selected_machine_id"] == machine["id"]
    assert (preview["environment"], preview["workflow_version_id"]) == ("preview", made["id"])
    assert preview["machine"] == {"id": machine["id"], "name": "painter"}


# Deployments.


def test_a_deployment_is_one_of_its_workflow_and_environment(api: httpx.Client) -> None:
    workflow, machine = make_workflow(api), make_machine(api)
    other = make_machine(api, name="other")

    first, second = (make_deployment(api, workflow, one) for one in (machine, other))

    assert first["id"] == second["id"]
    assert [row["machine_id"] for row in api.get("/deployments?environment=production").json()] == [other["id"]]
    assert api.get("/deployments?environment=staging").json() == []


def test_a_public_share_has_an_address_for_anybody_and_can_be_deleted(api: httpx.Client) -> None:
    share = make_deployment(api, make_workflow(api), make_machine(api), environment="public-share")
    slug = share["share_slug"].removeprefix("user_demo_")

    shown = api.get(f"/share/user_demo/{slug}")
    again = make_deployment(api, api.get(f"/workflow/{share['workflow_id']}").json(), make_machine(api), "public-share")
    deleted = api.delete(f"/deployment/{share['id']}")

    assert (shown.status_code, shown.json()["workflow"]["name"]) == (200, "portrait")
    assert [item["input_id"] for item in shown.json()["input_types"]] == ["prompt", "width"]
    assert again["share_slug"] == share["share_slug"]
    assert (deleted.status_code, api.get(f"/share/user_demo/{slug}").status_code) == (200, 404)


def test_a_second_share_of_the_same_name_is_refused(api: httpx.Client) -> None:
    machine = make_machine(api)
    make_deployment(api, make_workflow(api), machine, environment="public-share")
    twin = make_workflow(api)
    body = {"workflow_id": twin["id"], "workflow_version_id": twin["versions"][0]["id"], "machine_id": machine["id"]}

    refused = api.post("/deployment", json={**body, "environment": "public-share"})

    assert refused.status_code == 500


def test_community_shares_are_listed_for_everybody(api: httpx.Client) -> None:
    share = make_deployment(api, make_workflow(api), make_machine(api), environment="community-share")

    assert [row["id"] for row in api.get("/deployments/community").json()] == [share["id"]]


def test_a_deployment_has_a_generated_user_interface(api: httpx.Client) -> None:
    deployment = make_deployment(api, make_workflow(api), make_machine(api))

    spec = api.get(f"/deployment/{deployment['id']}/v0-ui-spec").json()

    assert (spec["name"], len(spec["files"])) == ("workflow-portrait", 3)


def test_every_kind_of_input_is_declared_with_its_bounds_and_choices(api: httpx.Client) -> None:
    enum = {"input_id": "style", "options": '["oil", "ink"]', "default_value": "oil"}
    broken = {"input_id": "other", "options": "[", "default_value": "x"}
    prompt = {
        "1": {"class_type": "ComfyUIDeployExternalEnum", "inputs": enum},
        "2": {"class_type": "ComfyUIDeployExternalEnum", "inputs": broken},
        "3": {"class_type": "ComfyUIDeployExternalNumberSlider", "inputs": {"input_id": "n", "max_value": 3}},
    }
    deployment = make_deployment(api, make_workflow(api, prompt), make_machine(api))

    style, other, slider = api.get(f"/deployment/{deployment['id']}").json()["input_types"]

    assert (style["enum_options"], other["enum_options"], slider["max_value"]) == (["oil", "ink"], None, 3)


def test_declared_outputs_are_read_from_the_graph(api: httpx.Client) -> None:
    node = {"type": "ComfyDeployStdOutputImage", "widgets_values": ["picture"]}
    body = {"name": "w", "workflow_json": json.dumps({"nodes": [node, {"type": "Note"}, 7]}), "workflow_api": "{}"}
    workflow = api.get(f"/workflow/{api.post('/workflow', json=body).json()['workflow_id']}").json()
    deployment = make_deployment(api, workflow, make_machine(api))

    shown = api.get(f"/deployment/{deployment['id']}").json()

    assert shown["output_types"] == [{"class_type": "ComfyDeployStdOutputImage", "output_id": "picture"}]


# Runs.


def test_deprecated_routes_of_runs_do_the_same(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)

    made = api.post("/run", json={"deployment_id": deployment["id"], "inputs": {}}).json()["run_id"]
    emulator.clock.advance(61)

    assert api.get("/run", params={"run_id": made}).json()["status"] == "success"


def test_a_runner_reports_progress_log_outputs_and_the_end(api: httpx.Client, emulator: Emulator) -> None:
    emulator.comfydeploy.runs.script("hang")
    run_id = start_run(api, make_running_deployment(api, emulator))
    picture = {"url": "https://x.example/a.png", "type": "output", "filename": "a.png"}
    reports: list[dict[str, Any]] = [
        {"progress": 0.25, "live_status": "Executing KSampler"},
        {"logs": [{"logs": "a line of its own"}]},
        {"output_data": {"images": [picture], "text": ["said"]}},
        {"output_data": {"images": "no list"}},
        {"status": "success"},
        {"status": "failed"},
    ]

    for report in reports:
        api.post("/update-run", json={"run_id": run_id, **report}).raise_for_status()

    run = api.get(f"/run/{run_id}").json()
    assert (run["progress"], run["live_status"], run["status"]) == (0.25, "Executing KSampler", "success")
    assert [output["data"]["images"][0]["filename"] for output in run["outputs"]] == ["a.png"]
    assert "a line of its own" in log_of(api, run)


def test_a_run_can_be_cancelled(api: httpx.Client, emulator: Emulator) -> None:
    run_id = start_run(api, make_running_deployment(api, emulator))

    told = api.post(f"/run/{run_id}/cancel").json()

    assert (told["status"], api.get(f"/run/{run_id}").json()["status"]) == ("success", "cancelled")


def test_a_batch_starts_its_runs_and_crashes_over_the_answer(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    body = {"deployment_id": deployment["id"], "inputs": {}, "batch_number": 3}

    answer = api.post("/run/deployment/queue", json=body)

    assert answer.status_code == 500
    assert len({run["batch_id"] for run in emulator.comfydeploy.dump()["runs"]}) == 1
    assert len(emulator.comfydeploy.dump()["runs"]) == 3


def test_a_run_that_waits_tells_its_place_when_asked(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    first, second = (start_run(api, deployment) for _ in range(2))

    places = [
        api.get(f"/run/{run}", params={"queue_position": True}).json()["queue_position"] for run in (first, second)
    ]

    assert places == [0, 1]


def test_another_accounts_run_is_not_shown(api: httpx.Client, emulator: Emulator) -> None:
    run_id = start_run(api, make_running_deployment(api, emulator))
    stranger = {"authorization": f"Bearer {emulator.comfydeploy.key('user_other')}"}

    assert api.get(f"/run/{run_id}", headers=stranger).status_code == 403


def test_runs_of_a_workflow_are_listed_with_what_is_asked_for(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    run = run_to_end(api, emulator, deployment)
    route = f"/workflow/{deployment['workflow_id']}/runs"

    whole = api.get(route).json()
    bare = api.get(route, params={"with_outputs": False, "with_inputs": False}).json()

    assert [(row["id"], row["workflow"]["name"], len(row["outputs"])) for row in whole] == [(run["id"], "portrait", 1)]
    assert whole[0].keys() - bare[0].keys() == {"outputs", "workflow_inputs"}
    assert isinstance(whole[0]["run_duration"], str)


@pytest.mark.parametrize(
    ("asked", "count"),
    [({}, 1), ({"status": "success"}, 1), ({"status": "failed"}, 0), ({"rf": 0}, 1), ({"rf": 10**13}, 0)],
)
def test_short_lists_of_runs_are_filtered(
    asked: dict[str, Any], count: int, api: httpx.Client, emulator: Emulator
) -> None:
    deployment = make_running_deployment(api, emulator)
    run_to_end(api, emulator, deployment)

    rows = api.get(f"/v2/workflow/{deployment['workflow_id']}/runs", params=asked).json()

    assert len(rows) == count


def test_what_was_deleted_under_a_deployment_is_said_when_it_is_run(api: httpx.Client, emulator: Emulator) -> None:
    first, second = (make_running_deployment(api, emulator, name=name) for name in ("one", "two"))
    api.delete(f"/workflow/{first['workflow_id']}").raise_for_status()
    api.delete(f"/machine/{second['machine_id']}", params={"force": True}).raise_for_status()

    told = [
        api.post("/run/deployment/queue", json={"deployment_id": one["id"], "inputs": {}}) for one in (first, second)
    ]

    assert [answer.json()["detail"] for answer in told] == [
        "Workflow not found",
        "Machine not found for this deployment",
    ]


# The volume.


def test_files_are_moved_and_folders_removed_with_all_in_them(api: httpx.Client, emulator: Emulator) -> None:
    for name in ("a", "b"):
        link = {"source": "link", "folderPath": "x", "filename": name, "downloadLink": "https://models.example/m"}
        api.post("/volume/model", json=link).raise_for_status()
    emulator.clock.advance(61)

    moved = api.post("/volume/move", json={"source_path": "x/a", "destination_path": "y/a"})
    held = [row["path"] for row in api.get("/volume/private-models").json()]
    api.post("/volume/rm", json={"path": "x"}).raise_for_status()

    assert (moved.status_code, held) == (200, ["x", "y", "x/b", "y/a"])
    assert [row["path"] for row in api.get("/volume/private-models").json()] == ["y", "y/a"]


def test_a_repository_and_a_page_can_be_asked_for(api: httpx.Client) -> None:
    repository, missing = (
        api.post("/volume/validate/huggingface", json={"repo_id": name}).json()["exists"]
        for name in ("a/b", "a/missing")
    )
    page = api.post("/volume/validate/civitai", json={"url": "https://civitai.example/1"}).json()

    assert (repository, missing, page["exists"]) == (True, False, True)
