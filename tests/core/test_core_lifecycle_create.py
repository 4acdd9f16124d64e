"""create: no duplicate, no silent takeover, no id lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from core_toys import (
    AUTOMATIC_NAME,
    FACTS,
    HANDLER,
    IDENTITY,
    RED,
    SCOPE,
    URN,
    KettleHandler,
    KettleInputs,
    KettleOutputs,
    Kitchen,
    Lid,
    Shown,
    build_failed,
    knowing,
    make_call,
    refused,
    run,
)

from pulumi_comfy._version import __version__
from pulumi_comfy.core import creation, lifecycle
from pulumi_comfy.core.errors import (
    CancelledWaitError,
    KeptError,
    LostAnswerError,
    OutcomeError,
    OwnershipError,
    StatusError,
    UndoneError,
)
from pulumi_comfy.core.memory import Facts, Memory
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.resource import Found, Inserted, State
from pulumi_comfy.core.stored import Made, PartialFailure


def create(kitchen: Kitchen, handler: KettleHandler = HANDLER, call: Any = None, **news: Any) -> Made:
    return run(
        creation.create(handler, {"name": "mine", "size": 1, **news}, call or make_call(kitchen, memory=knowing()))
    )


def partial_of(kitchen: Kitchen, handler: KettleHandler = HANDLER, call: Any = None, **news: Any) -> PartialFailure:
    with pytest.raises(PartialFailure) as caught:
        create(kitchen, handler, call, **news)
    return caught.value


def test_create_gives_the_id_and_outputs_that_hold_inputs_decisions_and_scope():
    kitchen = Kitchen()

    made = create(kitchen, size=3, labels={"a": "b"})

    assert made.id in kitchen.kettles
    assert made.outputs == {
        "name": "mine",
        "size": 3,
        "tags": [],
        "labels": {"a": "b"},
        "mode": "slow",
        "serial": f"serial of {made.id}",
        "scope": SCOPE,
        "writtenBy": __version__,
    }


def test_a_bulk_input_is_stored_as_its_digest_only():
    outputs = create(Kitchen(), manual="x" * 1000).outputs

    assert "manual" not in outputs
    assert outputs["manualDigest"] == "1000"


def test_create_looks_first_and_writes_once():
    kitchen = Kitchen()

    create(kitchen)

    assert kitchen.calls == ["find", "insert", "complete"]


def test_a_namesake_is_refused_with_its_id_and_the_way_to_adopt_it():
    kitchen = Kitchen()
    stranger = kitchen.add(name="mine")

    with pytest.raises(OwnershipError) as caught:
        create(kitchen)

    assert caught.value.code == "COMFY4001"
    assert f'kettle "mine" ({stranger})' in caught.value.got
    assert f'adopt="{stranger}"' in caught.value.todo
    assert kitchen.calls == ["find"]


def test_several_namesakes_are_all_listed():
    kitchen = Kitchen()
    one, two = kitchen.add(name="mine"), kitchen.add(name="mine")

    with pytest.raises(OwnershipError) as caught:
        create(kitchen)

    assert one in caught.value.got
    assert two in caught.value.got
    assert 'adopt="<id>"' in caught.value.todo


def test_a_namesake_with_our_automatic_name_is_taken_over_and_brought_to_the_inputs():
    kitchen, shown = Kitchen(), Shown()
    left = kitchen.add(name=AUTOMATIC_NAME, size=1, mode="slow")

    call = make_call(kitchen, memory=knowing(), show=shown)
    made = create(kitchen, call=call, name=AUTOMATIC_NAME, mode="fast")

    assert made.id == left
    assert kitchen.kettles[left]["mode"] == "fast"
    assert "insert" not in kitchen.calls
    assert shown.texts == [f"took over kettle {left}, left by an earlier run of this stack"]


def test_what_an_interrupted_run_left_and_cannot_be_brought_to_the_inputs_is_kept_as_it_stands_and_then_replaced():
    kitchen = Kitchen()
    left = kitchen.add(name=AUTOMATIC_NAME, handle="brass")

    partial = partial_of(kitchen, name=AUTOMATIC_NAME)

    assert (partial.made.id, partial.made.outputs["handle"]) == (left, "brass")
    assert "`handle`" in partial.reason.got
    assert "it is replaced" in str(partial.reason)
    difference = lifecycle.compare(HANDLER, left, partial.made.outputs, {"name": AUTOMATIC_NAME}, make_call(kitchen))
    assert difference.replaces == {"handle"}


def test_several_namesakes_with_our_automatic_name_are_refused():
    kitchen = Kitchen()
    kitchen.add(name=AUTOMATIC_NAME)
    kitchen.add(name=AUTOMATIC_NAME)

    with pytest.raises(OwnershipError):
        create(kitchen, name=AUTOMATIC_NAME)


def refusal_of(kitchen: Kitchen, facts: Facts, handler: KettleHandler = HANDLER, **news: Any) -> str:
    with pytest.raises(OwnershipError) as caught:
        create(kitchen, handler, make_call(kitchen, memory=knowing(facts)), **news)
    assert caught.value.code == "COMFY4001"
    return str(caught.value)


def test_an_automatic_name_proves_nothing_while_it_is_not_known_what_the_state_holds():
    kitchen = Kitchen()
    kitchen.add(name=AUTOMATIC_NAME)

    assert "does not own" in refusal_of(kitchen, Facts(identity=IDENTITY), name=AUTOMATIC_NAME)


def test_the_same_automatic_name_of_another_state_proves_nothing():
    kitchen = Kitchen()
    kitchen.add(name=AUTOMATIC_NAME)

    assert "does not own" in refusal_of(kitchen, Facts(identity="organization/other", held={}), name=AUTOMATIC_NAME)


def test_a_namesake_that_the_state_may_hold_without_telling_its_id_is_refused_with_what_makes_it_tell():
    kitchen = Kitchen()
    kitchen.add(name=AUTOMATIC_NAME)

    facts = Facts(identity=IDENTITY, held={}, is_blind=True)
    assert "Run `pulumi refresh` first" in refusal_of(kitchen, facts, name=AUTOMATIC_NAME)


def test_a_namesake_that_another_resource_of_the_state_holds_is_refused_with_its_name():
    kitchen = Kitchen()
    theirs = kitchen.add(name="mine")

    said = refusal_of(kitchen, Facts(identity=IDENTITY, held={theirs: RED}))
    assert 'which "red" of this stack holds' in said
    assert f'an alias of it or `adopt="{theirs}"`' in said


def test_a_forced_replacement_makes_a_new_object_beside_the_one_that_the_state_holds():
    kitchen = Kitchen()
    old = kitchen.add(name=AUTOMATIC_NAME)
    call = make_call(kitchen, memory=knowing(Facts(identity=IDENTITY, held={old: URN})))

    made = create(kitchen, call=call, name=AUTOMATIC_NAME)  # `pulumi up --replace`: no diff was asked for
    run(lifecycle.delete(HANDLER, old, made.outputs, call))

    assert list(kitchen.kettles) == [made.id] != [old]
    assert made.outputs["predecessors"] == [old]


def test_a_forced_replacement_that_is_repeated_takes_over_what_the_killed_one_left():
    kitchen = Kitchen()
    old, left = kitchen.add(name=AUTOMATIC_NAME), kitchen.add(name=AUTOMATIC_NAME)
    call = make_call(kitchen, memory=knowing(Facts(identity=IDENTITY, held={old: URN})))

    assert create(kitchen, call=call, name=AUTOMATIC_NAME).id == left


class Placed(KettleHandler):
    """Its id says where it stands."""

    id_is_place = True

    def __init__(self, *, is_as_declared: bool) -> None:
        self.is_as_declared = is_as_declared

    async def find(self, inputs, call):
        return [replace(one, is_as_declared=self.is_as_declared) for one in await super().find(inputs, call)]


@pytest.fixture
def given_up():
    """A place that an earlier replacement of this resource has left, and something that stands there."""
    kitchen = Kitchen()
    old = kitchen.add(name="mine")
    facts = Facts(identity=IDENTITY, held={old: URN, "kettle-9": URN}, replaced=frozenset({old}))
    return kitchen, old, make_call(kitchen, memory=knowing(facts))


def test_what_stands_in_a_place_that_was_given_up_is_somebody_else_s(given_up):
    kitchen, old, call = given_up

    with pytest.raises(OwnershipError, match="which this resource does not own") as caught:
        create(kitchen, Placed(is_as_declared=False), call)

    assert old in caught.value.got
    assert kitchen.calls == ["find"]


def test_what_a_replacement_did_not_get_to_remove_there_is_what_is_declared_again(given_up):
    kitchen, _old, call = given_up

    create(kitchen, Placed(is_as_declared=True), call)

    assert "insert" in kitchen.calls


def test_what_stands_in_a_place_that_was_given_up_can_be_adopted(given_up):
    kitchen, old, call = given_up

    assert create(kitchen, Placed(is_as_declared=False), call, adopt=old).id == old


class Lonely(KettleHandler):
    """There is room for one of a name."""

    admits_one = True


def test_a_forced_replacement_where_there_is_room_for_one_names_the_way_out():
    kitchen = Kitchen()
    old = kitchen.add(name="mine")
    call = make_call(kitchen, memory=knowing(Facts(identity=IDENTITY, held={old: URN})))

    with pytest.raises(OwnershipError, match="delete_before_replace=True") as caught:
        create(kitchen, Lonely(), call)

    assert caught.value.code == "COMFY4004"
    assert old in caught.value.got
    assert kitchen.calls == ["find"]


def test_what_bears_no_name_is_taken_over_when_it_stands_just_as_an_interrupted_create_leaves_it():
    class Nameless(KettleHandler):
        is_name_unique_to_us = False

        async def find(self, inputs, call):
            return [replace(found, is_ours=True) for found in await super().find(inputs, call)]

    kitchen = Kitchen()
    left = kitchen.add(name="mine")

    assert create(kitchen, Nameless()).id == left


def test_an_automatic_name_proves_nothing_where_the_shell_cannot_tell_the_urn():
    kitchen = Kitchen()
    kitchen.add(name=AUTOMATIC_NAME)

    with pytest.raises(OwnershipError):
        create(kitchen, call=make_call(kitchen, urn=None), name=AUTOMATIC_NAME)


def test_an_automatic_name_proves_nothing_where_objects_have_no_name_of_their_own():
    class Nameless(KettleHandler):
        is_name_unique_to_us = False

    kitchen = Kitchen()
    kitchen.add(name=AUTOMATIC_NAME)

    with pytest.raises(OwnershipError):
        create(kitchen, Nameless(), name=AUTOMATIC_NAME)


def test_an_equal_object_that_never_changes_is_as_good_as_a_new_one():
    class Timeless(KettleHandler):
        reuses_equal = True

    kitchen = Kitchen()
    equal, _another = kitchen.add(name="mine"), kitchen.add(name="mine")

    assert create(kitchen, Timeless()).id == equal


def test_a_replacement_does_not_mistake_its_predecessor_for_a_stranger():
    kitchen, memory = Kitchen(), Memory()
    old = kitchen.add(name="mine")
    call = make_call(kitchen, memory=memory)
    memory.saw(call.urn, old, replaces=True)

    made = create(kitchen, call=call)

    assert made.id != old
    assert made.outputs["predecessors"] == [old]


def test_a_predecessor_that_was_left_by_a_failed_rollout_is_no_stranger_either():
    kitchen, memory = Kitchen(), Memory()
    older, old = kitchen.add(name="mine"), kitchen.add(name="mine")
    call = make_call(kitchen, memory=memory)
    memory.saw(call.urn, old, [older], replaces=True)

    assert create(kitchen, call=call).outputs["predecessors"] == [older, old]


def test_a_stranger_beside_the_predecessor_is_still_refused():
    kitchen, memory = Kitchen(), Memory()
    old, stranger = kitchen.add(name="mine"), kitchen.add(name="mine")
    call = make_call(kitchen, memory=memory)
    memory.saw(call.urn, old, replaces=True)

    with pytest.raises(OwnershipError) as caught:
        create(kitchen, call=call)

    assert stranger in caught.value.got
    assert old not in caught.value.got


def test_what_a_lost_answer_made_is_found_and_finished():
    kitchen = Kitchen(lose_answer_after=1)

    made = create(kitchen)

    assert list(kitchen.kettles) == [made.id]
    assert kitchen.calls == ["find", "insert", "find", "read", "complete"]


@pytest.mark.parametrize("theirs", [{"size": 3}, {"tags": ["theirs"]}, {"lid": Lid(color="red")}])
def test_what_somebody_else_made_while_our_answer_was_lost_is_refused_with_its_id(theirs: dict[str, Any]):
    class Raced(KettleHandler):
        async def insert(self, inputs, found, call):
            call.client.add(name="mine", **theirs)
            raise LostAnswerError("COMFY2501", tried="create kettle", got="the answer was lost")

    kitchen = Kitchen()

    with pytest.raises(OwnershipError, match=r'adopt="kettle-1"') as caught:
        create(kitchen, Raced())

    assert caught.value.code == "COMFY4001"
    assert "complete" not in kitchen.calls


class Relay(KettleHandler):
    """Remembers what its insert was told and handed on."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    async def find(self, inputs, call):
        return [*await super().find(inputs, call), Found("cup-7", "a cup that was emptied", is_past=True)]

    async def insert(self, inputs, found, call):
        self.told.append([one.id for one in found])
        made = await super().insert(inputs, found, call)
        return Inserted(made.id, "still warm")

    async def complete(self, made, inputs, call):
        self.told.append(made.handed)
        return await super().complete(made, inputs, call)


