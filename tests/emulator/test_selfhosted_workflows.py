"""The self-hosted web app's workflows: every request inserts, and little of what was sent is told back."""

from __future__ import annotations

import re

import httpx
import pytest
from emulated_objects import make_prompt
from selfhosted_objects import SNAPSHOT, body_of, caller_of, failure_of, make_workflow, rows, saved

from pulumi_comfy.emulator import Emulator

UNKNOWN = "6d2b5f0e-1111-4222-8333-444455556666"


def test_the_version_is_a_number_and_its_id_is_not_told(selfhosted: httpx.Client) -> None:
    workflow_id = make_workflow(selfhosted)

    answer = body_of(selfhosted.post("/api/workflow", json=saved(workflow_id=workflow_id)))

    assert answer == {"workflow_id": workflow_id, "version": 2}


@pytest.mark.parametrize("tells", [True, False])
def test_a_server_with_the_added_routes_may_tell_the_versions_id(
    selfhosted: httpx.Client, emulator: Emulator, tells: bool
) -> None:
    emulator.selfhosted.settings.profile = "seed"
    emulator.selfhosted.settings.tells_version_id = tells

    answer = body_of(selfhosted.post("/api/workflow", json=saved()))

    version_id = emulator.selfhosted.newest_version(answer["workflow_id"])
    assert answer.get("version_id") == (version_id if tells else None)


def test_what_is_not_named_is_dropped_at_every_level(selfhosted: httpx.Client, emulator: Emulator) -> None:
    node = {"class_type": "A", "inputs": {"x": 1}, "_meta": {"title": "t"}}
    repository = {"hash": "h", "disabled": False, "branch": "main"}
    snapshot = {**SNAPSHOT, "git_custom_nodes": {"u": repository}, "pips": {"numpy": "2"}}
    make_workflow(selfhosted, workflow_api={"1": node}, snapshot=snapshot)

    row = rows(emulator, "versions")[0]

    assert row["workflow_api"] == {"1": {"class_type": "A", "inputs": {"x": 1}}}
    assert row["snapshot"] == {**SNAPSHOT, "git_custom_nodes": {"u": {"hash": "h", "disabled": False}}}


@pytest.mark.parametrize("name", ["snapshot", "workflow_api"])
def test_the_snapshot_and_the_prompt_are_required(selfhosted: httpx.Client, emulator: Emulator, name: str) -> None:
    sent = {key: value for key, value in saved().items() if key != name}

    answer = selfhosted.post("/api/workflow", json=sent)

    assert (answer.status_code, answer.json()["error"]["issues"][0]["path"]) == (400, [name])
    assert rows(emulator, "versions") == []


def test_a_repeated_request_is_a_second_workflow(selfhosted: httpx.Client, emulator: Emulator) -> None:
    first, second = make_workflow(selfhosted), make_workflow(selfhosted)

    assert first != second
    assert [row["name"] for row in rows(emulator, "workflows")] == ["portrait", "portrait"]


def test_versions_that_are_saved_at_once_collide(selfhosted: httpx.Client, emulator: Emulator) -> None:
    workflow_id = make_workflow(selfhosted)
    emulator.settings.version_race_seconds = 5

    numbers = [body_of(selfhosted.post("/api/workflow", json=saved(workflow_id=workflow_id))) for _ in range(2)]
    emulator.clock.advance(6)
    later = body_of(selfhosted.post("/api/workflow", json=saved(workflow_id=workflow_id)))

    assert [one["version"] for one in (*numbers, later)] == [2, 2, 3]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"workflow_id": UNKNOWN}, "Invalid workflow_id"),
        ({"workflow_id": "mine"}, 'invalid input syntax for type uuid: "mine"'),
        ({"workflow_id": "", "workflow_name": None}, "missing either workflow_id or name"),
        ({"workflow": {"a": "\0"}}, "unsupported Unicode escape sequence"),
        ({"workflow_name": "\0"}, "invalid byte sequence"),
    ],
)
def test_everything_wrong_is_a_500_with_a_text(
    selfhosted: httpx.Client, emulator: Emulator, fields: dict[str, object], text: str
) -> None:
    sent = {name: value for name, value in saved(**fields).items() if value is not None}

    answer = selfhosted.post("/api/workflow", json=sent)

    assert text in failure_of(answer)
    assert rows(emulator, "workflows") == []


def test_only_the_owner_saves_versions_except_by_the_deprecated_route(
    selfhosted: httpx.Client, emulator: Emulator
) -> None:
    workflow_id = make_workflow(selfhosted)

    with caller_of(emulator, emulator.selfhosted.key("user_else")) as stranger:
        refused = stranger.post("/api/workflow", json=saved(workflow_id=workflow_id))
        taken = stranger.post("/api/upload", json=saved(workflow_id=workflow_id))

    assert failure_of(refused) == "Invalid workflow_id"
    assert body_of(taken) == {"workflow_id": workflow_id, "version": 2}


def test_a_version_is_read_by_whoever_has_a_workflow(selfhosted: httpx.Client, emulator: Emulator) -> None:
    version_id = emulator.selfhosted.newest_version(make_workflow(selfhosted))

    with caller_of(emulator, emulator.selfhosted.key("user_else")) as stranger:
        without = stranger.get(f"/api/workflow-version/{version_id}")
        make_workflow(stranger)
        row = body_of(stranger.get(f"/api/workflow-version/{version_id}"))
        unknown = stranger.get(f"/api/workflow-version/{UNKNOWN}")

    assert (failure_of(without), failure_of(unknown)) == ("No workflow found", "No version found")
    assert (row["id"], row["version"], row["workflow_api"]) == (version_id, 1, make_prompt())
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", row["created_at"])


def test_keys_come_back_in_another_order(selfhosted: httpx.Client, emulator: Emulator) -> None:
    version_id = emulator.selfhosted.newest_version(make_workflow(selfhosted, workflow={"nodes": 1, "id": 2, "a": 3}))

    row = body_of(selfhosted.get(f"/api/workflow-version/{version_id}"))

    assert list(row["workflow"]) == ["a", "id", "nodes"]
