"""Machines, deployments and API keys over REST, by our reading: no public server has them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from selfhosted_objects import BUILT, MACHINE, SNAPSHOT, body_of, caller_of, failure_of, make_workflow, rows, run_to_end

from pulumi_comfy.emulator import Emulator

UNKNOWN = "6d2b5f0e-1111-4222-8333-444455556666"


@pytest.fixture
def fork(selfhosted: httpx.Client, emulator: Emulator) -> httpx.Client:
    """A server that adds the routes."""
    emulator.selfhosted.settings.profile = "seed"
    return selfhosted


def make(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = body_of(api.post(f"/api/{path}", json=body))
    return made


def deployment_of(api: httpx.Client, emulator: Emulator, **fields: Any) -> dict[str, Any]:
    """The body of a deployment on a new machine, of a new workflow unless one is given."""
    workflow_id = fields.pop("workflow_id", None) or make_workflow(api)
    version_id = emulator.selfhosted.newest_version(workflow_id)
    machine_id = make(api, "machine", MACHINE)["id"]
    named = {"workflow_id": workflow_id, "workflow_version_id": version_id, "machine_id": machine_id}
    return {**named, "environment": "staging", **fields}


def machine(api: httpx.Client, machine_id: str) -> dict[str, Any]:
    return next(row for row in body_of(api.get("/api/machine")) if row["id"] == machine_id)


def test_a_plain_machine_is_made_changed_and_deleted(fork: httpx.Client, emulator: Emulator) -> None:
    made = make(fork, "machine", {**MACHINE, "auth_token": "secret"})
    change = {"name": "b", "disabled": True, "auth_token": None, "nothing": 1}
    changed = body_of(fork.put(f"/api/machine/{made['id']}", json=change))
    listed = body_of(fork.get("/api/machine"))
    gone = body_of(fork.delete(f"/api/machine/{made['id']}"))

    assert (made["type"], made["status"], made["gpu"], made["auth_token"]) == ("classic", "ready", None, None)
    assert (changed["name"], changed["disabled"], changed["updated_at"]) == ("b", True, made["updated_at"])
    assert (listed, gone, rows(emulator, "machines")) == ([changed], {"message": "Machine Deleted"}, [])


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("path", ["machine", "deployment", "api-key"])
def test_what_is_not_there_or_anothers_is_a_404_in_json(
    fork: httpx.Client, emulator: Emulator, path: str, method: str
) -> None:
    emulator.selfhosted.add_machine(user_id="user_else")
    for row_id in (UNKNOWN, *(row["id"] for row in rows(emulator, "machines"))):
        answer = fork.request(method, f"/api/{path}/{row_id}", json={})
        is_lacking = (path, method) == ("api-key", "PUT")
        assert (answer.status_code, answer.text[:1]) == ((405, "") if is_lacking else (404, "{"))


def test_the_added_routes_ask_for_a_key(fork: httpx.Client, emulator: Emulator) -> None:
    with caller_of(emulator, "none") as anybody:
        assert anybody.get("/api/machine").status_code == 401


@pytest.mark.parametrize(
    ("outcome", "status", "line"),
    [("ready", "ready", "App deployed"), ("error", "error", "no space left"), ("hang", "building", None)],
)
def test_a_built_machine_is_ready_or_in_error_when_its_build_ends(
    fork: httpx.Client, emulator: Emulator, outcome: Any, status: str, line: str | None
) -> None:
    emulator.selfhosted.builds.outcome(outcome, machine_name="painter", seconds=100, log=["no space left"])
    made = make(fork, "machine", BUILT)
    emulator.clock.advance(99)
    early = machine(fork, made["id"])
    emulator.clock.advance(2)
    late = machine(fork, made["id"])

    assert [one["status"] for one in (made, early, late)] == ["building", "building", status]
    assert (made["endpoint"], late["endpoint"] == "not-ready") == ("not-ready", status != "ready")
    assert (late["build_log"] is None) if line is None else (line in late["build_log"])


def test_a_snapshot_that_cannot_be_built_is_in_error(fork: httpx.Client, emulator: Emulator) -> None:
    made = make(fork, "machine", {**BUILT, "models": [{"url": "BREAK-BUILD"}]})
    emulator.clock.advance(61)

    assert machine(fork, made["id"])["status"] == "error"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"name": "b"}, "ready"),
        ({"snapshot": {name: SNAPSHOT[name] for name in sorted(SNAPSHOT, key=len)}}, "ready"),
        ({"snapshot": {name: SNAPSHOT[name] for name in sorted(SNAPSHOT, reverse=True)}}, "building"),
        ({"gpu": "T4"}, "building"),
    ],
)
def test_a_machine_is_built_again_when_what_it_is_made_of_reads_otherwise(
    fork: httpx.Client, emulator: Emulator, sent: dict[str, Any], status: str
) -> None:
    made = make(fork, "machine", BUILT)
    emulator.clock.advance(61)

    changed = body_of(fork.put(f"/api/machine/{made['id']}", json=sent))

    assert changed["status"] == status


def test_a_build_under_way_refuses_another_and_ends_all_the_same(fork: httpx.Client, emulator: Emulator) -> None:
    made = make(fork, "machine", BUILT)

    refused = fork.put(f"/api/machine/{made['id']}", json={"gpu": "T4"})
    between = machine(fork, made["id"])["status"]
    emulator.clock.advance(61)

    assert "Build already in progress." in failure_of(refused)
    assert (between, machine(fork, made["id"])["status"]) == ("error", "ready")


@pytest.mark.parametrize(("endpoint", "status"), [("http://real.example", "ready"), (None, "error")])
def test_anybody_may_say_that_a_machine_is_built(
    fork: httpx.Client, emulator: Emulator, endpoint: str | None, status: str
) -> None:
    made = make(fork, "machine", BUILT)
    said = {"machine_id": made["id"], "build_log": "[]", **({} if endpoint is None else {"endpoint": endpoint})}

    with caller_of(emulator, "none") as anybody:
        answers = [anybody.post("/api/machine-built", json={**said, **more}) for more in ({}, {"machine_id": UNKNOWN})]

    assert [body_of(one) for one in answers] == [{"message": "success"}] * 2
    assert machine(fork, made["id"])["status"] == status


def test_a_machine_that_a_deployment_refers_to_is_not_deleted(fork: httpx.Client, emulator: Emulator) -> None:
    made = make(fork, "deployment", deployment_of(fork, emulator))
    run = run_to_end(fork, emulator, made["id"])

    refused = fork.delete(f"/api/machine/{made['machine_id']}")
    body_of(fork.delete(f"/api/deployment/{made['id']}"))
    body_of(fork.delete(f"/api/machine/{made['machine_id']}"))

    assert (refused.status_code, list(refused.json())) == (409, ["error"])
    assert (run["machine_id"], rows(emulator, "runs")[0]["machine_id"]) == (made["machine_id"], None)


def test_a_deployment_of_the_same_pair_is_taken_over(fork: httpx.Client, emulator: Emulator) -> None:
    body = deployment_of(fork, emulator)
    made = make(fork, "deployment", body)
    other = make(fork, "machine", {"name": "b"})["id"]
    with caller_of(emulator, emulator.selfhosted.key("user_else", "org_a")) as stranger:
        taken = make(stranger, "deployment", {**body, "machine_id": other})
    production = make(fork, "deployment", {**body, "environment": "production"})

    assert taken == {**made, "machine_id": other, "org_id": "org_a"}
    assert [row["id"] for row in body_of(fork.get("/api/deployment"))] == [production["id"], made["id"]]


def test_a_change_of_a_deployment_moves_neither_its_workflow_nor_its_environment(
    fork: httpx.Client, emulator: Emulator
) -> None:
    made = make(fork, "deployment", deployment_of(fork, emulator))
    sent = {"environment": "production", "workflow_id": UNKNOWN, "description": "d"}

    changed = body_of(fork.put(f"/api/deployment/{made['id']}", json=sent))

    assert changed == {**made, "description": "d"}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"machine_id": UNKNOWN}, "deployments_machine_id_machines_id_fk"),
        ({"workflow_version_id": UNKNOWN}, "deployments_workflow_version_id_workflow_versions_id_fk"),
        ({"workflow_version_id": None}, "No version id provided"),
        ({"workflow_id": UNKNOWN}, "No workflow found"),
    ],
)
def test_a_deployment_of_what_is_not_there_is_a_500(
    fork: httpx.Client, emulator: Emulator, fields: dict[str, Any], text: str
) -> None:
    body = {**deployment_of(fork, emulator), **fields}
    sent = {name: value for name, value in body.items() if value is not None}

    assert text in failure_of(fork.post("/api/deployment", json=sent))
    with pytest.raises(ValueError, match=r"no workflow|error"):
        emulator.selfhosted.add_deployment(UNKNOWN, UNKNOWN, UNKNOWN)


def test_the_version_may_be_named_as_the_web_page_names_it(fork: httpx.Client, emulator: Emulator) -> None:
    body = deployment_of(fork, emulator)
    body["version_id"] = body.pop("workflow_version_id")

    assert make(fork, "deployment", body)["workflow_version_id"] == body["version_id"]


def test_a_shared_deployment_gets_a_slug_that_nobody_else_may_have(fork: httpx.Client, emulator: Emulator) -> None:
    made = make(fork, "deployment", deployment_of(fork, emulator, environment="public-share"))

    second = fork.post("/api/deployment", json=deployment_of(fork, emulator, environment="public-share"))

    assert made["share_slug"] == "user-demo-portrait"
    assert "deployments_share_slug_unique" in failure_of(second)


def test_two_keys_of_one_second_are_refused_by_the_database(fork: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.api_key_seconds = 1000
    first = make(fork, "api-key", {"name": "ci"})

    second = fork.post("/api/api-key", json={"name": "other"})
    emulator.clock.advance(1000)
    third = make(fork, "api-key", {"name": "other"})

    assert failure_of(second) == 'duplicate key value violates unique constraint "api_keys_key_unique"'
    assert [row["id"] for row in body_of(fork.get("/api/api-key"))][:2] == [third["id"], first["id"]]


def test_a_revoked_key_is_told_as_that_and_stays_in_the_table(fork: httpx.Client, emulator: Emulator) -> None:
    made = make(fork, "api-key", {"name": "ci"})
    with caller_of(emulator, made["key"]) as client:
        before = client.get("/api/machine").status_code
        revoked = body_of(fork.delete(f"/api/api-key/{made['id']}"))
        after = client.get("/api/machine")

    assert (before, after.status_code, after.text, revoked["revoked"]) == (200, 401, "Revoked token", True)
    assert made["id"] in [row["id"] for row in rows(emulator, "api_keys")]
    assert made["id"] not in json.dumps(body_of(fork.get("/api/api-key")))
    assert fork.delete(f"/api/api-key/{made['id']}").status_code == 404
