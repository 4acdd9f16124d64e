"""Waiting, cancelling, and what a call knows. Nothing here really waits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from core_toys import Shown, make_call, make_connection, run

from pulumi_comfy.configuration import Setting
from pulumi_comfy.core.call import Call, Level
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.errors import (
    CancelledWaitError,
    InputError,
    LostAnswerError,
    OutcomeError,
    PlatformError,
    StatusError,
    UnreachableError,
    WaitTimeoutError,
)
from pulumi_comfy.core.wait import FIRST_PAUSE, LONGEST_PAUSE, Look, outlast, wait_until


class Clock(Cancellation):
    """A cancellation whose sleeps take no time and are remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.naps: list[float] = []

    async def sleep(self, seconds: float, *, tried: str) -> None:
        self.naps.append(seconds)


def wait(*looks: Look[str], seconds: float = 1000, call: Call[Any] | None = None) -> str:
    shown = iter(looks)

    async def look() -> Look[str]:
        return next(shown, looks[-1])

    return run(
        wait_until(
            look,
            tried='build machine "gpu"',
            pending=frozenset({"queued", "building"}),
            target=frozenset({"ready"}),
            failed=lambda seen: OutcomeError("COMFY3001", tried="build", got=f"it is {seen.state}: {seen.line}"),
            call=call or make_call(cancellation=Clock()),
            seconds=seconds,
        )
    )


def test_a_wait_gives_the_value_of_the_target_state():
    assert wait(Look("queued", "a"), Look("building", "b"), Look("ready", "c")) == "c"


def test_a_target_state_at_the_first_look_needs_no_pause():
    clock = Clock()

    wait(Look("ready", "a"), call=make_call(cancellation=clock))

    assert clock.naps == []


def test_every_other_state_is_the_error_of_the_resource():
    with pytest.raises(OutcomeError, match="it is exploded: last line"):
        wait(Look("queued", ""), Look("exploded", "", line="last line"))


def test_progress_is_shown_while_waiting():
    shown = Shown()

    wait(
        Look("queued", ""),
        Look("building", "", line="step 2"),
        Look("ready", ""),
        call=make_call(cancellation=Clock(), show=shown),
    )

    assert shown == [("queued (0 s)", Level.PROGRESS), ("building: step 2 (0 s)", Level.PROGRESS)]


def test_pauses_grow_with_jitter_up_to_the_longest():
    clock = Clock()

    wait(*[Look("queued", "")] * 20, Look("ready", ""), call=make_call(cancellation=clock))

    assert clock.naps[0] == pytest.approx(FIRST_PAUSE, rel=0.21)
    assert clock.naps[-1] == pytest.approx(LONGEST_PAUSE, rel=0.21)
    assert len(set(clock.naps[-5:])) > 1


def test_a_wait_ends_at_its_deadline_with_the_last_state_and_line():
    with pytest.raises(WaitTimeoutError) as caught:
        wait(Look("building", "", line="step 2"), seconds=0)

    assert caught.value.got == 'still building after 0 s, last line "step 2"'
    assert caught.value.tried == 'build machine "gpu"'


def test_the_platform_s_own_word_is_told_for_a_state_that_is_another():
    shown = Shown()

    with pytest.raises(WaitTimeoutError, match="still on the stove after 0 s"):
        wait(Look("building", "", word="on the stove"), seconds=0, call=make_call(cancellation=Clock(), show=shown))

    assert shown.texts == ["on the stove (0 s)"]


def test_a_deadline_without_a_line_says_the_state_alone():
    with pytest.raises(WaitTimeoutError, match="still queued after 0 s"):
        wait(Look("queued", ""), seconds=0)


def test_a_deadline_that_had_passed_before_is_not_told_as_a_negative_time():
    with pytest.raises(WaitTimeoutError, match="still queued after 0 s"):
        wait(Look("queued", ""), seconds=-30)


def test_a_pause_never_outlasts_the_deadline():
    clock = Clock()

    wait(Look("queued", ""), Look("ready", ""), seconds=0.1, call=make_call(cancellation=clock))

    assert clock.naps[0] <= 0.1


def test_a_wait_ends_when_the_engine_says_stop():
    async def work() -> None:
        call = make_call()
        call.cancellation.set()
        await call.cancellation.sleep(3600, tried="build machine")

    with pytest.raises(CancelledWaitError) as caught:
        run(work())

    assert (caught.value.code, caught.value.tried) == ("COMFY3003", "build machine")


def test_a_sleep_under_way_ends_when_the_engine_says_stop():
    async def work() -> None:
        cancellation = Cancellation()
        asyncio.get_running_loop().call_soon(cancellation.set)
        await cancellation.sleep(3600, tried="build machine")

    with pytest.raises(CancelledWaitError):
        run(work())


