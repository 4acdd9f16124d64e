"""The `Engine` service: where a program and a provider process send their log lines (docs/pulumi.md 5.3)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from .results import Diagnostic

LogSink = Callable[[Diagnostic], None]
_SEVERITIES = {
    engine_pb2.DEBUG: "debug",
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}


def diagnostic_of(request: engine_pb2.LogRequest) -> Diagnostic:
    """The diagnostic that a `Log` request carries."""
    severity = _SEVERITIES.get(request.severity, "info")
    return Diagnostic(request.urn, severity, request.message.rstrip("\n"), bool(request.ephemeral))


class EngineCalls:
    """The engine as an object that the SDK in this process calls directly (`Settings(engine=...)`)."""

    def __init__(self, sink: LogSink) -> None:
        self._sink = sink

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:
        """Take one line. Debug lines are dropped at once: a tiny program makes dozens of them."""
        if request.severity != engine_pb2.DEBUG:
            self._sink(diagnostic_of(request))
        return empty_pb2.Empty()

    def RequirePulumiVersion(
        self,
        request: engine_pb2.RequirePulumiVersionRequest,  # noqa: ARG002 - the protocol's signature
    ) -> engine_pb2.RequirePulumiVersionResponse:
        """Every version is accepted: the SDK is the one installed here."""
        return engine_pb2.RequirePulumiVersionResponse()


class EngineServer:
    """A real gRPC `Engine` server on a loopback port for one provider process.

    Attributes:
        address: What the process gets as its first argument.
        sink: Where its lines go; exchanged when a warm process serves another operation.
    """

    def __init__(self) -> None:
        self.sink: LogSink = lambda _: None
        self._workers = futures.ThreadPoolExecutor(max_workers=2, thread_name_prefix="comfy-engine")
        self._server = grpc.server(self._workers)
        engine_pb2_grpc.add_EngineServicer_to_server(_Servicer(self), self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def close(self) -> None:
        """Stop serving and wait for the last line."""
        self._server.stop(grace=0.5).wait()
        self._workers.shutdown(wait=False)  # which gRPC leaves to whoever made them


class _Servicer(engine_pb2_grpc.EngineServicer):
    def __init__(self, server: EngineServer) -> None:
        self._server = server

    def Log(self, request: engine_pb2.LogRequest, context: Any) -> empty_pb2.Empty:  # noqa: ARG002
        return EngineCalls(self._server.sink).Log(request)

    def RequirePulumiVersion(
        self,
        request: engine_pb2.RequirePulumiVersionRequest,
        context: Any,  # noqa: ARG002
    ) -> engine_pb2.RequirePulumiVersionResponse:
        return EngineCalls(self._server.sink).RequirePulumiVersion(request)
