"""A full disk is said in one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")


@pytest.mark.parametrize("arguments", [["--help"], ["validate", "--help"], ["--version"], ["prices"]])
def test_a_full_disk_behind_the_output_is_said_without_a_traceback(arguments: list[str]):
    with FULL.open("w") as full:
        command = [sys.executable, "-m", "pulumi_comfy.cli", *arguments]
        ended = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True)

    assert (ended.returncode, ended.stderr) == (1, "Error: No space left on device\n")
