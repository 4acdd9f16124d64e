"""What the tests of this platform share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pulumi_comfy.emulator import Emulator
from pulumi_comfy.testing import Stack


@pytest.fixture
def emulator(comfy_emulator: Emulator) -> Emulator:
    """An empty platform whose builds and runs take no time worth waiting for."""
    comfy_emulator.settings.build_seconds = 0.02
    comfy_emulator.settings.run_seconds = 0.02
    return comfy_emulator


@pytest.fixture
def deploy(emulator: Emulator, comfy_stack: Callable[..., Stack]) -> Callable[..., Stack]:
    """Make a stack on the quick platform; the platform is emptied first."""
    return comfy_stack


@pytest.fixture
def platform(emulator: Emulator) -> Any:
    """The platform's own API, for edits behind Pulumi's back."""
    headers = {"Authorization": f"Bearer {emulator.comfydeploy_key()}"}
    with httpx.Client(base_url=emulator.comfydeploy_url, headers=headers, timeout=30) as client:
        yield client
