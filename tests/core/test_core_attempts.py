"""Creates that were begun on this machine: noted before the write, known after a kill, forgotten when settled."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from core_toys import (
    HANDLER,
    IDENTITY,
    RED,
    URN,
    KettleHandler,
    Kitchen,
    build_failed,
    knowing,
    make_call,
    refused,
    run,
)

from pulumi_comfy.core import attempts, creation, lifecycle
from pulumi_comfy.core.attempts import Attempts
from pulumi_comfy.core.errors import LostAnswerError, LostEngineError, OwnershipError
from pulumi_comfy.core.memory import Facts
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.namesakes import is_begun_by_us
from pulumi_comfy.core.stored import PartialFailure

NEWS = {"name": "mine", "size": 1}


class Nameless(KettleHandler):
    """Nothing but a note tells whose an object is."""

    async def find(self, inputs, call):
        return [replace(found, is_ours=call.was_attempted) for found in await super().find(inputs, call)]


class Dying(Nameless):
    """The process dies as soon as the platform has made the object."""

    async def insert(self, inputs, found, call):
        await super().insert(inputs, found, call)
        raise LostEngineError("COMFY3004", tried="create kettle", got="the engine is gone")


@pytest.fixture
def notes(tmp_path: Path) -> Attempts:
    return Attempts(tmp_path / "notes")


def begun(kitchen: Kitchen, notes: Attempts) -> str:
    """Kill a create after its write; the id of what it made."""
    with pytest.raises(LostEngineError):
        run(creation.create(Dying(), NEWS, make_call(kitchen, memory=knowing(), attempts=notes)))
    (made,) = kitchen.kettles
    return made


def test_what_a_killed_create_left_is_known_by_its_note(notes: Attempts):
    kitchen = Kitchen()
    left = begun(kitchen, notes)

    call = make_call(kitchen, memory=knowing(), attempts=notes)
    made = run(creation.create(Nameless(), NEWS, call))

    assert made.id == left
    assert not call.was_attempted
    assert list(kitchen.kettles) == [left]


def made_by_another_process(monkeypatch: pytest.MonkeyPatch, notes: Attempts) -> str:
    """End a create; then the process ends, and with it what it knew of its notes."""
    kitchen = Kitchen()
    made = run(creation.create(Nameless(), NEWS, make_call(kitchen, memory=knowing(), attempts=notes)))
    monkeypatch.setattr(attempts, "_told", set())
    return made.id


def test_a_note_outlives_the_answer_as_the_engine_may_be_killed_before_it_has_saved_it(monkeypatch, notes: Attempts):
    made_by_another_process(monkeypatch, notes)

    assert make_call(Kitchen(), memory=knowing(), attempts=notes).was_attempted


def test_a_note_of_what_the_state_holds_is_dropped_without_a_look(monkeypatch, notes: Attempts):
    made = made_by_another_process(monkeypatch, notes)
    kitchen = Kitchen()
    call = make_call(kitchen, memory=knowing(), attempts=notes)

    run(lifecycle.what_is_left(HANDLER, made, NEWS, call))

    assert kitchen.calls == []
    assert not call.was_attempted


def test_what_an_earlier_create_made_is_not_what_one_that_is_begun_again_makes(monkeypatch, notes: Attempts):
    made = made_by_another_process(monkeypatch, notes)
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)

    call.note_attempt()

    assert not call.has_saved_attempt(made)
    assert call.was_attempted


def test_a_note_is_dropped_when_the_process_is_ended_in_order(notes: Attempts):
    run(creation.create(Nameless(), NEWS, make_call(Kitchen(), memory=knowing(), attempts=notes)))

    attempts.settle()

    assert list(notes.folder.iterdir()) == []


def test_a_note_is_dropped_when_the_engine_has_had_the_time_to_save(monkeypatch, notes: Attempts):
    monkeypatch.setattr(attempts, "SAVED_AFTER", 0)

    async def made_and_saved() -> None:
        await creation.create(Nameless(), NEWS, make_call(Kitchen(), memory=knowing(), attempts=notes))
        while list(notes.folder.iterdir()):
            await asyncio.sleep(0)

    run(made_and_saved())

    assert list(notes.folder.iterdir()) == []


def test_what_is_begun_again_is_noted_until_it_ends_again(notes: Attempts):
    run(creation.create(Nameless(), NEWS, make_call(Kitchen(), memory=knowing(), attempts=notes)))

    begun(Kitchen(), notes)
    attempts.settle()

    assert make_call(Kitchen(), memory=knowing(), attempts=notes).was_attempted


def test_a_note_made_anew_outlives_the_end_of_the_one_before(monkeypatch, notes: Attempts):
    monkeypatch.setattr(attempts, "SAVED_AFTER", 0)

    async def ended_and_begun_again() -> None:
        notes.note("", "key")
        notes.told("kettle-1", "key")
        notes.note("", "key")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    run(ended_and_begun_again())

    assert notes.knows("key")


def test_the_note_of_another_state_proves_nothing(notes: Attempts):
    kitchen = Kitchen()
    begun(kitchen, notes)
    other = knowing(Facts(identity=f"{IDENTITY}-too", held={}))

    with pytest.raises(OwnershipError):
        run(creation.create(Nameless(), NEWS, make_call(kitchen, memory=other, attempts=notes)))


def test_a_note_is_forgotten_when_the_state_shows_what_was_made(notes: Attempts):
    kitchen = Kitchen()
    left = begun(kitchen, notes)
    call = make_call(kitchen, memory=knowing(), attempts=notes)

    lifecycle.compare(HANDLER, left, {**NEWS, "tags": [], "labels": {}, "mode": "slow"}, NEWS, call)

    assert not call.was_attempted


def test_a_note_stays_while_a_replacement_is_still_to_be_made(notes: Attempts):
    kitchen = Kitchen()
    left = begun(kitchen, notes)
    call = make_call(kitchen, memory=knowing(), attempts=notes)

    lifecycle.compare(HANDLER, left, {**NEWS, "tags": [], "labels": {}, "mode": "slow"}, {**NEWS, "size": 2}, call)

    assert call.was_attempted


def test_a_note_is_forgotten_when_the_look_after_a_lost_answer_shows_that_nothing_was_made(notes: Attempts):
    call = make_call(Kitchen(lose_answer_after=0), memory=knowing(), attempts=notes)

    with pytest.raises(LostAnswerError):
        run(creation.create(HANDLER, NEWS, call))

    assert not call.was_attempted


def test_a_note_is_forgotten_when_a_create_fails_with_what_it_made_in_the_state(notes: Attempts):
    call = make_call(Kitchen(failures={"complete": build_failed()}), memory=knowing(), attempts=notes)

    with pytest.raises(PartialFailure):
        run(creation.create(HANDLER, NEWS, call))

    assert not call.was_attempted


def test_a_note_stays_when_the_engine_is_lost_after_the_write(notes: Attempts):
    lost = LostEngineError("COMFY3004", tried="read kettle", got="the engine is gone")
    kitchen = Kitchen(failures={"read": lost})
    begun(kitchen, notes)
    call = make_call(kitchen, memory=knowing(), attempts=notes)

    with pytest.raises(LostEngineError):
        run(creation.create(Nameless(), NEWS, call))

    assert call.was_attempted


def test_nothing_is_noted_without_an_identity(notes: Attempts):
    call = make_call(Kitchen(), attempts=notes)

    call.note_attempt()
    call.forget_attempt()

    assert not call.was_attempted
    assert not notes.folder.exists()


async def ended(notes: Attempts) -> None:
    notes.told("kettle-1", "key")


def test_a_note_that_cannot_be_written_on_tells_nothing(notes: Attempts):
    notes.folder.mkdir()
    notes._place(("key",)).mkdir()

    run(ended(notes))

    assert not notes.is_of("kettle-1", "key")


def test_a_note_that_cannot_be_made_or_dropped_is_none(tmp_path: Path):
    blocked = Attempts(tmp_path / "file")
    blocked.folder.touch()

    blocked.note("", "key")
    blocked.forget("key")
    run(ended(blocked))

    assert not blocked.knows("key")


def somebody_elses(notes: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts.os, "getuid", lambda: notes.folder.stat().st_uid + 1)


def writable_for_all(notes: Attempts, _monkeypatch: pytest.MonkeyPatch) -> None:
    notes.folder.chmod(0o777)


def led_elsewhere(notes: Attempts, _monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = notes.folder.rename(notes.folder.with_name("elsewhere"))
    notes.folder.symlink_to(elsewhere)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="here the temporary folder is each user's own")
@pytest.mark.parametrize("becomes", [somebody_elses, writable_for_all, led_elsewhere])
def test_a_folder_in_which_others_can_write_proves_nothing_and_is_not_written_to(monkeypatch, notes: Attempts, becomes):
    notes.note("red", "key")
    notes.made("kettle-1", "key")
    becomes(notes, monkeypatch)

    notes.note("blue", "another")

    assert not notes.knows("key")
    assert not notes.is_of("kettle-1", "key")
    assert not notes.leaves("red", "key")
    assert len(list(notes.folder.iterdir())) == 1


def test_what_is_no_text_is_no_note(notes: Attempts):
    notes.note("\ud800", "key")

    notes.made("\ud800", "key")

    assert notes.knows("key")
    assert not notes.is_of("\ud800", "key")


@pytest.mark.parametrize("failure", [KeyError, OSError])
def test_a_user_without_a_name_has_notes_too(monkeypatch: pytest.MonkeyPatch, failure):
    def nobody() -> str:
        raise failure

    monkeypatch.setattr(attempts.getpass, "getuser", nobody)
    attempts._user.cache_clear()

    assert Attempts().folder.name == "pulumi-comfy-nobody"
    attempts._user.cache_clear()


def told_of(kitchen: Kitchen, call: Any) -> list[str]:
    return run(lifecycle.what_is_left(HANDLER, "kettle-1", NEWS, call))


def replaced(kitchen: Kitchen, notes: Attempts, **held: Urn) -> Any:
    """The next run after a killed replacement of the first kettle."""
    kitchen.add(name="mine")
    kitchen.add(name="mine")
    call = make_call(kitchen, memory=knowing(Facts(identity=IDENTITY, held=held)), attempts=notes)
    call.note_attempt()
    return call


def test_what_a_killed_replacement_left_is_told_with_its_id(notes: Attempts):
    kitchen = Kitchen()
    call = replaced(kitchen, notes, **{"kettle-1": URN})

    (line,) = told_of(kitchen, call)

    assert "(kettle-2) was left by a replacement that was killed" in line


def test_what_the_state_holds_is_nothing_left(notes: Attempts):
    kitchen = Kitchen()

    assert told_of(kitchen, replaced(kitchen, notes, **{"kettle-1": URN, "kettle-2": RED})) == []


def test_nothing_is_looked_for_without_a_note(notes: Attempts):
    kitchen = Kitchen()

    assert told_of(kitchen, make_call(kitchen, memory=knowing(), attempts=notes)) == []
    assert kitchen.calls == []


def test_what_cannot_be_looked_for_is_not_told(notes: Attempts):
    kitchen = Kitchen(failures={"find": refused()})

    assert told_of(kitchen, replaced(kitchen, notes, **{"kettle-1": URN})) == []


def test_what_bears_no_name_is_ours_where_its_create_was_begun_or_a_part_of_it_is_declared(notes: Attempts):
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)
    assert not is_begun_by_us(call, "red", "red", "kettle-1")

    call.note_attempt()

    assert is_begun_by_us(call, "red", "red", "kettle-1")
    call.forget_attempt()
    call.memory.holds(URN, "kettle-1")
    assert is_begun_by_us(call, "red", "red", "kettle-2", "kettle-1")
    assert not is_begun_by_us(call, "blue", "red", "kettle-1")


def test_what_bears_no_name_is_ours_as_its_create_was_about_to_leave_it_whatever_is_declared_now(notes: Attempts):
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)

    call.note_attempt("red")

    assert is_begun_by_us(call, "red", "blue")
    assert not is_begun_by_us(call, "green", "blue")


def test_a_create_without_a_trace_proves_nothing_that_is_not_as_declared(notes: Attempts):
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)

    call.note_attempt()

    assert not is_begun_by_us(call, "", "blue")


class DyingLater(KettleHandler):
    """The process dies once the platform has told what it made."""

    async def complete(self, made, inputs, call):
        raise LostEngineError("COMFY3004", tried="create kettle", got="the engine is gone")


class ToldOnce(KettleHandler):
    """Only the answer to its create tells what it is good for."""

    is_name_unique_to_us = False


class AtPlaces(KettleHandler):
    """The ids are places."""

    id_is_place = True


def next_create(kitchen: Kitchen, notes: Attempts, handler: KettleHandler = HANDLER, **news: Any) -> Any:
    """Kill a create that has heard what it made, and do it again with another program."""
    with pytest.raises(LostEngineError):
        run(creation.create(DyingLater(), NEWS, make_call(kitchen, memory=knowing(), attempts=notes)))
    call = make_call(kitchen, memory=knowing(), attempts=notes)
    return run(creation.create(handler, {**NEWS, **news}, call))


def test_what_a_killed_create_has_heard_of_is_taken_over_by_its_id_however_the_program_has_changed(notes: Attempts):
    kitchen = Kitchen()

    made = next_create(kitchen, notes, power=2.0)

    assert [made.id] == list(kitchen.kettles)
    assert made.outputs["power"] == 2.0


def test_an_id_that_is_a_place_proves_nothing(notes: Attempts):
    with pytest.raises(OwnershipError):
        next_create(Kitchen(), notes, AtPlaces())


def test_what_would_be_worth_nothing_is_not_taken_over(notes: Attempts):
    with pytest.raises(OwnershipError):
        next_create(Kitchen(), notes, ToldOnce())
