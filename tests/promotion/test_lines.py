"""Sentences on a terminal fit its width, and what is to be copied stays whole."""

from __future__ import annotations

from pulumi_comfy.promotion.lines import short, wrapped


def test_what_goes_on_stands_deeper_than_its_beginning():
    assert wrapped([(0, "a head"), (2, "one two three four five six seven")], 22).splitlines() == [
        "a head",
        "  one two three four",
        "    five six seven",
    ]


def test_a_command_in_backticks_is_not_broken():
    text = 'take the mark back: `pulumi-comfy unmark 5f0c8a1b2c3d --reason "it was the lamp"` or not'

    assert '`pulumi-comfy unmark 5f0c8a1b2c3d --reason "it was the lamp"`' in wrapped([(2, text)], 60)


def test_a_digest_that_nobody_knows_is_told_so():
    assert short(None) == "unknown"
