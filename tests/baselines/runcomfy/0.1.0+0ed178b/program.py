"""The program whose state is a baseline of RunComfy: one resource of every kind. Each baseline keeps its own copy.

`declare()` is what was deployed; `declare(edited=True)` changes something of each kind, in place where the kind can.
"""

import json
from pathlib import Path
from typing import Any

import pulumi

import pulumi_comfy as comfy

GRAPH = Path(__file__).resolve().parent / "workflow.api.json"
WORKFLOW = "00000000-0000-4000-8000-000000001111"
TEXT = "5"


def prepare(runcomfy: Any) -> None:
    """Save what the program deploys, as a person does in the browser."""
    runcomfy.add_workflow(json.loads(GRAPH.read_text(encoding="utf-8")), ["v1", "v2"], workflow_id=WORKFLOW)


def declare(edited: bool = False) -> None:
    """Declare every kind."""
    serving = comfy.runcomfy.Deployment(
        "serving",
        workflow_id=WORKFLOW,
        workflow_version="v2" if edited else "v1",
        hardware="ADA_48_PLUS" if edited else "AMPERE_24",
        max_instances=3 if edited else 2,
        inference_check=comfy.runcomfy.InferenceCheckArgs(
            overrides={TEXT: {"text": "a lighthouse at dusk" if edited else "a lighthouse at dawn"}},
            extra_data={"api_key_comfy_org": "a-key-of-a-partner"},
            expect=comfy.runcomfy.ExpectArgs(kinds=["images"]),
        ),
    )
    comfy.runcomfy.InferenceCheck(
        "by-itself",
        deployment_id=serving.id,
        overrides={TEXT: {"text": "a harbour"}},
        triggers=[serving.workflow_version],
    )
    pulumi.export("deployment", serving.id)
