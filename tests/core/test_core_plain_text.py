"""Texts of a platform cannot steer a terminal: no control sequence, no hidden or turned letters, no colour tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_comfy.core.plain_text import plain
from pulumi_comfy.core.redaction import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b[2J\x1b[1;1Hgone", "gone"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://evil.example\x1b\\see\x1b]8;;\x1b\\", "see"),
        ("\x1bPsixel\x1b\\picture", "picture"),
        ("\x1b(Bletters", "letters"),
        ("\x1bcreset", "reset"),
        ("not ended \x1b]0;title", "not ended \\x1b]0;title"),
        ("last \x1b", "last \\x1b"),
        ("bell\x07 null\x00 delete\x7f", "bell\\x07 null\\x00 delete\\x7f"),
        ("next\x90", "next\\x90"),
        ("back\x08space", "back\\x08space"),
        ("10%\r20%\r\ndone", "10%\n20%\ndone"),
        ("a\x0bb\x0cc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("tab\tand line\n", "tab\tand line\n"),
        ("user\u202egpj.exe", "user\\u202egpj.exe"),
        ("\u2066isolated\u2069", "\\u2066isolated\\u2069"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("half \ud83d", "half \ufffd"),
        ("<{%fg 1%}>all of it", "<{ %fg 1%}>all of it"),
        ("ünïcödé 猫 🐈", "ünïcödé 猫 🐈"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_or_dropped(text: str, shown: str):
    assert plain(text) == shown


@given(st.text())
def test_what_leaves_holds_no_control_character_but_tab_and_line_feed(text: str):
    shown = redact(text)

    assert not [one for one in shown if (ord(one) < 0x20 and one not in "\t\n") or 0x7F <= ord(one) < 0xA0]
    assert "<{%" not in shown


@given(st.text())
def test_what_is_plain_stays_as_it_is(text: str):
    assert plain(plain(text)) == plain(text)
