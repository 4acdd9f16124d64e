"""A machine that cannot be deleted stays as warm as it was: only a cold one is told whether it is used.

Facts: docs/platforms/comfydeploy.md 2.3.3.
"""

from __future__ import annotations

import threading

import pytest
from lone import up
from test_traps_removals import let_a_workflow_use
from waiting import eventually

from pulumi_comfy.core.resource import Timeouts
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM


@pytest.fixture
def no_patience(monkeypatch):
    monkeypatch.setattr(PLATFORM.handlers["ServerlessMachine"], "timeouts", Timeouts(create=60, update=60, delete=0.5))


def warm_machine_in_use(lone, platform, keep_warm=2):
    it = lone("ServerlessMachine", keep_warm=keep_warm)
    up(it)
    let_a_workflow_use(platform, it.id)
    return it


@pytest.mark.usefixtures("no_patience")
def test_a_machine_that_a_foreign_workflow_uses_is_as_warm_after_the_refusal_as_before(lone, platform):
    it = warm_machine_in_use(lone, platform)

    refused = it.destroy()

    assert refused.status == 402
    assert [row["keep_warm"] for row in it.rows] == [2]


def refused_until_ctrl_c(it, emulator, meanwhile=lambda: None):
    """The error of a removal that waits for those who use the machine, until a person ends it."""
    errors = []
    removing = threading.Thread(target=lambda: errors.append(it.destroy()))
    removing.start()
    eventually(lambda: any(one.method == "DELETE" and one.status == 402 for one in emulator.requests))
    meanwhile()
    it.cancel()
    removing.join()
    return errors[0]


def test_a_machine_is_as_warm_as_before_when_ctrl_c_ends_the_wait(lone, platform, emulator):
    it = warm_machine_in_use(lone, platform)

    assert refused_until_ctrl_c(it, emulator).code == "COMFY3003"
    assert [row["keep_warm"] for row in it.rows] == [2]


def test_a_machine_that_somebody_else_keeps_warm_is_as_warm_after_the_refusal_as_before(lone, platform, emulator):
    it = warm_machine_in_use(lone, platform, keep_warm=0)
    platform.patch(f"/machine/serverless/{it.id}", json={"keep_warm": 3}).raise_for_status()

    refused_until_ctrl_c(it, emulator)

    assert [row["keep_warm"] for row in it.rows] == [3]


def test_it_is_said_when_the_machine_could_not_be_warmed_again(lone, platform, emulator):
    it = warm_machine_in_use(lone, platform)

    def no_more_changes():
        emulator.faults.add("PATCH", "/machine/serverless/{machine_id}", "status", status=403, times=None)

    refused = refused_until_ctrl_c(it, emulator, no_more_changes)

    assert "`keep_warm` was 2, is 0, and could not be put back" in str(refused)


def test_a_machine_that_is_gone_after_all_is_not_warmed_again(lone, platform, emulator):
    it = warm_machine_in_use(lone, platform)

    def deleted_by_hand():
        platform.delete(f"/machine/{it.id}", params={"force": "true"}).raise_for_status()
        emulator.clear_requests()

    refused_until_ctrl_c(it, emulator, deleted_by_hand)

    assert [one for one in emulator.requests if one.method == "PATCH"] == []


def test_a_cold_machine_that_is_refused_with_400_is_refused_for_another_reason_and_not_asked_again(lone, emulator):
    it = lone("ServerlessMachine")
    up(it)
    emulator.faults.add("DELETE", "/machine/{machine_id}", "status", status=400, body={"detail": "no"}, times=None)
    emulator.clear_requests()

    refused = it.destroy()

    assert refused.status == 400
    assert len([one for one in emulator.requests if one.method == "DELETE"]) == 1
