"""No line tells what a program gave as a secret: every input of every resource, on every way that a text takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from canaries import WORD, deep, echo, inputs, model_of, requirements, told
from exam import Entry
from subject import Subject, without_secrets

from pulumi_comfy.core.model import REPLACES, fields_marked

pytestmark = [pytest.mark.apart, pytest.mark.comfy_fresh_processes]

ALONE = {"PULUMI_COMFY_LOG": "debug"}
"""Our log is among what is told."""


def in_the_clear(stack: Any) -> str:
    """What a stack's state holds outside its secret marks; an id is never a secret, a model file's is its path."""
    resources = without_secrets(stack.resources())
    for entry in resources:
        if entry["type"].endswith(":Model"):
            entry.pop("id", None)
    return json.dumps(resources)


class Secretive(Subject):
    """A subject whose every argument is a secret, in one of two editions."""

    edition = "one"
    wrap: Callable[[Any], Any] = staticmethod(pulumi.Output.secret)
    more: dict[str, Any] = {}

    def program(self) -> None:
        needs = self._given if self.kind.needs is None else self.kind.needs()
        arguments = {**needs, **self.kind.secrets(self.edition), **self.more}
        self.kind.resource("it", **{name: self.wrap(value) for name, value in arguments.items()})


@pytest.fixture
def secretive(deploy, emulator, hand):
    return lambda entry: Secretive(entry, deploy, emulator, hand(entry.examinee).api, env=ALONE)


def test_every_input_has_a_secret_that_is_tried():
    untried = [
        f"{entry}.{field}"
        for entry, field in inputs()
        if field not in entry.declared.left_out and field not in entry.declared.secrets("one")
    ]

    assert untried == []


@pytest.mark.one_in(4)
@pytest.mark.parametrize(("entry", "field"), inputs(), ids=[f"{entry}.{field}" for entry, field in inputs()])
def test_a_refusal_does_not_tell_the_secret_input(deploy: Any, entry: Entry, field: str):
    arguments = {**requirements(entry), field: f"{WORD} x\n'{WORD}' https:/{WORD}"}

    def program() -> None:
        secrets = {name: pulumi.Output.secret(value) for name, value in arguments.items()}
        entry.declared.resource("it", **secrets)

    result = deploy(program, env=ALONE).preview(check=False)

    assert WORD not in told(result)


@pytest.mark.cli
def test_all_secret_inputs_refused_at_once_are_not_told(deploy: Any, declared: Entry):
    fields = [field for field in model_of(declared).model_fields if field != "connection"]

    def program() -> None:
        declared.declared.resource("it", **{name: pulumi.Output.secret(f"'{WORD} x") for name in fields})

    result = deploy(program, env=ALONE).preview(check=False)

    assert not result.ok
    assert WORD not in told(result)


@pytest.mark.one_in(4)
@pytest.mark.cli
@pytest.mark.parametrize("wrap", [pulumi.Output.secret, deep], ids=["whole", "nested"])
def test_a_life_of_secrets_tells_none_and_the_state_keeps_them_secret(secretive: Any, declared: Entry, wrap: Any):
    it = secretive(declared)
    it.wrap = wrap
    it.kind.repeats(it.emulated, echo(declared))

    lines = [told(it.stack.preview()), told(it.stack.up())]
    state = in_the_clear(it.stack)
    it.edition = "two"
    lines += [told(it.stack.preview()), told(it.stack.up()), told(it.stack.refresh())]
    state += in_the_clear(it.stack)
    lines.append(told(it.stack.destroy()))

    assert WORD not in "\n".join(lines)
    assert WORD not in state


@pytest.mark.one_in(4)
@pytest.mark.cli
@pytest.mark.parametrize("operation", ["create", "update", "read", "delete"])
def test_a_platform_that_repeats_what_it_was_sent_is_not_repeated(secretive: Any, kind: Entry, operation: str):
    it, editions = secretive(kind), ["one"]
    if operation != "create":
        it.stack.up()
    if operation == "update":
        editions.append("two")
        it.edition = "two"
    method, route = it.kind.main.get(operation, it.kind.main["create"])
    it.emulator.faults.add(method, route, "status", status=400, times=None, body={"detail": echo(kind, *editions)})
    run = {"create": it.stack.up, "update": it.stack.up, "read": it.stack.refresh, "delete": it.stack.destroy}

    lines = told(run[operation](check=False))

    assert WORD not in lines
    assert WORD not in in_the_clear(it.stack)


@pytest.mark.cli
def test_a_failed_run_whose_log_repeats_the_secrets_tells_none(secretive: Any, checked: Entry):
    it = secretive(checked)
    it.wrap = deep
    it.emulated.runs.script("failed", log=["step 1", echo(checked)])

    result = it.stack.up(check=False)

    assert "step 1" in result.error
    assert WORD not in told(result)
    assert WORD not in in_the_clear(it.stack)


@pytest.mark.cli
def test_the_preview_of_an_adoption_tells_neither_the_secret_nor_what_was_there(secretive: Any, kind: Entry):
    it = secretive(kind)
    it.edition, it.wrap = "two", lambda value: value
    it.stack.up()
    adopted = it.id
    it.forget()
    fixed = fields_marked(model_of(kind), REPLACES)  # one that differs in these cannot be adopted
    kept = {name: value for name, value in it.kind.secrets("two").items() if name in fixed}
    it.edition, it.wrap, it.more = "one", pulumi.Output.secret, {**kept, "adopt": adopted}

    result = it.stack.preview(check=False)

    assert "adopts" in told(result)
    assert WORD not in told(result)
