"""Every example is run: the projects by the test engine, their own tests by a pytest of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_the_tested_service_passes_its_own_tests():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-o", "addopts="]

    done = subprocess.run(
        command, cwd=EXAMPLES / "comfydeploy-tested-service", capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout


@pytest.mark.cli
@pytest.mark.parametrize("name", sorted(path.parent.name for path in EXAMPLES.glob("*/Pulumi.yaml")))
def test_an_example_goes_up_is_unchanged_and_goes_down(comfy_stack, comfy_emulator, name, tmp_path):
    import shutil

    comfy_emulator.settings.build_seconds = comfy_emulator.settings.run_seconds = 0.02
    copied = shutil.copytree(EXAMPLES / name, tmp_path / name)  # an example works wherever it is copied
    stack = comfy_stack(copied, stack="dev")

    stack.up()
    again = stack.up()
    stack.destroy()

    assert not again.changes
    held = comfy_emulator.dump()
    assert [held[kind] for kind in ("workflows", "machines", "secrets", "deployments")] == [[], [], [], []]
