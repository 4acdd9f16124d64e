"""Workflows by their prompt alone."""

import json
from pathlib import Path

import pulumi_comfy as comfy

PROMPT = json.loads(Path("workflow.json").read_text())

for number in range(int(Path("count.txt").read_text())):
    comfy.comfydeploy.Workflow(f"workflow-{number}", workflow=PROMPT)
