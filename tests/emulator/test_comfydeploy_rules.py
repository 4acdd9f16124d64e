"""Rules of the platform that no recording holds, and the settings that bend them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from emulated_objects import (
    make_deployment,
    make_machine,
    make_prompt,
    make_ready_machine,
    make_running_deployment,
    make_workflow,
    run_to_end,
)

from pulumi_comfy.emulator import Emulator, PlanLimits

NOWHERE = "00000000-0000-4000-8000-000000000000"


# Deployments.


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {}), ("DELETE", None)])
def test_a_fixed_server_answers_404_for_a_missing_deployment(
    method: str, body: Any, api: httpx.Client, emulator: Emulator
) -> None:
    emulator.settings.deployment_404 = "fixed"

    answer = api.request(method, f"/deployment/{NOWHERE}", json=body)

    assert answer.status_code == 404


def test_a_machine_with_an_image_of_its_own_makes_a_fluid_deployment(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.fluid_builds = True
    deployment = make_running_deployment(api, emulator, gpu="L4", run_timeout=900)

    ordinary, fluid = (api.get("/deployments", params={"is_fluid": flag}).json() for flag in ("false", "true"))

    assert (ordinary, [row["id"] for row in fluid]) == ([], [deployment["id"]])
    assert (deployment["gpu"], deployment["run_timeout"]) == ("L4", 900)


def test_a_patch_resets_a_fluid_deployments_limits(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.fluid_builds = True
    deployment = make_running_deployment(api, emulator, gpu="L4")
    api.patch(f"/deployment/{deployment['id']}", json={"gpu": "H100"})

    patched = api.patch(f"/deployment/{deployment['id']}", json={"keep_warm": 1}).json()

    assert (patched["gpu"], patched["keep_warm"]) == ("L4", 1)


def test_a_fluid_deployment_keeps_its_image_and_can_be_deactivated(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.fluid_builds = True
    deployment = make_running_deployment(api, emulator)
    steps = {"steps": [{"type": "commands", "data": "RUN echo BREAK-INFERENCE"}]}
    api.patch(f"/machine/serverless/{deployment['machine_id']}", json={"docker_command_steps": steps})
    emulator.clock.advance(61)

    run = run_to_end(api, emulator, deployment)
    answer = api.post(f"/deployment/{deployment['id']}/deactivate")

    assert (run["status"], answer.status_code, answer.json()["activated_at"]) == ("success", 200, None)


def test_a_deployments_moments_are_one_where_the_answer_made_it(api: httpx.Client, emulator: Emulator) -> None:
    workflow, machine = make_workflow(api), make_ready_machine(api, emulator)

    made, taken = (make_deployment(api, workflow, machine) for _ in range(2))

    assert made["created_at"] == made["updated_at"]
    assert (taken["id"], taken["created_at"], taken["updated_at"] > taken["created_at"]) == (
        made["id"],
        made["created_at"],
        True,
    )


@pytest.mark.parametrize(
    ("body", "is_moved"),
    [
        ({}, False),
        ({"gpu": "A10G"}, True),
        ({"run_timeout": 300}, False),
        ({"workflow_version_id": "own"}, True),
        ({"machine_id": "own"}, True),
    ],
)
def test_a_patch_moves_a_deployments_moment_when_it_writes(
    body: dict[str, str], is_moved: bool, api: httpx.Client, emulator: Emulator
) -> None:
    deployment = make_running_deployment(api, emulator)
    sent = {name: deployment[name] if value == "own" else value for name, value in body.items()}

    patched = api.patch(f"/deployment/{deployment['id']}", json=sent).json()

    assert (patched["updated_at"] != deployment["updated_at"]) is is_moved


def test_a_public_share_that_becomes_something_else_loses_its_slug(api: httpx.Client, emulator: Emulator) -> None:
    workflow, machine = make_workflow(api), make_ready_machine(api, emulator)
    share = make_deployment(api, workflow, machine, "public-share")
    body = {name: share[name] for name in ("workflow_id", "workflow_version_id", "machine_id")}

    answer = api.post("/deployment", json={**body, "deployment_id": share["id"], "environment": "production"})

    assert (share["share_slug"] is None, answer.json()["share_slug"]) == (False, None)


@pytest.mark.parametrize("name", ["concurrency_limit", "run_timeout", "idle_timeout", "keep_warm"])
def test_a_deployments_limit_of_more_than_32_bits_is_a_500(name: str, api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)

    answer = api.patch(f"/deployment/{deployment['id']}", json={name: 3_000_000_000})

    assert (answer.status_code, answer.json()) == (500, {"detail": "Internal server error"})
    assert emulator.comfydeploy.dump()["deployments"][0][name] == deployment[name]


def test_a_workflows_own_list_tells_outputs_and_leaves_out_what_is_empty(api: httpx.Client, emulator: Emulator) -> None:
    graph = {"nodes": [{"type": "ComfyDeployStdOutputImage", "widgets_values": ["picture"]}]}
    prompt = {"9": {"class_type": "SaveImage", "inputs": {}}}
    body = {"name": "portrait", "workflow_json": json.dumps(graph), "workflow_api": json.dumps(prompt)}
    workflow = api.get(f"/workflow/{api.post('/workflow', json=body).json()['workflow_id']}").json()
    machine = make_ready_machine(api, emulator)
    made = [make_deployment(api, workflow, machine, name) for name in ("staging", "preview", "production")]

    rows = api.get(f"/workflow/{workflow['id']}/deployments").json()

    assert [row["environment"] for row in rows] == ["preview", "production", "staging"]
    assert {json.dumps([row["input_types"], row["output_types"]]) for row in rows} == {
        json.dumps([None, [{"class_type": "ComfyDeployStdOutputImage", "output_id": "picture"}]])
    }
    assert api.get(f"/deployment/{made[0]['id']}").json()["input_types"] == []


# Lists.


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("a%", ["a%b", "a_b", "axb", "a\\b"]),
        ("a_b", ["a%b", "a_b", "axb", "a\\b"]),
        ("A%B", ["a%b", "a_b", "axb", "a\\b"]),
        (r"a\%b", ["a%b"]),
        (r"a\_b", ["a_b"]),
        (r"a\\b", ["a\\b"]),
        (r"a\b", []),
        ("a.b", []),
    ],
)
@pytest.mark.parametrize("route", ["/workflows/all", "/machines/all", "/machines", "/platform/api-keys"])
def test_a_search_is_a_pattern_of_sql(
    route: str, search: str, found: list[str], api: httpx.Client, emulator: Emulator
) -> None:
    for name in ("a%b", "a_b", "axb", "a\\b"):
        make_machine(api, name=name)
        make_workflow(api, name=name)
        emulator.clock.advance(2)
        api.post("/platform/api-keys", json={"name": name}).raise_for_status()

    rows = api.get(route, params={"search": search}).json()

    assert sorted(row["name"] for row in rows if row["name"] != "emulator") == sorted(found)  # the key of the tests


def test_a_search_for_nul_is_a_500(api: httpx.Client) -> None:
    make_machine(api)

    assert api.get("/machines/all", params={"search": "a\0b"}).status_code == 500


# API keys.


def test_a_second_key_of_one_second_is_refused_with_a_statement(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.api_key_seconds = 1000

    answers = [api.post("/platform/api-keys", json={"name": name}) for name in ("a", "b")]
    emulator.clock.advance(1000)
    answers.append(api.post("/platform/api-keys", json={"name": "c"}))

    assert [answer.status_code for answer in answers] == [200, 500, 200]
    assert answers[0].json()["key"] in answers[1].json()["error"]
    assert [row["name"] for row in api.get("/platform/api-keys", params={"search": "%"}).json()][:2] == ["c", "a"]


def test_a_key_of_one_second_may_belong_to_another_account(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.api_key_seconds = 1000
    stranger = {"authorization": f"Bearer {emulator.comfydeploy.key('user_stranger')}"}

    statuses = [
        api.post("/platform/api-keys", json={"name": "a"}, headers=headers).status_code for headers in ({}, stranger)
    ]

    assert statuses == [200, 200]


def test_a_machine_that_is_no_uuid_leaks_a_statement(api: httpx.Client) -> None:
    workflow = make_workflow(api)
    body = {"workflow_id": workflow["id"], "workflow_version_id": workflow["versions"][0]["id"], "machine_id": "x"}

    answer = api.post("/deployment", json={**body, "environment": "staging"})

    assert (answer.status_code, "invalid UUID 'x'" in answer.json()["detail"]) == (500, True)


def test_a_production_deployment_is_purged_by_relabelling(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    names = ("workflow_id", "workflow_version_id", "machine_id")
    body = {name: deployment[name] for name in names} | {"deployment_id": deployment["id"]}

    refused = api.delete(f"/deployment/{deployment['id']}").status_code
    api.post("/deployment", json={**body, "environment": "private-share"})
    deleted = api.delete(f"/deployment/{deployment['id']}").status_code

    assert (refused, deleted, emulator.comfydeploy.dump()["deployments"]) == (500, 200, [])


def test_inputs_of_a_deployment_are_declared_by_the_prompt(api: httpx.Client, emulator: Emulator) -> None:
    prompt = make_prompt()
    enum = {"input_id": "style", "options": '["photo", "oil"]', "default_value": "oil"}
    prompt["11"] = {"class_type": "ComfyUIDeployExternalEnum", "inputs": enum}
    prompt["12"] = {"class_type": "ComfyUIDeployExternalBoolean", "inputs": {"input_id": "tiled"}}
    deployment = make_running_deployment(api, emulator, prompt)

    declared = api.get(f"/deployment/{deployment['id']}").json()["input_types"]

    assert {item["input_id"]: (item["type"], item["enum_options"]) for item in declared} == {
        "prompt": ("string", None),
        "width": ("integer", None),
        "style": ("string", ["photo", "oil"]),
        "tiled": ("boolean", None),
    }


def test_a_machine_version_stands_for_its_machine(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    machine = make_ready_machine(api, emulator)

    body = {"machine_version_id": machine["machine_version_id"]}
    patched = api.patch(f"/deployment/{deployment['id']}", json=body).json()

    assert (patched["machine_id"], patched["machine_version_id"]) == (machine["id"], None)


def test_a_workflow_made_with_a_machine_version_gets_a_preview(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator)
    body = {"name": "x", "workflow_json": "{}", "machine_version_id": machine["machine_version_id"]}

    made = api.post("/workflow", json=body).json()

    assert made["machine_id"] == machine["id"]
    assert [row["environment"] for row in emulator.comfydeploy.dump()["deployments"]] == ["preview"]


# Machines.


def test_a_machines_old_version_can_be_exported(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator)
    api.patch(f"/machine/serverless/{machine['id']}", json={"run_timeout": 900})

    timeouts = [
        api.get(f"/machine/{machine['id']}/export", params=query).json()["environment"]["run_timeout"]
        for query in ({}, {"version": 1})
    ]

    assert timeouts == [900, 300]


def test_a_rollback_to_equal_settings_does_nothing(api: httpx.Client, emulator: Emulator) -> None:
    machine = make_ready_machine(api, emulator)
    path = f"/machine/serverless/{machine['id']}"
    newest = api.patch(path, json={"is_trigger_rebuild": True}).json()
    emulator.clock.advance(61)

    rolled = api.post(f"{path}/rollback", json={"version": 1}).json()

    assert (rolled["machine_version_id"], rolled["status"]) == (newest["machine_version_id"], "ready")


# Versions.


def test_two_versions_made_at_once_can_share_a_number(api: httpx.Client, emulator: Emulator) -> None:
    workflow = make_workflow(api)
    emulator.settings.version_race_seconds = 0.5
    body: dict[str, Any] = {"workflow": {}, "workflow_api": {}}

    with ThreadPoolExecutor(2) as pool:
        numbers = list(
            pool.map(lambda _: api.post(f"/workflow/{workflow['id']}/version", json=body).json()["version"], range(2))
        )

    assert numbers == [2, 2]
    assert api.get(f"/workflow/{workflow['id']}/version/2").text == "Internal Server Error"


def test_json_comes_back_with_its_keys_in_the_databases_order(api: httpx.Client) -> None:
    workflow = make_workflow(api)
    body = {"workflow": {"bb": 1, "a": {"zz": 1, "y": 2}, "aaa": 3}, "workflow_api": {}}

    version = api.post(f"/workflow/{workflow['id']}/version", json=body).json()
    stored = api.get(f"/workflow-version/{version['id']}").json()

    assert json.dumps(version["workflow"]) == json.dumps(body["workflow"])
    assert json.dumps(stored["workflow"]) == '{"a": {"y": 2, "zz": 1}, "bb": 1, "aaa": 3}'


@pytest.mark.parametrize("text", ['{"x": NaN}', '{"x": "\\u0000"}', '{"x": "\\ud800"}'])
def test_json_the_database_does_not_take_crashes_the_platform(text: str, api: httpx.Client) -> None:
    answer = api.post("/workflow", json={"name": "x", "workflow_json": text})

    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


def test_an_exported_workflow_brings_its_machines_settings(api: httpx.Client) -> None:
    machine = make_machine(api, concurrency_limit=3)
    body = {"name": "x", "workflow_json": "{}", "workflow_api": "{}", "machine_id": machine["id"]}
    workflow_id = api.post("/workflow", json=body).json()["workflow_id"]

    environment = api.get(f"/workflow/{workflow_id}/export").json()["environment"]

    assert (environment["gpu"], environment["max_containers"]) == ("T4", 3)


def test_plain_timestamps_can_be_asked_for(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.timestamps = "iso"
    workflow = make_workflow(api)
    body: dict[str, Any] = {"workflow": {}, "workflow_api": {}}

    version = api.post(f"/workflow/{workflow['id']}/version", json=body).json()

    spelled = {workflow["created_at"][-1], version["created_at"][-4:].isalnum(), version["created_at"][-1]}
    assert spelled == {"Z", True}


# Plans and keys.


def test_a_free_account_has_one_machine(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.default_plan = PlanLimits.free()
    make_machine(api)

    answer = api.post("/machine/serverless", json={"name": "second", "gpu": "T4"})

    assert (answer.status_code, answer.json()) == (403, {"detail": "Access denied for requested operation"})


def test_the_plan_says_how_much_is_used(api: httpx.Client) -> None:
    make_machine(api)
    make_workflow(api)

    features = api.get("/platform/plan").json()["features"]

    assert (features["currentMachineCount"], features["currentWorkflowCount"], features["machineLimit"]) == (1, 1, 20)


def test_a_workflow_above_the_plan_closes_its_routes(api: httpx.Client, emulator: Emulator) -> None:
    workflow = make_workflow(api)
    emulator.settings.default_plan = PlanLimits(workflow_limit=0)

    answer = api.post(f"/workflow/{workflow['id']}/version", json={"workflow": {}, "workflow_api": {}})

    assert answer.status_code == 403


def test_a_free_account_without_credit_runs_nothing(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    emulator.settings.default_plan = PlanLimits(name="free", gpu_credit_cents=0)

    answer = api.post("/run/deployment/queue", json={"deployment_id": deployment["id"]})

    assert answer.status_code == 403


def test_keys_minted_in_one_second_differ(emulator: Emulator) -> None:
    assert emulator.comfydeploy.key() != emulator.comfydeploy.key()


def test_an_unreadable_key_request_crashes_the_platform(api: httpx.Client) -> None:
    answer = api.post("/platform/api-keys", content=b"{")

    assert answer.status_code == 500


# Secrets.


def test_a_personal_key_sees_what_its_user_made_for_an_organisation(api: httpx.Client, emulator: Emulator) -> None:
    organisation = {"authorization": f"Bearer {emulator.comfydeploy.key(org_id='org_a')}"}
    machine = api.post("/machine/serverless", json={"name": "m", "gpu": "T4"}, headers=organisation).json()
    body = {"secret": [], "secret_name": "shared", "machine_id": machine["id"]}
    api.post("/machine/secret", json=body, headers=organisation)

    assert [row["name"] for row in api.get("/machine/secrets/all").json()] == ["shared"]
