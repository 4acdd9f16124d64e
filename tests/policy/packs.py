"""The pack's own environment, as the tests find it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(os.environ.get("COMFY_POLICY_PACK") or ROOT / ".venv-policy" / "bin" / "pulumi-comfy-policy")
MISSING = f"the pack's own environment is not there ({COMMAND.name}): `make .venv-policy/.installed` makes it"


def require_pack() -> Path:
    """The pack's executable, or a skip that says how to make it."""
    if not COMMAND.exists():
        pytest.skip(MISSING)
    return COMMAND
