"""Stacks on their way: the examples of promotion, on either engine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from services import SERVICES, Service
from worlds import CliWorld, EngineWorld, World

from pulumi_comfy.emulator import Emulator
from pulumi_comfy.testing import CliEngine
from pulumi_comfy.testing.plugin import NO_CLI


@pytest.fixture
def emulator(comfy_emulator: Emulator) -> Emulator:
    """Platforms whose builds and runs take no time worth waiting for."""
    comfy_emulator.settings.build_seconds = comfy_emulator.settings.run_seconds = 0.02
    comfy_emulator.runcomfy.set_balance(10)
    return comfy_emulator


@pytest.fixture
def world(
    comfy_engine: Any, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], World]:
    """Make the world of an example on the engine of the test."""

    def make(example: str) -> World:
        if isinstance(comfy_engine, CliEngine):
            return CliWorld(example, tmp_path, emulator.environment())
        return EngineWorld(example, tmp_path, emulator.environment(), comfy_engine, monkeypatch)

    return make


@pytest.fixture
def cli_world(emulator: Emulator, tmp_path: Path) -> Callable[[str], CliWorld]:
    """Make the world of an example on the real CLI, for what it alone shows."""
    if shutil.which("pulumi") is None:
        pytest.skip(NO_CLI)
    return lambda example: CliWorld(example, tmp_path, emulator.environment())


@pytest.fixture(params=SERVICES.values(), ids=SERVICES)
def service(request: pytest.FixtureRequest, world: Callable[[str], World], emulator: Emulator) -> Service:
    """A service of which `dev` serves the first version."""
    return request.param(world(request.param.example), emulator)
