"""The emulator on a loopback port: uvicorn in a background thread of this process, or blocking."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import TypeVar, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

T = TypeVar("T")

CONNECTION = "emulator.connection"


class Connection:
    """The TCP connection of a request, so that faults can break it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.is_stale = False

    def close(self) -> None:
        """Close after what was written has been sent."""
        self._transport.close()

    async def reset(self) -> None:
        """Send a TCP reset: the peer reads ECONNRESET, whatever was being written is lost."""
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        # Let the loop notice, so that the server does not try to answer on a dead connection.
        for _ in range(3):
            await asyncio.sleep(0)


class _Protocol(H11Protocol):
    """HTTP/1.1 that hands its connection to the application."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner: ASGIApp = self.app
        connection = Connection(transport)

        async def with_connection(scope: Scope, receive: Receive, send: Send) -> None:
            scope[CONNECTION] = connection
            await inner(scope, receive, send)

        self.app = with_connection


def _configuration(app: ASGIApp, grace_seconds: int | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=grace_seconds,
    )


def bind(port: int) -> socket.socket:
    """A listening loopback socket; port 0 lets the system choose.

    Raises:
        OSError: The port is taken.
    """
    # The protocol is named, so that asyncio turns Nagle's algorithm off: it costs 40 ms a request.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def serve_forever(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until interrupted (Ctrl-C or SIGTERM); for the command line.

    Requests that are still open a second later are cut: some streams never end.
    """
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(_configuration(app, grace_seconds=1)).run(sockets=[listener])


class _StoppableServer(uvicorn.Server):
    """A server whose main loop waits instead of ticking, so that it stops at once."""

    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._announce = started
        self.stopping = asyncio.Event()

    async def main_loop(self) -> None:
        self._announce.set()
        await self.stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            cast("_Protocol", connection).transport.abort()
        for listener in sockets or ():
            listener.close()


class BackgroundServer:
    """One application served from a daemon thread."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        self._app = app
        self._listener = listener
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: _StoppableServer | None = None
        self._thread = threading.Thread(target=self._run, name="comfy-emulator", daemon=True)

    def start(self) -> None:
        """Serve; returns when requests are accepted.

        Raises:
            RuntimeError: The server did not come up.
        """
        self._thread.start()
        if not self._started.wait(timeout=10):
            raise RuntimeError("the emulator did not start within 10 seconds")

    def stop(self) -> None:
        """Stop at once: open connections are cut, the thread ends."""
        if self._loop is not None and self._server is not None:
            self._loop.call_soon_threadsafe(self._server.stopping.set)
            self._thread.join(timeout=10)
            self._loop = None

    def call(self, action: Callable[[], T]) -> T:
        """Run `action` where the requests are handled, between two of them, and return what it returns."""
        loop = self._loop
        if loop is None or threading.current_thread() is self._thread:
            return action()

        async def inside() -> T:
            return action()

        return asyncio.run_coroutine_threadsafe(inside(), loop).result(timeout=30)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = _StoppableServer(_configuration(self._app), self._started)
        await self._server.serve(sockets=[self._listener])
