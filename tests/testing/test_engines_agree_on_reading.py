"""Refresh, lookups, stack references, interruptions: on both engines alike."""

from __future__ import annotations

import threading

import pulumi
import pytest
from pulumi import ResourceOptions
from toys import Toy

from pulumi_comfy.testing import Stack

pytestmark = pytest.mark.cli


def test_refresh_drops_what_is_gone_and_mends_references(toy_stack, world):
    def program():
        a = Toy("a")
        Toy("b", text=a.echo)

    stack = toy_stack(program)
    stack.up()
    world.remove(stack.resource("a")["id"])

    result = stack.refresh()

    assert result.summary == {"delete": 1, "same": 2}
    assert stack.resource("b").get("dependencies", []) == []
    assert stack.up().operation("a").op == "create"


def test_refresh_takes_outputs_over_and_inputs_only_when_reported(toy_stack, world):
    stack = toy_stack(lambda: Toy("a", text="ours"))
    stack.up()
    id_ = stack.resource("a")["id"]

    world.change(id_, text="theirs")
    result = stack.refresh()
    record = stack.resource("a")
    assert (result.operation("a").op, result.operation("a").diff) == ("update", ("~text",))
    assert (record["inputs"]["text"], record["outputs"]["text"]) == ("ours", "theirs")

    world.change(id_, report_inputs=True)
    stack.refresh()
    assert stack.resource("a")["inputs"]["text"] == "theirs"


def test_refresh_goes_on_after_an_unreadable_object(toy_stack, world):
    def program():
        Toy("good")
        Toy("odd")

    stack = toy_stack(program)
    stack.up()
    world.change(stack.resource("odd")["id"], unreadable=True)
    world.change(stack.resource("good")["id"], text="theirs")

    result = stack.refresh(check=False)

    assert (result.ok, result.operation("odd").failed) == (False, True)
    assert stack.resource("good")["outputs"]["text"] == "theirs"


def test_get_reads_an_object_that_others_manage(toy_stack, world):
    id_ = "toy-theirs"
    (world.folder / f"{id_}.json").write_text('{"text": "theirs", "echo": "hello"}')

    def program():
        toy = Toy("theirs", opts=ResourceOptions(id=id_))
        pulumi.export("echo", toy.echo)

    stack = toy_stack(program)

    result = stack.up()

    record = stack.resource("theirs")
    assert (result.outputs, record["external"], record["id"]) == ({"echo": "hello"}, True, id_)
    stack.destroy()
    assert id_ in world.objects()


def test_get_of_a_missing_object_succeeds_because_the_dynamic_server_answers_properties(toy_stack):
    stack = toy_stack(lambda: Toy("gone", opts=ResourceOptions(id="toy-nowhere")))

    stack.up()

    record = stack.resource("gone")
    assert (record["id"], set(record["outputs"])) == ("toy-nowhere", {"__provider"})


def test_stack_reference_reads_outputs_of_another_stack(toy_stack, comfy_engine):
    def source():
        pulumi.export("url", "http://x")
        pulumi.export("key", pulumi.Output.secret("hush"))

    toy_stack(source, stack="dev").up()

    def reader():
        other = pulumi.StackReference("organization/demo/dev")
        pulumi.export("url", other.require_output("url"))
        pulumi.export("key", other.require_output("key"))

    stack = Stack(comfy_engine, "demo", "prod", reader)

    result = stack.up()

    assert (result.outputs, result.secret_output_names) == ({"url": "http://x", "key": "hush"}, {"key"})


def test_progress_lines_arrive_on_the_row_of_their_resource(toy_stack):
    timeouts = pulumi.CustomTimeouts(create="7m")
    stack = toy_stack(lambda: Toy("a", log="rendering 3 of 20", opts=ResourceOptions(custom_timeouts=timeouts)))

    result = stack.up()

    assert result.messages("a") == ["rendering 3 of 20", "timeout 420.0"]
    assert [line.ephemeral for line in result.diagnostics if line.urn] == [False, True]
    assert stack.resource("a")["customTimeouts"] == {"create": 420}


def test_first_interrupt_lets_running_calls_finish_and_records_them(toy_stack, world):
    def program():
        slow = Toy("slow", wait_for="go")
        Toy("later", text=slow.echo)

    stack = toy_stack(program)
    started = threading.Event()

    def watch(event):
        if getattr(getattr(event, "operation", None), "name", "") == "slow":
            started.set()

    def interrupt():
        started.wait(60)
        while not world.calls("create"):
            pass
        stack.cancel()
        (world.folder / "go").touch()

    helper = threading.Thread(target=interrupt)
    helper.start()
    result = stack.up(check=False, on_event=watch)
    helper.join()

    assert (result.ok, world.texts()) == (False, ["slow"])
    assert stack.resource("slow")["id"] in world.objects()
    assert "update canceled" in result.errors


def test_kill_leaves_a_pending_operation_and_the_next_up_warns(toy_stack, world):
    wait = "never"
    stack = toy_stack(lambda: Toy("slow", wait_for=wait))

    def kill():
        while not world.calls("create"):
            pass
        stack.kill()

    helper = threading.Thread(target=kill)
    helper.start()
    result = stack.up(check=False)
    helper.join()

    pending = stack.state()["deployment"]["pending_operations"]
    assert (result.ok, [entry["type"] for entry in pending]) == (False, ["creating"])
    wait = ""
    again = stack.up()
    assert any("pending operations" in line.message for line in again.diagnostics if line.severity == "warning")
    assert stack.state()["deployment"]["pending_operations"]


