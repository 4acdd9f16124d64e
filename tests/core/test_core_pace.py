"""How long one request may take and how long we pause, as the environment turns them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.pace import PACE, REQUEST_TIMEOUT, paced, request_timeout


def test_unset_a_request_has_a_minute_and_a_pause_its_own_length():
    assert (request_timeout(), paced(2.5)) == (60.0, 2.5)


def test_a_request_has_the_time_that_the_environment_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(REQUEST_TIMEOUT, "7.5")

    assert request_timeout() == 7.5


def test_a_pause_is_as_much_shorter_as_the_environment_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(PACE, "0.1")

    assert paced(3.0) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("variable", "ask"), [(PACE, lambda: paced(1.0)), (REQUEST_TIMEOUT, request_timeout)], ids=["pace", "timeout"]
)
@pytest.mark.parametrize("text", ["0", "-1", "fast", "inf", "nan"])
def test_what_is_no_positive_number_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, ask: Callable[[], float], text: str
):
    monkeypatch.setenv(variable, text)

    with pytest.raises(InputError) as caught:
        ask()

    assert caught.value.code == "COMFY1104"
    assert caught.value.got == f"{variable} is {text!r}"
