"""What a failed check puts back where the platform holds another than the state, as after a kill."""

from __future__ import annotations

import pytest
from checked import a_checked_target, serves
from lone import up
from test_contract_checks_kept import declared_on

from pulumi_comfy.core.errors import LostEngineError


@pytest.fixture
def it(lone, target):
    return a_checked_target(lone, target)


def kill_in_the_check(it, monkeypatch):
    """Let an update begin, and kill it before its check has judged the run."""

    def killed(*_arguments):
        raise LostEngineError("COMFY3004", tried="check", got="the engine is gone")

    with monkeypatch.context() as patch:
        patch.setattr("pulumi_comfy.inference.prove.complaint", killed)
        assert it.up().code == "COMFY3004"


def test_a_failed_check_after_a_killed_one_puts_back_what_the_state_has_proved(it, monkeypatch):
    up(it)
    proved = declared_on(it)
    it.arguments.update({**it.examinee.runs.another(it), **it.examinee.runs.unchecked})
    kill_in_the_check(it, monkeypatch)
    it.emulated.runs.script("failed", times=1)

    error = it.up()

    assert "serves again" in str(error)
    assert declared_on(it) == proved
    assert it.outputs["proof"]["workflowVersion"] == serves(it)
