"""What the random lives of tests/soak found, each reduced to a plain sequence."""

from __future__ import annotations

import pytest

import pulumi_comfy as comfy


class OneMachine:
    """A machine whose arguments a test edits between two runs."""

    def __init__(self, **arguments):
        self.arguments = arguments

    def program(self):
        comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4", **self.arguments)


@pytest.mark.parametrize("setting", [{"cpu_request": 2.0}, {"base_docker_image": "registry.example/comfy:1"}])
def test_a_first_setting_whose_build_failed_is_built_again(deploy, emulator, setting):
    machine = OneMachine()
    stack = deploy(machine.program)
    stack.up()
    emulator.builds.outcome("error", times=1)
    machine.arguments.update(setting)
    stack.up(check=False)

    repaired = stack.up()

    assert repaired.operation("gpu").op == "update"
    assert [row["status"] for row in emulator.dump()["machines"]] == ["ready"]
