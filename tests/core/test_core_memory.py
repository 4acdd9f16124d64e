"""Whose an object is: what the program told, and what one process has seen."""

from __future__ import annotations

import asyncio

import pytest
from core_toys import RED, SCOPE, URN, knowing

from pulumi_comfy.core.memory import Facts, Memory
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.unknown import UNKNOWN

ROW = {"owner": URN.text, "id": "b", "scope": SCOPE, "before": ["a"]}


@pytest.mark.parametrize("wire", [None, "", [], {}])
def test_a_program_that_tells_nothing_proves_nothing(wire):
    assert Facts.of(wire, SCOPE) == Facts()


@pytest.mark.parametrize("wire", [UNKNOWN, {"identity": UNKNOWN}])
def test_facts_that_are_not_known_yet_are_pending(wire):
    assert Facts.of(wire, SCOPE) == Facts(is_pending=True)


def test_facts_hold_the_ids_of_the_state_with_those_that_wait_for_deletion():
    facts = Facts.of({"identity": "org/1", "held": [ROW]}, SCOPE)

    assert facts == Facts(identity="org/1", held={"b": URN, "a": URN}, replaced=frozenset({"a"}))


def test_an_id_of_another_account_is_another_object():
    assert Facts.of({"identity": "org/1", "held": [ROW]}, "toys.example/org_2").held == {}


def test_an_object_whose_id_the_state_does_not_tell_makes_the_facts_blind():
    facts = Facts.of({"identity": "org/1", "held": [{"owner": URN.text, "scope": SCOPE}]}, SCOPE)

    assert facts == Facts(identity="org/1", held={}, is_blind=True)


def test_memory_knows_what_the_state_holds_of_a_resource_and_of_its_others():
    memory = knowing(Facts(held={"b": URN, "r": RED}))

    assert memory.ids_of(URN) == {"b"}
    assert memory.owner_of("r", URN) == "red"
    assert memory.owner_of("b", URN) is None


IN_A_TEAM = Urn.parse(URN.text.replace("::pulumi-python:", "::own:index:Team$pulumi-python:"))


def test_another_component_s_resource_of_the_same_logical_name_is_another():
    memory = knowing(Facts(held={"b": IN_A_TEAM}))

    assert memory.ids_of(URN) == frozenset()
    assert memory.owner_of("b", URN) == IN_A_TEAM.text


def test_what_another_shell_wrote_is_the_same_resource_s():
    former = Urn.parse(IN_A_TEAM.text.replace("pulumi-python:", "comfy:"))

    assert knowing(Facts(held={"b": former}), IN_A_TEAM).ids_of(IN_A_TEAM) == {"b"}


def test_what_one_resource_has_now_is_none_that_another_one_replaced():
    other = {**ROW, "owner": RED.text, "id": "r", "before": ["b"]}

    facts = Facts.of({"identity": "org/1", "held": [ROW, other]}, SCOPE)

    assert facts.held == {"a": URN, "b": URN, "r": RED}
    assert facts.replaced == {"a"}


def test_what_a_create_of_this_run_took_over_is_kept_until_it_is_to_be_removed_again():
    memory = Memory()
    memory.takes(URN, "b")

    assert memory.keeper_of("b") == "blue"
    memory.releases("b")
    assert memory.keeper_of("b") is None


def test_what_the_program_declares_is_kept():
    memory = knowing()
    memory.saw(URN, "b", replaces=False)

    assert memory.keeper_of("b") == "blue"


def test_what_is_about_to_be_replaced_is_not_kept():
    memory = knowing()
    memory.saw(URN, "b", replaces=True)

    assert memory.keeper_of("b") is None


def test_memory_knows_the_ids_of_a_urn_with_their_predecessors():
    memory = Memory()

    memory.saw(URN, "b", ["a"], replaces=False)

    assert memory.ids_of(URN) == {"a", "b"}


def test_memory_knows_nothing_of_other_urns():
    memory = Memory()
    memory.saw(URN, "b", replaces=False)

    other = Urn.parse(URN.text.replace("blue", "red"))

    assert memory.ids_of(other) == memory.ids_of(None) == frozenset()


