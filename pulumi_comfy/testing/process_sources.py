"""Where provider processes come from: a plain start, or a fork of a template that has its imports done."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pulumi_comfy.configuration import SETTINGS

from .fork_server import Request

_OURS = Path(__file__).parents[2]
_LATE = ("PULUMI_", "COMFY", *(setting.environment for setting in SETTINGS))
"""What the variables have in their names that are read when a provider is called, at the start or, as a platform's URL
and key, elsewhere; any other may count as soon as a module is imported."""


@dataclass
class Started:
    """A process that was just started.

    Attributes:
        pid: Its id, which is its process group too.
        stdout: What it prints; ends when it does.
        stderr: The same for errors.
        popen: Its handle, when it is a child of this process.
        lifeline: A descriptor whose closing ends the process, or -1.
    """

    pid: int
    stdout: IO[str]
    stderr: IO[str]
    popen: subprocess.Popen[str] | None = None
    lifeline: int = -1

    def reap(self) -> None:
        """Collect the exit status of a process that has ended."""
        if self.popen is not None:
            self.popen.wait()
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1


def spawn(command: Sequence[str], address: str, cwd: str, env: Mapping[str, str]) -> Started:
    """Start a command with the engine's address as its last argument, in a process group of its own."""
    process = subprocess.Popen(
        [*command, address],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    return Started(process.pid, process.stdout, process.stderr, process)


class Template:
    """A process of `fork_server` for one environment."""

    def __init__(self, env: Mapping[str, str], preload: Sequence[str]) -> None:
        # Each message arrives as a whole, with its descriptors.
        self._socket, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi_comfy.testing.fork_server", str(theirs.fileno()), *preload],
            cwd=_OURS,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()

    def fork(self, request: Request) -> Started:
        """A fresh provider process.

        Raises:
            OSError: The template is gone.
        """
        stdout_read, stdout_write = os.pipe()
        stderr_read, stderr_write = os.pipe()
        lifeline_read, lifeline_write = os.pipe()
        theirs, ours = (stdout_write, stderr_write, lifeline_read), (stdout_read, stderr_read, lifeline_write)
        try:
            with self._lock:
                socket.send_fds(self._socket, [json.dumps(request).encode()], theirs)
                answer = self._socket.recv(32)
            if not answer:
                raise OSError("the template process of the dynamic providers has ended")
        except OSError:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        return Started(
            int(answer),
            os.fdopen(stdout_read, encoding="utf-8", errors="replace"),
            os.fdopen(stderr_read, encoding="utf-8", errors="replace"),
            lifeline=lifeline_write,
        )

    def close(self) -> None:
        """Hang up; the template ends, its children do not."""
        with contextlib.suppress(OSError):
            self._socket.close()
        self._process.wait()


class Templates:
    """The few templates kept at a time."""

    def __init__(self, preload: Sequence[str], keep: int = 3) -> None:
        self._preload = tuple(preload)
        self._keep = keep
        self._templates: dict[object, Template] = {}
        self._lock = threading.Lock()

    def fork(self, address: str, cwd: str, env: Mapping[str, str]) -> Started:
        """A fresh dynamic provider process with that folder and environment.

        Raises:
            OSError: The template ended before it answered.
        """
        late = {name: value for name, value in env.items() if any(part in name for part in _LATE)}
        early = {name: value for name, value in env.items() if name not in late}
        key = tuple(sorted(early.items()))
        with self._lock:
            template = self._templates.pop(key, None) or Template(early, self._preload)
            self._templates[key] = template
            old = [self._templates.pop(first) for first in list(self._templates)[: -self._keep]]
        for leaving in old:
            leaving.close()
        try:
            return template.fork({"address": address, "cwd": cwd, "env": late})
        except OSError:
            with self._lock:
                self._templates.pop(key, None)
            template.close()
            raise

    def close(self) -> None:
        """End all templates."""
        with self._lock:
            templates, self._templates = list(self._templates.values()), {}
        for template in templates:
            template.close()
