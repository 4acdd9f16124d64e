"""SIGKILL after each write of each operation: one plain `up` settles, with exactly one of each."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from exam import Estate, Examinee
from gallows import Gallows, is_alive, kill_provider, providers_below
from waiting import eventually

from pulumi_comfy.testing import CliEngine

pytestmark = pytest.mark.apart

OPERATIONS = {"create": None, "update": Estate.updated, "replace": Estate.replaced, "destroy": None}
KILLS = {
    "the provider": lambda _stack: kill_provider,
    "all": lambda stack: stack.kill,
    "the CLI": lambda stack: partial(stack.kill, spares_provider=True),
}


@pytest.fixture
def gallows(examinee: Examinee, emulator: Any) -> Iterator[Gallows]:
    gallows = Gallows(examinee.emulated(emulator).url)
    yield gallows
    gallows.close()


def rows(estate: Estate, emulated: Any, others: set[str]) -> dict[str, list[Any]]:
    """The live objects that were not there before the stack."""
    found = estate.rows(emulated)
    return {name: [row for row in table if row["id"] not in others] for name, table in found.items()}


def ids(estate: Estate, emulated: Any) -> set[str]:
    return {row["id"] for table in estate.rows(emulated).values() for row in table}


@pytest.mark.cli
@pytest.mark.parametrize("victim", KILLS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_kill_after_any_write_is_settled_by_a_plain_up(
    examinee, deploy, emulator, gallows, comfy_engine, operation, victim, one_in
):
    if victim != "all" and not isinstance(comfy_engine, CliEngine):
        pytest.skip("the test engine is killed with its provider")
    number, step = 0, one_in(4)
    while True:
        emulator.reset()
        examinee.quicken(emulator)
        if not killed_and_settled(examinee, deploy, emulator, gallows, operation, victim, number):
            return
        number += step


def killed_and_settled(
    examinee: Examinee, deploy: Any, emulator: Any, gallows: Gallows, operation: str, victim: str, number: int
) -> bool:
    """Kill an operation after one of its writes and settle it; False when it has no such write."""
    gallows.disarm()
    emulated = examinee.emulated(emulator)
    estate = examinee.estate(emulated)
    before = ids(estate, emulated)
    env = {emulated.url_variable: gallows.url}
    stack = deploy(estate, stack=f"kill-{operation}-{victim[-3:]}-{number}", env=env)
    if operation != "create":
        stack.up()
    if OPERATIONS[operation] is not None:
        OPERATIONS[operation](estate)
    gallows.after(number, KILLS[victim](stack))
    interrupted = stack.destroy(check=False) if operation == "destroy" else stack.up(check=False)
    gallows.disarm()
    if not gallows.has_killed:
        assert interrupted.ok, interrupted.error
        return False

    if operation == "destroy":  # whoever began it goes on; what is gone already is a success
        stack.destroy()
        assert not any(rows(estate, emulated, before).values()), number
    settled = stack.up(check=False)

    where = f"{operation}, {victim} killed after write {number}"
    assert settled.ok, f"{where}: {settled.error}"
    now = rows(estate, emulated, before)
    assert {name: len(found) for name, found in now.items()} == estate.holds, where
    held = {record.get("id") for record in stack.resources()}
    assert all(row["id"] in held for found in now.values() for row in found), where
    stack.destroy()
    assert not any(rows(estate, emulated, before).values()), where
    return True


@pytest.mark.cli
def test_a_provider_whose_cli_was_killed_ends_and_writes_nothing_more(examinee, deploy, emulator, comfy_engine):
    if not isinstance(comfy_engine, CliEngine):
        pytest.skip("the test engine is no process that could be killed alone")
    emulated = examinee.emulated(emulator)
    estate = examinee.estate(emulated)
    emulator.settings.run_seconds = 3600
    stack = deploy(estate)
    running = threading.Thread(target=lambda: stack.up(check=False))
    running.start()
    eventually(lambda: examinee.runs.rows(emulated) != [])
    providers = providers_below(os.getpid())

    comfy_engine.kill(stack, spares_provider=True)
    eventually(lambda: not any(map(is_alive, providers)))
    running.join()
    held = ids(estate, emulated)
    examinee.quicken(emulator)
    emulator.clock.advance(3600)  # the run that nobody cancelled has had the only instance until now
    stack.up()

    assert providers != []
    assert held != set() or not estate.holds  # of what nothing removes none is counted
    assert held <= ids(estate, emulated)
    assert held <= {record.get("id") for record in stack.resources()}
    counts = {name: len(found) for name, found in estate.rows(emulated).items()}
    assert counts == estate.holds
