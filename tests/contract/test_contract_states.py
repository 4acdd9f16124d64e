"""A refresh fills every kind, whatever the state holds of it: an import file or another version wrote it."""

from __future__ import annotations

from typing import Any

import pytest
from lone import up

from pulumi_comfy.core import lifecycle
from pulumi_comfy.core.model import fields_never_unset, wire_name

WRONG = [5, "x", ["x"], {"x": "y"}, True]


@pytest.fixture
def it(kind, lone):
    made = lone(kind)
    up(made)
    return made


def refreshed(it: Any, outputs: dict[str, Any]) -> dict[str, Any]:
    it.outputs = outputs
    error = it.refresh()
    assert error is None, error
    found: dict[str, Any] = it.outputs
    return found


@pytest.mark.parametrize("is_scoped", [False, True], ids=["nothing", "the scope alone"])
def test_a_state_that_holds(it, is_scoped):
    whole = it.outputs

    outputs = refreshed(it, {"scope": whole["scope"]} if is_scoped else {})

    model = it.handler.inputs_model  # with a scope it is our own, and left alone in what it does not say
    left_alone = {wire_name(model, name) for name in fields_never_unset(model)} if is_scoped else set()
    told = {key: value for key, value in whole.items() if key not in it.kind.untold | left_alone}
    assert {key: outputs.get(key) for key in told} == told


def compared(it: Any, outputs: dict[str, Any], news: dict[str, Any]) -> None:
    """What the engine asks in a refresh, after the read."""

    async def compare(call: Any) -> None:
        lifecycle.compare(it.handler, it.id, outputs, news, call)

    assert it.operate(compare) is None


@pytest.mark.one_in(3)
def test_a_refresh_compares_inputs_that_no_program_gave(it):
    compared(it, it.outputs, {})
    compared(it, {}, {})
    for key in it.outputs:
        for wrong in WRONG:
            compared(it, it.outputs, {**it.outputs, key: wrong})


@pytest.mark.one_in(3)
def test_each_output_that_is_missing_is_filled_or_does_no_harm(it):
    whole = it.outputs
    for key in whole:
        refreshed(it, {name: value for name, value in whole.items() if name != key})


@pytest.mark.one_in(4)
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_each_output_of_another_type_is_filled_or_does_no_harm(it, wrong):
    whole = it.outputs
    for key in whole.keys() - {"scope"}:
        outputs = refreshed(it, {**whole, key: wrong})
        assert outputs.keys() >= {"scope"}


@pytest.mark.apart
def test_an_engine_fills_a_state_that_holds_nothing_but_the_provider(kind, subject):
    it = subject(kind)
    it.stack.up()
    whole = it.stack.resource("it")["outputs"]
    state = it.stack.state()
    for row in state["deployment"]["resources"]:
        if row["urn"].endswith("::it"):
            row["inputs"] = row["outputs"] = {"__provider": whole["__provider"]}
    it.stack.import_state(state)

    it.stack.refresh()

    told = {key: value for key, value in whole.items() if key not in it.kind.untold}
    outputs = it.stack.resource("it")["outputs"]
    assert {key: outputs.get(key) for key in told} == told
