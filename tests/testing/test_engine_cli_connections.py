"""What programs of the real CLI share in one process: no connection."""

from __future__ import annotations

import socket
from concurrent import futures

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from pulumi_comfy.testing import CliEngine


class Listening(engine_pb2_grpc.EngineServicer):
    def Log(self, request, context):
        return empty_pb2.Empty()


def a_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def log(channel: grpc.Channel) -> None:
    engine_pb2_grpc.EngineStub(channel).Log(engine_pb2.LogRequest(message="a line"))


def as_a_program_connects(address: str) -> grpc.Channel:
    return grpc.insecure_channel(address, options=_GRPC_CHANNEL_OPTIONS)


def test_a_program_reaches_an_engine_that_has_the_port_of_one_that_is_gone():
    CliEngine("pulumi").close()
    address = f"127.0.0.1:{a_port()}"
    former = as_a_program_connects(address)
    with pytest.raises(grpc.RpcError):
        log(former)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    engine_pb2_grpc.add_EngineServicer_to_server(Listening(), server)
    server.add_insecure_port(address)
    server.start()

    with as_a_program_connects(address) as channel:
        log(channel)

    server.stop(None)
    former.close()
