"""What the tests of the command line share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_processes import OWN_VARIABLES
from click.testing import CliRunner, Result

from pulumi_comfy.cli import main

Invoke = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and none of the developer's own variables."""
    for name in [name for name in os.environ if name.startswith(OWN_VARIABLES)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def invoke(folder: Path) -> Invoke:
    """Run `pulumi-comfy` with these arguments in this process, in an empty folder."""
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def path_without_pulumi(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH on which there is no `pulumi`."""
    kept = [entry for entry in os.environ["PATH"].split(os.pathsep) if not (Path(entry) / "pulumi").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join(kept))
