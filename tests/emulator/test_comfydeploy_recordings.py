"""The emulated ComfyDeploy answers as the recorded one did: every step of every scenario."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from replay import Exchange, Replay, scenarios

from pulumi_comfy.emulator import Emulator

# The recordings are beside some checkouts only, and coverage is to be the same in all.
pytestmark = pytest.mark.apart

# Steps that differ, each with its reason. A step that stops differing must leave this table.
DIFFERENT = {
    "11_runs[54]": "the recorded stub forgets a cancelled call; the server's source says that terminal runs answer 200",
}


@pytest.fixture(scope="module")
def exchanges() -> Iterator[dict[str, list[Exchange]]]:
    """All scenarios in their order: later ones list what earlier ones left."""
    if not scenarios():
        pytest.skip("the shared recordings are not beside this checkout")
    with Emulator() as emulator:
        replay = Replay(emulator)
        yield {scenario: list(replay.play(scenario)) for scenario in scenarios()}
        replay.close()
        assert emulator.internal_errors == []


@pytest.mark.parametrize("scenario", scenarios() or ["none"])
def test_every_step_answers_as_recorded(scenario: str, exchanges: dict[str, list[Exchange]]) -> None:
    differing = {
        exchange.name: [f"{exchange.method} {exchange.path} ({exchange.note})", *exchange.differences]
        for exchange in exchanges[scenario]
        if exchange.differences and exchange.name not in DIFFERENT
    }

    assert differing == {}


def test_the_table_of_differences_holds_only_steps_that_differ(exchanges: dict[str, list[Exchange]]) -> None:
    differing = {exchange.name for played in exchanges.values() for exchange in played if exchange.differences}

    assert differing == set(DIFFERENT)


def test_every_recorded_request_was_sent(exchanges: dict[str, list[Exchange]]) -> None:
    assert {scenario: len(played) > 10 for scenario, played in exchanges.items()} == dict.fromkeys(scenarios(), True)
