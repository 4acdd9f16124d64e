"""What all tests share."""

from __future__ import annotations

import signal
from collections.abc import Callable
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

from pulumi_comfy.core import redaction

# A busy machine is no failure.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--brief`."""
    parser.addoption(
        "--brief",
        action="store_true",
        help="try one in several of the cases of a test that is marked `one_in`, and of those that it tries in a loop: "
        "what they share is still asked of everybody",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave cases out when it is to be brief; which of them does not depend on the machine, the day or the worker.

    Of a test that has no more cases than one in so many, none is left out.
    """
    if not config.getoption("--brief"):
        return
    cases: dict[tuple[str, str], list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("one_in"):
            engine = getattr(getattr(item, "callspec", None), "params", {}).get("comfy_engine", "")
            cases.setdefault((item.nodeid.partition("[")[0], engine), []).append(item)
    left_out = {item for (test, _), found in cases.items() for item in _left_out(test, found)}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _left_out(test: str, cases: list[pytest.Item]) -> list[pytest.Item]:
    marker = cases[0].get_closest_marker("one_in")
    assert marker is not None
    several = marker.args[0]
    if len(cases) <= several:
        return []
    # Each question begins with another case, so that they do not all leave out the same platforms.
    turn = marker.kwargs.get("turn", crc32(test.encode())) % several
    return [case for number, case in enumerate(cases) if number % several != turn]


@pytest.fixture(scope="session")
def one_in(pytestconfig: pytest.Config) -> Callable[[int], int]:
    """Give the step with which a test goes through its cases: each, or when it is to be brief one in so many."""
    return lambda several: several if pytestconfig.getoption("--brief") else 1


def pytest_configure() -> None:
    """Hear Ctrl-C again, and let programs that a test starts hear it: a shell's background job has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets are registered for the life of a process; a test's own must not mask the next test's words."""
    monkeypatch.setattr(redaction, "_known", redaction.Known())
