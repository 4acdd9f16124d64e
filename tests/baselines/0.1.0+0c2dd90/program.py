"""The program whose state is a baseline: one resource of every kind. Each baseline keeps its own copy.

`declare()` is what was deployed; `declare(edited=True)` changes something of each kind, in place where the kind can.
"""

import json
from pathlib import Path

import pulumi

import pulumi_comfy as comfy

HERE = Path(__file__).resolve().parent
SAMPLER = "7"


def documents(steps: int) -> dict[str, str]:
    """The editor's graph and the API prompt that lie beside this file, with another number of steps."""
    graph = json.loads((HERE / "workflow.json").read_text(encoding="utf-8"))
    prompt = json.loads((HERE / "workflow.api.json").read_text(encoding="utf-8"))
    prompt[SAMPLER]["inputs"]["steps"] = steps
    next(node for node in graph["nodes"] if str(node["id"]) == SAMPLER)["widgets_values"][2] = steps
    return {"workflow": json.dumps(graph), "workflow_api": json.dumps(prompt)}


def declare(edited: bool = False) -> None:
    """Declare every kind."""
    machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="L4", run_timeout=400 if edited else 300)
    comfy.comfydeploy.CustomMachine(
        "own",
        endpoint=f"https://gpu.example:{8189 if edited else 8188}",
        auth_token=pulumi.Output.secret("a-token-of-the-machine"),
    )
    comfy.comfydeploy.Secret(
        "tokens",
        variables={"HF_TOKEN": "another-value" if edited else "a-value"},
        machine_ids=[machine.id],
    )
    comfy.comfydeploy.Model(
        "checkpoint",
        folder_path="checkpoints",
        filename="other.safetensors" if edited else "base.safetensors",
        link=pulumi.Output.secret("https://models.example/base.safetensors?signature=a-signature"),
        delete_on_destroy=True,
    )
    comfy.comfydeploy.ApiKey("key", name="another-service" if edited else "a-service")
    workflow = comfy.comfydeploy.Workflow("portrait", description="better" if edited else "good", **documents(20))
    version = comfy.comfydeploy.WorkflowVersion("pinned", workflow_id=workflow.id, **documents(40 if edited else 30))
    serving = comfy.comfydeploy.Deployment(
        "serving",
        workflow_id=workflow.id,
        workflow_version_id=version.id,
        machine_id=machine.id,
        machine_build_digest=machine.build_digest,
        environment="production",
        inference_check=comfy.comfydeploy.InferenceCheckArgs(
            inputs={"prompt": "a lighthouse at dusk" if edited else "a lighthouse at dawn"},
            expect=comfy.comfydeploy.ExpectArgs(kinds=["images"]),
        ),
    )
    comfy.comfydeploy.InferenceCheck(
        "by-itself",
        deployment_id=serving.id,
        inputs={"prompt": "a harbour"},
        triggers=[serving.workflow_version_id],
    )
    pulumi.export("deployment", serving.id)
