"""Trying again is said on the resource's own row, and ends in a sensible time."""

from __future__ import annotations

import httpx
import pytest
from core_toys import run

from pulumi_comfy.core.errors import LostAnswerError, StatusError
from pulumi_comfy.core.http import retrying
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.retrying import RetryPolicy, tell_retries_to


def patch(policy: RetryPolicy, *, listener=None, retry_after=None):
    """Send a write that may be repeated to a platform that always answers 500; gives how often it was sent."""
    sent = []

    def broken(request):
        sent.append(request)
        headers = {"retry-after": retry_after} if retry_after else {}
        return httpx.Response(500, json={"detail": "no billing"}, headers=headers)

    async def work():
        tell_retries_to(listener)
        transport = httpx.MockTransport(broken)
        client = HttpClient(platform="Toys", base_url="http://toys.example", retry=policy, transport=transport)
        await client.write("PATCH", "/things", tried="change things", repeatable=True)

    with pytest.raises(StatusError):
        run(work())
    return len(sent)


def test_it_is_said_what_came_back_and_which_attempt_is_next():
    lines = []

    patch(RetryPolicy(attempts=3, first_wait=0, longest_wait=0), listener=lines.append)

    assert lines == [
        "the platform answered 500: no billing; trying again (2 of 3)",
        "the platform answered 500: no billing; trying again (3 of 3)",
    ]


@pytest.mark.parametrize("asked", ["0", "-3", "nan", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_whoever_asks_for_no_pause_is_given_our_own(monkeypatch, asked):
    pauses = []

    async def pause(_cancellation, seconds, **_):
        pauses.append(seconds)

    monkeypatch.setattr(retrying.Cancellation, "sleep", pause)
    patch(RetryPolicy(attempts=3, first_wait=40, longest_wait=40), retry_after=asked)

    assert len(pauses) == 2
    assert min(pauses) > 0


def test_where_nobody_listens_it_is_tried_again_all_the_same():
    assert patch(RetryPolicy(attempts=3, first_wait=0, longest_wait=0)) == 3


def test_a_platform_that_takes_long_to_fail_is_not_asked_as_often(monkeypatch):
    class Clock:
        now = 0.0

        def monotonic(self):
            self.now += 33.0
            return self.now

    monkeypatch.setattr(retrying.tenacity, "time", Clock())

    assert patch(RetryPolicy(attempts=100, first_wait=0, longest_wait=0, longest=90)) <= 3


def test_the_advice_after_a_lost_answer_fits_a_look_that_showed_nothing():
    lost = LostAnswerError("COMFY2501", tried="create machine", got="the platform answered 500: no billing")

    told = str(lost.nothing_made())

    assert "adopt" not in told
    assert "a look afterwards shows nothing of it. Run `pulumi up` again." in told
