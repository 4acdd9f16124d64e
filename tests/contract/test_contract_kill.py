"""Killed at any point of a create: the next `up` takes its own back, or refuses with the id; never a second object."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import httpx
import pytest
from exam import RECOVERY
from lone import Lone
from plain_http import PlainHttp
from subject import Subject
from waiting import eventually

pytestmark = pytest.mark.apart


class Killed(BaseException):
    """The process is gone: nothing of ours may handle it."""


class Guillotine(PlainHttp):
    """The way to the platform, until the process dies before or after one request."""

    def __init__(self, number: int, *, is_answered: bool) -> None:
        super().__init__()
        self.left, self.is_answered = number, is_answered

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.left -= 1
        if self.left >= 0:
            return await super().handle_async_request(request)
        if self.is_answered and self.left == -1:
            response = await super().handle_async_request(request)
            await response.aread()
        raise Killed


def killed(it: Lone, number: int, *, is_answered: bool) -> bool:
    """Kill an `up` at one request; False when it ended before."""
    it.transport = lambda: Guillotine(number, is_answered=is_answered)
    try:
        it.up()
    except Killed:
        return True
    finally:
        it.transport = None
    return False


def is_at_rest(it: Lone) -> bool:
    """Tell whether the platform has done what the killed process asked for."""
    return not it.examinee.is_busy(it.emulated)


NAMES = {"an automatic name": False, "a given name": True}


@pytest.mark.parametrize("is_answered", [False, True], ids=["before the request", "before its answer is read"])
@pytest.mark.parametrize("name", NAMES)
def test_a_killed_create_is_taken_back_or_refused_with_its_id(lone, emulator, kind, name, is_answered, one_in):
    number, step = 0, one_in(2)
    while True:
        emulator.reset()
        kind.examinee.quicken(emulator)
        it = lone(kind)
        if NAMES[name]:
            it.arguments.update(it.kind.namesake_arguments)
        elif number == 0 and not it.kind.namesake_arguments:
            pytest.skip("it has no name")
        if not killed(it, number, is_answered=is_answered):
            return
        eventually(partial(is_at_rest, it))
        orphans = it.rows
        it.let_somebody_make_a_namesake()
        others = it.somebody_elses()

        error = it.up()

        assert len(orphans) <= 1
        assert_never_a_second(it, error, orphans, is_named=NAMES[name] and bool(it.kind.namesake_arguments))
        assert it.somebody_elses() == others
        number += step


def assert_never_a_second(it: Lone, error: Any, orphans: list[Any], *, is_named: bool) -> None:
    """Either it was taken back or made anew, or it is refused with every id in the way; then `adopt` settles it."""
    is_made_anew = error is None and RECOVERY in it.kind.excused
    if error is not None:
        assert error.code == "COMFY4001"
        assert all(row["id"] in str(error) for row in orphans)
        assert is_named or RECOVERY in it.kind.excused
        if not orphans:  # only the stranger is in the way
            assert it.rows == []
            return
        it.arguments["adopt"] = orphans[0]["id"]
        assert it.up() is None
        del it.arguments["adopt"]
    assert [row["id"] for row in it.rows] == [it.id]
    assert not orphans or is_made_anew or it.id == orphans[0]["id"]
    assert not it.has_changes()


@pytest.mark.parametrize("is_answered", [False, True], ids=["before the request", "before its answer is read"])
def test_a_killed_create_is_taken_back_when_the_program_has_changed_since(lone, emulator, kind, is_answered, one_in):
    if kind.declared.edit_op != "update" or RECOVERY in kind.declared.excused:
        pytest.skip("a change makes a new one, or nothing lists what is left")
    number, step = 0, one_in(2)
    while True:
        emulator.reset()
        kind.examinee.quicken(emulator)
        it = lone(kind)
        if not killed(it, number, is_answered=is_answered):
            return
        eventually(partial(is_at_rest, it))
        orphans = it.rows
        it.arguments.update(it.kind.edit)

        error = it.up()

        assert error is None, (number, error)
        assert [row["id"] for row in it.rows] == [it.id]
        assert not orphans or it.id == orphans[0]["id"]
        assert not it.has_changes()
        number += step


HOLD = 0.4
"""Seconds for which the platform sits on a request, so that the process dies while it waits for the answer."""


@pytest.mark.cli
def test_sigkill_while_the_create_is_under_way(subject, kind_on_the_cli):
    check_sigkill(subject(kind_on_the_cli))


def test_sigkill_while_any_other_create_is_under_way(subject, other_kind):
    check_sigkill(subject(other_kind))


def check_sigkill(it: Subject) -> None:
    it.prepare()
    method, route = it.kind.main["create"]
    it.emulator.faults.add(method, route, "delay", delay=HOLD)
    running = threading.Thread(target=lambda: it.stack.up(check=False))
    running.start()
    eventually(lambda: any(request.fault == "delay" for request in it.emulator.requests))

    it.stack.kill()
    running.join()
    eventually(lambda: all(request.ended for request in it.emulator.requests if request.fault == "delay"))
    result = it.stack.up(check=False)

    if not result.ok:
        assert RECOVERY in it.kind.excused
        eventually(lambda: len(it.rows) == 1)  # a download goes on without us
        assert it.rows[0]["id"] in result.error
        it.arguments["adopt"] = it.rows[0]["id"]
        it.stack.up()
        del it.arguments["adopt"]
        it.stack.up()
    it.assert_settled()
