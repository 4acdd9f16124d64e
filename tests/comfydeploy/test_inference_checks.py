"""The InferenceCheck resource. It is no object on the platform: nothing to adopt, to drift, to be gone or to delete."""

from __future__ import annotations

import pytest
from kinds import a_deployment

import pulumi_comfy as comfy

pytestmark = pytest.mark.apart


@pytest.fixture
def it(deploy):
    return Check(deploy)


class Check:
    def __init__(self, deploy):
        self.arguments = {"inputs": {"prompt": "a cat", "seed": 1}}
        self.stack = deploy(self.program)

    def program(self):
        comfy.comfydeploy.InferenceCheck("it", **{**a_deployment(), **self.arguments})


def runs(emulator):
    return [run["status"] for run in emulator.comfydeploy.dump()["runs"]]


def test_a_check_runs_once_and_again_when_its_inputs_change(it, emulator):
    it.stack.up()
    unchanged = it.stack.up()
    it.arguments["inputs"] = {"prompt": "a dog", "seed": 1}
    changed = it.stack.up()

    assert [result.operation("it").op for result in (unchanged, changed)] == ["same", "update"]
    assert runs(emulator) == ["success", "success"]


def test_preview_and_refresh_never_run_it(it, emulator):
    it.stack.preview()
    it.stack.up()
    it.stack.refresh()
    it.arguments["triggers"] = ["again"]
    it.stack.preview()

    assert runs(emulator) == ["success"]


def test_a_failed_check_fails_the_up_and_is_run_again_by_the_next(it, emulator):
    emulator.comfydeploy.runs.script("failed", times=1)

    failed = it.stack.up(check=False)
    it.stack.up()

    assert "COMFY3101" in failed.error
    assert sorted(runs(emulator)) == ["failed", "success"]


def test_destroy_asks_nothing_of_it(it, emulator):
    it.stack.up()

    it.stack.destroy()

    assert emulator.comfydeploy.dump()["deployments"] == []


FAULTS = {
    "start lost": ("POST", "/run/deployment/queue", "lost"),
    "start refused": ("POST", "/run/deployment/queue", "reset"),
    "start is garbage": ("POST", "/run/deployment/queue", "garbage"),
    "look fails once": ("GET", "/run/[^/]+", "status"),
    "look is cut": ("GET", "/run/[^/]+", "truncated"),
    "deployment is cut": ("GET", "/deployment/[^/]+", "reset"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_check_is_got_over_or_said_and_the_next_up_checks(it, emulator, fault):
    method, route, kind = FAULTS[fault]
    emulator.faults.add(method, route, kind)

    first = it.stack.up(check=False)
    emulator.faults.clear()
    it.stack.up()
    after = it.stack.preview()

    assert first.ok is (method == "GET")
    assert "Traceback" not in first.error
    assert after.changes == {}
    assert it.stack.resource("it")["outputs"]["result"]["status"] == "passed"
