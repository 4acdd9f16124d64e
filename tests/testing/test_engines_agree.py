"""What both engines must do alike: these run on the test engine and, where there is one, on the real CLI."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions
from toys import Toy

from pulumi_comfy.address import SIGNATURE
from pulumi_comfy.testing.urns import name_of

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
