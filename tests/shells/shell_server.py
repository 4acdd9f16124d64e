"""The SDK's dynamic provider server as a process, called as the engine calls it."""

from __future__ import annotations

import queue
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2
from shell_toys import KEY, PROVIDER_TEXT

from pulumi_comfy.testing.provider_process import DYNAMIC, ProviderProcess
from pulumi_comfy.testing.results import Diagnostic

URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/comfy/teapots:Teapot::blue"
PATIENCE = 60.0


def struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    written = struct_pb2.Struct()
    written.update({"__provider": PROVIDER_TEXT, **properties})
    return written


def failure_of(error: grpc.RpcError) -> tuple[status_pb2.Status, provider_pb2.ErrorResourceInitFailed | None]:
    """What the engine reads of a failed call: the status with its sentence, and the partial state in it."""
    metadata = {key: value for key, value in error.trailing_metadata()}  # type: ignore[attr-defined]
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    partial = None
    if status.details:
        partial = provider_pb2.ErrorResourceInitFailed()
        assert status.details[0].Unpack(partial)
    return status, partial


class Server:
    """One server, configured; every call carries the toy's provider text."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.lines: queue.SimpleQueue[Diagnostic] = queue.SimpleQueue()
        self._process = ProviderProcess(DYNAMIC, str(folder), environment)
        self._process.attach(self.lines.put)
        self.stub = self._process.stub
        self.configure({"comfy:comfydeployApiKey": KEY})

    def close(self) -> None:
        self._process.close()

    def configure(self, configuration: Mapping[str, str]) -> None:
        arguments = struct_pb2.Struct()
        arguments.update(configuration)
        self.stub.Configure(provider_pb2.ConfigureRequest(args=arguments), timeout=PATIENCE)

    def line(self, text: str) -> Diagnostic:
        """Wait for the line that holds a text."""
        while True:
            line = self.lines.get(timeout=PATIENCE)
            if text in line.message:
                return line

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
