"""The program whose state is a baseline of a self-hosted server with all routes: one resource of every kind.

`declare()` is what was deployed; `declare(edited=True)` changes something of each kind, in place where the kind can.
Each baseline keeps its own copy.
"""

import json
from pathlib import Path

import pulumi

import pulumi_comfy as comfy

HERE = Path(__file__).resolve().parent
SAMPLER = "7"
SETTINGS = {"profile": "seed", "models": {"checkpoints": ["v1-5-pruned-emaonly.safetensors"]}}
"""Which server it is, and what its machines have."""
SNAPSHOT = {
    "comfyui": "7b734c415aabd51b8bb8fad9fd719055b5ba359d",
    "git_custom_nodes": {"https://github.com/bennykok/comfyui-deploy": {"hash": "8a3f", "disabled": False}},
    "file_custom_nodes": [],
}


def documents(steps: int) -> dict:
    """The editor's graph and the API prompt that lie beside this file, with another number of steps."""
    graph = json.loads((HERE / "workflow.json").read_text(encoding="utf-8"))
    prompt = json.loads((HERE / "workflow.api.json").read_text(encoding="utf-8"))
    prompt[SAMPLER]["inputs"]["steps"] = steps
    next(node for node in graph["nodes"] if str(node["id"]) == SAMPLER)["widgets_values"][2] = steps
    return {"workflow": json.dumps(graph), "workflow_api": json.dumps(prompt), "snapshot": SNAPSHOT}


def declare(edited: bool = False) -> None:
    """Declare every kind."""
    machine = comfy.selfhosted.Machine(
        "own",
        endpoint=f"https://gpu.example:{8189 if edited else 8188}",
        auth_token=pulumi.Output.secret("a-token-of-the-machine"),
    )
    comfy.selfhosted.Machine("by-hand", existing_id="d4f1a0de-8f2b-4a53-9a43-0d6a1d6c2b17")
    comfy.selfhosted.ApiKey("key", name="another-service" if edited else "a-service")
    workflow = comfy.selfhosted.Workflow("portrait", **documents(25 if edited else 20))
    version = comfy.selfhosted.WorkflowVersion("pinned", workflow_id=workflow.id, **documents(40 if edited else 30))
    serving = comfy.selfhosted.Deployment(
        "serving",
        workflow_id=workflow.id,
        workflow_version_id=version.version_id,
        machine_id=machine.id,
        environment="production",
    )
    comfy.selfhosted.InferenceCheck(
        "by-itself",
        deployment_id=serving.id,
        machine_id=machine.id,
        inputs={"prompt": "a lighthouse at dusk" if edited else "a lighthouse at dawn"},
        expect=comfy.selfhosted.ExpectArgs(kinds=["images"]),
        triggers=[serving.workflow_version_id],
    )
    pulumi.export("deployment", serving.id)
