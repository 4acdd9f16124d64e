"""The nightly script of the CI files on the real CLI: it passes while nothing has drifted, fails when it has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from pulumi_comfy.emulator import Emulator

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="there is no `pulumi` on PATH"),
]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def script(file: str, job: str, step: str) -> str:
    steps: list[dict[str, Any]] = yaml.safe_load((EXAMPLES / "ci/github" / file).read_text("utf-8"))["jobs"][job][
        "steps"
    ]
    (found,) = [one["run"] for one in steps if one.get("name") == step]
    return found


class Checkout:
    """A copy of the quickstart as a job has it, with a backend of its own."""

    def __init__(self, folder: Path, emulator: Emulator) -> None:
        self.project = shutil.copytree(EXAMPLES / "comfydeploy-quickstart", folder / "project")
        shutil.copy(self.project / "Pulumi.dev.yaml", self.project / "Pulumi.staging.yaml")
        (folder / "backend").mkdir()
        self.env = {
            **os.environ,
            **emulator.environment(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "STACK": "staging",
        }

    def run(self, text: str) -> subprocess.CompletedProcess[str]:
        """As the runner does."""
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
        return subprocess.run(shell, cwd=self.project, env=self.env, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(comfy_emulator: Emulator, tmp_path: Path) -> Checkout:
    comfy_emulator.settings.build_seconds = comfy_emulator.settings.run_seconds = 0.02
    made = Checkout(tmp_path, comfy_emulator)
    deployed = made.run("pulumi stack init staging && pulumi up --stack staging --yes --non-interactive")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    return made


def test_the_night_passes_until_a_hand_changes_the_platform(checkout: Checkout, comfy_emulator: Emulator):
    drift = script("comfy-nightly.yml", "drift", "Drift")

    before = checkout.run(drift)
    (machine,) = comfy_emulator.comfydeploy.dump()["machines"]
    httpx.patch(
        f"{checkout.env['COMFYDEPLOY_URL']}/machine/serverless/{machine['id']}",
        headers={"Authorization": f"Bearer {checkout.env['COMFYDEPLOY_API_KEY']}"},
        json={"idle_timeout": 240},
    ).raise_for_status()
    after = checkout.run(drift)

    assert before.returncode == 0, before.stdout + before.stderr
    assert after.returncode != 0
    assert "[diff: ~idleTimeout]" in after.stdout


def test_the_night_changes_nothing(checkout: Checkout, comfy_emulator: Emulator):
    before = comfy_emulator.comfydeploy.dump()

    checkout.run(script("comfy-nightly.yml", "drift", "Drift"))

    assert comfy_emulator.comfydeploy.dump() == before