def test_insert_knows_what_was_found_and_complete_what_insert_hands_on():
    relay = Relay()

    create(Kitchen(), relay)

    assert relay.told == [["cup-7"], "still warm"]


def test_after_a_lost_answer_nothing_is_handed_on():
    relay = Relay()

    made = create(Kitchen(lose_answer_after=1), relay)

    assert (made.id, relay.told) == ("kettle-1", [["cup-7"], None])


def test_what_a_lost_answer_made_is_ours_without_a_look_where_its_name_says_so():
    kitchen = Kitchen(lose_answer_after=1)
    call = make_call(kitchen, memory=knowing())

    made = create(kitchen, call=call, name=AUTOMATIC_NAME)

    assert list(kitchen.kettles) == [made.id]
    assert "read" not in kitchen.calls


def test_what_a_create_finishes_may_be_missing_from_what_a_lost_answer_made():
    class Lately(KettleHandler):
        set_after_insert = frozenset({"tags"})

        async def insert(self, inputs, found, call):
            call.client.add(name="mine")
            raise LostAnswerError("COMFY2501", tried="create kettle", got="the answer was lost")

    assert create(Kitchen(), Lately(), tags=["ours"]).id == "kettle-1"


def test_what_a_failed_run_replaced_is_taken_back_where_it_is_declared_again_and_has_the_only_room():
    kitchen = Kitchen()
    old, newer = kitchen.add(name="mine"), kitchen.add(name="other")
    call = make_call(kitchen, memory=knowing(Facts(identity=IDENTITY, held={old: URN, newer: URN})))
    call.memory.saw(call.urn, newer, [old], replaces=True)

    made = create(kitchen, Lonely(), call)

    assert (made.id, len(kitchen.kettles)) == (old, 2)
    assert call.memory.keeper_of(old) == "blue"


