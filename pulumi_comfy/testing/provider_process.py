"""Provider processes: how they are started, kept warm, cancelled, killed and stopped (reference 1.3, 2.3).

A provider is always a real process that speaks the provider protocol. `LaunchSpec` says how a package's process is
started; the SDK's dynamic server is the only one known today, a native plugin is one more entry.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from .engine_service import EngineServer, LogSink
from .errors import ProviderStartError
from .results import Diagnostic

START_SECONDS = 60.0
STOP_SECONDS = 5.0


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

    def __init__(self, spec: LaunchSpec, cwd: str, env: Mapping[str, str]) -> None:
        """Start the process and wait for its port.

        Raises:
            ProviderStartError: It ended, or said nothing for a minute.
        """
        self._engine = EngineServer()
        self._process = subprocess.Popen(
            [*spec.command, self._engine.address],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.reusable = True
        self.key: object = None
        self._ports: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._early: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_stdout, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self._channel = grpc.insecure_channel(self._wait_for_port(spec), options=_GRPC_CHANNEL_OPTIONS)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def _wait_for_port(self, spec: LaunchSpec) -> str:
        try:
            port = self._ports.get(timeout=START_SECONDS)
        except queue.Empty:
            port = None
        if port is None or not port.strip().isdigit():
            self.kill()
            self._reap()
            said = "\n".join([*filter(None, [port]), *self._early])
            raise ProviderStartError(f"the provider process of {spec.package!r} did not start: {said or 'no output'}")
        return f"127.0.0.1:{port.strip()}"

    def _read_stdout(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):
            self._ports.put(self._process.stdout.readline() or None)
            for line in self._process.stdout:
                self._engine.sink(Diagnostic("", "info", line.rstrip("\n")))

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(ValueError):
            for line in self._process.stderr:
                self._early.append(line.rstrip("\n"))
                del self._early[:-50]
                self._engine.sink(Diagnostic("", "info#err", line.rstrip("\n")))

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def attach(self, sink: LogSink) -> None:
        """Send what the process logs to this sink from now on."""
        self._engine.sink = sink

    def detach(self) -> None:
        """Drop what the process logs from now on."""
        self._engine.sink = lambda _: None

    def kill(self) -> None:
        """SIGKILL the process and everything it started, as a second Ctrl-C does."""
        self.reusable = False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Stop the process as the CLI does: `Cancel`, interrupt, and kill after five seconds."""
        self.reusable = False
        if self.alive:
            with contextlib.suppress(grpc.RpcError):
                self.stub.Cancel(empty_pb2.Empty(), timeout=STOP_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGINT)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._channel.close()
        self._reap()

    def _reap(self) -> None:
        self._process.wait()
        for reader in self._readers:
            reader.join(STOP_SECONDS)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._engine.close()


class ProviderPool:
    """Warm processes, lent to one operation at a time.

    A process is handed out again only for the same command, folder and environment and if nobody cancelled, killed or
    spoiled it; its configuration must be the same too, because a server keeps what it configured.
    """

    def __init__(self, *, reuse: bool, keep: int = 3) -> None:
        self.reuse = reuse
        self._keep = keep
        self._idle: list[ProviderProcess] = []
        self._lock = threading.Lock()

    def lend(
        self, spec: LaunchSpec, cwd: str, env: Mapping[str, str], configuration: str
    ) -> tuple[ProviderProcess, bool]:
        """A process for the caller alone, and whether it is warm (and so configured already).

        Raises:
            ProviderStartError: A new process did not start.
        """
        key = (tuple(spec.command), cwd, tuple(sorted(env.items())), configuration)
        with self._lock:
            for place, process in enumerate(self._idle):
                if process.key == key and process.alive:
                    return self._idle.pop(place), True
        process = ProviderProcess(spec, cwd, env)
        process.key = key
        return process, False

    def give_back(self, process: ProviderProcess) -> None:
        """Take a process back: keep it warm, or stop it."""
        process.detach()
        leaving = [process]
        if self.reuse and process.reusable and process.alive:
            with self._lock:
                self._idle.append(process)
                leaving = [self._idle.pop(0) for _ in range(len(self._idle) - self._keep)]
        for old in leaving:
            old.close()

    def close(self) -> None:
        """Stop all idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.close()
