"""Long random lives of a stack, with faults: one set of invariants always holds."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from soak_life import Life
from soak_steps import FAILED, TAKEN, shortest_failure
from soak_world import STEPS_VARIABLE, steps_wanted

pytestmark = pytest.mark.apart

STEPS_IN_A_LIFE = 30
SHORT = 7
"""Lives in the short mode: the same ones each time."""
COMMON = settings(
    deadline=None,
    database=None,
    stateful_step_count=STEPS_IN_A_LIFE,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


def taken() -> int:
    return sum(TAKEN.values())


def live(**how: Any) -> None:
    FAILED.clear()
    try:
        run_state_machine_as_test(Life, settings=settings(COMMON, **how))
    except BaseException as error:
        if FAILED:
            raise AssertionError(f"after {taken()} steps this fails:\n\n{shortest_failure()}\n") from error
        raise


@pytest.mark.skipif(steps_wanted() is not None, reason=f"{STEPS_VARIABLE} asks for the long mode")
def test_the_invariants_hold_through_the_same_few_hundred_steps(one_in):
    lives = SHORT // one_in(3)

    live(derandomize=True, max_examples=lives)

    assert taken() >= lives * STEPS_IN_A_LIFE // 2


@pytest.mark.skipif(steps_wanted() is None, reason=f"the long mode: set {STEPS_VARIABLE}, or run `make soak`")
def test_the_invariants_hold_through_thousands_of_random_steps(capsys):
    wanted = steps_wanted() or 0
    while taken() < wanted:
        lives = math.ceil((wanted - taken()) / STEPS_IN_A_LIFE)
        live(max_examples=lives)

    with capsys.disabled():
        print(f"\n{taken()} steps")
        for name, count in sorted(TAKEN.items()):
            print(f"  {count:6} {name}")
