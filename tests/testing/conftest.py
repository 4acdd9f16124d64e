"""Fixtures of the engine's own tests: a toy platform on disk and stacks on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toys import ToyWorld

from pulumi_comfy.testing import Stack


@pytest.fixture(scope="session")
def _world_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("world")


@pytest.fixture
def world(_world_folder: Path) -> ToyWorld:
    """An empty platform, in the same folder each time: the same configuration lets provider processes stay warm."""
    for file in _world_folder.iterdir():
        file.unlink()
    return ToyWorld(_world_folder)


@pytest.fixture
def toy_stack(comfy_engine: Any, world: ToyWorld) -> Callable[..., Stack]:
    """A stack on the toy platform, on whichever engine the test runs."""

    def make(program: Any, **options: Any) -> Stack:
        config = {**world.config, **options.pop("config", {})}
        return Stack(comfy_engine, options.pop("project", "demo"), program=program, config=config, **options)

    return make
