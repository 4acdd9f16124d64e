"""The platform takes one API key of an account a second: a key is a text that varies by the second only.

Facts: docs/platforms/comfydeploy.md 2.8.
"""

from __future__ import annotations

import pytest
from lone import bodies, up
from plain_http import PlainHttp

import pulumi_comfy as comfy

NEW_KEY = ("POST", "/platform/api-keys")


def names_of(emulator):
    return sorted(row["name"] for row in emulator.comfydeploy.dump()["api_keys"] if row["name"].startswith("key-"))


@pytest.mark.cli
def test_three_keys_of_one_stack_are_made_without_a_refusal(deploy, emulator):
    def program():
        for number in range(3):
            comfy.comfydeploy.ApiKey(f"key-{number}", name=f"key-{number}")

    stack = deploy(program)
    emulator.clear_requests()

    stack.up()

    answers = [one.status for one in emulator.requests if (one.method, one.url_path) == NEW_KEY]
    assert (names_of(emulator), answers) == (["key-0", "key-1", "key-2"], [200, 200, 200])


class TheSameSecond(PlainHttp):
    """An account in which somebody has just made a key, until our key was refused so many times."""

    def __init__(self, emulator, refusals):
        super().__init__()
        self.emulator, self.left = emulator, refusals

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if response.status_code == 500:
            self.left -= 1
            if not self.left:
                self.emulator.clock.advance(self.emulator.settings.api_key_seconds)
        return response


def a_key_in_the_second_of_another(lone, emulator, platform, refusals):
    it = lone("ApiKey", name="key-ours")
    emulator.settings.api_key_seconds = 10_000
    made = platform.post("/platform/api-keys", json={"name": "key-theirs"}).json()["key"]
    emulator.clock.advance(-emulator.settings.api_key_seconds)  # the fixture moves on after a test's own key
    emulator.clear_requests()
    it.transport = lambda: TheSameSecond(emulator, refusals)
    return it, made


def test_a_key_refused_in_another_ones_second_is_made_in_the_next(lone, emulator, platform):
    it, _theirs = a_key_in_the_second_of_another(lone, emulator, platform, refusals=3)

    up(it)

    assert (names_of(emulator), len(bodies(it, *NEW_KEY))) == (["key-ours", "key-theirs"], 4)


def test_a_key_that_is_refused_each_time_is_told_without_the_key_that_the_platform_tells(lone, emulator, platform):
    it, theirs = a_key_in_the_second_of_another(lone, emulator, platform, refusals=99)

    refused = it.up()

    assert (refused.code, "in the same second" in str(refused)) == ("COMFY2501", True)
    assert theirs not in str(refused)
    assert "duplicate" not in str(refused)
    assert names_of(emulator) == ["key-theirs"]


def test_a_key_whose_answer_is_lost_is_made_anew_in_another_second(lone, emulator):
    it = lone("ApiKey")
    emulator.faults.add(*NEW_KEY, "lost")

    up(it)

    assert [one.status for one in emulator.requests if one.status == 500] == []
    assert len(it.rows) == 1
