"""Failures, drift, interruptions and what is left in the state: on the test engine and on the real CLI alike."""

from __future__ import annotations

import pulumi
import pytest
from pulumi import ResourceOptions
from toys import Toy

from pulumi_comfy.testing import DeploymentFailed

pytestmark = pytest.mark.cli


def test_invalid_inputs_name_property_value_and_reason(toy_stack, world):
    stack = toy_stack(lambda: Toy("a", text="bad"))

    result = stack.preview(check=False)

    expected = "pulumi-python:dynamic/tests:Toy resource 'a': property text value {bad} has a problem: must not be bad"
    assert (result.ok, result.errors, world.objects()) == (False, [expected], {})


def test_both_engines_spell_out_the_secret_value_of_an_invalid_property(toy_stack):
    """A trap for providers, kept visible: a check failure on a secret property must not name the property."""
    stack = toy_stack(lambda: Toy("a", text=pulumi.Output.secret("bad")))

    result = stack.preview(check=False)

    assert "property text value {&{{bad}}} has a problem: must not be bad" in result.error


def test_failed_create_leaves_nothing_in_state_and_keeps_the_rest(toy_stack, world):
    def program():
        good = Toy("good")
        Toy("broken", fail="create", opts=ResourceOptions(depends_on=[good]))

    stack = toy_stack(program)

    with pytest.raises(DeploymentFailed, match="refuses to create broken") as caught:
        stack.up()

    result = caught.value.result
    assert result.operation("broken").failed
    assert "refuses to create broken" in result.operation("broken").message
    assert result.errors[-1] == "update failed" or "update failed" in result.errors
    assert stack.resource("good")["id"] in world.objects()
    assert [entry for entry in stack.resources() if entry["urn"].endswith("::broken")] == []
    assert "pending_operations" not in stack.state()["deployment"]


def test_failed_update_keeps_old_inputs_and_outputs(toy_stack):
    text, fail = "one", ""
    stack = toy_stack(lambda: Toy("a", text=text, fail=fail))
    stack.up()
    before = stack.resource("a")
    text, fail = "two", "update"

    stack.up(check=False)

    after = stack.resource("a")
    assert (after["inputs"], after["outputs"]) == (before["inputs"], before["outputs"])


def test_program_failure_deletes_nothing_and_keeps_stack_outputs(toy_stack, world):
    broken = False

    def program():
        if broken:
            raise ValueError("boom")
        Toy("a")
        pulumi.export("x", "kept")

    stack = toy_stack(program)
    stack.up()
    broken = True

    result = stack.up(check=False)

    assert "ValueError: boom" in result.error
    assert (result.ok, world.texts(), result.outputs) == (False, ["a"], {"x": "kept"})


def test_partial_create_is_in_state_with_its_reasons_and_is_updated_next(toy_stack, world):
    partial = "still building"
    stack = toy_stack(lambda: Toy("a", partial=partial))

    with pytest.raises(DeploymentFailed, match="still building"):
        stack.up()

    record = stack.resource("a")
    assert record["initErrors"] == ["still building"]
    assert record["id"] in world.objects()
    assert record["outputs"]["echo"] == "made a"

    partial = ""
    result = stack.up()
    assert (result.operation("a").op, "initErrors" in stack.resource("a")) == ("update", False)


def test_partial_create_is_updated_even_without_changes(toy_stack, world):
    stack = toy_stack(lambda: Toy("a", partial="still building"))
    stack.up(check=False)

    again = stack.up(check=False)

    assert (again.operation("a").op, len(world.calls("create"))) == ("update", 1)


def test_partial_update_keeps_old_inputs_and_new_outputs(toy_stack):
    text, partial = "one", ""
    stack = toy_stack(lambda: Toy("a", text=text, partial=partial))
    stack.up()
    text, partial = "two", "half done"

    stack.up(check=False)

    record = stack.resource("a")
    assert (record["inputs"]["text"], record["outputs"]["text"]) == ("one", "two")
    assert record["initErrors"] == ["half done"]
