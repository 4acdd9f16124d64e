"""Traps that the code has always kept out of, and that no test knew of (reference 2, section 6): found by mutation."""

from __future__ import annotations

from lone import up


def test_a_key_that_switches_off_the_platform_s_own_proxy_is_said_at_check(lone):
    it = lone("Secret", variables={"API_KEY_COMFY_ORG": "canary-1"})

    up(it)

    assert ["`API_KEY_COMFY_ORG` switches off" in line for line in it.lines] == [True]
