"""What the state of a ComfyDeploy deployment says of what was shown, and when it no longer does."""

from __future__ import annotations

import json

import pytest
from checks import a_checked_deployment, a_second_version, result
from lone import up
from programs import documents as documents_of

from pulumi_comfy import workflows
from pulumi_comfy.platforms.comfydeploy.runner import deployed

TRIGGERED = {"inputs": {"prompt": "a cat"}, "triggers": ["again"]}
"""The same check, once more."""


@pytest.fixture
def it(lone, emulator):
    made = a_checked_deployment(lone, emulator)
    made.arguments["machine_build_digest"] = "first"
    return made


def proof(it):
    """What the state holds."""
    return it.outputs["proof"]


def test_a_proof_names_the_run_and_all_that_it_ran(it, emulator):
    up(it)

    (run,) = emulator.comfydeploy.dump()["runs"]
    documents = documents_of(20)
    digest = workflows.parse(*(json.dumps(documents[name]) for name in ("workflow", "workflow_api"))).digest
    told = proof(it)
    assert {name: told[name] for name in ("platform", "scope", "target", "runId", "sha256", "gpu")} == {
        "platform": "comfydeploy",
        "scope": it.outputs["scope"],
        "target": it.id,
        "runId": run["id"],
        "sha256": result(it)["sha256"],
        "gpu": run["gpu"],
    }
    assert (told["workflowVersion"], told["workflowDigest"]) == (it.arguments["workflow_version_id"], digest)
    assert told["machineDigest"] == "first"
    assert told["runInputs"] == [
        {"name": "prompt", "type": "string", "hasDefault": True},
        {"name": "seed", "type": "integer", "hasDefault": True},
    ]


def test_a_proof_holds_no_address_and_no_text_of_the_document_or_the_check(it):
    it.arguments["inference_check"] = {"inputs": {"prompt": "goldfinch"}}

    up(it)

    told = json.dumps(proof(it))
    assert "http" not in told
    assert "goldfinch" not in told
    assert "lighthouse" not in told  # the workflow's own default


def test_the_machine_of_a_program_that_does_not_tell_its_digest_is_not_guessed(it):
    it.arguments.pop("machine_build_digest")

    up(it)

    assert "machineDigest" not in proof(it)


def test_what_is_adopted_is_proved_like_what_is_made(it, platform):
    names = ("workflow_id", "workflow_version_id", "machine_id", "environment")
    made = platform.post("/deployment", json={name: it.arguments[name] for name in names}).raise_for_status().json()
    it.arguments["adopt"] = made["id"]

    up(it)

    assert (proof(it)["target"], proof(it)["runId"]) == (made["id"], result(it)["runId"])


def test_so_it_does_where_the_update_changed_something_else_that_is_put_back(it, emulator):
    up(it)
    it.arguments.update(keep_warm=1, inference_check=TRIGGERED)
    emulator.comfydeploy.runs.script("failed", times=1)

    error = it.up()

    assert "serves again" in str(error)
    assert it.rows[0]["keep_warm"] == 0
    assert proof(it)["revoked"]["code"] == "COMFY3101"
    assert "keepWarm" not in it.outputs  # the state is that of before
    up(it)
    assert "revoked" not in proof(it)


def test_a_machine_that_was_rebuilt_in_place_takes_its_proof_along(it, emulator):
    up(it)
    it.arguments["machine_build_digest"] = "second"
    emulator.comfydeploy.runs.script("failed", times=1)

    error = it.up()

    assert "its former build is gone" in str(error)
    assert (proof(it)["machineDigest"], proof(it)["revoked"]["code"]) == ("first", "COMFY3101")


def test_after_a_hand_has_put_another_version_there_the_proof_names_the_one_before(it, platform):
    up(it)
    before = proof(it)
    other = a_second_version(it, platform)
    platform.patch(f"/deployment/{it.id}", json=other).raise_for_status()

    assert it.refresh() is None

    assert proof(it) == before
    assert it.outputs["workflowVersionId"] == other["workflow_version_id"]
    assert "lastCheck" not in it.outputs


@pytest.mark.parametrize("operation", ["create", "update"])
def test_a_version_that_a_hand_puts_there_before_the_run_begins_is_not_said_to_be_proved(
    it, platform, monkeypatch, operation
):
    other = a_second_version(it, platform)["workflow_version_id"]
    start, before = deployed.start_run, None
    if operation == "update":
        up(it)
        before = proof(it)
        it.arguments["inference_check"] = TRIGGERED

    async def meanwhile(*arguments):
        names = ("workflow_id", "machine_id", "environment")
        body = {**{name: it.arguments[name] for name in names}, "workflow_version_id": other}
        platform.post("/deployment", json=body).raise_for_status()
        return await start(*arguments)

    monkeypatch.setattr(deployed, "start_run", meanwhile)

    error = str(it.up())

    assert f"while the check ran, a hand has put version {other} there" in error
    assert it.outputs.get("proof") == before


def test_a_machine_that_a_hand_puts_there_before_the_run_begins_is_not_said_to_be_proved(it, platform, monkeypatch):
    start = deployed.start_run
    own = {"name": "another", "type": "classic", "endpoint": "https://machine.example", "auth_token": ""}
    other = platform.post("/machine/custom", json=own).raise_for_status().json()["id"]

    async def meanwhile(*arguments):
        names = ("workflow_id", "workflow_version_id", "environment")
        body = {**{name: it.arguments[name] for name in names}, "machine_id": other}
        platform.post("/deployment", json=body).raise_for_status()
        return await start(*arguments)

    monkeypatch.setattr(deployed, "start_run", meanwhile)

    error = str(it.up())

    assert f"while the check ran, a hand has put machine {other} there" in error
    assert it.outputs.get("proof") is None
