"""What a preview says of money on RunComfy; each amount is worked out by hand beside it."""

from __future__ import annotations

import pytest
from runcomfy_program import CHECK, GRAPH, rows

UNDATED = "undated list price"


def costs(result):
    """The lines about money."""
    return [line for line in result.messages("serving") if "USD" in line or "inference check" in line]


@pytest.mark.cli
def test_a_new_deployment_says_what_it_costs_and_what_its_check_does(stack, program):
    program.arguments |= {"hardware": "ADA_80_PLUS", "min_instances": 1, "max_instances": 3, "inference_check": CHECK}
    # 7.49 USD/h; x 3 = 22.47; the check (900 + 600 + 60 s warm) x 7.49 / 3600 = 3.2457
    assert costs(stack.preview()) == [
        f"idle 0.00 -> 7.49, at most 0.00 -> 22.47 USD/h (ADA_80_PLUS x 3, {UNDATED}); "
        "one inference check, at most 3.25 USD (1560 s of ADA_80_PLUS)"
    ]


def test_other_hardware_says_before_and_after(stack, program):
    program.arguments |= {"hardware": "AMPERE_48", "max_instances": 4}
    stack.up()
    program.arguments |= {"hardware": "AMPERE_24", "min_instances": 2}
    # 2.50 x 4 = 10.00; 1.75 x 2 = 3.50 and x 4 = 7.00; 60 s: 0.0417 and 0.0292
    assert costs(stack.preview()) == [
        "idle 0.00 -> 3.50, at most 10.00 -> 7.00 USD/h, 0.04 -> 0.03 USD idle after each run "
        f"(AMPERE_48 -> AMPERE_24 x 4, {UNDATED})"
    ]


def test_what_is_disabled_costs_nothing_and_is_not_checked(stack, program):
    program.arguments |= {"min_instances": 1, "max_instances": 2, "inference_check": CHECK}
    stack.up()
    program.arguments["is_enabled"] = False
    # 2.50 and 2 x 2.50
    assert costs(stack.preview()) == [
        "idle 2.50 -> 0.00, at most 5.00 -> 0.00 USD/h, 0.04 -> 0.00 USD idle after each run "
        f"(AMPERE_48 x 2, {UNDATED})"
    ]


def test_hardware_that_is_not_in_the_table_has_no_price(stack, program):
    program.arguments["hardware"] = "BLACKWELL_96"
    assert costs(stack.preview()) == ["idle 0.00 -> ?, at most 0.00 -> ? USD/h (no price known for BLACKWELL_96)"]


def test_another_workflow_replaces_it_and_is_told_once(stack, program, runcomfy):
    program.arguments |= {"max_instances": 2}
    stack.up()
    program.arguments |= {"workflow_id": runcomfy.add_workflow(GRAPH), "max_instances": 3}
    assert costs(stack.preview()) == [f"idle 0.00, at most 5.00 -> 7.50 USD/h (AMPERE_48 x 3, {UNDATED})"]


def test_what_is_adopted_is_not_said_to_be_new(stack, program, runcomfy, comfy_stack):
    stack.up()
    (made,) = rows(runcomfy)
    program.arguments["adopt"] = made["id"]
    assert costs(comfy_stack(program.run, project="another").preview()) == [
        "idle ? -> 0.00, at most ? -> 2.50 USD/h (what is adopted was not asked what it costs now)"
    ]
