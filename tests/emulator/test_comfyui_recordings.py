"""The emulated ComfyUI server answers as the recorded one did: every request of every recording."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from comfyui_replay import Exchange, Replay, recordings

from pulumi_comfy.emulator import Emulator

# The recordings are beside some checkouts only, and coverage is to be the same in all.
pytestmark = pytest.mark.apart

# Requests that differ, each with its reason. One that stops differing must leave this table.
DIFFERENT = {
    "free[2]": "the emulator's own door refuses web pages from elsewhere before any platform: 403 with a sentence",
}


@pytest.fixture(scope="module")
def exchanges() -> Iterator[dict[str, list[Exchange]]]:
    """All recordings, in the order in which they were made."""
    if not recordings():
        pytest.skip("the shared recordings are not beside this checkout")
    with Emulator() as emulator:
        replay = Replay(emulator)
        yield {name: list(replay.play(name)) for name in recordings()}
        replay.close()
        assert emulator.internal_errors == []


@pytest.mark.parametrize("name", recordings() or ["none"])
def test_every_request_is_answered_as_recorded(name: str, exchanges: dict[str, list[Exchange]]) -> None:
    differing = {
        exchange.name: [f"{exchange.method} {exchange.path}", *exchange.differences]
        for exchange in exchanges[name]
        if exchange.differences and exchange.name not in DIFFERENT
    }

    assert differing == {}


def test_the_table_of_differences_holds_only_requests_that_differ(exchanges: dict[str, list[Exchange]]) -> None:
    differing = {exchange.name for played in exchanges.values() for exchange in played if exchange.differences}

    assert differing == set(DIFFERENT)


def test_every_recorded_request_was_sent(exchanges: dict[str, list[Exchange]]) -> None:
    assert sum(map(len, exchanges.values())) == 210