def test_all_that_the_state_held_is_remembered_by_what_replaces_it():
    kitchen = Kitchen()
    old, newer = kitchen.add(name="one"), kitchen.add(name="two")
    call = make_call(kitchen)
    call.memory.saw(call.urn, newer, [old], replaces=True)

    made = create(kitchen, call=call)

    assert made.outputs["predecessors"] == [old, newer]


def test_a_name_that_another_resource_is_about_to_give_up_is_reached_in_two_updates():
    kitchen, memory = Kitchen(), knowing()
    theirs = kitchen.add(name="mine")
    memory.saw(OTHER, theirs, replaces=True)

    with pytest.raises(OwnershipError, match="in two updates"):
        create(kitchen, call=make_call(kitchen, memory=memory))


def test_what_a_lost_answer_made_is_told_from_the_predecessor():
    kitchen, memory = Kitchen(lose_answer_after=1), Memory()
    old = kitchen.add(name="mine")
    call = make_call(kitchen, memory=memory)
    memory.saw(call.urn, old, replaces=True)

    assert create(kitchen, call=call).id != old


def test_a_lost_answer_that_made_nothing_stays_a_lost_answer():
    with pytest.raises(LostAnswerError):
        create(Kitchen(lose_answer_after=0))


def test_a_lost_answer_that_made_several_lists_them():
    with pytest.raises(OwnershipError) as caught:
        create(Kitchen(lose_answer_after=2))

    assert "kettle-1" in caught.value.got
    assert "kettle-2" in caught.value.got


