"""What a preview says of money on a server of one's own: what it costs, nobody tells."""

from __future__ import annotations


def test_a_check_is_told_and_no_price_is_made_up(stack, program):
    program.arguments["inference_check"] = {}
    assert "one inference check (no price known)" in stack.preview().messages("portrait")


def test_a_workflow_alone_says_nothing_of_money(stack):
    assert [line for line in stack.preview().messages("portrait") if "USD" in line or "price" in line] == []
