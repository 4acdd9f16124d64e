"""Ctrl-C and a lost engine: what ends at once, what may go on for a moment, and what is still sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from core_toys import make_call, run

from pulumi_comfy.core import cancellation as module
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.errors import CancelledWaitError, ComfyError, LostAnswerError, LostEngineError, StatusError
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.wait import Look, wait_until

Ask = Callable[[HttpClient], Awaitable[Any]]

ASKS: dict[str, Ask] = {
    "a GET": lambda client: client.read("/things", tried="list things"),
    "a POST": lambda client: client.write("POST", "/things", tried="make a thing"),
    "a PATCH that may be repeated": lambda client: client.write("PATCH", "/things", tried="x", repeatable=True),
    "a file": lambda client: client.download("http://files.example/a.png", tried="fetch a.png"),
}
ENDS: dict[str, Callable[[Cancellation], None]] = {"stop": Cancellation.set, "loss": Cancellation.lose}


class Silent:
    """A platform that never answers; tells when it was asked."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.number = 0

    async def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.number += 1
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError


class Dribbling(Silent):
    """A platform whose answer comes byte by byte and never ends."""

    async def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.number += 1
        return httpx.Response(200, content=self._bytes())

    async def _bytes(self) -> AsyncIterator[bytes]:
        while True:
            yield b"["
            self.asked.set()
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", 0.001)
    monkeypatch.setattr(module, "LAST", 0.002)
    monkeypatch.setattr(module, "SHORTEST", 0.001)


def client_of(platform: Any, cancellation: Cancellation) -> HttpClient:
    transport = httpx.MockTransport(platform)
    return HttpClient(platform="Toys", base_url="http://toys.example", cancellation=cancellation, transport=transport)


def ended(ask: Ask, end: Callable[[Cancellation], None], platform: Silent) -> ComfyError:
    """What a request that is under way ends with."""

    async def work() -> ComfyError:
        cancellation = Cancellation()
        asking = asyncio.ensure_future(ask(client_of(platform, cancellation)))
        await platform.asked.wait()
        asyncio.get_running_loop().call_soon(end, cancellation)  # outside of any task, as the engine's word comes
        with pytest.raises(ComfyError) as caught:
            await asking
        return caught.value

    return run(work())


@pytest.mark.parametrize("platform", [Silent, Dribbling])
@pytest.mark.parametrize("ask", ["a GET", "a file"])
def test_what_only_reads_is_broken_off_by_a_stop(ask: str, platform: type[Silent]):
    error = ended(ASKS[ask], Cancellation.set, platform())

    assert isinstance(error, CancelledWaitError)
    assert (error.code, error.got) == ("COMFY3003", "stopped by Ctrl-C before the platform answered")


@pytest.mark.parametrize("platform", [Silent, Dribbling])
@pytest.mark.parametrize("ask", ["a POST", "a PATCH that may be repeated"])
def test_a_write_that_a_stop_breaks_off_may_have_happened(ask: str, platform: type[Silent]):
    error = ended(ASKS[ask], Cancellation.set, platform())

    assert isinstance(error, LostAnswerError)
    assert error.code == "COMFY3003"
    assert "adopt" not in str(error)


@pytest.mark.parametrize("ask", ASKS)
def test_the_loss_of_the_engine_breaks_off(ask: str):
    platform = Silent()

    error = ended(ASKS[ask], Cancellation.lose, platform)

    assert isinstance(error, LostEngineError)
    assert (error.code, platform.number) == ("COMFY3004", 1)


@pytest.mark.parametrize("ask", ASKS)
def test_nothing_is_sent_once_the_engine_is_lost(ask: str):
    platform, cancellation = Silent(), Cancellation()
    cancellation.lose()

    with pytest.raises(LostEngineError):
        run(ASKS[ask](client_of(platform, cancellation)))

    assert platform.number == 0


def test_a_stop_and_then_the_loss_of_the_engine_is_a_loss():
    def both(cancellation: Cancellation) -> None:
        cancellation.set()
        cancellation.lose()

    assert isinstance(ended(ASKS["a POST"], both, Silent()), LostEngineError)


def test_a_request_that_is_answered_within_the_grace_is_answered(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "GRACE", 3600)
    cancellation = Cancellation()

    async def answer(_request: httpx.Request) -> httpx.Response:
        cancellation.set()
        return httpx.Response(200, json={"id": "1"})

    assert run(ASKS["a POST"](client_of(answer, cancellation))).body == {"id": "1"}


@pytest.mark.parametrize("ask", ["a GET", "a POST"])
def test_what_is_asked_after_a_stop_is_still_answered(ask: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "SHORTEST", 3600)
    cancellation = Cancellation()
    cancellation.set()

    answer = run(ASKS[ask](client_of(lambda _request: httpx.Response(200, json=[]), cancellation)))

    assert answer.body == []


def test_what_is_asked_after_a_stop_and_not_answered_is_broken_off():
    cancellation = Cancellation()
    cancellation.set()

    with pytest.raises(CancelledWaitError):
        run(ASKS["a GET"](client_of(Silent(), cancellation)))


def test_nothing_is_tried_again_after_a_stop_and_the_error_is_the_platform_s(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "SHORTEST", 3600)
    asked, cancellation = [], Cancellation()
    cancellation.set()

    def busy(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(503, json={"detail": "busy"})

    with pytest.raises(StatusError, match="busy"):
        run(ASKS["a GET"](client_of(busy, cancellation)))

    assert len(asked) == 1


@pytest.mark.parametrize("end", ENDS)
def test_a_pause_before_another_attempt_is_ended_by(end: str):
    async def work() -> None:
        cancellation = Cancellation()

        def busy(_request: httpx.Request) -> httpx.Response:
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, ENDS[end], cancellation)  # once the pause has begun
            return httpx.Response(503, headers={"retry-after": "100"})

        await client_of(busy, cancellation).read("/things", tried="list things")

    with pytest.raises(CancelledWaitError if end == "stop" else LostEngineError):
        run(work())


@pytest.mark.parametrize("end", ENDS)
def test_a_wait_is_ended_by(end: str):
    async def work() -> None:
        call = make_call()

        async def look() -> Look[None]:
            asyncio.get_running_loop().call_soon(ENDS[end], call.cancellation)
            return Look("building", None)

        await wait_until(
            look,
            tried="build",
            pending=frozenset({"building"}),
            target=frozenset({"ready"}),
            failed=AssertionError,  # type: ignore[arg-type]
            call=call,
            seconds=3600,
        )

    with pytest.raises(CancelledWaitError if end == "stop" else LostEngineError):
        run(work())


@pytest.mark.parametrize("end", ENDS)
def test_nothing_new_is_begun_after(end: str):
    cancellation = Cancellation()
    cancellation.refuse_if_set("build")
    ENDS[end](cancellation)

    with pytest.raises(CancelledWaitError if end == "stop" else LostEngineError, match="build"):
        cancellation.refuse_if_set("build")


def test_a_second_stop_gives_no_more_time(monkeypatch: pytest.MonkeyPatch):
    cancellation = Cancellation()
    cancellation.set()
    monkeypatch.setattr(module, "GRACE", 3600)

    cancellation.set()

    with pytest.raises(CancelledWaitError):
        run(ASKS["a GET"](client_of(Silent(), cancellation)))


def test_an_answer_that_takes_too_long_is_no_stop(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PULUMI_COMFY_REQUEST_TIMEOUT", "0.001")

    with pytest.raises(LostAnswerError, match=r"no whole answer within 0\.005 s"):
        run(ASKS["a POST"](client_of(Silent(), Cancellation())))
