"""The steps that lives take: how many there were, and the program that repeats a life that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

TAKEN: Counter[str] = Counter()
"""Steps taken in this process, by rule."""
FAILED: list[list[str]] = []
"""The steps of each life that failed, as Python code. Where a cut falls depends on the machine's speed, so a failure
need not repeat itself, and of one that does not Hypothesis prints no steps."""


def step(function: Callable[..., None]) -> Callable[..., None]:
    """Count a rule and note it, so that a life that fails can be told."""

    @wraps(function)
    def taken(life: Any, **arguments: Any) -> None:
        TAKEN[" ".join(filter(None, (function.__name__, arguments.get("operation"))))] += 1
        life.steps.append(
            f"life.{function.__name__}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"
        )
        try:
            function(life, **arguments)
        except Exception:
            FAILED.append(life.steps)
            raise

    return taken


def shortest_failure() -> str:
    """The shortest program that failed."""
    return "\n".join(["from soak_life import Life", "", "life = Life()", *min(FAILED, key=len)])
