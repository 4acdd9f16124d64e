"""Memory: what large documents took goes back to the system, on glibc only; what is loaded is no garbage."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from collections.abc import Mapping

_M_MMAP_THRESHOLD = -3  # from glibc's malloc.h
_BYTES = 2**17  # its own first choice

_LARGE = 2_000_000
"""Characters of a property that is worth the millisecond that it takes to look for what is free."""


def return_large_blocks() -> None:
    """Keep glibc from pooling large blocks, as it does once one was freed.

    A document of 20 MB passes through ten forms; pooled, each leaves a hole that the next does not fit.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _BYTES)


def keep_what_is_loaded() -> None:
    """Let the garbage collector pass over what is there now, modules above all: it stays as long as the process.

    A refresh of hundreds would look through it some dozens of times.
    """
    gc.freeze()


def make_room_for(properties: Mapping[str, object]) -> None:
    """Give back what the last call and the transport left in small blocks, before a large document is read."""
    if any(isinstance(value, str) and len(value) > _LARGE for value in properties.values()):
        with contextlib.suppress(AttributeError, OSError, TypeError):
            ctypes.CDLL(None).malloc_trim(0)
