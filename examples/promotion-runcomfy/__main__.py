"""One program, one stack per environment on RunComfy: each owns a deployment of one workflow of the editor.

What moves is the pin: the label of the saved version. `dev` takes the one of its configuration, which a person saved in
the editor; `pulumi-comfy promote --from dev --to staging` writes it into `Pulumi.staging.yaml`, deploys, and puts
everything back when the inference check fails (docs/promotion.md). RunComfy keeps three versions of a workflow, and
whichever a deployment serves.
"""

import pulumi

import pulumi_comfy as comfy

config = pulumi.Config()

deployment = comfy.runcomfy.Deployment(
    "serving",
    name=f"text-to-image-{pulumi.get_stack()}",
    workflow_id=config.require("workflow_id"),
    hardware=config.get("hardware") or "AMPERE_24",
    max_instances=config.get_int("max_instances") or 1,
    **comfy.pinned("serving", workflow_version=config.get("workflow_version") or "v1"),
    inference_check=comfy.runcomfy.InferenceCheckArgs(
        overrides={config.require("prompt_node"): {"text": config.require("prompt")}},
        expect=comfy.runcomfy.ExpectArgs(kinds=["images"], mime_types=["image/png"]),
    ),
)

pulumi.export("endpoint", deployment.endpoint)
pulumi.export("deployment_id", deployment.id)
