"""What the tests of the command line share."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cli_processes import OWN_VARIABLES
from click.testing import CliRunner, Result

from pulumi_comfy.cli import main

Invoke = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and none of the developer's own variables."""
    for name in [name for name in os.environ if name.startswith(OWN_VARIABLES)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def invoke(folder: Path) -> Invoke:
    """Run `pulumi-comfy` with these arguments in this process, in an empty folder."""
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def path_without_pulumi(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH on which there is no `pulumi`."""
    kept = [entry for entry in os.environ["PATH"].split(os.pathsep) if not (Path(entry) / "pulumi").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join(kept))


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, tuple[int, Any]]], str]]:
    """Serve fixed answers by path: `(status, JSON, text or where a redirect leads)`; every other path is a 404."""
    servers: list[ThreadingHTTPServer] = []

    def serve(answers: dict[str, tuple[int, Any]]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = answers.get(self.path, (404, "no such page"))
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", body)
                self.end_headers()
                self.wfile.write((body if isinstance(body, str) else json.dumps(body)).encode())

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
