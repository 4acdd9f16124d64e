"""Resource options, components and moving state: on both engines alike."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions
from toys import Box, Toy

from pulumi_comfy.address import SIGNATURE
from pulumi_comfy.testing import DeploymentFailed, Stack, TestEngine
from pulumi_comfy.testing.urns import name_of

pytestmark = pytest.mark.cli


def secret_text(value: Any) -> Any:
    assert SIGNATURE in value, f"not secret: {value}"
    return json.loads(value["plaintext"])


def test_protected_resource_is_neither_deleted_nor_replaced(toy_stack, world):
    size, present = 1, True

    def program():
        if present:
            Toy("a", size=size, opts=ResourceOptions(protect=True))

    stack = toy_stack(program)
    stack.up()

    size = 2
    with pytest.raises(DeploymentFailed, match="unable to replace resource"):
        stack.up()

    present = False
    with pytest.raises(DeploymentFailed, match="because it is protected"):
        stack.up()
    assert world.texts() == ["a"]
    assert stack.resource("a")["protect"] is True


def test_replace_on_changes_does_nothing_with_a_dynamic_provider(toy_stack):
    text = "one"
    stack = toy_stack(lambda: Toy("a", text=text, opts=ResourceOptions(replace_on_changes=["text", "*"])))
    stack.up()
    text = "two"

    assert stack.up().operation("a").op == "update"


@pytest.mark.parametrize("operation", ["destroy", "up"])
def test_what_a_protected_resource_needs_stays_with_it_and_all_else_goes(toy_stack, world, operation):
    def program():
        needed = Toy("needed")
        also_needed = Toy("also-needed", opts=ResourceOptions(depends_on=[needed], protect=True))
        kept = Toy("kept", opts=ResourceOptions(depends_on=[also_needed], protect=True))
        Toy("dependent", opts=ResourceOptions(depends_on=[kept]))
        Toy("second", opts=ResourceOptions(depends_on=[Toy("first")]))

    stack = toy_stack(program)
    stack.up()
    stack.program = lambda: None

    result = getattr(stack, operation)(check=False)

    assert [operation.name for operation in result.operations if operation.failed] == ["kept"]
    assert sorted(name_of(record["urn"]) for record in stack.resources()) == [
        "also-needed",
        "default",
        "demo-dev",
        "kept",
        "needed",
    ]
    assert world.texts() == ["also-needed", "kept", "needed"]


def test_protection_is_inherited_from_the_parent(toy_stack):
    stack = toy_stack(lambda: Box("box", toys=("inside",), opts=ResourceOptions(protect=True)))

    stack.up()

    assert stack.resource("inside")["protect"] is True


def test_ignored_changes_keep_the_old_input(toy_stack):
    text = "one"
    stack = toy_stack(lambda: Toy("a", text=text, opts=ResourceOptions(ignore_changes=["text"])))
    stack.up()
    text = "two"

    result = stack.up()

    assert result.operation("a").op == "same"
    assert stack.resource("a")["inputs"]["text"] == "one"


def test_retained_resource_stays_on_the_platform(toy_stack, world):
    present = True

    def program():
        if present:
            Toy("a", opts=ResourceOptions(retain_on_delete=True))

    stack = toy_stack(program)
    stack.up()
    present = False

    result = stack.up()

    assert (result.summary["delete"], world.texts(), world.calls("delete")) == (1, ["a"], [])


def test_deleted_with_skips_the_call(toy_stack, world):
    def program():
        host = Toy("host")
        Toy("guest", opts=ResourceOptions(deleted_with=host))

    stack = toy_stack(program)
    stack.up()

    stack.destroy()

    assert [row["text"] for row in world.calls("delete")] == ["host"]


def test_alias_renames_without_touching_the_object(toy_stack, world):
    name = "old"

    def program():
        Toy(name, text="same", opts=ResourceOptions(aliases=[pulumi.Alias(name="old")]))

    stack = toy_stack(program)
    stack.up()
    before = stack.resource("old")["id"]
    name = "new"

    result = stack.up()

    assert (result.summary, stack.resource("new")["id"]) == ({"same": 2}, before)
    assert len(world.calls("create")) == 1


def test_children_follow_an_aliased_component(toy_stack, world):
    name = "old"

    def program():
        Box(name, toys=("inside",), opts=ResourceOptions(aliases=[pulumi.Alias(name="old")]))

    stack = toy_stack(program)
    stack.up()
    name = "new"

    result = stack.up()

    assert result.summary == {"same": 3}
    assert stack.resource("inside")["parent"] == stack.resource("new")["urn"]


def test_undecided_diff_compares_inputs_and_honours_replace_on_changes(toy_stack):
    text, label = "one", "x"

    def program():
        Toy("a", text=text, label=label, undecided=True, opts=ResourceOptions(replace_on_changes=["text"]))

    stack = toy_stack(program)
    stack.up()
    label = "y"
    assert stack.up().operation("a").op == "update"
    text = "two"

    result = stack.up()

    assert result.operation("a").step == "create-replacement"


def test_replace_on_changes_has_no_effect_on_a_plain_yes(toy_stack):
    text = "one"
    stack = toy_stack(lambda: Toy("a", text=text, opts=ResourceOptions(replace_on_changes=["text"])))
    stack.up()
    text = "two"

    result = stack.up()

    assert result.operation("a").op == "update"


def test_component_outputs_and_parents_are_in_the_state(toy_stack):
    stack = toy_stack(lambda: Box("box", toys=("x", "y")))

    stack.up()

    box = stack.resource("box")
    assert (box["custom"], box["outputs"]) == (False, {"count": 2})
    assert stack.resource("x")["parent"] == box["urn"]
    assert stack.resource("x")["urn"].endswith("tests:index:Box$pulumi-python:dynamic/tests:Toy::x")


def test_dependencies_are_recorded_per_property(toy_stack):
    def program():
        a = Toy("a")
        Toy("b", text=a.echo)
        Toy("c", opts=ResourceOptions(depends_on=[a]))

    stack = toy_stack(program)

    stack.up()

    a = stack.resource("a")["urn"]
    assert stack.resource("b")["propertyDependencies"]["text"] == [a]
    assert stack.resource("c")["dependencies"] == [a]
    assert "text" not in {k: v for k, v in stack.resource("c").get("propertyDependencies", {}).items() if v}


def test_state_moves_from_the_test_engine_to_this_one(toy_stack, world):
    def program():
        toy = Toy("a", text=pulumi.Output.secret("hush"))
        Box("box", toys=("inside",))
        pulumi.export("text", toy.text)

    with TestEngine() as other:
        source = Stack(other, "demo", program=program, config=world.config)
        source.up()
    stack = toy_stack(program)

    stack.import_state(source.state())

    assert stack.up().changes == {}
    assert stack.resource("a")["id"] == source.resource("a")["id"]
    assert secret_text(stack.resource("a")["outputs"]["text"]) == "hush"


def test_state_moves_from_this_engine_to_the_test_engine(toy_stack, world):
    stack = toy_stack(lambda: Toy("a", text=pulumi.Output.secret("hush")))
    stack.up()

    with TestEngine() as other:
        copy = Stack(other, "demo", program=stack.program, config=world.config)
        copy.import_state(stack.state())
        result = copy.up()

    assert result.changes == {}
