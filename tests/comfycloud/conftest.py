"""Comfy Cloud as its emulator has it, a stack about it, and single resources without an engine."""

from __future__ import annotations

import httpx
import pytest
from comfycloud_kinds import EXAMINEE
from comfycloud_program import Program
from exam import Entry
from lone import Lone

from pulumi_comfy.testing import Stack


@pytest.fixture
def emulator(comfy_emulator):
    EXAMINEE.quicken(comfy_emulator)
    return comfy_emulator


@pytest.fixture
def cloud(emulator):
    return emulator.comfycloud


@pytest.fixture
def program() -> Program:
    return Program()


@pytest.fixture
def stack(comfy_stack, emulator, program) -> Stack:
    return comfy_stack(program, env={"PULUMI_COMFY_PACE": "0.05"})


@pytest.fixture
def api(cloud):
    """The platform as a person of the same workspace sees it."""
    with httpx.Client(base_url=cloud.url, headers={"x-api-key": cloud.key()}, verify=False) as client:
        yield client


@pytest.fixture
def lone(emulator, cloud, api, monkeypatch):
    """Make a resource without an engine: `lone("Workflow", name=...)`; what it needs is there."""
    monkeypatch.setenv("PULUMI_COMFY_PACE", "0.01")

    def make(kind: str = "Workflow", **arguments):
        it = Lone(Entry(EXAMINEE, kind), emulator, api, cloud.key())
        it.arguments.update(arguments)
        emulator.clear_requests()
        return it

    return make
