"""Example of the Deployment page."""

import pulumi

import pulumi_comfy as comfy

machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="L40S")
workflow = comfy.comfydeploy.Workflow("portrait", workflow="portrait.json", workflow_api="portrait.api.json")

deployment = comfy.comfydeploy.Deployment(
    "portrait",
    workflow_id=workflow.id,
    workflow_version_id=workflow.version_id,
    environment=comfy.comfydeploy.Environment.PRODUCTION,
    machine_id=machine.id,
    machine_build_digest=machine.build_digest,  # a rebuilt machine is checked again
    inference_check=comfy.comfydeploy.InferenceCheckArgs(
        inputs={"prompt": "a lighthouse at dawn"},
        expect=comfy.comfydeploy.ExpectArgs(kinds=["images"], width=1024, height=1024),
    ),
)

pulumi.export("endpoint", deployment.endpoint)
