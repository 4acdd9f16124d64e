"""A plain server as its emulator has it, and one program about it."""

from __future__ import annotations

import httpx
import pytest
from comfyui_kinds import EXAMINEE
from comfyui_program import Program
from exam import Entry
from lone import Lone

from pulumi_comfy.testing import Stack


@pytest.fixture
def emulator(comfy_emulator):
    EXAMINEE.quicken(comfy_emulator)
    return comfy_emulator


@pytest.fixture
def comfyui(emulator):
    return emulator.comfyui


@pytest.fixture
def program() -> Program:
    return Program()


@pytest.fixture
def stack(comfy_stack, emulator, program) -> Stack:
    return comfy_stack(program.run, env={"PULUMI_COMFY_PACE": "0.05"})


@pytest.fixture
def api(comfyui):
    """The server as a person's browser sees it."""
    with httpx.Client(base_url=comfyui.url, timeout=30, verify=False) as client:
        yield client


@pytest.fixture
def lone(emulator, comfyui, api, monkeypatch):
    """Make a resource without an engine: `lone("Workflow", name=...)`; the request log is empty."""
    monkeypatch.setenv("PULUMI_COMFY_PACE", "0.01")

    def make(kind="Workflow", **arguments):
        it = Lone(Entry(EXAMINEE, kind), emulator, api, "")
        it.arguments.update(arguments)
        emulator.clear_requests()
        return it

    return make
