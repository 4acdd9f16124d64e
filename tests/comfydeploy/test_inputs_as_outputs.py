"""Every input is an output too, also in the preview of a change."""

from __future__ import annotations

import pulumi
import pytest

import pulumi_comfy as comfy
from pulumi_comfy.platforms.comfydeploy.serverless_machine.fields import ServerlessMachineInputs

pytestmark = pytest.mark.apart


def test_no_input_of_a_machine_is_unknown_in_a_preview_of_an_update(deploy):
    arguments = {"gpu": "T4", "run_timeout": 400}

    def program():
        made = comfy.comfydeploy.ServerlessMachine("it", **arguments)
        for name in ServerlessMachineInputs.model_fields:
            pulumi.export(name, getattr(made, name))

    stack = deploy(program)
    deployed = stack.up().outputs
    arguments["keep_warm"] = 1

    preview = stack.preview().outputs

    assert preview == {**deployed, "keep_warm": 1}
