"""The main job, on both engines: the same program gives the same operations, and the platform holds the result."""

from __future__ import annotations

import json

import pytest
from programs import Service

from pulumi_comfy.testing import Result

pytestmark = [pytest.mark.cli, pytest.mark.apart]


def calls(emulator):
    return [(request.method, request.path) for request in emulator.requests]


def only(rows):
    assert len(rows) == 1, rows
    return rows[0]


def changes(result: Result) -> dict[str, str]:
    return {operation.name: operation.op for operation in result.operations if operation.op != "same" and operation.id}


def served_picture(emulator, platform):
    """Run the deployment as a client would and give what it made."""
    deployment = only(emulator.comfydeploy.dump()["deployments"])
    body = {"deployment_id": deployment["id"], "inputs": {"prompt": "a cat", "seed": 1}}
    return platform.post("/run/deployment/sync", json=body).json()


def test_first_up_deploys_everything_and_proves_it(deploy, emulator):
    stack = deploy(Service(variables={"HF_TOKEN": "hf_canary_value"}).program)

    result = stack.up()

    made = {name: op for name, op in changes(result).items() if name in ("gpu", "tokens", "portrait", "serving")}
    assert made == {"gpu": "create", "tokens": "create", "portrait": "create", "serving": "create"}
    held = emulator.comfydeploy.dump()
    assert only(held["deployments"])["workflow_version_id"] == only(held["versions"])["id"]
    assert only(held["runs"])["status"] == "success"
    assert only(held["secrets"])["machine_ids"] == [only(held["machines"])["id"]]


def test_second_up_is_unchanged_and_makes_no_api_call(deploy, emulator):
    stack = deploy(Service(variables={"HF_TOKEN": "hf_canary_value"}).program)
    stack.up()
    emulator.clear_requests()

    result = stack.up()

    assert changes(result) == {}
    assert calls(emulator) == []


def test_refresh_after_up_finds_no_drift(deploy):
    stack = deploy(Service(variables={"HF_TOKEN": "hf_canary_value"}).program)
    stack.up()

    stack.refresh()
    result = stack.up()

    assert changes(result) == {}


def test_one_edited_sampler_setting_gives_one_version_and_one_updated_deployment(deploy, emulator):
    service = Service()
    stack = deploy(service.program)
    stack.up()

    service.steps = 30
    result = stack.up()

    assert changes(result) == {"portrait": "update", "serving": "update"}
    held = emulator.comfydeploy.dump()
    assert [version["version"] for version in held["versions"]] == [1, 2]
    assert only(held["deployments"])["workflow_version_id"] == held["versions"][1]["id"]
    assert len(held["runs"]) == 2


def test_the_preview_says_what_changed_in_words(deploy):
    service = Service()
    stack = deploy(service.program)
    stack.up()

    service.steps = 30
    result = stack.preview()

    assert "KSampler #7: steps 20 -> 30" in "\n".join(result.messages("portrait"))


def test_moving_nodes_in_the_editor_is_no_change(deploy, emulator):
    service = Service()
    stack = deploy(service.program)
    stack.up()
    emulator.clear_requests()

    service.positions_shift = 100
    result = stack.up()

    assert changes(result) == {}
    assert calls(emulator) == []


def test_a_workflow_that_fails_at_run_time_fails_the_up_and_the_former_version_serves(deploy, emulator, platform):
    service = Service()
    stack = deploy(service.program)
    stack.up()
    good = only(emulator.comfydeploy.dump()["deployments"])["workflow_version_id"]
    picture = only(served_picture(emulator, platform))["data"]["images"][0]["filename"]

    service.class_of_sampler = "BrokenSampler"
    result = stack.up(check=False)

    assert not result.ok
    failed = [run for run in emulator.comfydeploy.dump()["runs"] if run["status"] == "failed"]
    assert only(failed)["id"] in result.error
    assert "BrokenSampler" in result.error
    assert only(emulator.comfydeploy.dump()["deployments"])["workflow_version_id"] == good
    assert only(served_picture(emulator, platform))["data"]["images"][0]["filename"] == picture


def test_a_failed_up_is_repaired_by_the_next_good_one(deploy, emulator):
    service = Service()
    stack = deploy(service.program)
    stack.up()
    service.class_of_sampler = "BrokenSampler"
    stack.up(check=False)

    service.class_of_sampler, service.steps = "KSampler", 25
    result = stack.up()

    held = emulator.comfydeploy.dump()
    assert changes(result) == {"portrait": "update", "serving": "update"}
    assert only(held["deployments"])["workflow_version_id"] == held["versions"][-1]["id"]


def test_a_failed_first_check_leaves_no_deployment_behind(deploy, emulator):
    stack = deploy(Service(class_of_sampler="BrokenSampler").program)

    result = stack.up(check=False)

    assert "BrokenSampler" in result.error
    assert emulator.comfydeploy.dump()["deployments"] == []
    assert not [row for row in stack.resources() if row["type"].endswith(":Deployment")]


def test_a_kept_failure_stays_and_is_checked_again(deploy, emulator):
    service = Service(class_of_sampler="BrokenSampler", check={"on_failure": "keep"})
    stack = deploy(service.program)
    first = stack.up(check=False)

    second = stack.up(check=False)

    assert not first.ok
    assert not second.ok
    assert len(emulator.comfydeploy.dump()["deployments"]) == 1
    assert len(emulator.comfydeploy.dump()["runs"]) == 2


