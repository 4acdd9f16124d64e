"""What «gone» is worth where nothing tells whose key it is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from core_toys import make_call, run

from pulumi_comfy.configuration import Setting
from pulumi_comfy.core.absence import note_presence, vanished
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import OwnershipError
from pulumi_comfy.core.pace import PACE

SETTING = Setting("toysUrl", "TOYS_URL", "Where they are.")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PACE, "0.01")


async def note(call: Call[Any], object_id: str, *, is_there: bool) -> None:
    await note_presence(
        object_id, is_there=is_there, noun="kettle", setting=SETTING, under="in another kitchen", call=call
    )


def noted(**is_there: bool) -> list[BaseException | None]:
    """Note several at once, in one operation."""
    call = make_call()

    async def work() -> list[BaseException | None]:
        notes = (note(call, one, is_there=there) for one, there in is_there.items())
        return await asyncio.gather(*notes, return_exceptions=True)

    return run(work())


def test_one_that_is_gone_is_gone():
    assert noted(a=False) == [None]


def test_where_one_is_there_the_others_are_gone():
    assert noted(a=False, b=True, c=False) == [None] * 3


def test_all_at_once_are_a_question_that_names_the_variable():
    first, second = noted(a=False, b=False)

    assert isinstance(first, OwnershipError)
    assert isinstance(second, OwnershipError)
    assert "all 2 kettles that were asked for are absent, as in another kitchen" in str(first)
    assert "Check TOYS_URL or comfy:toysUrl" in str(first)


def test_an_absence_waits_a_second_for_others_that_a_busy_machine_asks_for_late(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(PACE, "1")
    call, slept = make_call(), []

    async def sleep(seconds: float, *, tried: str) -> None:
        slept.append((seconds, tried))

    monkeypatch.setattr(call.cancellation, "sleep", sleep)

    run(note(call, "a", is_there=False))

    assert slept == [(1.0, 'read kettle "blue"')]


def test_another_operation_counts_anew():
    run(note(make_call(), "a", is_there=False))
    run(note(make_call(), "b", is_there=False))


@pytest.mark.parametrize("is_there", [True, False])
def test_what_was_asked_for_twice_counts_once(is_there: bool):
    call = make_call()

    async def work() -> None:
        await note(call, "a", is_there=is_there)
        await note(call, "a", is_there=is_there)

    run(work())


def test_what_is_gone_when_it_is_to_be_updated_is_told_with_its_id():
    error = vanished("k-1", "kettle", make_call())

    assert error.code == "COMFY2404"
    assert 'update kettle "' in str(error)
    assert "k-1 no longer exists" in str(error)
