"""Faults through a whole engine: what the lifecycle gives is what the state holds (see test_contract_faults.py)."""

from __future__ import annotations

import pytest
from subject import Subject

pytestmark = pytest.mark.apart

UPDATE = "a_fault_of_the_update_is_repaired_by_the_next_up"


def a_life_with_faults(it: Subject) -> None:
    """Lose the answer of each operation's main request, then fail it for good, and go on."""
    it.prepare()
    is_told_apart = f"{UPDATE}[answer lost after the write]" not in it.kind.excused
    update = ("update", "lost" if is_told_apart else "reset", 1)
    for operation, kind, times in (("create", "lost", 1), ("read", "status", None), update):
        method, route = it.kind.main[operation]
        if operation == "update":
            it.arguments.update(it.kind.edit)
        it.emulator.faults.add(method, route, kind, times=times)
        failed = it.stack.refresh(check=False) if operation == "read" else it.stack.up(check=False)
        it.emulator.faults.clear()
        assert "Traceback" not in failed.error
        it.stack.up()
        assert it.id in [row["id"] for row in it.rows]
    assert it.stack.preview().changes == {}
    it.stack.destroy()
    assert it.rows == []


@pytest.mark.cli
def test_a_life_with_faults_ends_clean(subject, kind_on_the_cli):
    a_life_with_faults(subject(kind_on_the_cli))


def test_a_life_with_faults_ends_clean_for_every_other_kind(subject, other_kind):
    a_life_with_faults(subject(other_kind))
