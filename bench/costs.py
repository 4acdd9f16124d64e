"""What the lines about money take of a preview in which every resource has one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

from bench.service import machines
from pulumi_comfy.emulator import Emulator
from pulumi_comfy.testing import Stack, TestEngine

MANY = 100
ROUNDS = 7
MOST = 1.1

Measured = tuple[str, str, str, bool]


def cost_rows() -> Iterator[Measured]:
    """Preview the same machines with and without the lines, in turn on one engine."""
    with ExitStack() as open_ones:
        emulator = open_ones.enter_context(Emulator())
        engine = open_ones.enter_context(TestEngine())
        stacks = {word: _stack(emulator, engine, word) for word in ("on", "off")}
        seconds: dict[str, list[float]] = {word: [] for word in stacks}
        for _ in range(ROUNDS + 1):  # the first of each warms what can be warm
            for word, stack in stacks.items():
                started = time.perf_counter()
                told = sum("USD/h" in line.message for line in stack.preview().diagnostics)
                seconds[word].append(time.perf_counter() - started)
                assert told == (MANY if word == "on" else 0)
    ratio = min(seconds["on"][1:]) / min(seconds["off"][1:])  # what else runs on this machine only adds
    yield (
        f"a preview of {MANY} new machines that says costs, against one that does not",
        f"{ratio:.2f}",
        f"<= {MOST}",
        ratio <= MOST,
    )


def _stack(emulator: Emulator, engine: TestEngine, word: str) -> Stack:
    env = {**emulator.comfydeploy.environment(), "COMFY_COSTS": word}
    return Stack(engine, project="bench", stack=word, program=machines(MANY), env=env)
