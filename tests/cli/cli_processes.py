"""`pulumi-comfy` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

OWN_VARIABLES = ("PULUMI_", "COMFYDEPLOY_", "COMFY_")


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
