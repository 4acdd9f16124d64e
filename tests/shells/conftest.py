"""Fixtures of the shells' tests: an SDK server process with the toy, and a process's parts in this one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import shell_toys
from shell_server import Server

from pulumi_comfy.configuration import SETTINGS
from pulumi_comfy.core import redaction
from pulumi_comfy.shells import process
from pulumi_comfy.testing.plugin import PRELOAD
from pulumi_comfy.testing.process_sources import Templates

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the person who runs the tests, and no secrets of other tests."""
    for setting in SETTINGS:
        monkeypatch.delenv(setting.environment, raising=False)
    monkeypatch.setattr(redaction, "_known", redaction.Known())


@pytest.fixture(scope="session")
def templates() -> Iterator[Templates]:
    """Server processes that have their imports done: half a second saved with each test."""
    kept = Templates(PRELOAD)
    yield kept
    kept.close()


@pytest.fixture
def server(templates: Templates) -> Iterator[Server]:
    """The SDK's own dynamic provider server, in a process that no other test has used."""
    ours = ("COMFY", "PULUMI", "PYTEST_CURRENT_TEST")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    environment["PULUMI_COMFY_LOG"] = "debug"
    running = Server(lambda address: templates.fork(address, str(HERE), environment))
    yield running
    running.close()


@pytest.fixture
def teapots(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, object]]:
    """The toy's platform in this process; gives its objects."""
    monkeypatch.setenv("TEAPOTS_API_KEY", shell_toys.KEY)
    monkeypatch.setattr(sys, "argv", ["provider"])
    monkeypatch.setattr(process, "_process", None)
    shell_toys.POTS.clear()
    return shell_toys.POTS
