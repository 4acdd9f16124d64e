"""The engine is gone: the provider stops, and writes nothing more."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from shell_server import PATIENCE, Server

from pulumi_comfy.shells.engine_loss import is_answering, watch_input, watching


class Context:
    """gRPC's context of a call, as far as it matters."""

    def __init__(self, *, is_active: bool = True) -> None:
        self.is_active = is_active
        self.callbacks: list[Any] = []

    def add_callback(self, callback: Any) -> bool:
        self.callbacks.append(callback)
        return self.is_active

    def end(self) -> None:
        for callback in self.callbacks:
            callback()


def test_a_provider_whose_call_nobody_waits_for_any_more_ends(server: Server):
    creation = server.creation("blue", waitFor=0)
    server.line("waiting with teapot-1")

    creation.cancel()

    assert server.has_ended(PATIENCE)


def test_a_call_that_ends_while_it_is_worked_on_tells_the_loss():
    context, lost = Context(), threading.Event()

    with watching(context, lost.set):
        context.end()

    assert lost.is_set()


def test_a_call_that_had_ended_before_the_work_began_tells_it_too():
    lost = threading.Event()

    with watching(Context(is_active=False), lost.set):
        assert lost.is_set()


def test_the_end_of_a_call_that_is_answered_tells_nothing():
    context, lost = Context(), threading.Event()

    with watching(context, lost.set):
        pass
    context.end()

    assert not lost.is_set()


def test_a_call_whose_context_tells_nothing_is_worked_on_all_the_same():
    lost = threading.Event()

    with watching(None, lost.set):
        pass

    assert not lost.is_set()


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Standard input as the CLI gives it: a pipe, whose end that the CLI holds is given."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield writing


def test_the_end_of_standard_input_tells_the_loss_where_no_engine_answers(piped: int, monkeypatch):
    lost = threading.Event()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setattr(sys, "argv", ["provider", f"127.0.0.1:{free.getsockname()[1]}"])
        assert watch_input(lost.set)

        os.close(piped)

        assert lost.wait(PATIENCE)


def test_the_end_of_standard_input_tells_nothing_while_the_engine_answers_and_the_loss_once_it_does_not(
    piped: int, monkeypatch
):
    lost = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as engine:
        monkeypatch.setattr(sys, "argv", ["provider", f"127.0.0.1:{engine.getsockname()[1]}"])
        watch_input(lost.set)

        os.close(piped)
        for _ in range(2):
            engine.accept()[0].close()
        was_lost = lost.is_set()

    assert not was_lost
    assert lost.wait(PATIENCE)


@pytest.mark.parametrize("stdin", [None, SimpleNamespace(fileno=lambda: os.open(os.devnull, os.O_RDONLY))])
def test_what_is_no_pipe_is_not_watched(stdin: Any, monkeypatch):
    monkeypatch.setattr(sys, "stdin", stdin)

    assert not watch_input(pytest.fail)


@pytest.mark.usefixtures("piped")
@pytest.mark.parametrize("address", ["", "engine", "engine:port"])
def test_where_no_address_is_given_no_engine_is_watched(address: str, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["provider", address])

    assert not watch_input(pytest.fail)


@pytest.mark.parametrize("fault", [TimeoutError(), OSError(errno.EMFILE, "too many open files")])
def test_an_engine_that_cannot_be_asked_is_not_taken_for_a_loss(fault: OSError, monkeypatch):
    def fail(*_where: Any, **_options: Any) -> None:
        raise fault

    monkeypatch.setattr(socket, "create_connection", fail)

    assert is_answering("127.0.0.1:1")


def test_what_stands_in_standard_input_is_left_to_whom_it_is_meant_for(piped: int, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["provider", "127.0.0.1:1"])
    watch_input(lambda: None)  # who waits for the end of what this test closes may take it for one

    os.write(piped, b"not ours")

    assert sys.stdin.read(8) == "not ours"