BREAKS_INFERENCE = {"docker_command_steps": [{"type": "commands", "data": "RUN echo BREAK-INFERENCE"}]}


def test_a_rebuild_in_place_that_breaks_inference_fails_the_up_and_says_what_serves(deploy):
    service = Service()
    stack = deploy(service.program)
    stack.up()

    service.machine = BREAKS_INFERENCE
    result = stack.up(check=False)

    assert not result.ok
    assert "rebuilt in place" in result.error


def test_a_rollout_that_breaks_inference_leaves_the_old_machine_serving(deploy, emulator, platform):
    service = Service(rollout="replace")
    stack = deploy(service.program)
    stack.up()
    old = only(emulator.comfydeploy.dump()["machines"])["id"]

    service.machine = BREAKS_INFERENCE
    result = stack.up(check=False)

    assert not result.ok
    assert only(emulator.comfydeploy.dump()["deployments"])["machine_id"] == old
    assert only(served_picture(emulator, platform))["data"]["images"]


def test_a_good_rollout_moves_the_deployment_and_deletes_the_old_machine(deploy, emulator):
    service = Service(rollout="replace")
    stack = deploy(service.program)
    stack.up()
    old = only(emulator.comfydeploy.dump()["machines"])["id"]

    service.machine = {"python_version": "3.12"}
    stack.up()

    new = only(emulator.comfydeploy.dump()["machines"])["id"]
    assert new != old
    assert only(emulator.comfydeploy.dump()["deployments"])["machine_id"] == new


def test_after_a_failed_rollout_the_former_settings_leave_one_machine(deploy, emulator):
    service = Service(rollout="replace")
    stack = deploy(service.program)
    stack.up()
    service.machine = BREAKS_INFERENCE
    stack.up(check=False)

    service.machine = {}
    stack.up()

    machine = only(emulator.comfydeploy.dump()["machines"])
    assert only(emulator.comfydeploy.dump()["deployments"])["machine_id"] == machine["id"]


def test_a_deployment_deleted_on_the_platform_is_repaired_by_refresh_and_up(deploy, emulator, platform):
    stack = deploy(Service().program)
    stack.up()
    row = only(emulator.comfydeploy.dump()["deployments"])
    platform.post("/deployment", json={**pick(row), "deployment_id": row["id"], "environment": "private-share"})
    assert platform.delete(f"/deployment/{row['id']}").status_code == 200

    stack.refresh()
    result = stack.up()

    assert changes(result) == {"serving": "create"}
    assert only(emulator.comfydeploy.dump()["deployments"])["id"] != row["id"]


def pick(row):
    return {key: row[key] for key in ("workflow_id", "workflow_version_id", "machine_id")}


def test_destroy_leaves_the_platform_empty_and_up_works_again(deploy, emulator):
    stack = deploy(Service(variables={"HF_TOKEN": "hf_canary_value"}, machine={"keep_warm": 1}).program)
    stack.up()

    stack.destroy()
    empty = emulator.comfydeploy.dump()
    stack.up()

    assert {kind: empty[kind] for kind in ("workflows", "machines", "secrets", "deployments")} == {
        "workflows": [],
        "machines": [],
        "secrets": [],
        "deployments": [],
    }
    assert len(emulator.comfydeploy.dump()["deployments"]) == 1


def test_destroy_rebuilds_no_machine_that_is_going_away(deploy, emulator):
    stack = deploy(Service(variables={"HF_TOKEN": "hf_canary_value"}).program)
    stack.up()
    emulator.clear_requests()

    stack.destroy()

    assert ("PATCH", "/machine/serverless/{machine_id}") not in calls(emulator)


@pytest.mark.parametrize("operation", ["preview", "up", "refresh", "destroy"])
def test_a_key_of_another_account_changes_nothing(deploy, emulator, operation):
    stack = deploy(Service().program)
    stack.up()
    stack.env["COMFYDEPLOY_API_KEY"] = emulator.comfydeploy.key(user_id="somebody_else")
    before = emulator.comfydeploy.dump()
    emulator.clear_requests()

    result = getattr(stack, operation)(check=False)

    assert not result.ok
    assert "belongs to" in result.error
    assert emulator.comfydeploy.dump() == before
    assert calls(emulator) == []


def test_the_state_holds_the_provider_in_under_100_bytes_a_workflow_once_and_no_credential(deploy, emulator):
    stack = deploy(Service(variables={"HF_TOKEN": "hf_canary_value"}).program)
    stack.up()

    text = json.dumps(stack.state())

    providers = [row["outputs"]["__provider"] for row in stack.resources() if "__provider" in row.get("outputs", {})]
    assert len(providers) == 4
    assert all(len(provider) < 100 for provider in providers)
    workflow = stack.resource("portrait")
    assert "workflow" in workflow["inputs"]
    assert "workflow" not in workflow["outputs"]
    assert emulator.comfydeploy.key() not in text
    assert "hf_canary_value" not in json.dumps([{**row} for row in strip_secrets(stack.resources())])


def strip_secrets(value):
    """Take out what the state marks as secret; whatever is left is in the clear."""
    if isinstance(value, dict):
        if "4dabf18193072939515e22adb298388d" in value:
            return "[secret]"
        return {key: strip_secrets(item) for key, item in value.items()}
    return [strip_secrets(item) for item in value] if isinstance(value, list) else value
