"""Keeps the language host's own interrupt out of the output: one sentence of ours stood between two tracebacks.

When a step fails the host sends the program a SIGINT while its runner waits, and again while it shuts down; Python then
prints a traceback for each. A program's own exceptions are printed as ever.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

_RUNNER = "pulumi-language-python-exec"
_Hook = Callable[[type[BaseException], BaseException, "TracebackType | None"], object]


def install() -> None:
    """Wrap `sys.excepthook`, once, and only in a process that the language host runs a program in."""
    if any(_RUNNER in argument for argument in sys.orig_argv) and not isinstance(sys.excepthook, _Quiet):
        sys.excepthook = _Quiet(sys.excepthook)


class _Quiet:
    """An exception hook that prints nothing for an interrupt which met no line of the program.

    Args:
        otherwise: the hook for everything else.
    """

    def __init__(self, otherwise: _Hook) -> None:
        self._otherwise = otherwise

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not all(_is_the_host_s(one) for one in _chain(error)):
            self._otherwise(kind, error, trace)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_the_host_s(error: BaseException) -> bool:
    """Tell whether it is a bare interrupt, and none of its frames is of the program or of what it imports."""
    if type(error) is not KeyboardInterrupt or error.args:
        return False
    trace = error.__traceback__
    while trace is not None:
        if not _is_machinery(trace.tb_frame.f_code.co_filename):
            return False
        trace = trace.tb_next
    return True


def _is_machinery(filename: str) -> bool:
    """Tell whether a file is the runner's, the standard library's, Pulumi's or gRPC's."""
    path = Path(filename)
    if filename.startswith("<frozen ") or path.name == _RUNNER:
        return True
    folders = [Path(str(sys.modules[name].__file__)).parent for name in ("pulumi", "grpc") if name in sys.modules]
    if any(map(path.is_relative_to, folders)):
        return True
    is_installed = any(part in ("site-packages", "dist-packages") for part in path.parts)
    return not is_installed and path.is_relative_to(sysconfig.get_paths()["stdlib"])
