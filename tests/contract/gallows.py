"""A gateway before the emulated platform that kills whoever has just written: nobody hears that the platform did it."""

from __future__ import annotations

import http.server
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from pulumi_comfy.testing.cli_engine import descendants

_HOP = frozenset({"connection", "transfer-encoding", "content-length", "content-encoding", "keep-alive"})


class Gallows:
    """Passes requests on, and calls `kill` once when one more write than `spares` was answered, instead of answering.

    Args:
        target: the platform's base URL.
    """

    def __init__(self, target: str) -> None:
        self.spares, self.has_killed = -1, False
        self.kill: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._target = httpx.URL(target)
        self._client = httpx.Client(timeout=60, verify=False)
        gallows = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_any(self) -> None:
                gallows._pass_on(self)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_any

            def log_message(self, *_: Any) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """Whoever was killed closes no connection in order."""

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{self._target.path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._client.close()

    def after(self, writes: int, kill: Callable[[], None]) -> None:
        """Kill at the answer to the next write but so many."""
        with self._lock:
            self.spares, self.kill, self.has_killed = writes, kill, False

    def disarm(self) -> None:
        with self._lock:
            self.spares = -1

    def _is_the_one(self, method: str) -> bool:
        if method == "GET":
            return False
        with self._lock:
            self.spares -= 1
            return self.spares == -1

    def _pass_on(self, request: http.server.BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("content-length") or 0)
        body = request.rfile.read(length)
        if len(body) < length:  # the sender was killed meanwhile; no platform takes the half that it has sent
            request.close_connection = True
            return
        headers = {key: value for key, value in request.headers.items() if key.lower() not in {*_HOP, "host"}}
        url = self._target.copy_with(raw_path=request.path.encode())
        with self._lock:
            is_armed = self.spares >= 0
        answer = self._client.request(request.command, url, content=body, headers=headers)
        if is_armed and self._is_the_one(request.command):
            self.has_killed = True
            self.kill()
            request.close_connection = True
            return
        request.send_response(answer.status_code)
        for key, value in answer.headers.items():
            if key.lower() not in _HOP:
                request.send_header(key, value)
        request.send_header("content-length", str(len(answer.content)))
        request.end_headers()
        request.wfile.write(answer.content)


def providers_below(root: int) -> list[int]:
    """The provider processes that descend from a process, read from /proc."""
    return [pid for pid in descendants(root) if "pulumi.dynamic" in _command_line(pid)]


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    """Tell whether a process still runs; one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill_provider() -> None:
    """SIGKILL the providers that this process, or the CLI that it runs, has started."""
    for pid in providers_below(os.getpid()):
        os.kill(pid, signal.SIGKILL)
