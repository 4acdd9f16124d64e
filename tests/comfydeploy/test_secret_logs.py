"""Logs of builds and runs that repeat what a program gave as a secret, and words that move a cursor."""

from __future__ import annotations

import json
from typing import Any

import pytest
from canaries import WORD, deep, echo, told
from comfydeploy_kinds import EXAMINEE, a_machine_and_a_workflow
from exam import Entry
from pulumi import Output
from subject import without_secrets

import pulumi_comfy as comfy

pytestmark = [pytest.mark.apart, pytest.mark.comfy_fresh_processes]

ALONE = {"PULUMI_COMFY_LOG": "debug"}
MACHINE, WORKFLOW, DEPLOYMENT = (Entry(EXAMINEE, name) for name in ("ServerlessMachine", "Workflow", "Deployment"))


def declare(entry: Entry, **needs: Any) -> None:
    """A program's resource whose every argument is a secret."""
    arguments = {**needs, **entry.declared.secrets("one")}
    entry.declared.resource(entry.name, **{name: Output.secret(value) for name, value in arguments.items()})


@pytest.mark.cli
def test_a_failed_build_whose_log_repeats_the_secrets_tells_none(deploy: Any, emulator: Any):
    log = [echo(MACHINE), f"\x1b[31m{WORD}-pre\nstart-one | RUN"]
    emulator.comfydeploy.builds.outcome("error", log=log)
    stack = deploy(lambda: declare(MACHINE), env=ALONE)

    result = stack.up(check=False)

    assert "the build ended in error" in result.error
    assert WORD not in told(result)
    assert "the build ended in error" in json.dumps(stack.resource("ServerlessMachine")["initErrors"])
    assert WORD not in json.dumps(without_secrets(stack.resources()))


@pytest.mark.cli
def test_a_failed_run_whose_log_repeats_the_secrets_of_the_workflow_tells_none(deploy: Any, emulator: Any):
    emulator.comfydeploy.runs.script("failed", log=["step 1", echo(DEPLOYMENT), f"seed 471147, {echo(WORKFLOW)}"])

    def program() -> None:
        declare(WORKFLOW)
        arguments = {**a_machine_and_a_workflow(), **DEPLOYMENT.declared.secrets("one")}
        comfy.comfydeploy.Deployment("run", **{name: deep(value) for name, value in arguments.items()})

    stack = deploy(program, env=ALONE)

    result = stack.up(check=False)

    assert "its last log lines" in result.error
    assert WORD not in told(result)
    assert "471147" not in told(result)
    assert WORD not in json.dumps(without_secrets(stack.resources()))


@pytest.mark.cli
def test_control_characters_of_a_platform_do_not_reach_the_terminal(deploy: Any, emulator: Any):
    body = {"detail": "\x1b]0;owned\x07\x1b[2Jno \x9b31mred\u202e\x00 <{%fg 1%}>tag"}
    emulator.faults.add("POST", "/machine/custom", "status", status=403, times=None, body=body)

    result = deploy(lambda: declare(Entry(EXAMINEE, "CustomMachine")), env=ALONE).up(check=False)

    assert "answered 403: no red\\u202e\\x00 <{ %fg 1%}>tag" in result.error
