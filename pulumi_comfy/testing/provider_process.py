"""Provider processes: how they are started, lent, cancelled, killed and stopped (docs/pulumi.md 1.3, 2.3).

A provider is always a real process that speaks the provider protocol. `LaunchSpec` says how a package's process is
started; the SDK's dynamic server is the only one known today, a native plugin is one more entry.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from .engine_service import EngineServer, LogSink
from .errors import ProviderStartError
from .process_sources import Started, Templates, spawn
from .results import Diagnostic

_METADATA = 16 * 2**20
"""Bytes; as the engine takes. A partial state travels as metadata, with its inputs, which hold whole documents."""
_OPTIONS = [
    *_GRPC_CHANNEL_OPTIONS,
    ("grpc.max_metadata_size", _METADATA),
    ("grpc.absolute_max_metadata_size", _METADATA),
]

START_SECONDS = 60.0
STOP_SECONDS = 5.0

Processes = Literal["fork", "new", "reuse"]
"""Where the process of an operation comes from; see `ProviderPool`."""


@dataclass(frozen=True)
class LaunchSpec:
    """How to start the provider process of one package.

    Attributes:
        package: The package name, first part of its type tokens.
        command: The command; the engine's address is appended as the last argument.
        whole_config: Whether its default provider gets the whole stack configuration with namespaces (dynamic
            providers) or just the package's own keys without them.
    """

    package: str
    command: Sequence[str]
    whole_config: bool = False


DYNAMIC = LaunchSpec("pulumi-python", (sys.executable, "-u", "-m", "pulumi.dynamic"), whole_config=True)


class ProviderProcess:
    """One running provider process and the channel to it."""

    def __init__(self, package: str, started: Started, engine: EngineServer) -> None:
        """Wait for the port of a process that was just started.

        Raises:
            ProviderStartError: It ended, or said nothing for a minute.
        """
        self.reusable = True
        self._is_left_alone = False
        self.key: object = None
        self._engine = engine
        self._started = started
        self._ports: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._early: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_stdout, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self._channel = grpc.insecure_channel(self._wait_for_port(package), options=_OPTIONS)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def _wait_for_port(self, package: str) -> str:
        try:
            port = self._ports.get(timeout=START_SECONDS).strip()
        except queue.Empty:
            port = ""
        if not port.isdigit():
            self.kill()
            self._reap()
            said = "\n".join([*filter(None, [port]), *self._early])
            raise ProviderStartError(f"the provider process of {package!r} did not start: {said or 'no output'}")
        return f"127.0.0.1:{port}"

    def _read_stdout(self) -> None:
        with contextlib.suppress(ValueError):
            self._ports.put(self._started.stdout.readline())
            for line in self._started.stdout:
                self._engine.sink(Diagnostic("", "info", line.rstrip("\n")))

    def _read_stderr(self) -> None:
        with contextlib.suppress(ValueError):
            for line in self._started.stderr:
                self._early.append(line.rstrip("\n"))
                del self._early[:-50]
                self._engine.sink(Diagnostic("", "info#err", line.rstrip("\n")))

    @property
    def pid(self) -> int:
        """The process id."""
        return self._started.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs (its stdout is open)."""
        return self._readers[0].is_alive()

    def attach(self, sink: LogSink) -> None:
        """Send what the process logs to this sink from now on."""
        self._engine.sink = sink

    def detach(self) -> None:
        """Drop what the process logs from now on."""
        self._engine.sink = lambda _: None

    def _signal(self, number: int) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def kill(self) -> None:
        """SIGKILL the process and everything it started, as a second Ctrl-C does."""
        self.reusable = False
        self._signal(signal.SIGKILL)

    def leave_alone(self) -> None:
        """Hang up without a word, as an engine does that is killed: the process lives on until it notices."""
        self.reusable, self._is_left_alone = False, True
        self._channel.close()

    def close(self) -> None:
        """Stop the process as the CLI does: `Cancel`, interrupt, and kill after five seconds.

        One that was left alone has the five seconds to notice it.
        """
        self.reusable = False
        if self._is_left_alone:
            self._readers[0].join(STOP_SECONDS)
            self.kill()
            self._reap()
            return
        if self.alive:
            with contextlib.suppress(grpc.RpcError):
                self.stub.Cancel(empty_pb2.Empty(), timeout=STOP_SECONDS)
        self._channel.close()  # before the server goes, which gRPC would complain about on stderr
        if self.alive:
            self._signal(signal.SIGINT)
            self._readers[0].join(STOP_SECONDS)
            self.kill()
        self._reap()

    def _reap(self) -> None:
        self._started.reap()
        for reader in self._readers:
            reader.join(STOP_SECONDS)
        self._started.stdout.close()
        self._started.stderr.close()
        self._engine.close()


class ProviderPool:
    """Lends provider processes to operations.

    `fork`: a fresh process for each operation, forked from a template that has done the imports (started from nothing
    where the system cannot fork). `new`: a fresh process for each operation, started from nothing. `reuse`: as `fork`,
    and lent again to the next operation with the same command, folder, environment and configuration, if nobody
    cancelled or killed it; what a provider keeps in memory then outlives the operation, which it does not with the real
    engine.
    """

    def __init__(self, processes: Processes, *, preload: Sequence[str] = (), keep: int = 3) -> None:
        self.processes = processes
        self._forks = processes != "new" and hasattr(os, "fork") and sys.platform != "darwin"
        self._keep = keep
        self._idle: list[ProviderProcess] = []
        self._leaving: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._templates = Templates(preload)

    def lend(
        self, spec: LaunchSpec, cwd: str, env: Mapping[str, str], configuration: str
    ) -> tuple[ProviderProcess, bool]:
        """A process for the caller alone, and whether it was used before (and so is configured already).

        Raises:
            ProviderStartError: The process did not start.
        """
        key = (tuple(spec.command), cwd, tuple(sorted(env.items())), configuration)
        with self._lock:
            for place, process in enumerate(self._idle):
                if process.key == key and process.alive:
                    return self._idle.pop(place), True
        process = self._start(spec, cwd, env)
        process.key = key
        return process, False

    def _start(self, spec: LaunchSpec, cwd: str, env: Mapping[str, str]) -> ProviderProcess:
        engine = EngineServer()
        try:
            if self._forks and spec is DYNAMIC:
                started = self._templates.fork(engine.address, cwd, env)
            else:
                started = spawn(spec.command, engine.address, cwd, env)
        except OSError as error:
            engine.close()
            raise ProviderStartError(f"the provider process of {spec.package!r} did not start: {error}") from error
        return ProviderProcess(spec.package, started, engine)

    def give_back(self, process: ProviderProcess) -> None:
        """Take a process back: keep it for the next operation, or stop it without making anybody wait."""
        process.detach()
        leaving = [process]
        if self.processes == "reuse" and process.reusable and process.alive:
            with self._lock:
                self._idle.append(process)
                leaving = [self._idle.pop(0) for _ in range(len(self._idle) - self._keep)]
        for old in leaving:
            thread = threading.Thread(target=old.close)
            thread.start()
            with self._lock:
                self._leaving = [other for other in self._leaving if other.is_alive()] + [thread]

    def close(self) -> None:
        """Stop all processes and templates."""
        with self._lock:
            idle, self._idle = self._idle, []
            leaving, self._leaving = self._leaving, []
        for process in idle:
            process.close()
        for thread in leaving:
            thread.join()
        self._templates.close()
