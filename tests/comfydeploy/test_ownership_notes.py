"""What the note of a create proves, and what it does not: kills, refusals, other places, other hands."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from by_hand import a_machine_and_a_workflow, a_second_version, purge_deployment, put_file
from lone import Lone, up
from plain_http import PlainHttp
from programs import quickstart_documents
from test_contract_kill import Killed, killed
from waiting import eventually

import pulumi_comfy as comfy
from pulumi_comfy.core import attempts

pytestmark = pytest.mark.apart

GRAPH, PROMPT = quickstart_documents()
PARTS = {"workflow_id": "workflowId", "workflow_version_id": "workflowVersionId", "machine_id": "machineId"}


def notes_of(it: Lone) -> list[str]:
    return [one.read_text() for one in it.notes.folder.iterdir()] if it.notes.folder.exists() else []


def is_begun(it: Lone) -> bool:
    return bool(notes_of(it)) and it.rows == []


def is_noted(it: Lone) -> bool:
    return any('"id": "' in note for note in notes_of(it))


def is_unheard(it: Lone) -> bool:
    return len(it.rows) == 1 and not is_noted(it)


def killed_when(lone, emulator, kind: str, wanted: Any, *, is_answered: bool = False, **arguments: Any) -> Lone:
    """Kill a create at the first request after which things stand as wanted."""
    number = 0
    while True:
        emulator.reset()
        it = lone(kind, **arguments)
        assert killed(it, number, is_answered=is_answered), number
        if wanted(it):
            it.arguments.pop("gpu", None)
            it.holds_what_it_needs = False  # by ids of the configuration
            return it
        number += 1


def by_somebody(it: Lone, environment: str = "production") -> str:
    body = {key: it.arguments[key] for key in ("workflow_id", "workflow_version_id", "machine_id")}
    made = it.api.post("/deployment", json={**body, "environment": environment}).raise_for_status()
    return str(made.json()["id"])


def assert_refused(it: Lone, theirs: str) -> None:
    error = it.up()
    assert error is not None
    assert error.code == "COMFY4001"
    assert theirs in str(error)


@pytest.mark.cli
def test_a_create_that_was_refused_proves_nothing(deploy, emulator, platform):
    needs: dict[str, Any] = {}
    stack = deploy(lambda: comfy.comfydeploy.Deployment("serving", environment="production", **needs))
    needs.update(a_machine_and_a_workflow(platform))
    emulator.faults.add("POST", "/deployment", "status", status=402, times=None)
    assert not stack.up(check=False).ok
    emulator.faults.clear()
    body = {key: needs[key] for key in ("workflow_id", "workflow_version_id", "machine_id")}
    platform.post("/deployment", json={**body, "environment": "production"}).raise_for_status()
    needs.update(a_second_version(platform, needs["workflow_id"]))

    result = stack.up(check=False)

    assert not result.ok
    assert "COMFY4001" in result.error


@pytest.mark.cli
@pytest.mark.parametrize("is_moved", [False, True])
def test_a_deployment_of_our_version_on_our_machine_is_told_in_the_preview_before_it_is_taken_over(
    deploy, platform, is_moved
):
    environments = ["staging"]

    def program() -> None:
        c = comfy.comfydeploy
        machine = c.CustomMachine("own", endpoint="https://comfy.example")
        made = c.Workflow("portrait", workflow=GRAPH, workflow_api=PROMPT)
        parts = {"workflow_id": made.id, "workflow_version_id": made.version_id, "machine_id": machine.id}
        for environment in environments:
            c.Deployment(f"in-{'staging' if is_moved else environment}", environment=environment, **parts)

    stack = deploy(program)
    stack.up()
    ours = stack.resource("in-staging")["outputs"]
    body = {key: ours[wire] for key, wire in PARTS.items()}
    theirs = platform.post("/deployment", json={**body, "environment": "production"}).raise_for_status().json()["id"]
    if is_moved:
        environments.clear()
    environments.append("production")

    foreseen = stack.preview()

    lines = [line for line in foreseen.messages(f"in-{'staging' if is_moved else 'production'}") if theirs in line]
    assert lines
    assert all("it is taken over. Remove it first if it is somebody else's" in line for line in lines)


@pytest.mark.cli
def test_a_deployment_on_a_machine_of_another_stack_is_theirs(deploy, platform):
    needs: dict[str, Any] = {}

    def program() -> None:
        c = comfy.comfydeploy
        made = c.Workflow("portrait", workflow=GRAPH, workflow_api=PROMPT)
        if needs:
            parts = {"workflow_id": made.id, "workflow_version_id": made.version_id}
            c.Deployment("serving", environment="production", **parts, **needs)

    stack = deploy(program)
    stack.up()
    ours = stack.resource("portrait")
    theirs = platform.post("/machine/serverless", json={"name": "theirs", "gpu": "T4"}).raise_for_status().json()["id"]
    needs["machine_id"] = theirs
    body = {"workflow_id": ours["id"], "workflow_version_id": ours["outputs"]["versionId"], "machine_id": theirs}
    made = platform.post("/deployment", json={**body, "environment": "production"}).raise_for_status().json()["id"]

    result = stack.up(check=False)

    assert not result.ok
    assert made in result.error
    assert "COMFY4001" in result.error


def test_a_download_that_was_refused_proves_nothing(lone, emulator):
    it = lone("Model")
    emulator.faults.add("POST", "/volume/model", "status", status=402)
    assert it.up() is not None
    emulator.faults.clear()
    put_file(it.api, "checkpoints", "a.safetensors")

    assert_refused(it, "checkpoints/a.safetensors")


def test_what_somebody_made_after_ours_was_removed_is_theirs(lone, emulator):
    it = killed_when(lone, emulator, "Deployment", is_noted)
    purge_deployment(it.api, it.rows[0])
    theirs = by_somebody(it)
    assert_refused(it, theirs)


def test_what_another_state_made_first_is_theirs_though_we_are_killed_while_ours_is_removed_again(lone, emulator):
    it = lone("Deployment")
    it.arguments.pop("gpu")
    it.holds_what_it_needs = False
    theirs: list[str] = []

    class Way(PlainHttp):
        async def handle_async_request(self, request):
            if request.method == "POST" and request.url.path.endswith("/deployment") and not theirs:
                theirs.append(by_somebody(it))
                emulator.clock.advance(1)
            response = await super().handle_async_request(request)
            if request.method == "DELETE":
                await response.aread()
                raise Killed
            return response

    it.transport = Way
    with pytest.raises(Killed):
        it.up()
    it.transport = None
    assert [row["id"] for row in it.rows] == theirs

    assert_refused(it, theirs[0])


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_note_of_one_place_proves_nothing_at_another(lone, emulator, is_changed):
    it = killed_when(lone, emulator, "Deployment", is_begun)
    theirs = by_somebody(it, "staging")
    it.arguments["environment"] = "staging"
    if is_changed:
        it.arguments.update(a_second_version(it.api, it.arguments["workflow_id"]))

    assert_refused(it, theirs)


def test_a_file_at_another_path_is_neither_taken_over_nor_removed(lone, emulator):
    it = killed_when(lone, emulator, "Model", is_begun)
    put_file(it.api, "checkpoints", "theirs.safetensors")
    (theirs,) = it.rows
    it.arguments["filename"] = "theirs.safetensors"

    it.up()
    it.destroy()

    assert it.rows == [theirs]


def test_a_takeover_that_is_killed_is_settled_by_one_plain_up_too(lone, emulator):
    it = killed_when(lone, emulator, "Deployment", is_unheard, is_answered=True)
    first = it.arguments["workflow_version_id"]
    it.arguments.update(a_second_version(it.api, it.arguments["workflow_id"]))
    number = 0
    while it.rows[0]["workflow_version_id"] == first:
        assert killed(it, number, is_answered=True)
        number += 1
    it.arguments["workflow_version_id"] = first

    up(it)

    assert it.rows[0]["workflow_version_id"] == first


def test_what_was_left_in_another_place_is_told(lone, emulator):
    it = killed_when(lone, emulator, "Deployment", is_noted)
    (left,) = it.rows
    it.arguments["environment"] = "staging"

    up(it)

    assert any(left["id"] in line for line in it.lines)


def test_what_a_killed_replacement_left_in_another_place_is_told_when_the_program_is_that_of_before(lone, emulator):
    it = lone("Deployment")
    up(it)
    it.arguments["environment"] = "staging"
    number = 0
    while not (is_noted(it) and len(it.emulated.dump()["deployments"]) == 2):
        for row in it.emulated.dump()["deployments"]:
            if row["id"] != it.id:
                purge_deployment(it.api, row)
        for note in it.notes.folder.iterdir():
            note.unlink()
        assert killed(it, number, is_answered=False)
        it.doomed.clear()  # nothing of it is in the state
        number += 1
    (left,) = [row["id"] for row in it.emulated.dump()["deployments"] if row["id"] != it.id]
    it.arguments["environment"] = "production"

    up(it)

    assert any(left in line for line in it.lines)


@pytest.mark.parametrize("between", ["preview", "up"])
def test_a_repeated_replace_takes_over_as_the_line_says(deploy, emulator, between):
    c = comfy.comfydeploy
    stack = deploy(lambda: c.CustomMachine("own", name="given", endpoint="https://comfy.example"))
    stack.up()
    emulator.faults.add("GET", "/machine/[^/]+", "delay", delay=30)
    running = threading.Thread(target=lambda: stack.up(replace=["own"], check=False))
    running.start()
    eventually(lambda: len(emulator.comfydeploy.dump()["machines"]) == 2)
    eventually(lambda: any(request.fault == "delay" for request in emulator.requests))
    stack.kill()
    running.join()
    emulator.faults.clear()
    told = getattr(stack, between)().messages("own")
    assert any("A repeated `--replace` takes it over" in line for line in told)

    result = stack.up(replace=["own"], check=False)

    assert result.ok


@pytest.mark.parametrize("kind", ["CustomMachine", "Deployment"])
def test_what_another_state_has_adopted_since_the_kill_is_theirs(lone, monkeypatch, kind):
    it = lone(kind, **({"name": "given"} if kind == "CustomMachine" else {}))
    it.arguments.pop("gpu", None)
    it.holds_what_it_needs = False
    up(it)
    monkeypatch.setattr(attempts, "_told", {})
    left, needs = it.id, dict(it.arguments)
    it.id, it.outputs, it.inputs = None, {}, {}  # killed before the save
    other = lone(kind)
    other.arguments = {**needs, "adopt": left}
    other.arguments |= (
        {"endpoint": "https://theirs.example"}
        if kind == "CustomMachine"
        else a_second_version(it.api, needs["workflow_id"])
    )
    other.holds_what_it_needs, other.state = False, "another"
    up(other)
    (before,) = [row for row in other.rows if row["id"] == left]

    it.up()

    assert before in it.rows


def test_a_key_that_is_killed_twice_is_settled_by_one_plain_up(lone, monkeypatch):
    it = lone("ApiKey")
    up(it)
    it.id, it.outputs = None, {}
    monkeypatch.setattr(attempts, "_told", {})

    class Way(PlainHttp):
        async def handle_async_request(self, request):
            if request.method == "DELETE":
                raise Killed
            return await super().handle_async_request(request)

    it.transport = Way
    with pytest.raises(Killed):
        it.up()
    it.transport = None

    up(it)

    assert len(it.rows) == 1
