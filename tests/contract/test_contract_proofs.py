"""What the state says that the last passed check has shown: kept, replaced, revoked, never of what did not run."""

from __future__ import annotations

import pytest
from checked import a_checked_target, result, serves, set_check, statuses
from lone import up

from pulumi_comfy.core.model import revive
from pulumi_comfy.core.resource import State

pytestmark = pytest.mark.one_in(2)


@pytest.fixture
def it(lone, target):
    return a_checked_target(lone, target)


def proof(it):
    """What the state holds."""
    return it.outputs["proof"]


def last_run(it):
    return it.examinee.runs.rows(it.emulated)[-1]["id"]


def test_a_refresh_keeps_it_and_nothing_is_left_to_do(it):
    up(it)
    before = dict(it.outputs)

    assert it.refresh() is None

    assert it.outputs == before
    assert not it.has_changes()


def test_the_next_passed_check_puts_its_own_proof_in_its_place(it):
    up(it)
    it.arguments.update(it.examinee.runs.another(it))

    up(it)

    assert (proof(it)["workflowVersion"], proof(it)["runId"]) == (serves(it), last_run(it))


def test_after_a_rollback_the_proof_is_of_the_version_that_serves_again(it):
    up(it)
    before = proof(it)
    it.arguments.update(it.examinee.runs.another(it))
    it.emulated.runs.script("failed", times=1)

    assert it.up() is not None

    assert proof(it) == before
    assert serves(it) == before["workflowVersion"]


def test_a_failed_version_that_is_kept_leaves_the_proof_of_the_former(it):
    set_check(it, onFailure="keep")
    up(it)
    before = proof(it)
    it.arguments.update(it.examinee.runs.another(it))
    it.emulated.runs.script("failed", times=1)

    assert it.up() is not None

    assert (proof(it), result(it)["status"]) == (before, "failed")
    assert before["workflowVersion"] != serves(it)


def test_a_later_failed_check_of_the_same_version_revokes_it_until_one_passes(it):
    up(it)
    before = proof(it)
    set_check(it, triggers=["again"])
    it.emulated.runs.script("failed", times=1)

    assert it.up() is not None
    failed, revoked = last_run(it), proof(it)
    up(it)

    assert (revoked.pop("revoked")["runId"], revoked) == (failed, before)
    assert "revoked" not in proof(it)
    assert statuses(it) == ["success", "failed", "success"]


def test_a_check_that_could_not_look_revokes_nothing(it, emulator):
    up(it)
    before = proof(it)
    set_check(it, triggers=["again"])
    it.emulated.runs.script("hang", times=1)
    emulator.faults.add(*it.examinee.runs.look, "status", status=403, times=None)

    assert it.up() is not None

    assert (proof(it), result(it)["status"]) == (before, "failed")


def test_a_version_deployed_while_checks_are_off_has_no_proof_of_its_own(it):
    up(it)
    before = proof(it)
    it.arguments.update(it.examinee.runs.another(it))
    it.checks_enabled = False

    up(it)

    assert (proof(it), result(it)["status"]) == (before, "skipped")
    assert before["workflowVersion"] != serves(it)


def test_what_was_never_checked_has_no_proof(it):
    it.arguments.pop("inference_check")

    up(it)

    assert "proof" not in it.outputs


def test_a_check_that_was_taken_out_and_comes_back_is_not_said_to_be_the_first(it):
    up(it)
    proved, asked = proof(it), it.arguments.pop("inference_check")
    up(it)
    inputs = it.handler.inputs_model, it.handler.outputs_model
    prior = State(*(revive(model, it.outputs) for model in inputs))
    it.arguments["inference_check"] = asked

    why = it.handler.unchecked(prior, prior.inputs.model_copy(update={"inference_check": asked}))

    assert why == f"what serves was not checked since {proved['endedAt']}"
