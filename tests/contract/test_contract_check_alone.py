"""An inference check by itself. It is no object on the platform: nothing to adopt, to drift, to be gone, to delete."""

from __future__ import annotations

import pytest
from lone import up

pytestmark = pytest.mark.one_in(2)


@pytest.fixture
def it(lone, alone):
    """A check of a target that runs, not yet made."""
    return lone(alone)


def statuses(it):
    return [run["status"] for run in it.examinee.runs.rows(it.emulated)]


def test_it_runs_once_and_its_first_run_is_its_id(it):
    up(it)
    up(it)

    (run,) = it.examinee.runs.rows(it.emulated)
    assert (it.id, it.outputs["result"]["runId"], run["status"]) == (run["id"], run["id"], "success")
    assert any("inference check passed: images: 1" in line for line in it.lines)


def test_it_runs_again_when_its_inputs_change_and_keeps_its_id(it):
    up(it)
    first = it.id
    it.arguments.update(it.examinee.runs.given("a dog", 1))

    up(it)

    assert (statuses(it), it.id) == (["success", "success"], first)
    assert it.outputs["result"]["runId"] != first


def test_with_always_every_up_checks(it):
    it.arguments["always"] = True

    up(it)
    up(it)

    assert statuses(it) == ["success", "success"]


def test_a_refresh_and_a_destroy_ask_nothing(it):
    up(it)
    it.emulator.clear_requests()

    assert (it.refresh(), it.has_changes(), it.destroy()) == (None, False, None)

    assert it.emulator.requests == []


def test_switched_off_it_says_so_and_is_due_when_checks_are_on_again(it):
    it.checks_enabled = False
    up(it)
    skipped = it.outputs["result"]["status"]
    it.checks_enabled = True

    up(it)

    assert (skipped, it.outputs["result"]["status"], statuses(it)) == ("skipped", "passed", ["success"])
    assert "not checked: comfy:inferenceChecks is off" in it.lines


def test_a_failed_run_is_told_with_its_log_and_the_line_that_repeats_it(it):
    it.emulated.runs.script("failed", times=1, log=["CUDA out of memory"])

    error = it.up()

    assert error.code == "COMFY3101"
    assert "CUDA out of memory" in str(error)
    assert "To repeat the run:" in str(error)
    assert it.id is None


def test_a_target_that_is_not_there_is_named(it):
    missing = it.kind.missing
    (target,) = it.kind.needs_by_hand(it.emulated, it.api)
    it.arguments[target] = missing

    error = it.up()

    assert error.code == "COMFY2404"
    assert missing in str(error)


def test_an_input_that_there_is_not_is_refused_before_anything_runs(it):
    it.arguments.update(it.examinee.runs.unknown)

    error = it.up()

    assert it.examinee.runs.nearest in str(error)
    assert error.code == "COMFY1202"
    assert statuses(it) == []


def test_a_passed_run_is_proved_with_the_version_that_the_target_serves(it):
    up(it)

    runs = it.examinee.runs
    proof = it.outputs["proof"]
    assert (proof["platform"], proof["runId"]) == (it.examinee.key, it.id)
    if runs.target:
        (target,) = it.examinee.kinds[runs.target].rows(it.emulated)
        assert (proof["target"], proof["workflowVersion"]) == (target["id"], target[runs.version])
    assert "machineDigest" not in proof  # nothing that is read anyway tells it


def test_a_later_failed_run_revokes_the_proof_and_the_next_up_checks_again(it):
    up(it)
    it.arguments["triggers"] = ["again"]
    it.emulated.runs.script("failed", times=1)

    error = it.up()
    failed, revoked = it.outputs["result"]["status"], it.outputs["proof"]["revoked"]
    up(it)

    assert error is not None
    assert (failed, revoked["runId"]) == ("failed", it.examinee.runs.rows(it.emulated)[1]["id"])
    assert (it.outputs["result"]["status"], "revoked" in it.outputs["proof"]) == ("passed", False)
    assert statuses(it) == ["success", "failed", "success"]


FAULTS = {
    "start lost": ("start", "lost"),
    "start refused": ("start", "reset"),
    "start is garbage": ("start", "garbage"),
    "look fails once": ("look", "status"),
    "look is cut": ("look", "truncated"),
    "target is cut": ("read", "reset"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_check_is_got_over_or_said_and_the_next_up_checks(it, emulator, fault):
    route, kind = FAULTS[fault]
    runs = it.examinee.runs
    read = it.examinee.kinds[runs.target].main["read"] if runs.target else runs.look
    emulator.faults.add(*{"start": runs.start, "look": runs.look, "read": read}[route], kind)

    first = it.up()
    emulator.faults.clear()
    again = it.up()

    assert (first is None) is (route != "start")
    assert again is None
    assert not it.has_changes()
    assert it.outputs["result"]["status"] == "passed"


@pytest.mark.parametrize("status", [401])
def test_a_check_that_could_not_look_is_not_said_to_have_failed_by_itself_either(it, emulator, status):
    emulator.faults.add(*it.examinee.runs.look, "status", status=status, times=None)

    assert it.up().code == "COMFY2401"


@pytest.mark.apart
def test_on_an_engine_it_runs_when_it_is_declared_and_when_it_changes_and_never_else(subject, alone):
    it = subject(alone)
    said = []

    def ran(operation):
        said.append(it.operations(operation()))
        return statuses(it)

    assert ran(it.stack.preview) == []
    assert ran(it.stack.up) == ["success"]
    assert ran(it.stack.up) == ["success"]
    assert ran(it.stack.refresh) == ["success"]
    it.arguments["triggers"] = ["again"]
    assert ran(it.stack.preview) == ["success"]
    assert ran(it.stack.up) == ["success", "success"]
    assert said[2] == {"same"}
    assert said[-1] == {"update"}
    assert it.stack.destroy().ok


@pytest.mark.apart
def test_on_an_engine_a_failed_check_fails_the_up_and_is_run_again_by_the_next(subject, alone):
    it = subject(alone)
    it.emulated.runs.script("failed", times=1)

    failed = it.stack.up(check=False)
    it.stack.up()

    assert "COMFY3101" in failed.error
    assert "Traceback" not in failed.error
    assert sorted(statuses(it)) == ["failed", "success"]
    assert it.stack.preview().changes == {}
