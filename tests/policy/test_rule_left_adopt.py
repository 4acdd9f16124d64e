"""The rule `left-adopt`: what was left over from an adoption."""

from __future__ import annotations

from good import MACHINE, machine

from pulumi_comfy.policy.kit import UNKNOWN, said
from pulumi_comfy.policy.rules.upkeep import LEFT_ADOPT


def test_a_program_without_adopt_passes():
    assert said(LEFT_ADOPT, machine()) == []


def test_an_adopt_in_the_program_is_told():
    assert said(LEFT_ADOPT, machine(adopt=MACHINE)) == [
        'comfydeploy.ServerlessMachine "gpu": `adopt` stands in the program, and it counts for the first create only. '
        "Once "
        "a `pulumi up` has taken the object over, take `adopt` out."
    ]


def test_an_adopt_whose_value_is_not_known_stands_there_all_the_same():
    assert len(said(LEFT_ADOPT, machine(adopt=UNKNOWN))) == 1
