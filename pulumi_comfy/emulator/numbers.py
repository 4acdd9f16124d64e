"""What makes sense as a number in a plan: asked by faults, builds and runs, which each refuse in words of their own."""

from __future__ import annotations

import math
from typing import TypeGuard


def is_whole(value: object) -> TypeGuard[int]:
    """Tell whether it is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_count(value: object) -> bool:
    """Tell whether so many requests, builds or runs could be met."""
    return is_whole(value) and value >= 1


def is_duration(value: object) -> bool:
    """Tell whether so many seconds can pass."""
    return (is_whole(value) or isinstance(value, float)) and 0 <= value < math.inf
