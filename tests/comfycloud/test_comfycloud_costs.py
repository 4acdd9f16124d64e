"""What a preview says of money on Comfy Cloud: it is paid by subscription, so no price is known."""

from __future__ import annotations

from comfycloud_program import CHECK


def test_a_check_is_told_and_no_price_is_made_up(stack, program):
    program.arguments["inference_check"] = CHECK
    assert stack.preview().messages("hero") == ["one inference check (no price known)"]
    stack.up()
    assert stack.preview().messages("hero") == []
