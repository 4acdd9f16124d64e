"""No line tells what a program gave as a secret: every input of every kind, on every way that a text takes."""

from __future__ import annotations

import json
from typing import Any

import canaries
import pulumi
import pytest
from canaries import INPUTS, LEFT_OUT, WORD, declare, echo, secrets_of, told
from kinds import KINDS, Subject, without_secrets

from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM

pytestmark = pytest.mark.apart

ALONE = {"PULUMI_COMFY_LOG": "debug"}
"""Our log is among what is told. And no other test gets the provider's process, where what is secret stays so."""
FIXED = {"Secret": ("name",), "Model": ("folder_path", "filename", "link")}
"""What the platform cannot change, so that an object that differs in it cannot be adopted."""


def in_the_clear(stack: Any) -> str:
    """What a stack's state holds outside its secret marks; an id is never a secret, a model file's is its path."""
    resources = without_secrets(stack.resources())
    for entry in resources:
        if entry["type"].endswith(":Model"):
            entry.pop("id", None)
    return json.dumps(resources)


def test_every_input_has_a_secret_that_is_tried():
    assert [
        f"{kind}.{field}" for kind, field in INPUTS if field not in LEFT_OUT and field not in secrets_of(kind)
    ] == []


@pytest.mark.parametrize(("kind", "field"), INPUTS, ids=[f"{kind}.{field}" for kind, field in INPUTS])
def test_a_refusal_does_not_tell_the_secret_input(deploy: Any, kind: str, field: str):
    arguments = {**canaries.requirements(kind), field: f"{WORD} x\n'{WORD}' https:/{WORD}"}

    def program() -> None:
        canaries.RESOURCES[kind]("it", **{name: pulumi.Output.secret(value) for name, value in arguments.items()})

    result = deploy(program, env=ALONE).preview(check=False)

    assert WORD not in told(result)


@pytest.mark.cli
@pytest.mark.parametrize("kind", PLATFORM.handlers)
def test_all_secret_inputs_refused_at_once_are_not_told(deploy: Any, kind: str):
    fields = [field for of_kind, field in INPUTS if of_kind == kind and field != "connection"]

    result = deploy(
        lambda: (
            canaries.RESOURCES[kind]("it", **{name: pulumi.Output.secret(f"'{WORD} x") for name in fields}) and None
        ),
        env=ALONE,
    ).preview(check=False)

    assert not result.ok
    assert WORD not in told(result)


@pytest.mark.cli
@pytest.mark.parametrize("wrap", [pulumi.Output.secret, canaries.deep], ids=["whole", "nested"])
@pytest.mark.parametrize("kind", PLATFORM.handlers)
def test_a_life_of_secrets_tells_none_and_the_state_keeps_them_secret(deploy: Any, emulator: Any, kind: str, wrap: Any):
    edition = ["one"]
    stack = deploy(lambda: declare(kind, secrets_of(kind, edition[0]), wrap), env=ALONE)
    log = echo(kind) if kind == "ServerlessMachine" else "=> Step 1"
    emulator.comfydeploy.builds.outcome("ready", log=[log])

    lines = [told(stack.preview()), told(stack.up())]
    state = in_the_clear(stack)
    edition[0] = "two"
    lines += [told(stack.preview()), told(stack.up()), told(stack.refresh())]
    state += in_the_clear(stack)
    lines.append(told(stack.destroy()))

    assert WORD not in "\n".join(lines)
    assert WORD not in state


@pytest.mark.cli
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", ["create", "update", "read", "delete"])
def test_a_platform_that_repeats_what_it_was_sent_is_not_repeated(
    deploy: Any, emulator: Any, kind: str, operation: str
):
    editions = ["one"]
    stack = deploy(lambda: declare(kind, secrets_of(kind, editions[-1])), env=ALONE)
    if operation != "create":
        stack.up()
    if operation == "update":
        editions.append("two")
    for method, route in {KINDS[kind].main.get(operation, KINDS[kind].main["create"])}:
        emulator.faults.add(method, route, "status", status=400, times=None, body={"detail": echo(kind, *editions)})
    run = {"create": stack.up, "update": stack.up, "read": stack.refresh, "delete": stack.destroy}[operation]

    lines = told(run(check=False))

    assert WORD not in lines
    assert WORD not in in_the_clear(stack)


@pytest.mark.cli
def test_a_failed_build_whose_log_repeats_the_secrets_tells_none(deploy: Any, emulator: Any):
    log = [echo("ServerlessMachine"), f"\x1b[31m{WORD}-pre\nstart-one | RUN"]
    emulator.comfydeploy.builds.outcome("error", log=log)
    stack = deploy(lambda: declare("ServerlessMachine", secrets_of("ServerlessMachine")), env=ALONE)

    result = stack.up(check=False)

    assert "the build ended in error" in result.error
    assert WORD not in told(result)
    assert "the build ended in error" in json.dumps(stack.resource("it")["initErrors"])
    assert WORD not in in_the_clear(stack)


@pytest.mark.cli
@pytest.mark.parametrize("kind", ["Deployment", "InferenceCheck"])
def test_a_failed_run_whose_log_repeats_the_secrets_tells_none(deploy: Any, emulator: Any, kind: str):
    emulator.comfydeploy.runs.script("failed", log=["step 1", echo(kind), f"seed 471147, {echo('Workflow')}"])

    def program() -> None:
        canaries.declare("Workflow", secrets_of("Workflow"))
        needs = canaries.NEEDS[kind]()
        arguments = {**needs, **secrets_of(kind)}
        canaries.RESOURCES[kind]("run", **{name: canaries.deep(value) for name, value in arguments.items()})

    stack = deploy(program, env=ALONE)

    result = stack.up(check=False)

    assert "its last log lines" in result.error
    assert WORD not in told(result)
    assert "471147" not in told(result)
    assert WORD not in in_the_clear(stack)


@pytest.mark.cli
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "WorkflowVersion" and kind != "ApiKey"])
def test_the_preview_of_an_adoption_tells_neither_the_secret_nor_what_was_there(
    deploy: Any, emulator: Any, platform: Any, kind: str
):
    it = Subject(KINDS[kind], deploy, emulator, platform, env=ALONE)
    it.arguments = secrets_of(kind, "two")
    it.stack.up()
    adopted = it.id
    it.forget()
    kept = {name: it.arguments[name] for name in FIXED.get(kind, ())}
    it.stack.program = lambda: declare(kind, {**secrets_of(kind, "one"), **kept, "adopt": adopted})

    result = it.stack.preview(check=False)

    assert "adopts" in told(result)
    assert WORD not in told(result)


@pytest.mark.cli
def test_control_characters_of_a_platform_do_not_reach_the_terminal(deploy: Any, emulator: Any):
    body = {"detail": "\x1b]0;owned\x07\x1b[2Jno \x9b31mred\u202e\x00 <{%fg 1%}>tag"}
    emulator.faults.add("POST", "/machine/custom", "status", status=403, times=None, body=body)

    result = deploy(lambda: declare("CustomMachine", secrets_of("CustomMachine")), env=ALONE).up(check=False)

    assert "answered 403: no red\\u202e\\x00 <{ %fg 1%}>tag" in result.error
