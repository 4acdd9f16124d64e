"""Services of four resources each, and every document another: what a pack and the costs of a preview look at."""

import json
from pathlib import Path

import pulumi

import pulumi_comfy as comfy

PROMPT = json.loads(Path("workflow.json").read_text())
c = comfy.comfydeploy

for number in range(int(Path("count.txt").read_text()) // 4):
    machine = c.ServerlessMachine(f"gpu-{number}", gpu="L4")
    workflow = c.Workflow(
        f"workflow-{number}", workflow={**PROMPT, "999": {**PROMPT["1"], "_meta": {"title": str(number)}}}
    )
    serving = c.Deployment(
        f"serving-{number}",
        workflow_id=workflow.id,
        workflow_version_id=workflow.version_id,
        machine_id=machine.id,
        environment="production",
        opts=pulumi.ResourceOptions(protect=True),
    )
    c.InferenceCheck(f"check-{number}", deployment_id=serving.id)
