"""Reaches into the SDK's dynamic provider server: more workers, a heard Cancel, lines on the resource's row.

The server has four workers, each blocked by its call, and drops the engine's `Cancel` (docs/pulumi.md 1.3, 1.9). Both
are out of reach through its API, so this module takes them from the frames of its `main`; tests pin it, and where
nothing is found everything still works with four workers and without an early end on Ctrl-C.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from pulumi_comfy.core.call import Level
from pulumi_comfy.core.redaction import logger
from pulumi_comfy.shells.writing import write_without_loops

WORKERS = 128
"""More than any `--parallel`; one is started only for a call that finds none idle."""

_cancel_listeners: list[Callable[[], None]] = []


def widen_and_listen(on_cancel: Callable[[], None]) -> bool:
    """Give the server `WORKERS` workers and call `on_cancel` on the engine's Cancel; False when it was not found."""
    found = _find_server()
    if found is None:
        return False
    server, servicer = found
    try:
        pool = server._state.thread_pool
        pool._max_workers = WORKERS
        pool._idle_semaphore = _IdleWorkers(server._state, pool)
        for _ in range(pool._work_queue.qsize()):  # a worker for each call that came before this one was looked at
            pool.submit(lambda: None)
        # The bound method is already registered with gRPC; exchanging its code reaches it all the same.
        type(servicer).Cancel.__code__ = _heard_cancel.__code__
        write_without_loops(servicer)
    except AttributeError:
        return False
    _cancel_listeners.append(on_cancel)
    return True


class _IdleWorkers:
    """Stands in the place of the pool's count of idle workers: one is, where there are more of them than open calls.

    Before Python 3.12 a worker that goes straight to its next call is counted as idle too, and a call that relies on
    it waits until another one ends, which may be a build of an hour. A worker for each call would be safe as well, and
    a refresh of some hundreds would start `WORKERS`; so it is where gRPC does not tell how many calls are open.
    """

    def __init__(self, server: Any, pool: Any) -> None:
        self._server, self._pool = server, pool

    def acquire(self, timeout: float) -> bool:  # noqa: ARG002  (the pool names it)
        """Tell whether the call that comes now, which is not counted yet, finds a worker."""
        open_calls: int = getattr(self._server, "active_rpc_count", WORKERS)
        return open_calls < len(self._pool._threads)

    def release(self) -> None:
        pass


def tell_listeners() -> None:
    """Pass the engine's Cancel on."""
    for listener in _cancel_listeners:
        listener()


def _heard_cancel(self: object, request: object, context: object) -> object:  # noqa: ARG001
    """Runs in the place of the servicer's `Cancel`, so it can use nothing of this module's globals."""
    from google.protobuf import empty_pb2

    from pulumi_comfy.shells import server  # noqa: PLW0406  (this code runs as another module's)

    server.tell_listeners()
    return empty_pb2.Empty()


def _find_server() -> tuple[Any, Any] | None:
    """Find the gRPC server and its servicer among the locals of the process's main thread."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        server, servicer = frame.f_locals.get("server"), frame.f_locals.get("monitor")
        if hasattr(server, "_state") and hasattr(type(servicer), "Cancel"):
            return server, servicer
        frame = frame.f_back
    return None


class EngineLog:
    """Shows lines through the engine, whose address is the process's last argument (1.3).

    The CLI puts `--tracing <address>` before it when it traces.
    """

    _SEVERITIES = {
        Level.PROGRESS: engine_pb2.INFO,
        Level.INFO: engine_pb2.INFO,
        Level.WARNING: engine_pb2.WARNING,
    }
    _TIMEOUT = 5.0

    def __init__(self, address: str | None) -> None:
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None

    @classmethod
    def of_this_process(cls) -> EngineLog:
        """Use the address this process was started with; silent when there is none."""
        address = sys.argv[-1] if len(sys.argv) > 1 and ":" in sys.argv[-1] else None
        return cls(address)

    def show(self, text: str, level: Level, urn: str) -> None:
        """Show a line on a resource's row; progress is not kept. A line that cannot be shown is no error."""
        if self._stub is None:
            return
        request = engine_pb2.LogRequest(
            severity=self._SEVERITIES[level], message=text, urn=urn, ephemeral=level is Level.PROGRESS
        )
        try:
            self._stub.Log(request, timeout=self._TIMEOUT)
        except grpc.RpcError as error:
            logger.debug("the engine did not take a line: %s", error)
