"""What the tests of this platform share.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from comfydeploy_kinds import EXAMINEE, in_a_second_of_its_own
from exam import Entry
from lone import Lone

from pulumi_comfy.emulator import Emulator
from pulumi_comfy.platforms.comfydeploy import builds
from pulumi_comfy.testing import Stack


@pytest.fixture
def emulator(comfy_emulator: Emulator) -> Emulator:
    """An empty platform whose builds, runs and downloads take no time worth waiting for."""
    comfy_emulator.settings.build_seconds = 0.02
    comfy_emulator.settings.run_seconds = 0.02
    comfy_emulator.settings.download_seconds = 0.02
    comfy_emulator.settings.api_key_seconds = 0.01  # a second at the pace of these tests
    return comfy_emulator


@pytest.fixture(scope="session")
def account_key(_comfy_emulator_session: Emulator) -> str:
    """One key for all tests, as the client that edits behind Pulumi's back is one for all."""
    return _comfy_emulator_session.comfydeploy.key()


@pytest.fixture
def deploy(emulator: Emulator, comfy_stack: Callable[..., Stack], account_key: str) -> Callable[..., Stack]:
    """Make a stack on the quick platform, which is looked at quickly; the platform is emptied first."""

    def make(program: Any, **arguments: Any) -> Stack:
        own = {"PULUMI_COMFY_PACE": "0.05", "COMFYDEPLOY_API_KEY": account_key, **arguments.pop("env", {})}
        return comfy_stack(program, env=own, **arguments)

    return make


@pytest.fixture(scope="session")
def platform(_comfy_emulator_session: Emulator, account_key: str) -> Any:
    """The platform's own API, for edits behind Pulumi's back; one for all, as a client's TLS context takes 40 ms."""
    headers, emulator = {"Authorization": f"Bearer {account_key}"}, _comfy_emulator_session
    hooks = in_a_second_of_its_own(emulator)
    url = emulator.comfydeploy.url
    with httpx.Client(base_url=url, headers=headers, timeout=30, event_hooks=hooks, verify=False) as client:
        yield client


@pytest.fixture
def lone(emulator: Emulator, platform: Any, account_key: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Make a resource without an engine: `lone("Workflow", name=...)`; its needs are made, the request log is empty."""
    monkeypatch.setenv("PULUMI_COMFY_PACE", "0.01")

    def make(kind: str, **arguments: Any) -> Lone:
        it = Lone(Entry(EXAMINEE, kind), emulator, platform, account_key)
        it.arguments.update(arguments)
        emulator.clear_requests()
        return it

    return make


@pytest.fixture
def impatient_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """An `up` that waits for no build longer than a moment; only one whose build hangs, as a machine may be busy."""

    def run(it: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(builds, "BUILD_TIMEOUT", 0.3)
            return it.up()

    return run
