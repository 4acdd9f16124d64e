"""Creates that were begun on this machine: noted before the write, known after a kill, forgotten when settled."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from core_toys import (
    HANDLER,
    IDENTITY,
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
from pulumi_comfy.core.attempts import Attempts, Note
from pulumi_comfy.core.errors import (
    ComfyError,
    InputError,
    LostAnswerError,
    LostEngineError,
    OutcomeError,
    OwnershipError,
)
from pulumi_comfy.core.memory import Facts
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
    monkeypatch.setattr(attempts, "_told", {})
    return made.id


def test_a_note_outlives_the_answer_as_the_engine_may_be_killed_before_it_has_saved_it(monkeypatch, notes: Attempts):
    made_by_another_process(monkeypatch, notes)

    assert make_call(Kitchen(), memory=knowing(), attempts=notes).was_attempted


def test_what_an_earlier_create_made_is_not_what_one_that_is_begun_again_makes(monkeypatch, notes: Attempts):
    made = made_by_another_process(monkeypatch, notes)
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)

    call.note_attempt()

    assert call.attempt is not None
    assert call.attempt.id is None
    assert call.attempt.former == (made,)


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
        notes.begin("here", "", "key")
        notes.told("kettle-1", "key")
        notes.begin("here", "", "key")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    run(ended_and_begun_again())

    assert notes.of("key")


def test_the_note_of_another_state_proves_nothing(notes: Attempts):
    kitchen = Kitchen()
    begun(kitchen, notes)
    other = knowing(Facts(identity=f"{IDENTITY}-too", held={}))

    with pytest.raises(OwnershipError):
        run(creation.create(Nameless(), NEWS, make_call(kitchen, memory=other, attempts=notes)))


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
    call.note_made("kettle-1")
    call.note_left("red", "kettle-1")
    call.note_told(["kettle-1"])
    call.forget_attempt()

    assert not call.was_attempted
    assert not notes.folder.exists()


async def ended(notes: Attempts) -> None:
    notes.told("kettle-1", "key")


def test_a_note_that_cannot_be_written_on_tells_nothing(notes: Attempts):
    notes.folder.mkdir()
    notes._place(("key",)).mkdir()

    run(ended(notes))

    assert not notes.of("key")


def test_a_note_that_cannot_be_made_or_dropped_is_none(tmp_path: Path):
    blocked = Attempts(tmp_path / "file")
    blocked.folder.touch()

    blocked.begin("here", "", "key")
    blocked.forget("key")
    run(ended(blocked))

    assert not blocked.of("key")


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
    notes.begin("here", "red", "key")
    notes.made("kettle-1", "key")
    becomes(notes, monkeypatch)

    notes.begin("here", "blue", "another")

    assert not notes.of("key")
    assert len(list(notes.folder.iterdir())) == 1


def test_what_is_hardly_a_text_is_noted_too(notes: Attempts):
    notes.begin("here", "\ud800", "key")

    notes.made("\ud800", "key")

    noted = notes.of("key")
    assert noted is not None
    assert noted.leaves("\ud800")
    assert noted.ids == ["\ud800"]


@pytest.mark.parametrize("failure", [KeyError, OSError, ModuleNotFoundError])
def test_a_user_without_a_name_has_notes_too(monkeypatch: pytest.MonkeyPatch, failure):
    def nobody() -> str:
        raise failure

    monkeypatch.setattr(attempts.getpass, "getuser", nobody)
    attempts._user.cache_clear()

    assert Attempts().folder.name == "pulumi-comfy-nobody"
    attempts._user.cache_clear()


def test_what_bears_no_name_is_ours_as_its_create_was_about_to_leave_it(notes: Attempts):
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)
    assert not call.has_begun("red", "kettle-1")

    call.note_attempt("here", "red")

    assert call.has_begun("red", "kettle-1")
    assert not call.has_begun("green", "kettle-1")


def test_a_create_that_has_made_one_thing_has_not_made_another(notes: Attempts):
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)
    call.note_attempt("here", "red")

    call.note_made("kettle-1")

    assert call.has_begun("red", "kettle-1")
    assert not call.has_begun("red", "kettle-2")


def test_a_takeover_that_is_broken_off_is_known_as_it_stood_and_as_it_was_to_stand(notes: Attempts):
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)
    call.note_attempt("here", "red")

    call.note_left("blue", "kettle-1")

    assert call.has_begun("red", "kettle-1")
    assert call.has_begun("blue", "kettle-1")


def test_a_create_without_a_trace_proves_nothing(notes: Attempts):
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)

    call.note_attempt()

    assert not call.has_begun("", "kettle-1")


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


def test_what_a_killed_create_of_a_given_name_has_heard_of_is_taken_over_by_its_id(notes: Attempts):
    kitchen = Kitchen()

    made = next_create(kitchen, notes)

    assert [made.id] == list(kitchen.kettles)


def test_what_no_longer_stands_as_it_was_made_may_be_another_s_by_now(notes: Attempts):
    with pytest.raises(OwnershipError):
        next_create(Kitchen(), notes, mode="fast")


def test_what_is_not_known_of_an_earlier_version_s_state_may_be_what_is_replaced(notes: Attempts):
    kitchen = Kitchen()
    with pytest.raises(LostEngineError):
        run(creation.create(DyingLater(), NEWS, make_call(kitchen, memory=knowing(), attempts=notes)))
    blind = knowing(Facts(identity=IDENTITY, held={}, is_blind=True))

    with pytest.raises(OwnershipError):
        run(creation.create(HANDLER, NEWS, make_call(kitchen, memory=blind, attempts=notes)))


def test_an_id_that_is_a_place_proves_nothing(notes: Attempts):
    with pytest.raises(OwnershipError):
        next_create(Kitchen(), notes, AtPlaces())


def test_what_would_be_worth_nothing_is_not_taken_over(notes: Attempts):
    with pytest.raises(OwnershipError):
        next_create(Kitchen(), notes, ToldOnce())


class Refused(Nameless):
    """The platform refuses the write, having made what the test says, or somebody else makes one meanwhile."""

    makes = 0

    async def insert(self, inputs, found, call):
        for _ in range(self.makes):
            call.client.add(name=inputs.name)
        raise refused()


class Doubtful(Refused):
    makes = 1


def refused_create(kitchen: Kitchen, notes: Attempts, handler: KettleHandler) -> Any:
    call = make_call(kitchen, memory=knowing(), attempts=notes)
    with pytest.raises(ComfyError):
        run(creation.create(handler, NEWS, call))
    return call


def test_a_create_that_was_refused_and_left_nothing_proves_nothing(notes: Attempts):
    assert not refused_create(Kitchen(), notes, Refused()).was_attempted


def test_a_create_that_failed_and_left_something_is_remembered(notes: Attempts):
    assert refused_create(Kitchen(), notes, Doubtful()).was_attempted


class SightLost(Refused):
    async def insert(self, inputs, found, call):
        call.client.failures["find"] = refused()
        return await super().insert(inputs, found, call)


def test_a_create_that_failed_is_remembered_while_nobody_can_see_what_it_left(notes: Attempts):
    assert refused_create(Kitchen(), notes, SightLost()).was_attempted


def test_a_create_is_remembered_when_the_engine_is_lost_during_the_write(notes: Attempts):
    kitchen = Kitchen()

    begun(kitchen, notes)

    assert make_call(kitchen, memory=knowing(), attempts=notes).was_attempted


def test_the_end_of_one_create_does_not_end_another_that_was_begun_since(monkeypatch, notes: Attempts):
    ends: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        attempts.asyncio, "get_running_loop", lambda: SimpleNamespace(call_later=lambda *a: ends.append(a))
    )
    for one in ("kettle-1", "kettle-2"):
        notes.begin("here", "", "key")
        notes.told(one, "key")

    _seconds, drop, *first = ends[0]
    drop(*first)

    assert len(list(notes.folder.iterdir())) == 1


def test_a_full_disk_leaves_the_note_as_it_was(monkeypatch, notes: Attempts):
    notes.begin("here", "red", "key")

    def full(path: Path, *_: Any, **__: Any) -> None:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    notes.made("kettle-1", "key")

    noted = notes.of("key")
    assert noted is not None
    assert noted.leaves("red")
    assert len(list(notes.folder.iterdir())) == 1


def nothing(place: Path) -> None:
    place.write_text("")


def other_json(place: Path) -> None:
    place.write_text('{"traces": 1, "id": null, "former": []}')


def too_long(place: Path) -> None:
    place.write_text(json.dumps({"traces": ["x" * 70_000], "id": "kettle-1", "former": []}))


def no_text(place: Path) -> None:
    place.write_bytes(b"\xff")


@pytest.mark.parametrize("damage", [nothing, other_json, too_long, no_text])
def test_a_damaged_note_says_only_that_a_create_was_begun(notes: Attempts, damage):
    notes.begin("here", "red", "key")
    notes.made("kettle-1", "key")
    (place,) = notes.folder.iterdir()

    damage(place)

    noted = notes.of("key")
    assert noted is not None
    assert replace(noted, is_fresh=False) == Note()


def test_a_note_that_leads_elsewhere_is_none(notes: Attempts, tmp_path: Path):
    notes.begin("here", "red", "key")
    (place,) = notes.folder.iterdir()
    place.rename(tmp_path / "elsewhere")

    place.symlink_to(tmp_path / "elsewhere")

    assert notes.of("key") is None


def test_a_machine_without_a_temporary_folder_has_no_notes(monkeypatch):
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(attempts.tempfile, "gettempdir", none)
    machine = Attempts()

    machine.begin("here", "red", "key")

    assert machine.of("key") is None


def test_a_note_is_found_by_the_account_that_the_state_tells_until_it_is_asked_for(notes: Attempts):
    unasked = make_call(Kitchen(), memory=knowing(), attempts=notes, scope="toys.example")
    unasked.connection.scope = None
    asked = make_call(Kitchen(), memory=knowing(), attempts=notes)
    asked.note_attempt()

    assert replace(unasked, stored_scope=asked.scope).was_attempted
    assert not unasked.was_attempted


class RefusedAtAPlace(Doubtful):
    """The platform refuses the write over what somebody has just put there."""

    id_is_place = True


def test_what_somebody_put_at_a_place_while_our_create_was_refused_is_theirs(notes: Attempts):
    assert not refused_create(Kitchen(), notes, RefusedAtAPlace()).was_attempted


class NothingSent(SightLost):
    async def insert(self, inputs, found, call):
        call.client.failures["find"] = refused()
        raise InputError("COMFY1001", tried="create kettle", got="no", todo="Say another.")


def test_a_create_that_sent_nothing_proves_nothing(notes: Attempts):
    assert not refused_create(Kitchen(), notes, NothingSent()).was_attempted


class Unlisted(Refused):
    is_listed = False


class HalfHeard(Unlisted):
    async def insert(self, inputs, found, call):
        raise OutcomeError("COMFY2501", tried="create kettle", got="its answer was lost", todo="Look.")


@pytest.mark.parametrize(("handler", "is_remembered"), [(Unlisted(), False), (HalfHeard(), True)])
def test_where_nothing_lists_what_is_left_a_refusal_alone_tells_that_nothing_is(
    notes: Attempts, handler, is_remembered
):
    assert refused_create(Kitchen(), notes, handler).was_attempted is is_remembered


def test_what_is_not_noted_is_not_noted_as_told(notes: Attempts):
    notes.tell_of(["kettle-1"], "key")

    assert notes.of("key") is None


def deleted(monkeypatch: pytest.MonkeyPatch, notes: Attempts, object_id: str) -> bool:
    """Remove an object after a kill, and tell whether the note of a create is still there."""
    made = made_by_another_process(monkeypatch, notes)
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)
    run(lifecycle.delete(HANDLER, object_id.replace("made", made), {"scope": call.scope}, call))
    return call.was_attempted


def test_what_stands_in_the_place_of_what_was_removed_is_not_of_its_create(monkeypatch, notes: Attempts):
    assert not deleted(monkeypatch, notes, "made")


def test_the_removal_of_another_object_drops_no_note(monkeypatch, notes: Attempts):
    assert deleted(monkeypatch, notes, "kettle-9")


def test_a_removal_drops_no_note_of_what_the_engine_was_just_told(notes: Attempts):
    made = run(creation.create(Nameless(), NEWS, make_call(Kitchen(), memory=knowing(), attempts=notes)))

    notes.gone(made.id)

    assert len(list(notes.folder.iterdir())) == 1


def test_a_removal_on_a_machine_without_notes_is_one(notes: Attempts):
    notes.gone("kettle-1")

    assert not notes.folder.exists()


def test_where_the_note_is_lost_what_stands_as_declared_is_ours_if_all_that_it_is_made_of_is(notes: Attempts):
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)
    call.memory.holds(URN, "workflow")
    assert not is_begun_by_us(call, "kettle-2", "red", "red", "workflow", "machine")

    call.memory.holds(URN, "machine")

    assert is_begun_by_us(call, "kettle-2", "red", "red", "workflow", "machine")
    assert not is_begun_by_us(call, "kettle-2", "blue", "red", "workflow", "machine")
    assert not is_begun_by_us(call, "kettle-2", "red", "red")


def test_what_stands_as_declared_is_not_ours_where_the_note_tells_another_id(notes: Attempts):
    call = make_call(Kitchen(), memory=knowing(), attempts=notes)
    call.memory.holds(URN, "part")
    call.note_attempt("here", "red")

    call.note_made("kettle-1")

    assert not is_begun_by_us(call, "kettle-2", "red", "red", "part")