def test_duplicate_names_are_refused(toy_stack):
    def program():
        Toy("a")
        Toy("a")

    stack = toy_stack(program)

    result = stack.up(check=False)

    assert "try giving it a unique name" in result.error


def test_project_folder_is_run_with_its_configuration(toy_stack, comfy_engine, world, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: on-disk\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text(f"config:\n  toy:folder: {world.folder}\n  on-disk:greeting: hello\n")
    (folder / "helper.py").write_text("WORD = 'first'\n")
    (folder / "__main__.py").write_text(
        "import pulumi\nfrom helper import WORD\nfrom toys import Toy\n"
        "Toy('a', text=WORD)\npulumi.export('greeting', pulumi.Config().require('greeting'))\n"
    )
    toys = str(__import__("pathlib").Path(__file__).parent)
    stack = Stack(comfy_engine, program=folder, env={"PYTHONPATH": toys})

    first = stack.up()
    (folder / "helper.py").write_text("WORD = 'second word'\n")
    second = stack.up()

    assert (stack.project, first.outputs) == ("on-disk", {"greeting": "hello"})
    assert second.operation("a").diff == ("~text",)


@pytest.mark.parametrize(("written", "read"), [("off", "off"), ("yes", "yes"), ("True", "true"), ("1.50", "1.5")])
def test_configuration_in_a_project_s_files_is_read_as_pulumi_reads_it(comfy_engine, tmp_path, written, read):
    (tmp_path / "Pulumi.yaml").write_text("name: on-disk\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n  on-disk:word: {written}\n")
    (tmp_path / "__main__.py").write_text("import pulumi\npulumi.export('word', pulumi.Config().get('word'))\n")

    result = Stack(comfy_engine, program=tmp_path).up()

    assert result.outputs == {"word": read}


def test_a_value_that_the_project_holds_encrypted_is_given_by_the_test_and_stays(comfy_engine, tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: on-disk\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "encryptionsalt: v1:AAAAAAAAAAA=:v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
        "config:\n  on-disk:greeting: hello\n  on-disk:key:\n    secure: v1:AAAAAAAAAAAAAAAA:AAAA\n"
    )
    (tmp_path / "__main__.py").write_text(
        "import pulumi\nfor key in ('greeting', 'key'):\n    pulumi.export(key, pulumi.Config().require(key))\n"
    )
    stack = Stack(comfy_engine, program=tmp_path, secret_config={"key": "given"})

    seen = [stack.up().outputs, stack.up().outputs]

    assert seen == [{"greeting": "hello", "key": "given"}] * 2


def test_interrupted_delete_before_replace_is_taken_up_again(toy_stack, world):
    size, fail = 1, ""
    stack = toy_stack(
        lambda: Toy("a", size=size, fail=fail, opts=ResourceOptions(delete_before_replace=True)),
    )
    stack.up()
    size, fail = 2, "create"

    broken = stack.up(check=False)

    assert (broken.ok, world.objects()) == (False, {})
    assert stack.resource("a")["pendingReplacement"] is True

    fail = ""
    world.forget_calls()
    repaired = stack.up()
    assert repaired.summary["replace"] == 1
    assert world.calls("delete") == []
    assert "pendingReplacement" not in stack.resource("a")


def test_a_pending_replacement_that_nobody_wants_any_more_is_dropped(toy_stack, world):
    size, fail, present = 1, "", True

    def program():
        if present:
            Toy("a", size=size, fail=fail, opts=ResourceOptions(delete_before_replace=True))

    stack = toy_stack(program)
    stack.up()
    size, fail = 2, "create"
    stack.up(check=False)
    present = False
    world.forget_calls()

    stack.up()

    assert (world.calls("delete"), len(stack.resources())) == ([], 1)


def test_failed_delete_of_the_original_is_tried_again(toy_stack, world):
    size, fail = 1, "delete"
    stack = toy_stack(lambda: Toy("a", size=size, fail=fail))
    stack.up()
    size, fail = 2, ""

    broken = stack.up(check=False)

    waiting = [entry for entry in stack.resources() if entry.get("delete")]
    assert (broken.ok, len(waiting), len(world.objects())) == (False, 1, 2)


def test_an_owned_resource_can_be_handed_over_and_taken_back(toy_stack, world):
    lookup = ""

    def program():
        Toy("a", opts=ResourceOptions(id=lookup) if lookup else None)

    stack = toy_stack(program)
    stack.up()
    first = stack.resource("a")["id"]

    lookup = first
    stack.up()
    assert (stack.resource("a")["external"], list(world.objects())) == (True, [first])

    lookup = ""
    stack.up()
    record = stack.resource("a")
    assert (record.get("external"), record["id"] == first, len(world.objects())) == (None, False, 2)


def test_unhealthy_objects_are_a_warning_in_refresh(toy_stack, world):
    stack = toy_stack(lambda: Toy("a"))
    stack.up()
    world.change(stack.resource("a")["id"], unhealthy="out of memory")

    result = stack.refresh()

    assert stack.resource("a")["initErrors"] == ["out of memory"]
    assert any("out of memory" in line.message for line in result.diagnostics if line.severity == "warning")
