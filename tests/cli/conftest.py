"""What the tests of the command line share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pulumi_comfy.cli import main

Invoke = Callable[..., Result]

OWN_VARIABLES = ("PULUMI_", "COMFYDEPLOY_", "COMFY_")


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


def run_command(
    *arguments: str, cwd: Path, env: Mapping[str, str], without_pulumi: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run `pulumi-comfy` as a process of its own."""
    merged = {key: value for key, value in os.environ.items() if not key.startswith(OWN_VARIABLES)} | dict(env)
    if without_pulumi:
        entries = [entry for entry in merged["PATH"].split(os.pathsep) if not (Path(entry) / "pulumi").exists()]
        merged["PATH"] = os.pathsep.join(entries)
    return subprocess.run(
        [sys.executable, "-m", "pulumi_comfy.cli", *arguments],
        cwd=cwd,
        env=merged,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
