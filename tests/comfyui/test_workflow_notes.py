"""What the note of a create proves, and what it does not, where an id is a place and a file can be anybody's."""

from __future__ import annotations

import pytest
from comfyui_kinds import save
from comfyui_program import make_graph
from lone import up
from test_contract_kill import killed

pytestmark = pytest.mark.apart


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_file_of_another_name_is_somebody_elses(lone, api, emulator, is_changed):
    number = 0
    while True:
        emulator.reset()
        it = lone("Workflow", name="ours")
        assert killed(it, number, is_answered=False)
        if it.notes.folder.exists():
            break
        number += 1
    assert it.rows == []
    save(api, "workflows/theirs.json", make_graph())  # the same template
    it.arguments["name"] = "theirs"
    if is_changed:
        it.arguments["workflow"] = make_graph(steps=9)

    error = it.up()

    assert error is not None
    assert error.code == "COMFY4001"


def test_a_takeover_that_is_killed_is_settled_when_the_program_is_that_of_before(lone, emulator):
    number = 0
    while True:
        emulator.reset()
        it = lone("Workflow", name="ours")
        assert killed(it, number, is_answered=True)
        if it.rows:
            break
        number += 1
    before, number = it.rows[0]["digest"], 0
    it.arguments["workflow"] = make_graph(steps=9)
    while it.rows[0]["digest"] == before:
        assert killed(it, number, is_answered=True)
        number += 1
    it.arguments["workflow"] = make_graph()

    up(it)

    assert it.rows[0]["digest"] == before