def test_an_object_of_an_unknown_urn_is_declared_all_the_same():
    memory = Memory()

    memory.saw(None, "b", replaces=False)

    assert memory.stays("b")


def test_an_object_that_no_diff_was_asked_for_does_not_stay():
    assert not Memory().stays("b")


def test_an_object_about_to_be_replaced_does_not_stay():
    memory = Memory()

    memory.saw(URN, "b", replaces=True)

    assert memory.is_replaced("b")
    assert not memory.stays("b")


def test_the_last_diff_decides_whether_an_object_is_replaced():
    memory = Memory()
    memory.checked(URN)

    memory.saw(URN, "b", replaces=True)
    memory.saw(URN, "b", replaces=False)

    assert memory.stays("b")


def test_nothing_is_noted_for_a_resource_that_the_shell_cannot_name():
    memory = Memory()

    memory.checked(None)
    memory.holds(None, "b")
    memory.takes(None, "b")

    assert memory.keeper_of("b") is None
    assert memory.owner_of("b", URN) is None


def test_creates_without_a_natural_key_wait_for_nobody():
    async def both() -> None:
        async with Memory().lock("toys:Kettle", None), Memory().lock("toys:Kettle", None):
            pass

    asyncio.run(both())


def test_two_that_join_have_seen_what_both_saw_and_see_the_same_from_then_on():
    one, other = Memory(), Memory(scope=SCOPE)
    one.holds(URN, "a")
    other.holds(URN, "b")

    one.join(other)
    one.holds(URN, "c")
    other.holds(URN, "d")

    assert all(memory.is_declared(object_id) for memory in (one, other) for object_id in "abcd")
    assert one.scope == SCOPE


def test_two_that_join_keep_every_id_that_either_has_seen_under_one_urn():
    one, other = Memory(), Memory(scope=SCOPE)
    one.saw(URN, "b", ["a"], replaces=False)
    other.saw(URN, "d", ["c"], replaces=False)

    one.join(other)

    assert one.ids_of(URN) == other.ids_of(URN) == {"a", "b", "c", "d"}


@pytest.mark.parametrize("is_others", [False, True], ids=["the one", "the other"])
def test_a_create_waits_for_one_of_the_same_natural_key_that_began_before_the_join(is_others):
    async def both() -> list[str]:
        done: list[str] = []
        one, other = Memory(), Memory(scope=SCOPE)
        async with other.lock("toys:Kettle", "blue"):
            pass
        async with one.lock("toys:Kettle", "blue"):
            pass

        async def create() -> None:
            async with one.lock("toys:Kettle", "blue"):
                done.append("the next")

        async with (other if is_others else one).lock("toys:Kettle", "blue"):
            one.join(other)
            following = asyncio.create_task(create())
            for _ in range(5):
                await asyncio.sleep(0)
            done.append("the first")
        await following
        return done

    assert asyncio.run(both()) == ["the first", "the next"]


def test_a_create_that_was_waiting_at_the_join_waits_for_what_began_under_the_other_too():
    async def all_three() -> list[str]:
        done: list[str] = []
        one, other = Memory(), Memory(scope=SCOPE)

        async def create() -> None:
            async with one.lock("toys:Kettle", "blue"):
                done.append("who waited")

        async with other.lock("toys:Kettle", "blue"):
            async with one.lock("toys:Kettle", "blue"):
                waiting = asyncio.create_task(create())
                await asyncio.sleep(0)
                one.join(other)
            for _ in range(5):
                await asyncio.sleep(0)
            done.append("the other")
        await waiting
        return done

    assert asyncio.run(all_three()) == ["the other", "who waited"]


def test_what_a_module_has_noted_under_either_is_found_under_both_after_a_join():
    one, other = Memory(), Memory(scope=SCOPE)
    one.notes("lids")["a"] = "red"
    other.notes("lids")["b"] = "blue"

    one.join(other)
    one.notes("lids")["c"] = "green"

    assert other.notes("lids") == one.notes("lids") == {"a": "red", "b": "blue", "c": "green"}
