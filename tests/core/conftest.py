"""What every test of the core needs."""

from __future__ import annotations

import pytest

from pulumi_comfy.core.pace import PACE, REQUEST_TIMEOUT


@pytest.fixture(autouse=True)
def _no_pace_of_the_person_who_runs_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (PACE, REQUEST_TIMEOUT):
        monkeypatch.delenv(variable, raising=False)
