"""Programs, events, refusals and results of the test engine."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import pulumi
import pytest
from pulumi import ResourceOptions
from toys import Box, Toy

from pulumi_comfy.testing import EngineError, Stack, StateError
from pulumi_comfy.testing.engine import _run_interruptibly
from pulumi_comfy.testing.events import OperationEnded, OutputsKnown, StepFinished, StepStarted
from pulumi_comfy.testing.results import Diagnostic, Operation, Result


def test_async_programs_run_and_their_config_is_theirs(toy_stack):
    async def program():
        await asyncio.sleep(0)
        config = pulumi.Config()
        pulumi.export("plain", config.require("plain"))
        pulumi.export("hidden", config.require_secret("hidden"))
        pulumi.export("where", f"{pulumi.get_project()}/{pulumi.get_stack()}/{pulumi.get_organization()}")

    stack = toy_stack(program, config={"plain": {"a": 1}}, secret_config={"hidden": "hush"})

    result = stack.up()

    assert result.outputs == {"plain": '{"a": 1}', "hidden": "hush", "where": "demo/dev/organization"}
    assert result.secret_output_names == {"hidden"}


def test_environment_belongs_to_the_run(toy_stack):
    stack = toy_stack(lambda: pulumi.export("seen", os.environ["TOY_WORD"]), env={"TOY_WORD": "here"})

    result = stack.up()

    assert (result.outputs, os.environ.get("TOY_WORD")) == ({"seen": "here"}, None)


def test_modules_of_a_project_folder_are_forgotten(comfy_engine, tmp_path):
    import sys

    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: {name: python}\nconfig: {word: {default: w}, n: 1}\n")
    (tmp_path / "sibling_of_main.py").write_text("X = 1\n")
    (tmp_path / "__main__.py").write_text(
        "import pulumi, sibling_of_main\npulumi.export('c', [pulumi.Config().get('word'), pulumi.Config().get('n')])\n"
    )
    here, path = os.getcwd(), list(sys.path)

    result = Stack(comfy_engine, program=tmp_path).up()

    assert result.outputs == {"c": ["w", "1"]}
    assert ("sibling_of_main" in sys.modules, os.getcwd(), sys.path) == (False, here, path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no Pulumi.yaml"),
        ({"Pulumi.yaml": "name: p\nruntime: nodejs\n"}, "'nodejs'"),
        (
            {"Pulumi.yaml": "name: p\nruntime: python\n", "Pulumi.dev.yaml": "config: {k: {secure: v1:x}}\n"},
            "secret_config",
        ),
        ({"Pulumi.yaml": "name: p\nruntime: [\n"}, "Pulumi.yaml is no YAML at line 3, column 1: .*; correct it"),
        ({"Pulumi.yaml": "- name\n"}, "Pulumi.yaml must hold `key: value` lines, and holds a list"),
        ({"Pulumi.yaml": "runtime: python\n"}, "Pulumi.yaml has no `name`"),
        ({"Pulumi.yaml": "name: p\nconfig: text\n"}, "below `config:` there must be `key: value` lines, not a str"),
        ({"Pulumi.yaml": "name: p\n", "Pulumi.dev.yaml": "config: {k: \n"}, "dev.yaml is no YAML at line 2"),
    ],
)
def test_projects_that_cannot_be_run_are_refused(comfy_engine, tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(EngineError, match=message):
        Stack(comfy_engine, program=tmp_path).up()


@pytest.mark.parametrize("program", [5, ["a"]])
def test_what_is_neither_a_function_nor_a_path_is_refused(comfy_engine, program):
    with pytest.raises(EngineError, match="is no program: give a function that declares resources"):
        Stack(comfy_engine, program=program)


def test_a_program_that_exits_fails_with_its_code(toy_stack):
    def program():
        raise SystemExit(3)

    assert "exited with code 3" in toy_stack(program).up(check=False).error


def test_traceback_starts_in_the_users_program(toy_stack):
    def program():
        raise ValueError("boom")

    message = toy_stack(program).up(check=False).error

    assert message.splitlines()[0] == "Program failed with an unhandled exception:"
    assert "run_in_stack" not in message


def test_a_busy_stack_is_locked(toy_stack):
    stack = toy_stack(lambda: Box("box"))
    errors = []

    def again(event):
        if isinstance(event, StepStarted) and not errors:
            with pytest.raises(EngineError, match="locked by another operation") as caught:
                stack.up()
            errors.append(caught)

    stack.up(on_event=again)

    assert errors


def test_events_tell_the_story_in_order(toy_stack):
    events = []
    toy_stack(lambda: Box("box", toys=("a",))).up(on_event=events.append)

    of_box = [
        type(event)
        for event in events
        if (isinstance(event, (StepStarted, StepFinished)) and event.operation.name == "box")
        or (isinstance(event, OutputsKnown) and event.urn.endswith("::box"))
    ]
    assert of_box == [StepStarted, StepFinished, OutputsKnown]
    assert isinstance(events[-1], OperationEnded)


def test_exported_state_can_be_imported_into_another_stack(toy_stack, comfy_engine, world):
    stack = toy_stack(lambda: Toy("a", text=pulumi.Output.secret("hush")))
    stack.up()

    copy = Stack(comfy_engine.fresh(), "demo", program=stack.program, config=world.config)
    copy.import_state(stack.state())

    assert copy.up().summary == {"same": 2}
    assert copy.resource("a")["id"] == stack.resource("a")["id"]


def test_broken_state_is_not_imported(toy_stack):
    with pytest.raises(StateError):
        toy_stack(lambda: None).import_state({"version": 1})


def test_all_protected_resources_are_reported_at_once(toy_stack):
    present = True

    def program():
        if present:
            for name in "ab":
                Toy(name, opts=ResourceOptions(protect=True))

    stack = toy_stack(program)
    stack.up()
    present = False

    result = stack.up(check=False)

    assert sum("cannot be deleted" in error for error in result.errors) == 2


def test_unknown_stacks_cannot_be_referenced(toy_stack):
    result = toy_stack(lambda: pulumi.StackReference("organization/demo/nowhere")).up(check=False)

    assert 'unknown stack "organization/demo/nowhere"' in result.error


def test_records_are_found_by_name_or_the_names_are_told(toy_stack):
    stack = toy_stack(lambda: Toy("a"))
    stack.up()

    with pytest.raises(LookupError, match="0 resources named 'b'; there are: a"):
        stack.resource("b")


def test_results_find_operations_and_messages_by_name():
    urn = "urn:pulumi:dev::p::t:m:R::a"
    deleted = Operation("replace", "delete-replaced", urn, "t:m:R", "a")
    created = Operation("replace", "create-replacement", urn, "t:m:R", "a")
    result = Result("up", operations=[deleted, created], diagnostics=[Diagnostic(urn, "info", "hello")])

    assert result.operation("a") is created
    assert result.messages("a") == ["hello"]
    with pytest.raises(LookupError, match="names seen: a"):
        result.operation("b")


class Endless:
    """A deployment that ends only when it is killed."""

    def __init__(self):
        self.running, self.cancelled, self.killed = threading.Event(), threading.Event(), threading.Event()

    def run(self):
        self.running.set()
        self.killed.wait(30)
        return "result", "snapshot"

    def cancel(self):
        self.cancelled.set()

    def kill(self):
        self.killed.set()


def test_ctrl_c_cancels_and_a_second_one_kills():
    deployment = Endless()

    def press():
        for awaited in (deployment.running, deployment.cancelled):
            awaited.wait(30)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    helper = threading.Thread(target=press)
    helper.start()

    result = _run_interruptibly(deployment)

    helper.join()
    assert (result, deployment.killed.is_set()) == (("result", "snapshot"), True)


def test_builtin_functions_are_answered(toy_stack):
    toy_stack(lambda: pulumi.export("url", "http://x")).up()

    def program():
        found = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": "demo/dev"})
        pulumi.export("seen", found.value["outputs"]["url"])

    assert toy_stack(program, stack="prod").up().outputs == {"seen": "http://x"}


def test_resources_can_be_passed_as_values(toy_stack, world):
    def program():
        a = Toy("a")
        Toy("b", other=a, box=Box("box"))

    stack = toy_stack(program)
    stack.up()

    made = next(row["props"] for row in world.calls("create") if row["props"]["text"] == "b")
    assert (made["other"], made["box"]) == (stack.resource("a")["id"], stack.resource("box")["urn"])
