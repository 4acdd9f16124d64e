"""What SECURITY.md promises, tried on a state that an earlier version wrote."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM

pytestmark = pytest.mark.apart

ROOT = Path(__file__).resolve().parents[2]
STATES = sorted(path.parent.name for path in (ROOT / "tests" / "baselines").glob("*/state.json"))


@pytest.mark.parametrize("written_by", STATES)
def test_its_listing_names_what_a_state_would_call(tmp_path, written_by):
    policy = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    (listing,) = re.findall(r"^ *```python\n(.*?)^ *```$", policy, re.DOTALL | re.MULTILINE)
    shutil.copy(ROOT / "tests" / "baselines" / written_by / "state.json", tmp_path)

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(listing)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    expected = {f"pulumi_comfy.provider load comfydeploy:{kind}" for kind in PLATFORM.handlers}
    assert set(done.stdout.splitlines()) == expected
