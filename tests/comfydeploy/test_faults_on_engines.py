"""Faults through a whole engine: what the lifecycle gives is what the stack's state holds (see test_faults.py)."""

from __future__ import annotations

import pytest
from kinds import KINDS, Subject

pytestmark = pytest.mark.apart

ON_THE_CLI = ("Deployment",)


def a_life_with_faults(it: Subject) -> None:
    """Lose the answer of each operation's main request, then fail it for good, and go on."""
    it.prepare()
    # A key of a given name bears nothing that says whose it is, so that one whose answer was lost is refused.
    update = ("update", "reset" if it.kind is KINDS["ApiKey"] else "lost", 1)
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
@pytest.mark.parametrize("kind", ON_THE_CLI)
def test_a_life_with_faults_ends_clean(deploy, emulator, platform, kind):
    a_life_with_faults(Subject(KINDS[kind], deploy, emulator, platform))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ON_THE_CLI])
def test_a_life_with_faults_ends_clean_for_every_other_kind(deploy, emulator, platform, kind):
    a_life_with_faults(Subject(KINDS[kind], deploy, emulator, platform))
