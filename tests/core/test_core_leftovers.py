"""What a killed create left and the state does not hold: told with its id, for as long as it is there."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from core_toys import HANDLER, IDENTITY, RED, URN, KettleHandler, Kitchen, knowing, make_call, refused, run

from pulumi_comfy.core import creation
from pulumi_comfy.core.attempts import Attempts
from pulumi_comfy.core.errors import LostEngineError
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
    call.note_attempt(name)
    return call


def age(notes: Attempts) -> None:
    """Let everything be noted so long ago that nobody is at it any more."""
    for place in notes.folder.iterdir():
        os.utime(place, (0, 0))


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


def test_a_create_that_another_process_may_be_at_is_not_forgotten_by_a_preview_beside_it(notes: Attempts):
    call = replaced(Kitchen(), notes, **{"kettle-1": URN, "kettle-2": URN})

    assert told_of(call) == []

    assert call.was_attempted


def test_what_was_replaced_is_not_what_a_replacement_under_way_has_made(notes: Attempts):
    call = replaced(Kitchen(), notes)
    call.note_made("kettle-1")
    call.note_attempt("mine")

    told_of(call)

    assert call.was_attempted


def test_what_another_process_may_just_be_making_is_told_as_that(notes: Attempts):
    (line,) = told_of(replaced(Kitchen(), notes))

    assert "by a replacement that was killed or is under way" in line


def test_a_look_at_another_place_does_not_use_the_proof_up(notes: Attempts):
    call = replaced(Kitchen(), notes)
    age(notes)

    assert told_of(call, name="elsewhere") == []

    assert call.was_attempted


def test_what_was_made_in_another_place_is_told_when_the_program_is_that_of_before(notes: Attempts):
    kitchen = Kitchen()
    call = replaced(kitchen, notes)
    kitchen.kettles["kettle-2"]["name"] = "elsewhere"
    call.note_made("kettle-2")

    (line,) = told_of(call)

    assert "kettle kettle-2 was left by a run that was killed" in line
    assert 'adopt="kettle-2"' in line


def test_what_another_resource_holds_is_nothing_left(notes: Attempts):
    call = replaced(Kitchen(), notes, **{"kettle-1": URN, "kettle-2": RED})
    call.note_made("kettle-2")

    assert told_of(call) == []


def test_what_the_state_holds_is_nothing_left(notes: Attempts):
    call = replaced(Kitchen(), notes, **{"kettle-1": URN, "kettle-2": URN})
    age(notes)

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


class Blind(KettleHandler):
    """Of one kettle the platform cannot tell."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure

    async def read(self, object_id, prior, call):
        if object_id == "kettle-1":
            raise self.failure
        return await super().read(object_id, prior, call)


def created_after(notes: Attempts, handler: KettleHandler) -> Any:
    """A create after one that was killed and made something elsewhere."""
    kitchen = Kitchen()
    left = kitchen.add(name="elsewhere")
    call = make_call(kitchen, memory=knowing(), attempts=notes)
    call.note_attempt("elsewhere")
    call.note_made(left)
    made = run(creation.create(handler, NEWS, call))
    assert made.id != left
    return call


def test_a_create_tells_what_an_earlier_one_made_in_another_place(notes: Attempts):
    (line,) = created_after(notes, HANDLER).show.texts

    assert "kettle kettle-1 was left by a run that was killed" in line


@pytest.mark.parametrize("failure", [refused(), KeyError("x")])
def test_a_look_elsewhere_ends_no_create_and_what_cannot_be_seen_is_told_as_that(notes: Attempts, failure):
    (line,) = created_after(notes, Blind(failure)).show.texts

    assert "kettle-1 may be left by a run that was killed" in line


def test_a_look_elsewhere_of_a_provider_without_its_engine_ends_it(notes: Attempts):
    with pytest.raises(LostEngineError):
        created_after(notes, Blind(LostEngineError("COMFY3004", tried="read kettle", got="the engine is gone")))


class Unlisted(KettleHandler):
    is_listed = False


class AtPlaces(KettleHandler):
    id_is_place = True


@pytest.mark.parametrize("handler", [Unlisted(), AtPlaces()])
def test_of_what_may_be_gone_or_somebody_else_s_by_now_it_is_told_that_it_may_be_left(notes: Attempts, handler):
    (line,) = created_after(notes, handler).show.texts

    assert "kettle-1 may be left by a run that was killed" in line


class Reused(KettleHandler):
    reuses_equal = True


class Nowhere(KettleHandler):
    def natural_key(self, inputs):
        return None


@pytest.mark.parametrize("handler", [Reused(), Nowhere()])
def test_what_is_never_removed_or_never_looked_for_is_not_told(notes: Attempts, handler):
    assert created_after(notes, handler).show.texts == []


def test_what_stands_elsewhere_is_told_once(notes: Attempts):
    kitchen = Kitchen()
    call = replaced(kitchen, notes)
    kitchen.kettles["kettle-2"]["name"] = "elsewhere"
    call.note_made("kettle-2")

    assert [len(told_of(call)) for _ in range(3)] == [1, 0, 0]


class Past(KettleHandler):
    async def find(self, inputs, call):
        return [replace(one, is_past=True) for one in await super().find(inputs, call)]


def test_what_is_in_nobody_s_way_is_not_told(notes: Attempts):
    call = replaced(Kitchen(), notes)

    assert run(what_is_left(Past(), "kettle-1", NEWS, call)) == []


class Loud(KettleHandler):
    async def find(self, inputs, call):
        call.warn("a line of the create's own look")
        return await super().find(inputs, call)


def test_a_look_for_what_is_left_says_nothing_of_its_own(notes: Attempts):
    call = replaced(Kitchen(), notes)

    run(what_is_left(Loud(), "kettle-1", NEWS, call))

    assert call.show.texts == []


def test_a_provider_without_its_engine_looks_for_nothing(notes: Attempts):
    lost = LostEngineError("COMFY3004", tried="find kettle", got="the engine is gone")
    call = replaced(Kitchen(failures={"find": lost}), notes)

    with pytest.raises(LostEngineError):
        told_of(call)
