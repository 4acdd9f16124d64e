"""One checked picture service; its tests are in tests/."""

import pulumi

import pulumi_comfy as comfy

config = pulumi.Config()

machine = comfy.comfydeploy.ServerlessMachine(
    "gpu", gpu=comfy.comfydeploy.Gpu(config.require("gpu")), rollout="replace"
)

workflow = comfy.comfydeploy.Workflow("pictures", workflow="text_to_image.json", workflow_api="text_to_image.api.json")

serving = comfy.comfydeploy.Deployment(
    "serving",
    workflow_id=workflow.id,
    workflow_version_id=workflow.version_id,
    machine_id=machine.id,
    machine_build_digest=machine.build_digest,
    environment="production",
    inference_check=comfy.comfydeploy.InferenceCheckArgs(inputs={"prompt": "a lighthouse"}),
)

pulumi.export("deployment_id", serving.id)
