"""Vendors' clients against the emulators. Where one disagrees with a recording, the recording wins and it is listed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from environments import ROOT, python_with, told_by

import pulumi_comfy as comfy

pytestmark = pytest.mark.apart

MCP = "RUNCOMFY_MCP"
"""The folder of a checkout of RunComfy's MCP server, whose client is no package."""
UNRECORDED = ["workflow_api"]
"""What the SDK (0.7.0) demands of a run, and the real server was recorded to leave out: with it `run.get` fails."""
QUICKSTART = ROOT / "examples" / "comfydeploy-quickstart"


def test_comfydeploy_s_own_sdk_runs_what_was_deployed(comfy_stack, comfy_emulator):
    comfy_emulator.settings.build_seconds = comfy_emulator.settings.run_seconds = 0.01
    graph, prompt = (
        json.loads((QUICKSTART / name).read_text()) for name in ("text_to_image.json", "text_to_image.api.json")
    )

    def program():
        workflow = comfy.comfydeploy.Workflow("it", workflow=graph, workflow_api=prompt)
        machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4")
        comfy.comfydeploy.Deployment(
            "serving",
            workflow_id=workflow.id,
            workflow_version_id=workflow.version_id,
            machine_id=machine.id,
            environment="production",
        )

    python = python_with("comfydeploy", "comfydeploy>=0.7,<1")
    stack = comfy_stack(program)
    stack.up()

    told = told_by(
        python, "use_comfydeploy.py", DEPLOYMENT=stack.resource("serving")["id"], **comfy_emulator.environment()
    )

    assert told["status"] == "success"
    assert told["missed"] == UNRECORDED
    assert any("images" in kinds for kinds in told["outputs"])


@pytest.mark.skipif(MCP not in os.environ, reason=f"set {MCP} to the folder of a checkout of RunComfy's MCP server")
def test_runcomfy_s_own_client_lives_a_deployment_s_life(comfy_emulator):
    runcomfy = comfy_emulator.runcomfy
    runcomfy.set_balance(10)
    workflow = runcomfy.add_workflow(json.loads((QUICKSTART / "text_to_image.api.json").read_text()))
    python = python_with("runcomfy", "httpx>=0.27,<1")

    told = told_by(
        python,
        "use_runcomfy.py",
        WORKFLOW=workflow,
        RUNCOMFY_MCP=str(Path(os.environ[MCP]).resolve()),
        **comfy_emulator.environment(),
    )

    assert (told["queue_size"], told["listed"], told["result"]) == (3, True, "succeeded")
    assert told["channels"] == ["images"]
    assert told["deleted"] == {"success": True}
