"""RunComfy as its emulator has it, and one program about it."""

from __future__ import annotations

import httpx
import pytest
from exam import Entry
from lone import Lone
from runcomfy_kinds import EXAMINEE
from runcomfy_program import Program

from pulumi_comfy.testing import Stack


@pytest.fixture
def emulator(comfy_emulator):
    EXAMINEE.quicken(comfy_emulator)
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
def lone(emulator, runcomfy, api, monkeypatch):
    """Make a deployment without an engine: `lone(name=...)`; its workflow is there, the request log is empty."""
    monkeypatch.setenv("PULUMI_COMFY_PACE", "0.01")

    def make(**arguments):
        it = Lone(Entry(EXAMINEE, "Deployment"), emulator, api, runcomfy.key())
        it.arguments.update(arguments)
        emulator.clear_requests()
        return it

    return make


@pytest.fixture
def api(runcomfy):
    """The platform as a person sees it, with a token of the same account."""
    headers = {"authorization": f"Bearer {runcomfy.key()}"}
    with httpx.Client(base_url=runcomfy.url, headers=headers, verify=False) as client:
        yield client
