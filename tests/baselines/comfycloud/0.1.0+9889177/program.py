"""The program whose state is a baseline of Comfy Cloud: one resource of every kind. Each baseline keeps its own copy.

`declare()` is what was deployed; `declare(edited=True)` changes something of each kind, in place where the kind can.
"""

import copy
import json
from pathlib import Path
from typing import Any

import pulumi

import pulumi_comfy as comfy

GRAPH = json.loads((Path(__file__).resolve().parent / "workflow.json").read_text(encoding="utf-8"))
ASSET = "00000000-0000-4000-8000-00000000a55e"


def prepare(comfycloud: Any) -> None:
    """Upload what the publication shows, as a person does in the browser."""
    comfycloud.add_asset("picture.png", asset_id=ASSET)


def coloured(color: int) -> dict[str, Any]:
    """The graph with another colour."""
    graph = copy.deepcopy(GRAPH)
    graph["nodes"][0]["widgets_values"][3] = color
    return graph


def declare(edited: bool = False) -> None:
    """Declare every kind."""
    checked = comfy.comfycloud.Workflow(
        "checked",
        workflow=coloured(4 if edited else 3),
        description="better" if edited else "good",
        inference_check=comfy.comfycloud.InferenceCheckArgs(
            overrides={"1": {"color": 9 if edited else 8}},
            extra_data={"api_key_comfy_org": "a-key-of-a-partner"},
            expect=comfy.comfycloud.ExpectArgs(kinds=["images"]),
        ),
    )
    public = comfy.comfycloud.Workflow("public", name="public", workflow=coloured(5))
    comfy.comfycloud.Publication(
        "link",
        workflow_id=public.id,
        path="workflows/public.json",
        workflow_digest=public.workflow_digest,
        asset_ids=[ASSET] if edited else [],
        keep_on_destroy=True,
    )
    other = comfy.comfycloud.Workflow("other", workflow=coloured(1))
    comfy.comfycloud.WorkflowVersion("version", workflow_id=other.id, workflow=coloured(7 if edited else 6))
    comfy.comfycloud.InferenceCheck("by-itself", workflow_id=checked.id, triggers=[checked.version_id])
    pulumi.export("workflow", checked.id)
