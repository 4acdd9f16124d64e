"""A template process that forks fresh dynamic provider processes (runs as `python -u -m ...fork_server`).

Each operation gets a provider process of its own, as with the real engine, but without paying for the start of the
interpreter and the imports: the template has imported them and never runs any provider code. The child does exactly
what `python -u -m pulumi.dynamic ADDRESS` does.

Protocol, on the inherited socket whose number is the first argument: each message carries a `Request` as JSON and
three descriptors (stdout, stderr, lifeline); the answer is the child's process id. End of file ends the template. The
lifeline is a pipe that nobody writes to: its end tells a child that the engine is gone, however it went.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
import traceback
from typing import NoReturn, TypedDict

# gRPC imports what a server and a channel are made of when the first is made: in each child, if not here.
_GRPC = ("grpc", "grpc._server", "grpc._channel", "grpc.experimental")
ALWAYS = (*_GRPC, "dill", "pulumi", "pulumi.dynamic", "pulumi.runtime.proto.provider_pb2_grpc")

MESSAGE_BYTES = 1 << 20


class Request(TypedDict):
    """What one child is asked for."""

    address: str
    """The engine's."""
    cwd: str
    """Its folder, which comes first on its `sys.path`."""
    env: dict[str, str]
    """Variables it has beside the template's."""


def _reap(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _die_with_engine(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(1)


def _become_provider(request: Request, stdout: int, stderr: int, lifeline: int) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.close(stdout)
    os.close(stderr)
    threading.Thread(target=_die_with_engine, args=(lifeline,), daemon=True).start()
    sys.argv = ["pulumi.dynamic", request["address"]]
    status = 1
    try:
        os.chdir(request["cwd"])
        sys.path[0] = os.getcwd()  # `python -m` puts the folder there that it is started in
        os.environ.update(request["env"])
        runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
        status = 0
    except BaseException:  # noqa: BLE001  (nothing may come back into the template's loop)
        traceback.print_exc()
    finally:  # leave without taking the interpreter apart, which would copy each of the template's pages
        atexit._run_exitfuncs()  # what a process does that is ended in order
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """Import what is named on the command line, then fork on request until the engine hangs up."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    for name in (*ALWAYS, *sys.argv[2:]):
        with contextlib.suppress(Exception):  # a module that cannot be imported is the child's to report
            importlib.import_module(name)
    gc.freeze()  # no collection in a child touches, and so copies, the template's pages
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, _reap)
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, MESSAGE_BYTES, 3)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            requests.close()
            _become_provider(json.loads(message), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        requests.sendall(str(pid).encode())


if __name__ == "__main__":
    main()
