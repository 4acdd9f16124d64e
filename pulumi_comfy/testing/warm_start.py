"""New provider processes in a few milliseconds: forked from one that has imported everything already.

An engine starts a new process for each operation, and what a provider keeps in memory must not outlive it. A warm
process that was used before would hide that; starting Python anew costs most of a second. So one process per
interpreter imports the SDK's dynamic server and what the providers need, starts nothing, and forks on request; the
child then becomes `python -m pulumi.dynamic` with its own folder, environment and arguments.

Run as `python -m pulumi_comfy.testing.warm_start FD MODULE...`; requests come over the socket FD, one JSON object with
`env`, `cwd`, `argv` and two file descriptors (standard output and error); the answer is the child's process id.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import socket
import sys
from typing import Any

SERVER = "pulumi.dynamic"
_LARGEST_REQUEST = 1 << 20


def serve(control: socket.socket) -> None:
    """Fork a child for each request until the other side closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children here: the system reaps them
    while True:
        text, descriptors, _flags, _address = socket.recv_fds(control, _LARGEST_REQUEST, 2)
        if not text:
            return
        child = os.fork()
        if child == 0:
            control.close()
            become_provider(json.loads(text), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(f"{child}\n".encode())


def become_provider(request: dict[str, Any], stdout: int, stderr: int) -> None:
    """Be the SDK's server, as if started with this folder, environment and arguments. Never returns."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    own = [path for path in request["env"].get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:] = list(dict.fromkeys([request["cwd"], *own, *sys.path]))
    sys.argv = ["pulumi.dynamic", *request["argv"]]
    code = 0
    try:
        runpy.run_module(SERVER, run_name="__main__", alter_sys=True)
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        os._exit(code)


def preload(modules: list[str]) -> None:
    """Import what the children will need; nothing here may open a channel or start a thread before the fork."""
    for module in ("dill", "grpc", "pulumi.runtime", "pulumi.dynamic", *modules):
        importlib.import_module(module)


if __name__ == "__main__":
    preload(sys.argv[2:])
    serve(socket.socket(fileno=int(sys.argv[1])))
