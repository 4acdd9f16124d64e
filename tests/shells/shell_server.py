"""The SDK's dynamic provider server as a process of its own, called as the engine calls it."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2
from shell_toys import KEY, PROVIDER_TEXT

from pulumi_comfy.testing.process_sources import Started

URN = "urn:pulumi:dev::shop::pulumi-python:teapots:Teapot::blue"
PATIENCE = 60.0


def struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    written = struct_pb2.Struct()
    written.update({"__provider": PROVIDER_TEXT, **properties})
    return written


def failure_of(error: grpc.RpcError) -> tuple[status_pb2.Status, provider_pb2.ErrorResourceInitFailed | None]:
    """What the engine reads of a failed call: the status with its sentence, and the partial state in it."""
    metadata = dict(error.trailing_metadata())  # type: ignore[attr-defined]
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    partial = None
    if status.details:
        partial = provider_pb2.ErrorResourceInitFailed()
        assert status.details[0].Unpack(partial)
    return status, partial


class Engine(engine_pb2_grpc.EngineServicer):
    """The engine, as far as a provider process needs it: it takes log lines."""

    def __init__(self) -> None:
        self.lines: queue.SimpleQueue[engine_pb2.LogRequest] = queue.SimpleQueue()
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Log(self, request: engine_pb2.LogRequest, context: object) -> empty_pb2.Empty:
        self.lines.put(request)
        return empty_pb2.Empty()

    def line(self, text: str) -> engine_pb2.LogRequest:
        """Wait for the line that holds a text."""
        while True:
            line = self.lines.get(timeout=PATIENCE)
            if text in line.message:
                return line

    def close(self) -> None:
        self._server.stop(grace=0.5).wait()


class Server:
    """One server, configured; every call carries the toy's provider text."""

    def __init__(self, start: Callable[[str], Started]) -> None:
        self._engine = Engine()
        self._started = start(self._engine.address)
        self._reader = threading.Thread(target=self._read_stderr)
        self._reader.start()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{int(self._started.stdout.readline())}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.line = self._engine.line
        self.configure({"comfy:teapotsApiKey": KEY})

    def _read_stderr(self) -> None:
        for line in self._started.stderr:
            self._engine.lines.put(engine_pb2.LogRequest(message=line.rstrip("\n")))

    def has_ended(self, seconds: float) -> bool:
        """Wait for the end of the process: nobody writes to its stderr any more."""
        self._reader.join(seconds)
        return not self._reader.is_alive()

    def close(self) -> None:
        self._channel.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._started.pid, signal.SIGKILL)
        self._reader.join()
        self._started.reap()
        self._started.stdout.close()
        self._started.stderr.close()
        self._engine.close()

    def configure(self, configuration: Mapping[str, str]) -> None:
        arguments = struct_pb2.Struct()
        arguments.update(configuration)
        self.stub.Configure(provider_pb2.ConfigureRequest(args=arguments), timeout=PATIENCE)

    def check(self, **news: Any) -> Any:
        request = provider_pb2.CheckRequest(urn=URN, olds=struct({}), news=struct(news))
        return self.stub.Check(request, timeout=PATIENCE)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any], old_inputs: Mapping[str, Any]) -> Any:
        request = provider_pb2.DiffRequest(
            id="teapot-1", urn=URN, olds=struct(olds), news=struct(news), old_inputs=struct(old_inputs)
        )
        return self.stub.Diff(request, timeout=PATIENCE)

    def creation(self, name: str, timeout: float = 0, **properties: Any) -> Any:
        """A create under way."""
        request = provider_pb2.CreateRequest(
            urn=URN.replace("blue", name), properties=struct({"name": name, "size": 1, **properties}), timeout=timeout
        )
        return self.stub.Create.future(request, timeout=PATIENCE)

    def create(self, name: str = "blue", timeout: float = 0, **properties: Any) -> Any:
        return self.creation(name, timeout, **properties).result()

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any], old_inputs: Mapping[str, Any]) -> Any:
        request = provider_pb2.UpdateRequest(
            id="teapot-1", urn=URN, olds=struct(olds), news=struct(news), old_inputs=struct(old_inputs)
        )
        return self.stub.Update(request, timeout=PATIENCE)

    def read(self, outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        request = provider_pb2.ReadRequest(id="teapot-1", urn=URN, properties=struct(outputs), inputs=struct(inputs))
        return self.stub.Read(request, timeout=PATIENCE)

    def delete(self, outputs: Mapping[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(id="teapot-1", urn=URN, properties=struct(outputs))
        self.stub.Delete(request, timeout=PATIENCE)

    def cancel(self) -> None:
        self.stub.Cancel(empty_pb2.Empty(), timeout=PATIENCE)
