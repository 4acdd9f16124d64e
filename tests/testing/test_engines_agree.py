"""What both engines must do alike: these run on the test engine and, where there is one, on the real CLI."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions
from toys import Box, Toy

from pulumi_comfy.testing import DeploymentFailed, Stack, TestEngine
from pulumi_comfy.testing.urns import name_of
from pulumi_comfy.testing.wire import SIGNATURE

pytestmark = pytest.mark.cli


def secret_text(value: Any) -> Any:
    assert SIGNATURE in value, f"not secret: {value}"
    return json.loads(value["plaintext"])


def test_lifecycle_creates_keeps_updates_and_destroys(toy_stack, world):
    text = "one"

    def program():
        toy = Toy("a", text=text)
        pulumi.export("echo", toy.echo)

    stack = toy_stack(program)
    preview = stack.preview()
    assert (preview.summary, world.objects()) == ({"create": 2}, {})

    created = stack.up()
    assert (created.summary, created.outputs) == ({"create": 2}, {"echo": "made one"})

    unchanged = stack.up()
    assert unchanged.summary == {"same": 2}

    text = "two"
    updated = stack.up()
    assert (updated.summary, updated.outputs) == ({"update": 1, "same": 1}, {"echo": "made two"})
    assert (updated.operation("a").op, updated.operation("a").changed) == ("update", ("text",))

    destroyed = stack.destroy()
    assert (destroyed.summary, world.objects(), stack.resources()) == ({"delete": 2}, {}, [])


def test_replacement_creates_first_and_deletes_at_the_end(toy_stack, world):
    size = 1

    def program():
        toy = Toy("a", size=size)
        Toy("b", text=toy.echo)

    stack = toy_stack(program)
    stack.up()
    world.forget_calls()
    size = 2

    result = stack.up()

    assert result.summary == {"replace": 1, "same": 2}
    assert [op.step for op in result.operations if op.name == "a"] == ["create-replacement", "delete-replaced"]
    changing = [row["call"] for row in world.calls() if row["call"] in ("create", "delete", "update")]
    assert changing == ["create", "delete"]
    assert len(world.objects()) == 2


def test_replacement_checks_again_without_old_inputs(toy_stack, world):
    size = 1
    stack = toy_stack(lambda: Toy("a", size=size))
    stack.up()
    world.forget_calls()
    size = 2

    stack.up()

    assert [row["olds"] for row in world.calls("check")] == [True, False]


def test_delete_before_replace_takes_dependents_along(toy_stack, world):
    size = 1

    def program():
        first = Toy("first", size=size, opts=ResourceOptions(delete_before_replace=True))
        second = Toy("second", size=first.size, opts=ResourceOptions(delete_before_replace=True))
        Toy("third", text=second.echo)

    stack = toy_stack(program)
    stack.up()
    world.forget_calls()
    size = 2

    result = stack.up()

    order = [
        (row["call"], row.get("text") or row["props"]["text"])
        for row in world.calls()
        if row["call"] in ("create", "delete")
    ]
    assert order == [("delete", "second"), ("delete", "first"), ("create", "first"), ("create", "second")]
    assert result.summary == {"replace": 2, "same": 2}


def test_provider_wish_to_delete_first_is_followed(toy_stack, world):
    size = 1
    stack = toy_stack(lambda: Toy("a", size=size, in_place=True))
    stack.up()
    world.forget_calls()
    size = 2

    stack.up()

    assert [row["call"] for row in world.calls() if row["call"] in ("create", "delete")] == ["delete", "create"]


def test_removed_resources_are_deleted_dependents_first(toy_stack, world):
    everything = True

    def program():
        if everything:
            a = Toy("a")
            b = Toy("b", text=a.echo)
            Toy("c", text=b.echo)

    stack = toy_stack(program)
    stack.up()
    everything = False

    result = stack.up()

    assert [row["text"] for row in world.calls("delete")] == ["made made a", "made a", "a"]
    assert result.summary == {"delete": 3, "same": 1}


def test_secrets_are_marked_in_inputs_outputs_and_stack_outputs(toy_stack):
    def program():
        toy = Toy(
            "a",
            text=pulumi.Output.secret("hush"),
            settings={"plain": 1, "list": ["x", pulumi.Output.secret("y")]},
            opts=ResourceOptions(additional_secret_outputs=["key"]),
        )
        pulumi.export("text", toy.text)
        pulumi.export("size", toy.size)

    stack = toy_stack(program)

    result = stack.up()

    record = stack.resource("a")
    assert secret_text(record["inputs"]["text"]) == "hush"
    assert secret_text(record["outputs"]["text"]) == "hush"
    assert secret_text(record["outputs"]["key"]) == "key-of-hush"
    assert secret_text(record["outputs"]["settings"]["list"]) == ["x", "y"] or secret_text(
        record["outputs"]["settings"]
    )
    assert record["outputs"]["echo"] == "made hush"
    assert (result.outputs, result.secret_output_names) == ({"text": "hush", "size": 1}, {"text"})
    assert record["additionalSecretOutputs"] == ["key"]


def test_default_provider_holds_the_whole_configuration_with_its_secrets(toy_stack, world):
    stack = toy_stack(lambda: Toy("a"), config={"plain": "x"}, secret_config={"toy:token": "t0ken"})

    stack.up()

    provider = next(entry for entry in stack.resources() if name_of(entry["urn"]) == "default")
    assert secret_text(provider["inputs"].pop("toy:token")) == "t0ken"
    assert provider["inputs"] == {"demo:plain": "x", "toy:folder": str(world.folder)}
    assert world.calls("create")[0]["token"] == "t0ken"


def test_destroy_uses_the_configuration_stored_in_state(toy_stack, world):
    stack = toy_stack(lambda: Toy("a"), config={"toy:token": "old"})
    stack.up()
    stack.set_config("toy:token", "new")

    stack.destroy()

    assert world.calls("delete")[0]["token"] == "old"


def test_up_uses_the_current_configuration_for_deletes_too(toy_stack, world):
    present = True

    def program():
        Toy("stays")
        if present:
            Toy("goes")

    stack = toy_stack(program, config={"toy:token": "old"})
    stack.up()
    stack.set_config("toy:token", "new")
    present = False

    stack.up()

    assert world.calls("delete")[0]["token"] == "new"


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
