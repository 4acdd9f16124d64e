"""The program whose state is a baseline of a ComfyUI server: each kind. Each baseline keeps its own copy.

`declare()` is what was deployed; `declare(edited=True)` changes something of each kind, in place where the kind can.
"""

import json
from pathlib import Path
from typing import Any

import pulumi_comfy as comfy

GRAPH = Path(__file__).resolve().parent / "workflow.json"


def graph(size: int) -> dict[str, Any]:
    """The workflow, with pictures of a size."""
    made: dict[str, Any] = json.loads(GRAPH.read_text(encoding="utf-8"))
    made["nodes"][0]["widgets_values"][0] = size
    return made


def declare(edited: bool = False) -> None:
    """Declare every kind."""
    workflow = comfy.comfyui.Workflow(
        "hello",
        workflow=graph(128 if edited else 64),
        inference_check=comfy.comfyui.InferenceCheckArgs(
            overrides={"2": {"filename_prefix": "baseline"}},
            extra_data={"api_key_comfy_org": "a-key-of-a-partner"},
            expect=comfy.comfyui.ExpectArgs(kinds=["images"]),
        ),
    )
    comfy.comfyui.Workflow("kept", name="team/kept", workflow=graph(96 if edited else 32))
    comfy.comfyui.InferenceCheck(
        "by-itself", workflow_id=workflow.id, overrides={"1": {"color": 2 if edited else 1}}, triggers=["first"]
    )
