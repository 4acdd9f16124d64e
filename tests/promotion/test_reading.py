"""Documents that no state holds, read from the platform: the words of a change are told whoever owns the workflow."""

from __future__ import annotations

import pytest
from promotion_toys import V1, V2, WORKFLOW, deployment, hidden, release, resource
from services import OnComfyDeploy

from pulumi_comfy.promotion.pins import Pin
from pulumi_comfy.promotion.reading import read_documents
from pulumi_comfy.promotion.settings_file import read_plain


@pytest.fixture
def behind(service, emulator, monkeypatch):
    """Staging is one version behind `dev`, and a person has the platforms' keys at hand."""
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    assert service.world.promote("dev", "staging").code == 0
    service.something_new()
    return service


def test_a_change_is_told_by_its_nodes_although_no_state_holds_both_documents(behind):
    told = behind.world.command("promote", "--from", "dev", "--to", "staging", "--plan")

    assert "KSampler #" in told.all, told.all
    assert "no state holds both" not in told.all


def test_so_is_a_way_back_where_the_platform_reads_any_version(world, emulator, monkeypatch):
    service = OnComfyDeploy(world(OnComfyDeploy.example), emulator)
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    assert service.world.promote("dev", "staging").code == 0
    service.something_new()
    assert service.world.promote("dev", "staging").code == 0

    told = service.world.command("rollback", "--stack", "staging", "--reason", "dark", "--plan")

    assert (told.code, "KSampler #" in told.all) == (2, True), told.all


def test_what_cannot_be_read_is_told_by_its_digests_and_stops_nothing(behind, emulator):
    emulator.faults.add("GET", ".*", "status", times=99, status=500)

    told = behind.world.command("promote", "--from", "dev", "--to", "staging", "--plan")

    emulator.faults.clear()
    assert (told.code, "no state holds both" in told.all) == (2, True), told.all


def test_a_document_that_a_program_hides_is_not_read(emulator, monkeypatch):
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    secret = resource("comfydeploy:Workflow", "text", WORKFLOW, {"workflow": hidden()}, {"workflowDigest": "5f0c"})
    shared = release(secret, stack="shared")
    before, after = release(deployment(V1)).pins, release(deployment(V2)).pins

    assert read_documents(before, after, {}, [shared]) == {}
    assert emulator.requests == []


def test_one_that_nobody_hides_is_asked_for(emulator, monkeypatch):
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    before, after = release(deployment(V1)).pins, release(deployment(V2)).pins

    assert read_documents(before, after, {}, []) == {}  # there is none of these ids
    assert len(emulator.requests) == 2


def test_a_platform_that_tells_no_document_is_not_asked(emulator, monkeypatch):
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    before, after = (
        {"saved": Pin("saved", "comfycloud:WorkflowVersion", {"workflow": one}, digests={"workflowDigest": one})}
        for one in ("5f0c", "b41e")
    )

    assert read_documents(before, after, {}, []) == {}
    assert emulator.requests == []


def test_what_stands_in_the_open_in_the_settings_file_says_where_the_platform_is():
    text = "config:\n  comfy:comfydeployUrl: http://127.0.0.1:8765\n  comfy:pins: {a: {b: 1}}\n"

    assert read_plain(text) == {"comfy:comfydeployUrl": "http://127.0.0.1:8765"}
    assert read_plain("config: 3") == {}


def test_without_a_key_at_hand_nothing_is_asked(service, emulator):
    assert service.world.promote("dev", "staging").code == 0
    service.something_new()
    emulator.clear_requests()

    told = service.world.command("promote", "--from", "dev", "--to", "staging", "--plan")

    if not service.world.is_cli:  # the command of the CLI's world has the keys
        assert (told.code, emulator.requests) == (2, [])
