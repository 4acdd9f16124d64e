"""The test engine's own ways: processes, concurrency, refusals, events, programs, state in memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import grpc
import pulumi
import pytest
from pulumi import ResourceOptions
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc
from toys import Toy

from pulumi_comfy.configuration import SETTINGS
from pulumi_comfy.testing import Stack, TestEngine
from pulumi_comfy.testing.engine_service import EngineServer
from pulumi_comfy.testing.events import StepFinished, StepStarted
from pulumi_comfy.testing.provider_client import ProviderClient


def pids(world):
    return [row["pid"] for row in world.calls("create")]


@pytest.mark.parametrize(("processes", "count"), [("fork", 2), ("new", 2), ("reuse", 1)])
def test_operations_share_a_provider_process_only_when_told_to(world, processes, count):
    names = ["a"]
    with TestEngine(processes=processes) as engine:
        stack = Stack(engine, program=lambda: [Toy(name) for name in names], config=world.config)
        stack.up()
        names.append("b")
        stack.up()

    assert len(set(pids(world))) == count


def test_a_reused_process_is_not_lent_for_another_configuration(world):
    names = ["a"]
    with TestEngine(processes="reuse") as engine:
        stack = Stack(engine, program=lambda: [Toy(name) for name in names], config=world.config)
        stack.up()
        names.append("b")
        stack.set_config("other", "x")
        stack.up()

    assert len(set(pids(world))) == 2


def test_processes_end_with_the_engine(world):
    engine = TestEngine(processes="reuse")
    Stack(engine, program=lambda: Toy("a"), config=world.config).up()

    engine.close()

    assert_ends(pids(world)[0])


@pytest.fixture
def forks(world, monkeypatch):
    """What the creates of stacks with these variables tell of their processes, each stack in a folder of its own."""

    def run(*environments):
        with TestEngine() as engine:
            for place, env in enumerate(environments):
                folder = world.folder.parent / f"root{place}"
                folder.mkdir(exist_ok=True)
                monkeypatch.chdir(folder)
                Stack(engine, stack=f"s{place}", program=lambda: Toy("a"), config=world.config, env=env).up()
        return world.calls("create")

    return run


def test_a_fork_has_the_folder_and_the_variables_of_its_own_stack(forks, world):
    first, second = forks({"PULUMI_TOY": "mine"}, {})

    assert (first["variable"], second["variable"]) == ("mine", None)
    assert [Path(row["folder"]).name for row in (first, second)] == ["root0", "root1"]
    assert first["path"] == first["folder"]
    assert second["path"] == second["folder"]


def test_one_template_is_enough_for_variables_that_are_read_when_a_provider_is_called(forks):
    keys = [setting.environment for setting in SETTINGS]
    first, second = forks({"PULUMI_TOY": "mine", **dict.fromkeys(keys, "a")}, dict.fromkeys(keys, "b"))

    assert first["parent"] == second["parent"]


def test_a_variable_that_may_count_at_an_import_takes_a_template_of_its_own(forks):
    first, second = forks({}, {"LANG": "C"})

    assert first["parent"] != second["parent"]


def test_a_closed_server_leaves_no_thread_to_whoever_still_holds_it():
    before = set(threading.enumerate())
    server = EngineServer()
    with grpc.insecure_channel(server.address) as channel:
        engine_pb2_grpc.EngineStub(channel).Log(engine_pb2.LogRequest(message="a line"))
    server.close()

    workers = [one for one in set(threading.enumerate()) - before if one.name.startswith("comfy-engine")]
    for worker in workers:
        worker.join(5)

    assert [worker.name for worker in workers if worker.is_alive()] == []


def test_independent_creates_run_at_once(toy_stack, world):
    """Each toy waits for a file that appears only when all four are being created."""
    stack = toy_stack(lambda: [Toy(name, wait_for="go") for name in "abcd"])

    def release():
        while len(world.calls("create")) < 4:
            pass
        (world.folder / "go").touch()

    helper = threading.Thread(target=release)
    helper.start()
    stack.up()
    helper.join()

    assert len(world.objects()) == 4


def test_parallel_one_runs_one_step_at_a_time(toy_stack):
    running, most = set(), []

    def watch(event):
        if isinstance(event, StepStarted) and event.operation.type.endswith("Toy"):
            running.add(event.operation.urn)
            most.append(len(running))
        elif isinstance(event, StepFinished):
            running.discard(event.operation.urn)

    stack = toy_stack(lambda: [Toy(name) for name in "abcd"])
    stack.up(parallel=1, on_event=watch)

    assert most == [1, 1, 1, 1]


def test_numbers_arrive_as_floats_and_none_not_at_all(toy_stack, world):
    stack = toy_stack(lambda: Toy("a", count=3, nothing=None))

    stack.preview()

    news = world.calls("check")[0]["news"]
    assert "nothing" not in news
    assert isinstance(news["count"], float)


def test_preview_passes_unknowns_to_check_and_makes_outputs_unknown(toy_stack, world):
    def program():
        a = Toy("a")
        b = Toy("b", text=a.echo)
        pulumi.export("later", b.echo)

    stack = toy_stack(program)

    result = stack.preview()

    assert world.calls("check")[1]["news"]["text"] == "'Unknown'"
    assert repr(result.outputs["later"]) == "UNKNOWN"
    assert stack.resources() == []


def test_preview_leaves_the_state_untouched(toy_stack):
    size = 1
    stack = toy_stack(lambda: Toy("a", size=size))
    stack.up()
    before = stack.resources()
    size = 2

    result = stack.preview()

    assert result.operation("a").step == "create-replacement"
    assert stack.resources() == before


@pytest.mark.parametrize(
    ("program", "name"),
    [
        (lambda: Toy("a", opts=ResourceOptions(import_="x")), "import_"),
        (lambda: pulumi.CustomResource("native:index:Thing", "a", {}), "package 'native'"),
        (lambda: Toy("a", file=pulumi.StringAsset("x")), "assets"),
    ],
)
def test_what_the_engine_does_not_do_it_refuses_by_name(toy_stack, program, name):
    result = toy_stack(program).up(check=False)

    assert "the test engine of pulumi_comfy does not do" in result.error
    assert name in result.error


def test_functions_of_providers_are_refused_by_name(toy_stack):
    def program():
        pulumi.runtime.invoke("native:index:getThing", {})

    result = toy_stack(program).up(check=False)

    assert "the function 'native:index:getThing'" in result.error


def test_transforms_are_refused_by_the_sdk_because_they_are_not_announced(toy_stack):
    def transform(args):
        return None

    result = toy_stack(lambda: Toy("a", opts=ResourceOptions(transforms=[transform]))).up(check=False)

    assert "does not support transforms" in result.error


def test_forked_providers_die_with_an_engine_that_is_killed(world, tmp_path):
    script = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from toys import Toy
from pulumi_comfy.configuration import SETTINGS
from pulumi_comfy.testing import Stack, TestEngine

def stop(event):
    if type(event).__name__ == "StepFinished" and event.operation.name == "a":
        os.kill(os.getpid(), signal.SIGKILL)

Stack(TestEngine(), program=lambda: Toy("a"), config={world.config!r}).up(on_event=stop)
"""

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)

    assert ended.returncode == -signal.SIGKILL
    assert_ends(pids(world)[0])


def test_an_engine_that_is_killed_alone_leaves_a_pending_operation_and_no_provider_for_long(world):
    with TestEngine() as engine:
        stack = Stack(engine, program=lambda: Toy("slow", wait_for="never"), config=world.config)

        def kill():
            while not world.calls("create"):
                pass
            stack.kill(spares_provider=True)

        helper = threading.Thread(target=kill)
        helper.start()
        result = stack.up(check=False)
        helper.join()

        assert not result.ok
        assert [entry["type"] for entry in stack.state()["deployment"]["pending_operations"]] == ["creating"]
        assert_ends(pids(world)[0])


@pytest.mark.parametrize("is_closed", [True, False])
def test_ctrl_c_after_the_provider_has_ended_is_no_error(is_closed):
    channel = grpc.insecure_channel("127.0.0.1:1")
    process = SimpleNamespace(stub=provider_pb2_grpc.ResourceProviderStub(channel), reusable=True)
    if is_closed:
        channel.close()

    ProviderClient(process).cancel()

    assert not process.reusable
    channel.close()


def assert_ends(pid):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
    raise AssertionError(f"process {pid} still runs")
