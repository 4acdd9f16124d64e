"""Virtual environments of the vendors' clients, and the scripts that run in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENVIRONMENTS = ROOT / ".venv" / "strangers"


def python_with(name: str, *requirements: str) -> Path:
    """Give the interpreter of an environment that holds a package; skip where it cannot be installed."""
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENTS / name)], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{' '.join(requirements)} cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    return python


def told_by(python: Path, script: str, **environment: str) -> Any:
    """Run one of the scripts beside this file and give the JSON that it prints."""
    done = subprocess.run(
        [str(python), str(HERE / script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": os.environ["PATH"], **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
