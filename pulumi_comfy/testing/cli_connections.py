"""The connections of programs that one process runs for the real CLI, one after another."""

from __future__ import annotations

from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS


def keep_connections_apart() -> None:
    """Let no channel of a program share a connection with that of an earlier program to the same port.

    gRPC shares them in a process, and the SDK closes none: after hundreds of commands a new engine soon gets the port
    of one that is gone, whose connection waits before it is tried again. The program then ends with «Resource monitor
    has terminated» although its engine is there.
    """
    own_pool = ("grpc.use_local_subchannel_pool", 1)
    if own_pool not in _GRPC_CHANNEL_OPTIONS:
        _GRPC_CHANNEL_OPTIONS.append(own_pool)
