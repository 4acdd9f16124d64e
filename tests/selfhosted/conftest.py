"""A self-hosted server as its emulator has it: the public one, unless a test says otherwise."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from exam import Entry
from lone import Lone
from selfhosted_kinds import OSS, SEED, in_a_second_of_its_own


@pytest.fixture
def emulator(comfy_emulator):
    OSS.quicken(comfy_emulator)
    return comfy_emulator


@pytest.fixture
def server(emulator):
    return emulator.selfhosted


@pytest.fixture
def api(emulator, server):
    """The server as the plugin sees it."""
    headers, hooks = {"authorization": f"Bearer {server.key()}"}, in_a_second_of_its_own(emulator)
    with httpx.Client(base_url=server.url, headers=headers, timeout=30, event_hooks=hooks) as client:
        yield client


@pytest.fixture
def lone(emulator, server, api, monkeypatch):
    """Make a resource without an engine: `lone("Workflow")`; its needs are made, the request log is empty."""
    monkeypatch.setenv("PULUMI_COMFY_PACE", "0.01")

    def make(kind: str, profile: str = "oss", **arguments: Any) -> Lone:
        server.settings.profile = profile
        it = Lone(Entry(SEED if profile == "seed" else OSS, kind), emulator, api, server.key())
        it.arguments.update(arguments)
        emulator.clear_requests()
        return it

    return make