def test_a_lost_answer_stays_one_when_the_look_for_what_it_made_fails():
    class Blind(Kitchen):
        def reach(self, step: str) -> None:
            super().reach(step)
            if self.calls.count("find") > 1:
                raise refused()

    with pytest.raises(LostAnswerError):
        create(Blind(lose_answer_after=1))


def test_a_write_that_was_refused_leaves_nothing():
    with pytest.raises(StatusError):
        create(Kitchen(failures={"insert": refused()}))


def test_a_create_that_fails_after_it_got_an_id_keeps_the_id_with_its_reason():
    failed = build_failed()
    kitchen = Kitchen(failures={"complete": failed})

    partial = partial_of(kitchen, size=4)

    assert partial.made.id == "kettle-1"
    assert partial.reason is failed
    assert str(partial) == str(failed)


def test_a_partial_state_holds_what_the_platform_shows_so_that_the_next_update_sees_the_rest():
    kitchen = Kitchen(failures={"complete": build_failed()})

    partial = partial_of(kitchen, size=4, mode="fast")

    assert partial.made.outputs["mode"] == "slow"
    assert partial.made.outputs["size"] == 4
    assert partial.made.outputs["scope"] == SCOPE


def test_a_half_made_object_that_cannot_be_read_keeps_its_id_all_the_same():
    kitchen = Kitchen(failures={"complete": build_failed(), "read": refused()})

    partial = partial_of(kitchen, size=4)

    assert (partial.made.id, partial.made.outputs["size"]) == ("kettle-1", 4)


