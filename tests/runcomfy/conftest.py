"""RunComfy as its emulator has it, and one program about it."""

from __future__ import annotations

import httpx
import pytest
from runcomfy_program import Program

from pulumi_comfy.testing import Stack


@pytest.fixture
def emulator(comfy_emulator):
    comfy_emulator.settings.run_seconds = 0.01
    comfy_emulator.settings.cold_start_seconds = 0.0
    return comfy_emulator


@pytest.fixture
def runcomfy(emulator):
    runcomfy = emulator.runcomfy
    runcomfy.set_balance(10)
    return runcomfy


@pytest.fixture
def program(runcomfy) -> Program:
    return Program(runcomfy)


@pytest.fixture
def stack(comfy_stack, emulator, program) -> Stack:
    return comfy_stack(program.run, env={"PULUMI_COMFY_PACE": "0.05"})


@pytest.fixture
def api(runcomfy):
    """The platform as a person sees it, with a token of the same account."""
    with httpx.Client(base_url=runcomfy.url, headers={"authorization": f"Bearer {runcomfy.key()}"}) as client:
        yield client
