"""What every test of the core needs."""

from __future__ import annotations

import pytest

from pulumi_comfy.core import redaction


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets are registered for the life of a process; a test's own must not mask the next test's words."""
    monkeypatch.setattr(redaction, "_known", set())
