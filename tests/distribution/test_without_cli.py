"""`.ci/without-cli`: a command meets no Pulumi CLI, and everything else that was on PATH."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.apart

WITHOUT_CLI = Path(__file__).resolve().parents[2] / ".ci" / "without-cli"


@pytest.fixture
def ask(tmp_path):
    """Run shell lines where a folder of PATH, with a space in its name, holds the CLI and another tool."""
    tools = tmp_path / "some tools"
    tools.mkdir()
    for name in ("pulumi", "neighbour"):
        (tools / name).write_text(f"#!/bin/sh\necho {name}\n", encoding="utf-8")
        (tools / name).chmod(0o755)

    def run(lines: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": os.pathsep.join([str(tools), "/nowhere", os.environ["PATH"]])}
        return subprocess.run(
            [str(WITHOUT_CLI), "sh", "-c", lines], env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_the_cli_is_not_found_and_its_neighbour_is(ask):
    done = ask("neighbour; command -v pulumi || echo none")

    assert (done.stdout.splitlines(), done.stderr) == (["neighbour", "none"], "")


def test_the_commands_exit_code_is_kept(ask):
    assert ask("exit 3").returncode == 3


def test_nothing_is_left_behind(ask):
    shadow = ask("command -v neighbour").stdout.strip()

    assert shadow
    assert not Path(shadow).exists()
