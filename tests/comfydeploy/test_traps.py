"""The platform's traps (reference 2, 5, 6), each named: what it does, and what we make of it."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import httpx
import pytest
from kinds import KINDS, documents
from lone import Lone
from test_waits import eventually

import pulumi_comfy.comfydeploy


@pytest.fixture
def lone(emulator, platform, account_key, monkeypatch):
    monkeypatch.setenv("PULUMI_COMFY_PACE", "0.01")

    def make(kind, **arguments):
        it = Lone(kind, KINDS[kind], emulator, platform, account_key)
        it.arguments.update(arguments)
        emulator.clear_requests()
        return it

    return make


def up(it):
    error = it.up()
    assert error is None, error


def bodies(it, method, route):
    """What was sent to a route, in order."""
    asked = [request for request in it.emulator.requests if request.method == method]
    return [request.request_json for request in asked if re.fullmatch(route, request.url_path)]


def builds(it):
    """The versions of the machine, built or building."""
    return [row for row in it.emulator.dump()["machine_versions"] if row["machine_id"] == it.id]


# Workflows (2.1) and versions (2.2)


def test_the_workflow_goes_as_text_and_a_version_as_objects(lone):
    it = lone("Workflow")
    up(it)
    it.arguments.update(documents(50))
    up(it)

    (created,) = bodies(it, "POST", "/workflow")
    (appended,) = bodies(it, "POST", "/workflow/[^/]+/version")
    assert json.loads(created["workflow_json"])["nodes"]
    assert appended["workflow"]["nodes"]
    assert appended["workflow_api"]["7"]["inputs"]["steps"] == 50


def test_the_first_version_s_id_is_read_since_the_creation_does_not_tell_it(lone):
    it = lone("Workflow")

    up(it)

    (version,) = it.emulator.dump()["versions"]
    assert (it.outputs["versionId"], it.outputs["versionNumber"]) == (version["id"], 1)


def test_a_selected_machine_makes_no_implicit_preview_deployment(lone, platform):
    machine = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    it = lone("Workflow", selected_machine_id=machine)
    up(it)
    it.arguments.update(documents(50))

    up(it)

    assert it.rows[0]["selected_machine_id"] == machine
    assert it.emulator.dump()["deployments"] == []


def test_pinned_goes_alone_since_it_swallows_the_other_fields(lone):
    it = lone("Workflow", pinned=True, description="described")

    up(it)

    assert [sorted(body) for body in bodies(it, "PATCH", "/workflow/[^/]+")] == [["description"], ["pinned"]]
    assert (it.rows[0]["pinned"], it.rows[0]["description"]) == (True, "described")


def test_null_clears_nothing_so_a_removed_text_is_sent_empty(lone):
    it = lone("Workflow", cover_image="https://x.example/a.png")
    up(it)
    del it.arguments["cover_image"]

    up(it)

    assert it.rows[0]["cover_image"] == ""
    it.assert_settled()


def test_a_pin_taken_out_of_the_program_is_taken_off(lone):
    it = lone("Workflow", pinned=True)
    up(it)
    del it.arguments["pinned"]

    up(it)

    assert it.rows[0]["pinned"] is False
    it.assert_settled()


def test_the_search_is_by_substring_so_a_longer_name_is_no_namesake(lone, platform):
    it = lone("Workflow", name="portrait")
    platform.post("/workflow", json={"name": "portrait of a cat", "workflow_json": "{}"}).raise_for_status()

    assert it.up() is None


def test_a_deleted_namesake_is_none(lone, platform):
    for kind, route in (("Workflow", "/workflow/{id}"), ("ServerlessMachine", "/machine/{id}")):
        first = lone(kind, name="the-name")
        up(first)
        platform.delete(route.format(id=first.id)).raise_for_status()

        assert lone(kind, name="the-name").up() is None


def test_key_order_and_number_spelling_do_not_survive_and_are_no_change(lone, platform):
    graph, prompt = documents(20).values()
    shuffled = {key: dict(reversed(prompt[key].items())) for key in reversed(prompt)}
    texts = {"workflow_json": json.dumps(graph), "workflow_api": json.dumps(shuffled).replace(": 20,", ": 20.0,")}
    made = platform.post("/workflow", json={"name": "by hand", **texts}).json()["workflow_id"]
    it = lone("Workflow", name="by hand", adopt=made, description=None)

    up(it)

    assert [version["version"] for version in it.emulator.dump()["versions"]] == [1]


def test_going_back_to_an_older_document_appends(lone):
    it = lone("Workflow")
    for steps in (20, 30, 20):
        it.arguments.update(documents(steps))
        up(it)

    assert [row["version"] for row in it.emulator.dump()["versions"]] == [1, 2, 3]
    assert it.outputs["versionNumber"] == 3


def test_versions_appended_at_once_do_not_collide(deploy, emulator):
    from pulumi_comfy.comfydeploy import Workflow, WorkflowVersion

    emulator.settings.version_race_seconds = 0.05

    def program():
        workflow = Workflow("portrait", **documents(20))
        for steps in (30, 40, 50):
            WorkflowVersion(f"of-{steps}", workflow_id=workflow.id, **documents(steps))

    deploy(program).up()

    assert sorted(row["version"] for row in emulator.dump()["versions"]) == [1, 2, 3, 4]


def test_a_version_is_known_by_its_id_when_numbers_collide(lone, platform, emulator):
    it = lone("WorkflowVersion")
    emulator.settings.version_race_seconds = 0.3
    route = f"/workflow/{it.arguments['workflow_id']}/version"
    body = {"workflow": {}, "workflow_api": {}, "comment": "by hand"}
    by_hand = threading.Thread(target=lambda: platform.post(route, json=body))
    by_hand.start()
    eventually(lambda: any(request.method == "POST" for request in emulator.requests))

    up(it)
    by_hand.join()

    assert sorted(row["version"] for row in emulator.dump()["versions"]) == [1, 2, 2]
    it.assert_settled()


def test_a_version_of_a_deleted_workflow_is_gone(lone, platform):
    it = lone("WorkflowVersion")
    up(it)
    platform.delete(f"/workflow/{it.arguments['workflow_id']}").raise_for_status()

    assert it.refresh() is None
    assert it.id is None


def test_a_version_for_a_missing_workflow_answers_500_and_leaves_nothing(lone):
    it = lone("WorkflowVersion", workflow_id="3f0d2a4e-6a52-4b0e-9c37-2f6f5b6d7e88")

    error = it.up()

    assert "Workflow not found" in str(error)
    assert it.id is None


@pytest.mark.parametrize("spelling", ["recorded", "iso"])
@pytest.mark.parametrize("kind", KINDS)
def test_five_timestamp_spellings_are_no_diff(lone, emulator, kind, spelling):
    emulator.settings.timestamps = spelling
    it = lone(kind)

    up(it)

    it.assert_settled()


# Machines (2.3, 2.4)


def test_every_default_is_said_and_nothing_that_misleads(lone):
    it = lone("ServerlessMachine")

    up(it)

    (body,) = bodies(it, "POST", "/machine/serverless")
    said = {"comfyui_version", "concurrency_limit", "run_timeout", "idle_timeout", "keep_warm", "disable_metadata"}
    assert said | {"models_to_cache", "optimized_runner", "machine_builder_version"} <= set(body)
    assert not {"wait_for_build", "is_trigger_rebuild", "extra_docker_commands"} & set(body)
    assert body["machine_builder_version"] == "4"


def test_a_cpu_request_is_stored_in_four_bytes_and_is_no_diff_and_never_sent_again(lone):
    it = lone("ServerlessMachine", cpu_request=0.1)
    up(it)
    it.assert_settled()
    it.arguments["keep_warm"] = 1

    up(it)

    assert it.rows[0]["cpu_request"] != 0.1
    assert bodies(it, "PATCH", "/machine/serverless/[^/]+") == [{"keep_warm": 1}]
    assert len(builds(it)) == 1


def test_step_ids_are_compared_so_ours_do_not_change(lone):
    step = {"type": "custom-node", "data": {"url": "https://github.com/a/b", "install_type": "git-clone"}}
    it = lone("ServerlessMachine", docker_command_steps=[step])
    up(it)
    it.arguments["run_timeout"] = 500
    up(it)
    it.arguments["docker_command_steps"] = [dict(reversed(step.items()))]

    assert not it.has_changes()
    assert len(builds(it)) == 2


@pytest.mark.parametrize("change", [{"gpu": "A10G"}, {"keep_warm": 1}, {"optimized_runner": True}, {"name": "other"}])
def test_what_needs_no_build_makes_no_version(lone, change):
    it = lone("ServerlessMachine")
    up(it)
    it.arguments.update(change)

    up(it)

    assert len(builds(it)) == 1
    it.assert_settled()


def test_disable_metadata_alone_is_stored_only_so_the_build_is_forced(lone):
    it = lone("ServerlessMachine")
    up(it)
    it.arguments["disable_metadata"] = False

    up(it)

    assert len(builds(it)) == 2


def test_several_changes_are_one_build(lone):
    it = lone("ServerlessMachine")
    up(it)
    it.arguments.update(run_timeout=500, idle_timeout=30, python_version="3.12", disable_metadata=False)

    up(it)

    assert len(builds(it)) == 2


def test_null_and_empty_text_are_the_same(lone):
    it = lone("ServerlessMachine", extra_args="--lowvram")
    up(it)
    del it.arguments["extra_args"]
    up(it)

    assert it.rows[0]["extra_args"] == ""
    it.arguments["extra_args"] = ""
    assert not it.has_changes()


def test_a_memory_limit_cannot_be_unset_so_its_removal_replaces(lone):
    it = lone("ServerlessMachine", name="first", memory_limit=4096)
    up(it)
    before = it.id
    del it.arguments["memory_limit"]

    up(it)

    assert it.id != before
    it.assert_settled()


def test_a_stale_ready_is_not_believed(lone, platform, emulator):
    emulator.builds.outcome("error", times=1, seconds=3600, log=["the newest build broke"])
    emulator.builds.outcome("ready", times=1, seconds=0.1)
    made = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    platform.patch(f"/machine/serverless/{made}", json={"run_timeout": 500}).raise_for_status()
    eventually(lambda: platform.get(f"/machine/{made}").json()["status"] == "ready")
    it = lone("ServerlessMachine", name="m", run_timeout=500, adopt=made)
    errors = []
    waiting = threading.Thread(target=lambda: errors.append(it.up()))
    waiting.start()
    eventually(lambda: sum("/versions/" in request.url_path for request in emulator.requests) > 3)

    emulator.clock.advance(3600)
    waiting.join()

    assert [error.code for error in errors] == ["COMFY3001"]


def test_a_deleted_machine_accepts_changes_and_the_up_says_that_it_is_gone(lone, platform):
    for kind in ("ServerlessMachine", "CustomMachine"):
        it = lone(kind)
        up(it)
        platform.delete(f"/machine/{it.id}").raise_for_status()
        it.arguments.update(it.kind.edit)

        assert "the machine is deleted" in str(it.up())


def test_a_machine_that_is_kept_warm_is_drained_before_it_is_deleted(lone, platform):
    it = lone("ServerlessMachine")
    up(it)
    platform.patch(f"/machine/serverless/{it.id}", json={"keep_warm": 2}).raise_for_status()

    assert it.destroy() is None
    assert it.rows == []


@pytest.mark.parametrize(
    ("ours", "theirs"), [("CustomMachine", "ServerlessMachine"), ("ServerlessMachine", "CustomMachine")]
)
def test_a_machine_of_the_other_kind_is_not_adopted(lone, ours, theirs):
    other = lone(theirs, name="theirs")
    up(other)
    before = other.table()
    it = lone(ours, adopt=other.id)

    error = it.up()

    assert "this key sees no such object" in str(error)
    assert other.table() == before


def test_a_custom_machine_s_removed_token_is_emptied_since_null_changes_nothing(lone):
    it = lone("CustomMachine")
    up(it)
    del it.arguments["auth_token"]

    up(it)

    assert it.rows[0]["auth_token"] == ""


def test_an_adopted_custom_machine_gets_the_declared_token_though_nobody_can_read_it(lone, platform):
    body = {"name": "m", "type": "classic", "endpoint": "https://gpu.example:8188", "auth_token": "of somebody"}
    made = platform.post("/machine/custom", json=body).json()["id"]
    it = lone("CustomMachine", name="m", adopt=made)

    up(it)

    assert it.rows[0]["auth_token"] == "canary-1"


# Deployments (2.5)


@pytest.mark.parametrize("answer", ["500", "fixed"])
def test_a_missing_deployment_answers_500_or_404_and_is_gone(lone, platform, emulator, answer):
    emulator.settings.deployment_404 = answer
    it = lone("Deployment")
    up(it)
    it.kind.remove(platform, it.rows[0])

    assert it.refresh() is None
    assert it.id is None


@pytest.mark.parametrize("answer", ["500", "fixed"])
def test_deleting_a_missing_deployment_is_a_success_in_either_spelling(lone, platform, emulator, answer):
    emulator.settings.deployment_404 = answer
    it = lone("Deployment")
    up(it)
    it.kind.remove(platform, it.rows[0])

    assert it.destroy() is None
    assert emulator.dump()["deployments"] == []


def test_a_500_for_a_deployment_that_is_listed_is_an_error_not_gone(lone, emulator):
    it = lone("Deployment")
    up(it)
    emulator.faults.add("GET", "/deployment/[^/]+", "status", status=500, times=None)

    assert it.refresh() is not None
    assert it.id is not None


@pytest.mark.parametrize("environment", ["production", "staging", "preview"])
def test_an_environment_that_cannot_be_deleted_is_relabelled_first(lone, emulator, environment):
    it = lone("Deployment", environment=environment)
    up(it)

    assert it.destroy() is None
    assert emulator.dump()["deployments"] == []


def test_a_share_is_deleted_without_relabelling(lone, emulator):
    it = lone("Deployment", environment="public-share")
    up(it)
    emulator.clear_requests()

    assert it.destroy() is None
    assert bodies(it, "POST", "/deployment") == []


def test_relabelling_for_a_delete_spares_the_private_share_beside_it(lone, emulator):
    share = lone("Deployment", environment="private-share", gpu=None)
    up(share)
    it = lone("Deployment", **{**share.arguments, "environment": "production"})
    up(it)

    assert it.destroy() is None
    assert [row["id"] for row in emulator.dump()["deployments"]] == [share.id]


def test_an_implicit_preview_deployment_is_refused_not_taken_over(lone, platform, emulator):
    it = lone("Deployment", environment="preview")
    version = platform.get(f"/workflow-version/{it.arguments['workflow_version_id']}").json()
    body = {"workflow": version["workflow"], "workflow_api": version["workflow_api"]}
    body["machine_id"] = it.arguments["machine_id"]
    platform.post(f"/workflow/{it.arguments['workflow_id']}/version", json=body).raise_for_status()
    (implicit,) = emulator.dump()["deployments"]

    error = it.up()

    assert implicit["id"] in str(error)
    assert emulator.dump()["deployments"] == [implicit]


def test_two_rows_of_one_environment_are_refused_with_both_ids(lone, platform, emulator):
    first, second = lone("Deployment"), None
    up(first)
    second = lone("Deployment", **{**first.arguments, "environment": "staging"})
    up(second)
    keys = ("workflow_id", "workflow_version_id", "machine_id")
    relabel = {key: first.arguments[key] for key in keys} | {"deployment_id": second.id, "environment": "production"}
    platform.post("/deployment", json=relabel).raise_for_status()
    it = lone("Deployment", **first.arguments)

    error = str(it.up())

    assert first.id in error
    assert second.id in error


def test_a_share_slug_that_is_taken_is_said_in_words(lone, emulator):
    first = lone("Deployment", environment="public-share")
    up(first)
    it = lone("Deployment", **{**first.arguments, "environment": "community-share"})

    error = str(it.up())

    assert "Rename the workflow" in error
    assert "SQL" not in error
    assert [row["id"] for row in emulator.dump()["deployments"]] == [first.id]


def test_a_gpu_cannot_be_unset_and_its_removal_is_refused_before_anything_is_done(lone, emulator):
    it = lone("Deployment")
    up(it)
    del it.arguments["gpu"]
    emulator.clear_requests()

    error = it.up()

    assert "cannot unset" in str(error)
    assert emulator.requests == []


def test_limits_that_do_nothing_on_an_ordinary_deployment_are_said_at_check(lone):
    it = lone("Deployment", run_timeout=60, keep_warm=1)

    up(it)

    assert any("`keep_warm`, `run_timeout`" in line and "without effect" in line for line in it.lines)


def test_a_limit_taken_out_goes_back_to_the_platform_s_own(lone):
    it = lone("Deployment", concurrency_limit=5)
    up(it)
    del it.arguments["concurrency_limit"]

    up(it)

    assert it.rows[0]["concurrency_limit"] == 2
    it.assert_settled()


def test_a_fluid_deployment_keeps_its_settings_through_an_update_that_would_reset_them(lone, emulator):
    emulator.settings.fluid_builds = True
    it = lone("Deployment", gpu="A100", run_timeout=77, idle_timeout=7)
    eventually(lambda: emulator.dump()["machines"][0]["status"] == "ready")
    up(it)
    it.arguments["keep_warm"] = 1

    up(it)

    row = it.rows[0]
    assert row["modal_image_id"]
    assert (row["gpu"], row["run_timeout"], row["idle_timeout"], row["keep_warm"]) == ("A100", 77, 7, 1)
    it.assert_settled()
    assert it.destroy() is None
    assert it.rows == []


# Secrets (2.6)


def two_machines(platform):
    return [platform.post("/machine/serverless", json={"name": n, "gpu": "T4"}).json()["id"] for n in "ab"]


def test_a_toggle_whose_answer_is_lost_is_not_repeated(lone, platform, emulator):
    machines = two_machines(platform)
    it = lone("Secret", machine_ids=machines)
    emulator.faults.add("PATCH", "/machine/secret", "lost")

    up(it)

    assert len(bodies(it, "PATCH", "/machine/secret")) == 1
    assert sorted(it.rows[0]["machine_ids"]) == sorted(machines)


def test_a_toggle_that_did_not_happen_is_an_error_and_the_next_up_links(lone, platform, emulator):
    it = lone("Secret", machine_ids=two_machines(platform))
    emulator.faults.add("PATCH", "/machine/secret", "reset")

    error = it.up()

    assert error is not None
    assert len(bodies(it, "PATCH", "/machine/secret")) == 1
    up(it)
    it.assert_settled()


def test_a_link_that_somebody_took_away_is_put_back_and_no_other_is_toggled(lone, platform, emulator):
    machines = two_machines(platform)
    it = lone("Secret", machine_ids=machines)
    up(it)
    platform.patch("/machine/secret", json={"machine_id": machines[1], "secret_id": it.id}).raise_for_status()
    it.refresh()

    up(it)

    assert sorted(it.rows[0]["machine_ids"]) == sorted(machines)


def test_a_variable_taken_out_is_gone_since_the_whole_list_is_sent(lone):
    it = lone("Secret", variables={"A": "value-1", "B": "value-2"})
    up(it)
    it.arguments["variables"] = {"B": "value-2"}

    up(it)

    assert it.rows[0]["variables"] == {"B": "value-2"}


def test_a_secret_takes_effect_only_after_a_rebuild_so_the_machine_is_rebuilt(lone, emulator):
    it = lone("Secret")
    up(it)
    it.arguments["variables"] = {"TOKEN": "canary-3"}

    up(it)

    newest = it.outputs["machineVersionIds"][it.arguments["machine_ids"][0]]
    versions = {row["id"]: row for row in emulator.dump(include_secrets=True)["machine_versions"]}
    assert versions[newest]["built_environment"] == {"TOKEN": "canary-3"}
    assert versions[newest]["status"] == "ready"


def test_an_organisation_s_secret_that_a_personal_key_is_shown_is_no_namesake(lone, emulator):
    key = emulator.comfydeploy_key(org_id="org_acme")
    organisation = httpx.Client(base_url=emulator.comfydeploy_url, headers={"Authorization": f"Bearer {key}"})
    machine = organisation.post("/machine/serverless", json={"name": "theirs", "gpu": "T4"}).json()["id"]
    body = {"secret_name": "tokens", "machine_id": machine, "secret": [{"key": "A", "value": "b"}]}
    organisation.post("/machine/secret", json=body).raise_for_status()
    organisation.close()
    it = lone("Secret", name="tokens")

    assert it.up() is None


# Model files (2.7) and API keys (2.8)


def test_an_existing_file_is_refused_with_its_path(lone, platform):
    first = lone("Model")
    up(first)

    error = lone("Model").up()

    assert "checkpoints/a.safetensors" in str(error)
    assert 'adopt="checkpoints/a.safetensors"' in str(error)


def test_a_download_under_way_is_joined_when_the_answer_is_lost(lone, emulator):
    emulator.settings.download_seconds = 0.2
    it = lone("Model")
    emulator.faults.add("POST", "/volume/model", "lost")

    up(it)

    assert len(bodies(it, "POST", "/volume/model")) == 1
    it.assert_settled()


def test_a_failed_download_stays_listed_and_does_not_stop_the_next(lone):
    it = lone("Model", link="https://models.example/fail.safetensors")

    failed = it.up()
    it.arguments["link"] = "https://models.example/good.safetensors"
    up(it)

    assert failed is not None
    assert failed.code == "COMFY3201"
    it.assert_settled()


def test_a_url_signed_anew_is_no_change(lone):
    it = lone("Model")
    up(it)
    it.arguments["link"] = "https://models.example/a.safetensors?signature=another-one"

    assert not it.has_changes()


def test_a_key_is_found_by_its_last_characters_and_kept_for_ever(lone, emulator):
    it = lone("ApiKey")

    up(it)
    it.refresh()

    (row,) = it.rows
    assert (it.id, it.outputs["key"]) == (row["id"], row["key"])


def test_a_key_whose_answer_is_lost_is_revoked_and_made_anew(lone, emulator):
    it = lone("ApiKey")
    emulator.faults.add("POST", "/platform/api-keys", "lost")

    up(it)

    (row,) = it.rows
    assert it.outputs["key"] == row["key"]


# Everywhere (1.2, 6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_base_url_never_says_gone(lone, emulator, kind, monkeypatch):
    it = lone(kind)
    up(it)
    right = type(emulator).comfydeploy_url
    monkeypatch.setattr(type(emulator), "comfydeploy_url", property(lambda self: f"{self.url}/comfydeploy"))

    refreshed = it.refresh()
    destroyed = it.destroy() if "delete" in it.kind.main else refreshed

    monkeypatch.setattr(type(emulator), "comfydeploy_url", right)
    assert refreshed is not None
    assert destroyed is not None
    assert it.id is not None
    assert it.rows


SOURCE = Path(pulumi_comfy.comfydeploy.__file__).parent


@pytest.mark.parametrize(
    "trap", ["/rollback", '"wait_for_build"', "/run/deployment/sync", "/machine/create", "/machines?"]
)
def test_no_code_asks_for(trap):
    """Rollback may do nothing with 200; a build's wait answers `building`; a synchronous run hides its failure."""
    code = "\n".join(re.sub(r'"""[\s\S]*?"""', "", path.read_text()) for path in SOURCE.rglob("*.py"))

    assert trap not in code