def test_a_half_made_object_that_is_gone_again_keeps_its_id_for_the_next_refresh():
    class Vanishing(KettleHandler):
        async def complete(self, made, inputs, call):
            del call.client.kettles[made.id]
            raise build_failed()

    assert partial_of(Kitchen(), Vanishing()).made.id == "kettle-1"


def test_a_fault_of_ours_after_the_id_was_there_keeps_the_id():
    kitchen = Kitchen(failures={"complete": ZeroDivisionError("oops")})

    partial = partial_of(kitchen)

    assert partial.made.id == "kettle-1"
    assert partial.reason.code == "COMFY9001"
    assert "ZeroDivisionError: oops" in str(partial)


def test_a_fault_of_ours_while_reading_a_half_made_object_keeps_the_id():
    kitchen = Kitchen(failures={"complete": build_failed(), "read": KeyError("oops")})

    assert partial_of(kitchen).made.id == "kettle-1"


def test_an_undone_create_leaves_nothing_for_the_state():
    undone = UndoneError("COMFY3101", tried="check kettle", got="it leaks, and was removed again")

    with pytest.raises(UndoneError):
        create(Kitchen(failures={"complete": undone}))


def test_a_create_that_was_kept_stores_the_state_that_came_with_the_error():
    stands = State(KettleInputs(name="mine"), KettleOutputs(broken="leaking"))
    kept = KeptError("COMFY3101", tried="check kettle", got="it leaks", state=stands)
    kitchen = Kitchen(failures={"complete": kept})

    partial = partial_of(kitchen)

    assert partial.made.outputs["broken"] == "leaking"
    assert "read" not in kitchen.calls


def test_adopt_takes_an_object_over_and_brings_it_to_the_inputs():
    kitchen, shown = Kitchen(), Shown()
    theirs = kitchen.add(name="theirs", mode="slow")

    made = create(kitchen, call=make_call(kitchen, show=shown), adopt=theirs, mode="fast")

    assert made.id == theirs
    assert made.outputs["mode"] == kitchen.kettles[theirs]["mode"] == "fast"
    assert shown.texts == [f"took over kettle {theirs}, asked for with `adopt`"]
    assert "insert" not in kitchen.calls


def test_adopting_what_does_not_exist_is_refused():
    with pytest.raises(OwnershipError) as caught:
        create(Kitchen(), adopt="kettle-9")

    assert caught.value.code == "COMFY4003"
    assert "this key sees no such object" in caught.value.got


def test_adopting_what_differs_in_something_that_cannot_be_changed_is_refused():
    kitchen = Kitchen()
    theirs = kitchen.add(name="theirs", size=5)

    with pytest.raises(OwnershipError) as caught:
        create(kitchen, adopt=theirs, size=1)

    assert caught.value.code == "COMFY4003"
    assert "it differs in `size`" in caught.value.got
    assert kitchen.calls == ["read"]


