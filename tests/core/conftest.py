"""What every test of the core needs."""

from __future__ import annotations

import pytest
from hypothesis import settings

from pulumi_comfy.core.pace import PACE, REQUEST_TIMEOUT

settings.register_profile("no deadline", deadline=None)  # a busy machine is no failure
settings.load_profile("no deadline")


@pytest.fixture(autouse=True)
def _no_pace_of_the_person_who_runs_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (PACE, REQUEST_TIMEOUT):
        monkeypatch.delenv(variable, raising=False)
