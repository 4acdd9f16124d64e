"""The rule `raw-commands`: raw commands need leave."""

from __future__ import annotations

from good import machine, node

from pulumi_comfy.policy.kit import UNKNOWN, said, undecided
from pulumi_comfy.policy.rules.pins import RAW_COMMANDS

RAW = {"type": "commands", "data": "RUN curl https://example.org/install | sh # s3cr3t"}


def test_a_machine_without_commands_passes():
    assert said(RAW_COMMANDS, machine()) == []


def test_a_step_of_commands_is_told_and_not_shown():
    assert said(RAW_COMMANDS, machine(dockerCommandSteps=[node(), RAW])) == [
        'comfydeploy.ServerlessMachine "gpu": dockerCommandSteps[1].data holds raw commands, which nothing pins. Take '
        "a "
        'custom node or a base image with a digest instead, or name "gpu" in `allowed` of `raw-commands`.'
    ]


def test_a_command_before_the_start_is_told():
    assert len(said(RAW_COMMANDS, machine(prestartCommand="sh install.sh"))) == 1


def test_a_resource_with_leave_passes():
    assert said(RAW_COMMANDS, machine(dockerCommandSteps=[RAW]), allowed=["gpu"]) == []


def test_commands_that_are_not_known_neither_pass_nor_fail():
    assert undecided(RAW_COMMANDS, machine(prestartCommand=UNKNOWN)) == [
        'comfydeploy.ServerlessMachine "gpu": prestartCommand is not known yet.'
    ]