def test_adopting_the_object_that_is_being_replaced_is_refused():
    kitchen, memory = Kitchen(), Memory()
    old = kitchen.add(name="mine")
    call = make_call(kitchen, memory=memory)
    memory.saw(call.urn, old, replaces=True)

    with pytest.raises(OwnershipError) as caught:
        create(kitchen, call=call, adopt=old)

    assert caught.value.code == "COMFY4003"


def test_an_adoption_that_changed_something_and_failed_keeps_the_id():
    kitchen = Kitchen(failures={"update half-way": build_failed()})
    theirs = kitchen.add(name="theirs", mode="slow")

    partial = partial_of(kitchen, adopt=theirs, mode="fast", tags=["a"])

    assert partial.made.id == theirs
    assert partial.made.outputs["mode"] == "fast"


def test_an_adoption_that_changed_nothing_and_failed_leaves_the_object_with_its_owner():
    kitchen = Kitchen(failures={"update": build_failed()})
    theirs = kitchen.add(name="theirs")

    with pytest.raises(OutcomeError):
        create(kitchen, adopt=theirs, mode="fast")


OTHER = Urn.parse(f"{URN.text}-too")


def test_two_resources_of_one_key_at_once_make_one_object_and_the_other_is_told_whose_it_is():
    kitchen, memory = Kitchen(is_slow=True), knowing()
    memory.checked(OTHER, FACTS)
    calls = [make_call(kitchen, memory=memory, urn=urn) for urn in (URN, OTHER)]
    news = {"name": "mine", "size": 1}

    async def at_once() -> list[Any]:
        creates = (creation.create(HANDLER, news, call) for call in calls)
        return await asyncio.gather(*creates, return_exceptions=True)

    made, refused_one = run(at_once())

    assert list(kitchen.kettles) == [made.id]
    assert '"blue" of this stack declares' in str(refused_one)
    assert "Declare it once, or choose another name." in str(refused_one)


def test_adopting_what_another_resource_of_the_stack_declares_is_refused():
    kitchen, memory = Kitchen(), Memory()
    theirs = kitchen.add(name="theirs")
    memory.saw(OTHER, theirs, replaces=False)

    with pytest.raises(OwnershipError, match='"blue-too" of this stack declares it'):
        create(kitchen, call=make_call(kitchen, memory=memory), adopt=theirs)


def test_of_two_adoptions_of_one_object_at_once_the_second_is_refused():
    kitchen, memory = Kitchen(is_slow=True), Memory()
    theirs = kitchen.add(name="theirs")
    calls = [make_call(kitchen, memory=memory, urn=urn) for urn in (URN, OTHER)]

    async def at_once() -> list[Any]:
        # Two names of their own: nothing else keeps them apart.
        news = [{"name": name, "size": 1, "adopt": theirs} for name in ("a", "b")]
        creates = (creation.create(HANDLER, one, call) for one, call in zip(news, calls, strict=True))
        return await asyncio.gather(*creates, return_exceptions=True)

    made, refused_one = run(at_once())

    assert made.id == theirs
    assert isinstance(refused_one, OwnershipError)
    assert '"blue" of this stack declares it' in str(refused_one)


@pytest.mark.parametrize("failed", [build_failed(), UndoneError("COMFY3101", tried="check", got="failed")])
def test_what_an_interrupted_run_left_is_kept_in_the_state_whatever_fails(failed):
    kitchen = Kitchen(failures={"update": failed})
    ours = kitchen.add(name=AUTOMATIC_NAME, mode="fast")

    partial = partial_of(kitchen, name=AUTOMATIC_NAME)

    assert (partial.made.id, partial.reason) == (ours, failed)


def test_the_state_keeps_the_id_among_the_outputs_where_the_program_of_the_next_run_finds_it():
    made = create(Kitchen())

    assert made.stored == {**made.outputs, "__id": made.id}


def test_a_create_that_a_stop_finds_before_its_write_makes_nothing():
    kitchen = Kitchen()
    call = make_call(kitchen, memory=knowing())

    async def stopped() -> Made:
        call.cancellation.set()
        return await creation.create(HANDLER, {"name": "mine", "size": 1}, call)

    with pytest.raises(CancelledWaitError):
        run(stopped())
    assert kitchen.calls == ["find"]
