"""What is reached inside the SDK's server: its pool of workers, its Cancel, the engine's log."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2
from shell_server import URN, Engine, Server, failure_of

from pulumi_comfy.core.call import Level
from pulumi_comfy.shells import server as reached
from pulumi_comfy.shells.server import WORKERS, EngineLog, widen_and_listen


def test_ten_creates_that_wait_for_each_other_are_all_under_way_at_once(server: Server):
    creations = [server.creation(f"pot-{number}", waitFor=10) for number in range(10)]

    assert len({creation.result().id for creation in creations}) == 10


def test_all_calls_of_a_process_share_one_event_loop(server: Server):
    creations = [server.creation(f"pot-{number}", waitFor=6) for number in range(6)]

    assert len({creation.result().properties["loop"] for creation in creations}) == 1


def test_the_engine_s_cancel_ends_a_wait_with_the_id_in_the_state(server: Server):
    creation = server.creation("blue", waitFor=0)
    server.line("waiting with teapot-1")

    server.cancel()

    with pytest.raises(grpc.RpcError) as caught:
        creation.result()
    status, partial = failure_of(caught.value)
    assert status.message.startswith("wait for ever: stopped by Ctrl-C while waiting.")
    assert status.message.endswith("[COMFY3003]")
    assert partial is not None
    assert partial.id == "teapot-1"


def test_the_engine_s_cancel_ends_all_waits(server: Server):
    creations = [server.creation(f"pot-{number}", waitFor=0) for number in range(6)]
    for number in range(6):
        server.line(f"waiting with teapot-{number + 1}")

    server.cancel()

    for creation in creations:
        with pytest.raises(grpc.RpcError):
            creation.result()


def test_progress_is_shown_on_the_resource_s_own_row_and_is_not_kept(server: Server):
    server.create(waitFor=1)

    line = server.line("waiting with")

    assert (line.urn, line.ephemeral) == (URN, True)


def make_servicer() -> Any:
    """A servicer whose Cancel does nothing, as the SDK's; of a class of its own, as its Cancel's code is exchanged."""

    class Servicer:
        def Cancel(self, request: object, context: object) -> object:
            return "dropped"

    return Servicer()


def test_the_server_is_found_in_the_frames_of_the_main_thread(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reached, "_cancel_listeners", [])
    heard: list[str] = []
    monitor = make_servicer()
    with ThreadPoolExecutor(max_workers=4) as pool:
        server: Any = SimpleNamespace(_state=SimpleNamespace(thread_pool=pool))

        is_found = widen_and_listen(lambda: heard.append("cancel"))
        answer = monitor.Cancel(None, None)

        assert is_found
        assert server._state.thread_pool._max_workers == WORKERS
        assert (heard, answer) == (["cancel"], empty_pb2.Empty())


def test_calls_that_came_before_the_pool_was_widened_get_workers_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reached, "_cancel_listeners", [])
    monitor = make_servicer()
    all_under_way = threading.Barrier(5)
    with ThreadPoolExecutor(max_workers=2) as pool:
        server: Any = SimpleNamespace(_state=SimpleNamespace(thread_pool=pool))
        calls = [pool.submit(all_under_way.wait, 30) for _ in range(5)]

        widen_and_listen(lambda: None)

        assert sorted(call.result() for call in calls) == [0, 1, 2, 3, 4]
    assert server is not None
    assert monitor is not None


def test_calls_get_workers_though_a_busy_one_was_counted_as_idle(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reached, "_cancel_listeners", [])
    monitor = make_servicer()
    begin, all_under_way = threading.Event(), threading.Barrier(3)
    with ThreadPoolExecutor(max_workers=1) as pool:
        server: Any = SimpleNamespace(_state=SimpleNamespace(thread_pool=pool))
        # Before Python 3.12 a worker that goes from call to call is counted as idle after each.
        for call in [pool.submit(begin.wait) for _ in range(3)]:
            begin.set()
            call.result()
        widen_and_listen(lambda: None)

        calls = [pool.submit(all_under_way.wait, 30) for _ in range(3)]

        assert sorted(call.result() for call in calls) == [0, 1, 2]
    assert server is not None
    assert monitor is not None


@pytest.mark.parametrize(("open_calls", "workers"), [(0, 1), (1, 2)], ids=["it is idle", "it is busy"])
def test_a_worker_is_started_for_a_call_only_where_none_is_idle(
    monkeypatch: pytest.MonkeyPatch, open_calls: int, workers: int
):
    monkeypatch.setattr(reached, "_cancel_listeners", [])
    monitor = make_servicer()
    with ThreadPoolExecutor(max_workers=1) as pool:
        server: Any = SimpleNamespace(_state=SimpleNamespace(thread_pool=pool, active_rpc_count=0))
        widen_and_listen(lambda: None)
        pool.submit(lambda: None).result()
        server._state.active_rpc_count = open_calls

        pool.submit(lambda: None).result()

        assert len(pool._threads) == workers
    assert monitor is not None


def test_a_process_without_a_server_works_without():
    assert widen_and_listen(lambda: None) is False


def test_a_server_that_is_built_otherwise_is_left_alone():
    monitor = make_servicer()
    server: Any = SimpleNamespace(_state=SimpleNamespace())

    assert widen_and_listen(lambda: None) is False
    assert monitor.Cancel(None, None) == "dropped"
    assert vars(server._state) == {}


@pytest.fixture
def engine() -> Iterator[Engine]:
    running = Engine()
    yield running
    running.close()


@pytest.mark.parametrize(
    ("level", "severity", "is_ephemeral"),
    [
        (Level.PROGRESS, engine_pb2.INFO, True),
        (Level.INFO, engine_pb2.INFO, False),
        (Level.WARNING, engine_pb2.WARNING, False),
    ],
)
def test_a_line_reaches_the_engine(engine: Engine, level: Level, severity: Any, is_ephemeral: bool):
    EngineLog(engine.address).show("a line", level, URN)

    assert engine.line("a line") == engine_pb2.LogRequest(
        urn=URN, severity=severity, message="a line", ephemeral=is_ephemeral
    )


def test_an_engine_that_does_not_answer_is_no_error():
    gone = Engine()
    gone.close()

    EngineLog(gone.address).show("a line", Level.INFO, URN)


@pytest.mark.parametrize("arguments", [["provider"], ["a:b"], ["provider", "--version"]])
def test_without_an_engine_s_address_lines_are_dropped(monkeypatch: pytest.MonkeyPatch, arguments: list[str]):
    monkeypatch.setattr(sys, "argv", arguments)

    EngineLog.of_this_process().show("a line", Level.INFO, URN)


@pytest.mark.parametrize("before", [[], ["--tracing", "tcp://127.0.0.1:1"]])
def test_the_engine_s_address_is_the_last_argument(engine: Engine, monkeypatch: pytest.MonkeyPatch, before: list[str]):
    monkeypatch.setattr(sys, "argv", ["provider", *before, engine.address])

    EngineLog.of_this_process().show("a line", Level.INFO, URN)

    assert engine.line("a line").urn == URN
