"""Noticing that the engine is gone, and leaving: what goes on alone would write beside the next `pulumi up`.

Nobody ends a provider whose CLI was killed: the parent process is a shell that lives on. Two things tell it:
gRPC ends the call under way, and standard input, a pipe from the CLI, is at its end. Both come
within some milliseconds of a kill; that the engine's port is closed too, for which the second waits, is seen some
seconds later at most.
"""

from __future__ import annotations

import os
import select
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_CONNECT_TIMEOUT = 1.0
"""Seconds; the engine is on this machine."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
"""Seconds between two looks whether an engine whose pipe has ended still answers."""


@contextmanager
def watching(context: Any, on_loss: Callable[[], None]) -> Iterator[None]:
    """Call `on_loss` when gRPC's `context` of a call ends while the call is still worked on.

    Its client is gone then, or has given up (a second Ctrl-C): nobody takes the answer.
    """
    is_done = threading.Event()

    def ended() -> None:
        if not is_done.is_set():
            on_loss()

    if not getattr(context, "add_callback", lambda _callback: True)(ended):  # it had ended before we looked
        on_loss()
    try:
        yield
    finally:
        is_done.set()


def watch_input(on_loss: Callable[[], None]) -> bool:
    """Call `on_loss` when the pipe on standard input has ended and no engine answers; False when it is not watched.

    It is not where it is no pipe, and where the last argument of this process is no address of an engine.
    Nothing is read: where somebody else started the process, what stands in the pipe is not ours.
    """
    try:
        descriptor = sys.stdin.fileno()
        is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        ends = select.poll()  # not on Windows
    except (AttributeError, OSError, ValueError):
        return False
    engine = sys.argv[-1]
    if not is_pipe or not _is_address(engine):
        return False
    ends.register(descriptor, 0)  # its end is told whether it is asked for or not

    def watch() -> None:
        ends.poll()
        pauses = _pauses()
        while is_answering(engine):  # what is killed closes the pipe some time before the port
            time.sleep(next(pauses))
        on_loss()

    threading.Thread(target=watch, name="pulumi_comfy_input", daemon=True).start()
    return True


def _pauses() -> Iterator[float]:
    """Give the seconds between two looks, without end: often within the first, then rarely."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdigit()


def is_answering(address: str) -> bool:
    """Tell whether somebody may listen at the engine's address; only a refused connection says that nobody does.

    On a busy machine the connection may take too long, and we may have no descriptor left: neither tells of the engine.
    """
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_TIMEOUT).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True
    return True
