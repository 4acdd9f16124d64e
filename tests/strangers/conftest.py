"""The vendors' own clients, each in a virtual environment of its own: two of our own readings can share a mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".venv" / "strangers"
ASKED = "COMFY_STRANGERS"
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip them all where nobody asked: they install packages."""
    if not os.environ.get(ASKED):
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=f"set {ASKED}, or run `make test-strangers`"))


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
