"""Every resource under every fault: what the platform holds afterwards, and what the next `up` makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from exam import Entry
from lone import Lone

pytestmark = pytest.mark.apart


@dataclass(frozen=True)
class Fault:
    """What goes wrong, for how many requests (None: for all), and whether one `up` gets over it.

    `is_survived` is None where that depends on whether the request may be repeated.
    """

    kind: str
    times: int | None = 1
    status: int = 503
    retry_after: str | None = None
    is_survived: bool | None = None

    def plan(self, emulator: Any, method: str, route: str) -> None:
        emulator.faults.add(
            method, route, self.kind, times=self.times, status=self.status, retry_after=self.retry_after
        )


FAULTS = {
    "429 with Retry-After": Fault("status", status=429, retry_after="0.01", is_survived=True),
    "429 that asks for an hour": Fault("status", status=429, retry_after="3600", is_survived=False),
    "500 once": Fault("status", status=500),
    "500 always": Fault("status", status=500, times=None, is_survived=False),
    "503": Fault("status", status=503),
    "hang": Fault("timeout"),
    "reset": Fault("reset"),
    "garbage": Fault("garbage"),
    "truncated": Fault("truncated"),
    "answer lost after the write": Fault("lost"),
    "connection closed after the answer": Fault("close_idle", is_survived=True),
    "stale keep-alive": Fault("stale", is_survived=True),
}
GOT_OVER = [name for name, fault in FAULTS.items() if fault.is_survived]
"""What one client of a platform gets over, before any resource could hear of it: one kind stands for all."""
HEARD = [name for name in FAULTS if name not in GOT_OVER]
ANY = ".*"


@pytest.fixture
def make_lone(lone):
    def make(kind: Entry) -> Lone:
        it: Lone = lone(kind)
        it.let_somebody_make_a_namesake()
        return it

    return make


@contextmanager
def hurry_if_it_hangs(fault: Fault) -> Iterator[None]:
    """Wait a moment only for the operation under the fault: what comes after is told by nothing but its answers."""
    with pytest.MonkeyPatch.context() as patch:
        if fault.kind == "timeout":
            patch.setenv("PULUMI_COMFY_REQUEST_TIMEOUT", "0.3")
        yield


def under(it: Lone, fault: Fault, operation: str) -> Any:
    fault.plan(it.emulator, *it.kind.main[operation])
    work = {"create": it.up, "read": it.refresh, "update": it.up, "delete": it.destroy}[operation]
    with hurry_if_it_hangs(fault):
        error = work() if fault.times else given_up(it, work)
    it.emulator.faults.clear()
    return error


def given_up(it: Lone, work: Callable[[], Any]) -> Any:
    """Let an operation meet an outage that never ends: a wait outlives it until its own deadline."""
    it.timeout = 0.5
    try:
        return work()
    finally:
        it.timeout = None


@pytest.mark.one_in(4, turn=0)
@pytest.mark.parametrize("fault", HEARD)
def test_a_fault_of_the_create_leaves_no_orphan_no_duplicate_and_nobody_else_touched(make_lone, kind, fault):
    it = make_lone(kind)
    others = it.somebody_elses()

    error = under(it, FAULTS[fault], "create")
    held = it.rows
    again = it.up()

    assert len(held) <= 1
    assert FAULTS[fault].is_survived in (None, error is None)
    assert again is None
    it.assert_settled()
    assert it.somebody_elses() == others


@pytest.mark.one_in(4, turn=1)
@pytest.mark.parametrize("fault", HEARD)
def test_a_fault_of_the_read_never_empties_the_state(make_lone, kind, fault):
    it = make_lone(kind)
    it.up()

    error = under(it, FAULTS[fault], "read")

    assert FAULTS[fault].is_survived in (None, error is None)
    it.assert_settled()


@pytest.mark.one_in(4, turn=2)
@pytest.mark.parametrize("fault", HEARD)
def test_a_fault_of_the_update_is_repaired_by_the_next_up(make_lone, kind, fault):
    it = make_lone(kind)
    it.up()
    others = it.somebody_elses()
    it.arguments.update(it.kind.edit)

    error = under(it, FAULTS[fault], "update")
    again = it.up()

    field, value = it.kind.edited
    assert FAULTS[fault].is_survived in (None, error is None)
    assert again is None
    assert [row[field] for row in it.rows if row["id"] == it.id] == [value]
    assert not it.has_changes()
    assert len(it.rows) == (1 if it.kind.is_removed or it.kind.keeps_id else 2)
    assert it.somebody_elses() == others


@pytest.mark.one_in(4, turn=3)
@pytest.mark.parametrize("fault", HEARD)
def test_a_fault_of_the_delete_ends_with_nothing_of_ours(make_lone, kind, fault):
    it = make_lone(kind)
    it.up()
    others = it.somebody_elses()

    error = under(it, FAULTS[fault], "delete")
    is_known = it.id is not None
    held = it.rows
    again = it.destroy()

    assert FAULTS[fault].is_survived in (None, error is None)
    assert is_known or not held
    assert again is None
    assert it.rows == []
    assert it.somebody_elses() == others


@pytest.mark.one_in(5)
@pytest.mark.parametrize("fault", GOT_OVER)
@pytest.mark.parametrize("operation", ["create", "read", "update", "delete"])
def test_a_fault_that_the_client_gets_over_is_as_if_nothing_was(make_lone, kind_on_the_cli, operation, fault):
    it = make_lone(kind_on_the_cli)
    others = it.somebody_elses()
    if operation != "create":
        it.up()
    if operation == "update":
        it.arguments.update(it.kind.edit)

    error = under(it, FAULTS[fault], operation)

    assert error is None
    assert it.somebody_elses() == others
    if operation == "delete":
        assert it.rows == []
    else:
        it.assert_settled()


WORST = {
    "lost and silent from then on": ("lost", 1, True),
    "fails from then on": ("status", 0, True),
}


@pytest.mark.one_in(5)
@pytest.mark.parametrize("worst", WORST)
@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_whichever_request_meets_the_worst_the_next_run_ends_as_declared(
    make_lone, emulator, kind, operation, worst, one_in
):
    number, step = 0, one_in(3)
    while True:
        emulator.reset()
        kind.examinee.quicken(emulator)
        it = make_lone(kind)
        others = it.somebody_elses()
        if operation != "create":
            assert it.up() is None
        if operation == "update":
            it.arguments.update(it.kind.edit)
        emulator.clear_requests()
        plan_from(emulator, number, *WORST[worst])

        error = given_up(it, it.destroy if operation == "delete" else it.up)
        asked = len(emulator.requests)
        emulator.faults.clear()

        finish(it, operation, error)
        assert it.somebody_elses() == others
        if asked <= number:
            return
        number += step


def plan_from(emulator, number, kind, times, is_silent_then):
    if number:
        emulator.faults.add("*", ANY, "delay", times=number)
    if times:
        emulator.faults.add("*", ANY, kind, times=times)
    if is_silent_then:
        emulator.faults.add("*", ANY, "status", status=500, times=None)


def take_or_remove(it, orphan, operation):
    if operation == "update":  # a replacement cannot adopt
        it.kind.remove(it.api, orphan)
        assert it.up() is None
        return
    it.arguments["adopt"] = orphan["id"]
    assert it.up() is None
    del it.arguments["adopt"]


def finish(it, operation, error):
    """Run again without faults. What no name proves to be ours is refused with its id, then adopted."""
    if operation == "delete":
        assert error is not None or it.rows == []
        assert it.destroy() is None
        assert it.rows == []
        return
    again = it.up()
    if again is not None:
        (orphan,) = [row for row in it.rows if row["id"] != it.id]
        assert again.code == "COMFY4001"
        assert orphan["id"] in str(again)
        take_or_remove(it, orphan, operation)
    assert it.id in [row["id"] for row in it.rows]
    assert not it.has_changes()
    if it.kind.is_removed or operation == "create":
        assert len(it.rows) == 1
