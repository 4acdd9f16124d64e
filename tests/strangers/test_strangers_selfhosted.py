"""The self-hosted web app's own validation, in its own schema library, against every request that we send it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from environments import ENVIRONMENTS, HERE, ROOT

import pulumi_comfy as comfy

pytestmark = [
    pytest.mark.apart,
    pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="it needs node and npm"),
]

ZOD = "zod@3.22.4"
"""As the web app pins it."""
QUICKSTART = ROOT / "examples" / "comfydeploy-quickstart"
NODES = {"https://a.example": {"hash": "1f", "disabled": False}}
SNAPSHOT = {"comfyui": "7b734c4", "git_custom_nodes": NODES, "file_custom_nodes": [], "pips": {"torch": "2.4"}}


def folder_with_zod() -> Path:
    """Give a folder that holds the library; skip where it cannot be installed."""
    folder = ENVIRONMENTS / "zod"
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent", ZOD]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{ZOD} cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    return folder


def refused_by_zod(requests: list[dict[str, Any]]) -> Any:
    folder = folder_with_zod()
    script = Path(shutil.copy(HERE / "zod_selfhosted.mjs", folder))
    done = subprocess.run(
        ["node", script], input=json.dumps(requests), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_web_apps_own_schemas_take_every_request_of_a_life(comfy_stack, comfy_emulator):
    comfy_emulator.settings.run_seconds = 0.01
    server, steps = comfy_emulator.selfhosted, [20]

    def program() -> None:
        graph = json.loads((QUICKSTART / "text_to_image.json").read_text())
        prompt = json.loads((QUICKSTART / "text_to_image.api.json").read_text())
        prompt["7"]["inputs"]["steps"] = steps[0]
        document = {"workflow": graph, "workflow_api": prompt, "snapshot": SNAPSHOT}
        workflow = comfy.selfhosted.Workflow("it", **document)
        comfy.selfhosted.WorkflowVersion("pinned", workflow_id=workflow.id, **document)
        if steps[0] != 20:
            serving = comfy.selfhosted.Deployment("serving", existing_id=deployment)
            comfy.selfhosted.InferenceCheck("check", deployment_id=serving.id, inputs={"prompt": "a cat", "seed": 7})

    stack = comfy_stack(program)
    stack.up()
    workflow_id = stack.resource("it")["id"]
    machine = server.add_machine(name="own", endpoint="http://10.0.0.5:8188")
    deployment = server.add_deployment(workflow_id, server.newest_version(workflow_id), machine)
    steps[0] = 30
    stack.up()
    stack.refresh()
    stack.destroy()

    sent = [one for one in comfy_emulator.requests if one.platform == "selfhosted"]
    asked = [
        {
            "route": f"{one.method} {re.sub('[0-9a-f-]{36}$', '', one.url_path.removeprefix('/selfhosted'))}",
            "sent": one.request_json if one.method != "GET" else one.query,
        }
        for one in sent
    ]
    assert {one["route"] for one in asked} >= {"POST /api/workflow", "POST /api/run", "GET /api/run", "GET /api/doc"}
    assert all(one.status < 300 for one in sent)
    assert refused_by_zod(asked) == []