def test_a_sleep_that_nobody_ends_just_ends():
    cancellation = Cancellation()

    run(cancellation.sleep(0.001, tried="build machine"))

    assert not cancellation.is_set


def test_a_cancellation_stays_set():
    cancellation = Cancellation()

    cancellation.set()

    assert cancellation.is_set


def test_a_call_names_its_resource():
    assert make_call().name == "blue"
    assert make_call(urn=None).name == "the resource"


CUPS = Setting("kettleCups", "KETTLE_CUPS", "How many cups.", default="2")


def test_a_setting_of_the_stack_is_given_as_it_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("KETTLE_CUPS", raising=False)

    assert make_call().setting(CUPS, "[0-9]+", "a whole number") == "2"


def test_one_that_makes_no_sense_is_told_with_both_its_names(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KETTLE_CUPS", "many")

    with pytest.raises(InputError, match=r"comfy:kettleCups is 'many'. Set it, or KETTLE_CUPS, to a whole number"):
        make_call().setting(CUPS, "[0-9]+", "a whole number")


def test_lines_go_out_at_their_level():
    shown = Shown()
    call = make_call(show=shown)

    call.progress("a")
    call.inform("b")
    call.warn("c")

    assert shown == [("a", Level.PROGRESS), ("b", Level.INFO), ("c", Level.WARNING)]


def test_a_call_without_a_place_for_lines_drops_them():
    call = Call(make_connection(), Cancellation())

    call.warn("nobody sees this")

    assert call.urn is None


def test_the_program_s_timeout_wins_over_the_resource_s():
    assert 0 < make_call(timeout=42.0).seconds_left(1000) <= 42
    assert 42 < make_call().seconds_left(1000) <= 1000


def away(status: int = 503) -> StatusError:
    return StatusError("COMFY2500", tried="read build", status=status, detail="down")


AWAY: dict[str, PlatformError] = {
    "no connection": UnreachableError("COMFY2001", tried="read build", got="no connection could be made"),
    "no answer": UnreachableError("COMFY2002", tried="read build", got="no answer within 60 s"),
    "500": away(500),
    "503": away(503),
    "429": away(429),
}


def outlasted(*results: str | Exception, seconds: float = 1000, call: Call[Any] | None = None) -> str:
    steps = iter(results)

    async def work() -> str:
        step = next(steps, results[-1])
        if isinstance(step, Exception):
            raise step
        return step

    calling = call or make_call(cancellation=Clock())
    return run(outlast(work, tried="read build", call=calling, seconds=seconds))


@pytest.mark.parametrize("error", AWAY.values(), ids=AWAY.keys())
def test_an_outage_shorter_than_the_deadline_is_outlived_and_told(error: PlatformError):
    shown = Shown()

    assert outlasted(error, error, "ready", call=make_call(cancellation=Clock(), show=shown)) == "ready"
    assert shown == [(f"{error.got}; asking again (0 s)", Level.PROGRESS)] * 2


def test_so_is_one_in_the_middle_of_a_wait():
    steps: list[Look[str] | Exception] = [Look("building", ""), away(), away(), Look("ready", "a")]

    async def look() -> Look[str]:
        step = steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    waited = wait_until(
        look,
        tried="build",
        pending=frozenset({"building"}),
        target=frozenset({"ready"}),
        failed=AssertionError,  # type: ignore[arg-type]
        call=make_call(cancellation=Clock()),
        seconds=1000,
    )

    assert run(waited) == "a"


@pytest.mark.parametrize("error", AWAY.values(), ids=AWAY.keys())
def test_at_the_deadline_the_outage_is_the_error(error: PlatformError):
    with pytest.raises(PlatformError) as caught:
        outlasted(error, "ready", seconds=0)

    assert caught.value is error


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 501])
def test_what_does_not_pass_by_itself_ends_it_at_once(code: int):
    with pytest.raises(StatusError):
        outlasted(away(code), "ready")


def test_a_lost_answer_of_a_write_is_not_written_again():
    with pytest.raises(LostAnswerError):
        outlasted(LostAnswerError("COMFY2501", tried="make", got="lost"), "made")


def test_the_pause_that_the_platform_asks_for_is_made():
    clock, error = Clock(), away(429)
    error.pause = 30.0

    outlasted(error, "ready", call=make_call(cancellation=clock))

    assert clock.naps == [30.0]


def test_a_pause_beyond_the_deadline_is_not_made():
    error = away(429)
    error.pause = 30.0

    with pytest.raises(StatusError):
        outlasted(error, "ready", seconds=20)


def test_after_a_stop_it_is_done_once_and_its_own_error_told():
    call = make_call()
    call.cancellation.set()

    with pytest.raises(StatusError):
        outlasted(away(), "ready", call=call)
