"""What a killed create left and the state does not hold: told with its id, for as long as it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from core_toys import HANDLER, IDENTITY, RED, URN, Kitchen, knowing, make_call, refused, run

from pulumi_comfy.core import creation
from pulumi_comfy.core.attempts import Attempts
from pulumi_comfy.core.leftovers import what_is_left
from pulumi_comfy.core.memory import Facts
from pulumi_comfy.core.names import Urn, automatic_name

NEWS = {"name": "mine", "size": 1}


@pytest.fixture
def notes(tmp_path: Path) -> Attempts:
    return Attempts(tmp_path / "notes")


def told_of(call: Any, **news: Any) -> list[str]:
    return run(what_is_left(HANDLER, "kettle-1", {**NEWS, **news}, call))


def replaced(kitchen: Kitchen, notes: Attempts, name: str = "mine", **held: Urn) -> Any:
    """The next run after a killed replacement of the first kettle."""
    kitchen.add(name=name)
    kitchen.add(name=name)
    facts = Facts(identity=IDENTITY, held=held or {"kettle-1": URN})
    call = make_call(kitchen, memory=knowing(facts), attempts=notes)
    call.note_attempt()
    return call


def test_what_a_killed_replacement_has_heard_of_is_told_with_its_id(notes: Attempts):
    call = replaced(Kitchen(), notes)
    call.note_made("kettle-2")

    (line,) = told_of(call)

    assert "(kettle-2) was left by a replacement that was killed" in line


def test_what_a_killed_replacement_has_not_heard_of_is_told_by_its_automatic_name(notes: Attempts):
    name = automatic_name(IDENTITY, URN)
    call = replaced(Kitchen(), notes, name)

    (line,) = told_of(call, name=name)

    assert "(kettle-2) was left by a replacement that was killed" in line


def test_of_what_nothing_proves_it_is_told_that_it_may_be_left(notes: Attempts):
    (line,) = told_of(replaced(Kitchen(), notes))

    assert "(kettle-2) may be left by a replacement that was killed" in line


def test_somebody_else_s_namesake_is_not_told_of_where_it_is_known_what_was_made(notes: Attempts):
    kitchen = Kitchen()
    call = replaced(kitchen, notes)
    kitchen.add(name="mine")
    call.note_made("kettle-2")

    (line,) = told_of(call)

    assert "kettle-2" in line


def test_it_is_told_again_and_the_note_stays_until_nothing_is_left(notes: Attempts):
    kitchen = Kitchen()
    call = replaced(kitchen, notes)
    call.note_made("kettle-2")
    assert len(told_of(call)) == len(told_of(call)) == 1

    del kitchen.kettles["kettle-2"]

    assert told_of(call) == []
    assert not call.was_attempted


def test_what_was_made_in_another_place_is_told_when_the_program_is_that_of_before(notes: Attempts):
    kitchen = Kitchen()
    call = replaced(kitchen, notes)
    kitchen.kettles["kettle-2"]["name"] = "elsewhere"
    call.note_made("kettle-2")

    (line,) = told_of(call)

    assert "kettle kettle-2 was left by a run that was killed" in line
    assert 'adopt="kettle-2"' in line


def test_a_create_tells_what_an_earlier_one_made_in_another_place(notes: Attempts):
    kitchen = Kitchen()
    left = kitchen.add(name="elsewhere")
    call = make_call(kitchen, memory=knowing(), attempts=notes)
    call.note_attempt()
    call.note_made(left)

    made = run(creation.create(HANDLER, NEWS, call))

    (line,) = call.show.texts
    assert f"kettle {left} was left by a run that was killed" in line
    assert made.id != left


def test_what_another_resource_holds_is_nothing_left(notes: Attempts):
    call = replaced(Kitchen(), notes, **{"kettle-1": URN, "kettle-2": RED})
    call.note_made("kettle-2")

    assert told_of(call) == []


def test_what_the_state_holds_is_nothing_left(notes: Attempts):
    call = replaced(Kitchen(), notes, **{"kettle-1": URN, "kettle-2": URN})

    assert told_of(call) == []
    assert not call.was_attempted


def test_what_the_state_holds_by_now_is_not_looked_for(notes: Attempts):
    kitchen = Kitchen()
    call = replaced(kitchen, notes)
    call.note_made("kettle-1")

    assert told_of(call) == []
    assert kitchen.calls == []
    assert not call.was_attempted


def test_nothing_is_looked_for_without_a_note(notes: Attempts):
    kitchen = Kitchen()

    assert told_of(make_call(kitchen, memory=knowing(), attempts=notes)) == []
    assert kitchen.calls == []


def test_what_cannot_be_looked_for_is_not_told_and_stays_noted(notes: Attempts):
    kitchen = Kitchen(failures={"find": refused()})
    call = replaced(kitchen, notes)

    assert told_of(call) == []
    assert call.was_attempted
