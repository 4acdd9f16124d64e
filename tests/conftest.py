"""What all tests share."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable

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
    """Leave cases out when it is to be brief; which of them does not depend on the machine, the day or the worker."""
    if not config.getoption("--brief"):
        return
    numbers: Counter[tuple[str, str]] = Counter()
    kept, left_out = [], []
    for item in items:
        marker = item.get_closest_marker("one_in")
        engine = getattr(getattr(item, "callspec", None), "params", {}).get("comfy_engine", "")
        of_a_test = item.nodeid.partition("[")[0], engine
        is_kept = marker is None or numbers[of_a_test] % marker.args[0] == marker.kwargs.get("turn", 0)
        numbers[of_a_test] += 1
        (kept if is_kept else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


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
