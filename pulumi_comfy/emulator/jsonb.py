"""What PostgreSQL does to values on their way through the database."""

from __future__ import annotations

import math
import struct
from typing import Any

from pulumi_comfy.emulator.gateway import UnhandledError

_LARGEST_FLOAT4 = 3.4e38


def stored(value: Any) -> Any:
    """A JSON value after `jsonb`: object keys ordered by length, then by bytes.

    Raises:
        UnhandledError: What the database does not take: NaN, infinities, NUL, half of a surrogate pair; and what
            is nested too deeply to be written.
    """
    try:
        return _stored(value)
    except (ValueError, RecursionError):
        raise UnhandledError from None


def float4(value: float | None) -> float | None:
    """A number after a `real` column: rounded to 32 bits, so 0.1 reads back 0.10000000149011612.

    Raises:
        UnhandledError: A number that does not fit.
    """
    if value is None:
        return None
    if not math.isfinite(value) or abs(value) > _LARGEST_FLOAT4:
        raise UnhandledError
    rounded: float = struct.unpack("f", struct.pack("f", value))[0]
    return rounded


def _stored(value: Any) -> Any:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (len(name.encode()), name.encode()))
        return {name: _stored(value[name]) for name in names}
    if isinstance(value, list):
        return [_stored(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
    if isinstance(value, str) and b"\0" in value.encode():
        raise ValueError(value)
    return value
