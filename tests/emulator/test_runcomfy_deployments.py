"""RunComfy's deployments: what bodies must hold, what is shown, and what is left of what was deleted."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from emulated_objects import make_prompt
from runcomfy_objects import SCALING, body_of, caller_of, code_of, make_deployment

from pulumi_comfy.emulator import Emulator

DEPLOYMENTS = "/prod/v2/deployments"


def place(deployment: dict[str, Any]) -> str:
    return f"{DEPLOYMENTS}/{deployment['id']}"


@pytest.fixture
def made(runcomfy: httpx.Client, emulator: Emulator) -> dict[str, Any]:
    return make_deployment(runcomfy, emulator)


def test_a_new_deployment_is_enabled_on_standby_with_its_graph_unasked(made: dict[str, Any]) -> None:
    assert (made["status"], made["is_enabled"], made["hardware"]) == ("standby", True, ["AMPERE_48"])
    assert made["payload"]["workflow_api_json"]["3"]["class_type"] == "KSampler"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", made["created_at"])


@pytest.mark.parametrize("field", ["name", "workflow_id", "workflow_version", "hardware", *SCALING])
def test_all_eight_fields_are_needed(field: str, runcomfy: httpx.Client, emulator: Emulator) -> None:
    body = body_of(emulator.runcomfy.add_workflow(make_prompt()))
    del body[field]

    answer = runcomfy.post(DEPLOYMENTS, json=body)

    assert code_of(answer) == (422, 422001)
    assert [set(one) for one in answer.json()["detail"]] == [{"loc", "msg", "type"}]
    assert answer.json()["detail"][0]["loc"] == ["body", field]


@pytest.mark.parametrize(
    "fields",
    [
        {"hardware": "AMPERE_48"},
        {"hardware": []},
        {"hardware": ["AMPERE_48", "AMPERE_24"]},
        {"hardware": ["H100"]},
        {"min_instances": True},
        {"max_instances": "1"},
        {"max_instances": 0},
        {"max_instances": 61},
        {"min_instances": 31, "max_instances": 60},
        {"min_instances": 2},
        {"queue_size": -1},
        {"keep_warm_duration_in_seconds": 0.5},
        {"name": ""},
        {"name": None},
    ],
    ids=str,
)
def test_values_are_strict(fields: dict[str, Any], runcomfy: httpx.Client, emulator: Emulator) -> None:
    answer = runcomfy.post(DEPLOYMENTS, json=body_of(emulator.runcomfy.add_workflow(make_prompt()), **fields))

    assert (code_of(answer), emulator.runcomfy.dump()["deployments"]) == ((422, 422001), [])


def test_the_older_limits_can_be_had(runcomfy: httpx.Client, emulator: Emulator) -> None:
    emulator.runcomfy.settings.limits = "legacy"
    workflow_id = emulator.runcomfy.add_workflow(make_prompt())

    answers = [runcomfy.post(DEPLOYMENTS, json=body_of(workflow_id, max_instances=most)) for most in (10, 11)]

    assert [answer.status_code for answer in answers] == [200, 422]


def test_is_enabled_is_no_field_of_a_create(runcomfy: httpx.Client, emulator: Emulator) -> None:
    assert make_deployment(runcomfy, emulator, is_enabled=False)["is_enabled"] is True


def test_two_deployments_may_have_one_name(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    assert make_deployment(runcomfy, emulator)["name"] == made["name"]


@pytest.mark.parametrize("fields", [{"workflow_version": "v9"}, {"workflow_id": "nothing"}], ids=str)
def test_an_unknown_workflow_or_version_is_not_found(
    fields: dict[str, str], runcomfy: httpx.Client, emulator: Emulator
) -> None:
    body = body_of(emulator.runcomfy.add_workflow(make_prompt()))

    assert code_of(runcomfy.post(DEPLOYMENTS, json={**body, **fields})) == (404, 404001)


def test_workflow_ids_do_not_cross_accounts(runcomfy: httpx.Client, emulator: Emulator) -> None:
    body = body_of(emulator.runcomfy.add_workflow(make_prompt(), account="other"))

    assert code_of(runcomfy.post(DEPLOYMENTS, json=body)) == (404, 404001)


def test_lists_show_graph_and_readme_only_when_asked(runcomfy: httpx.Client, made: dict[str, Any]) -> None:
    asked = ("", "?includes=payload", "?includes=payload&includes=readme")

    shown = [runcomfy.get(DEPLOYMENTS + query).json()[0].keys() & {"payload", "readme"} for query in asked]

    assert shown == [set(), {"payload"}, {"payload", "readme"}]


def test_a_get_shows_the_graph_only_when_asked_or_by_the_setting(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    shown = ["payload" in runcomfy.get(place(made) + query).json() for query in ("", "?includes=payload")]
    emulator.runcomfy.settings.get_shows_payload = True

    assert [*shown, "payload" in runcomfy.get(place(made)).json()] == [False, True, True]


def test_an_unknown_include_is_refused(runcomfy: httpx.Client) -> None:
    assert code_of(runcomfy.get(f"{DEPLOYMENTS}?includes=payload,readme")) == (422, 422001)


def test_a_list_by_ids_leaves_unknown_ones_out(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    make_deployment(runcomfy, emulator)

    listed = runcomfy.get(DEPLOYMENTS, params={"ids": [made["id"], "nothing"]}).json()

    assert [row["id"] for row in listed] == [made["id"]]


def test_a_patch_merges_and_answers_with_the_graph(runcomfy: httpx.Client, made: dict[str, Any]) -> None:
    changed = runcomfy.patch(place(made), json={"name": "portrait", "max_instances": 3}).json()

    assert changed["updated_at"] > made["updated_at"]
    assert {**changed, "updated_at": ""} == {**made, "max_instances": 3, "updated_at": ""}


def test_a_patch_without_a_name_is_refused(runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]) -> None:
    answer = runcomfy.patch(place(made), json={"max_instances": 3})
    emulator.runcomfy.settings.patch_needs_name = False

    assert (code_of(answer), answer.json()["error_message"]) == ((422, 422001), "Deployment name is required")
    assert runcomfy.patch(place(made), json={"max_instances": 3}).status_code == 200


def test_a_patch_leaves_the_workflow_alone(runcomfy: httpx.Client, made: dict[str, Any]) -> None:
    changed = runcomfy.patch(place(made), json={"name": "x", "workflow_id": "other", "colour": "red"}).json()

    assert changed["workflow_id"] == made["workflow_id"]


@pytest.mark.parametrize("fields", [{"min_instances": 2}, {"max_instances": None}, {"is_enabled": 1}], ids=str)
def test_a_patch_is_checked_as_a_whole(fields: dict[str, Any], runcomfy: httpx.Client, made: dict[str, Any]) -> None:
    assert code_of(runcomfy.patch(place(made), json={"name": "x", **fields})) == (422, 422001)


def test_a_patch_to_a_version_that_is_gone_changes_nothing(runcomfy: httpx.Client, made: dict[str, Any]) -> None:
    answer = runcomfy.patch(place(made), json={"name": "x", "workflow_version": "v9"})

    assert (code_of(answer), runcomfy.get(place(made)).json()["name"]) == ((404, 404001), "portrait")


def test_what_was_deleted_is_not_found_and_not_listed(runcomfy: httpx.Client, made: dict[str, Any]) -> None:
    answer = runcomfy.delete(place(made))

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert [
        code_of(runcomfy.request(method, place(made), json={"name": "x"})) for method in ("GET", "PATCH", "DELETE")
    ] == [(404, 404001)] * 3
    assert runcomfy.get(DEPLOYMENTS).json() == []


def test_another_accounts_deployment_is_forbidden_and_missing_from_lists(
    emulator: Emulator, made: dict[str, Any]
) -> None:
    with caller_of(emulator, emulator.runcomfy.key("other")) as stranger:
        asked = stranger.get(place(made))
        listed = stranger.get(DEPLOYMENTS, params={"ids": made["id"]})

    assert (code_of(asked), listed.json()) == ((403, 403003), [])


def test_a_lora_deployment_is_listed_without_a_workflow(runcomfy: httpx.Client, emulator: Emulator) -> None:
    emulator.runcomfy.add_lora_deployment()

    assert [row["workflow_id"] for row in runcomfy.get(DEPLOYMENTS).json()] == [None]


def test_another_save_removes_the_oldest_version_that_nothing_uses(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    labels = [emulator.runcomfy.save_version(made["workflow_id"], make_prompt()) for _ in range(2)]

    left = [row["label"] for row in emulator.runcomfy.dump()["versions"]]

    assert (labels, left) == (["v3", "v4"], ["v1", "v3", "v4"])


@pytest.mark.parametrize(("protects", "left"), [(True, ["v1", "v3", "v4"]), (False, ["v2", "v3", "v4"])])
def test_whether_a_disabled_deployment_protects_can_be_chosen(
    protects: bool, left: list[str], runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    emulator.runcomfy.settings.disabled_protects = protects
    runcomfy.patch(place(made), json={"name": "x", "is_enabled": False})
    for _ in range(2):
        emulator.runcomfy.save_version(made["workflow_id"], make_prompt())

    assert [row["label"] for row in emulator.runcomfy.dump()["versions"]] == left


def test_a_version_can_go_as_soon_as_it_is_unprotected(
    runcomfy: httpx.Client, emulator: Emulator, made: dict[str, Any]
) -> None:
    emulator.runcomfy.settings.version_removal = "when unprotected"
    runcomfy.patch(place(made), json={"name": "x", "workflow_version": "v2"})

    back = runcomfy.patch(place(made), json={"name": "x", "workflow_version": "v1"})

    assert code_of(back) == (404, 404001)


def test_a_label_is_saved_once(emulator: Emulator) -> None:
    workflow_id = emulator.runcomfy.add_workflow(make_prompt())

    with pytest.raises(ValueError, match="has a version v1 already"):
        emulator.runcomfy.save_version(workflow_id, make_prompt(), "v1")


def test_a_drawing_is_no_prompt(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="no API prompt"):
        emulator.runcomfy.add_workflow({"nodes": [], "links": []})
