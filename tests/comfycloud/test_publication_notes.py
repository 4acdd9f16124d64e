"""What the note of a create proves, and what it does not, on a platform that must be asked whose a key is."""

from __future__ import annotations

import pytest
from comfycloud_kinds import ASSET, make_workflow, publish
from lone import up
from test_contract_kill import killed

from pulumi_comfy.core import attempts

pytestmark = pytest.mark.apart


def notes_of(it):
    return list(it.notes.folder.iterdir()) if it.notes.folder.exists() else []


def assert_refused(it):
    error = it.up()
    assert error is not None
    assert error.code == "COMFY4001"


@pytest.mark.parametrize("kind", ["Workflow", "Publication"])
def test_the_note_of_what_the_state_holds_is_dropped_by_the_next_up(lone, monkeypatch, kind):
    it = lone(kind)
    up(it)
    monkeypatch.setattr(attempts, "_told", {})  # killed once it was saved
    assert len(notes_of(it)) == 1

    up(it)

    assert notes_of(it) == []


def test_a_publication_at_another_path_is_somebody_elses(lone, api, emulator):
    number = 0
    while True:
        emulator.reset()
        it = lone("Publication")
        assert killed(it, number, is_answered=False)
        if notes_of(it):
            break
        number += 1
    other = make_workflow(api, "other")
    publish(api, "other")
    it.holds_what_it_needs = False

    it.arguments.update(workflow_id=other["id"], path="workflows/other.json", asset_ids=[ASSET])

    assert_refused(it)


def test_a_publication_that_was_refused_before_the_write_proves_nothing(lone, api):
    it = lone("Publication", workflow_digest="0" * 64)
    it.holds_what_it_needs = False
    assert it.up() is not None
    publish(api, "base")
    del it.arguments["workflow_digest"]

    it.arguments["asset_ids"] = [ASSET]

    assert_refused(it)
