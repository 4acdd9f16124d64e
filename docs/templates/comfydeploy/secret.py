"""Example of the Secret page."""

import pulumi

import pulumi_comfy as comfy

config = pulumi.Config()
machine = comfy.comfydeploy.ServerlessMachine(
    "gpu",
    gpu="L40S",
    docker_command_steps=[
        comfy.comfydeploy.DockerCommandStepArgs(
            type="custom-node",
            data={
                "url": "https://github.com/bennykok/comfyui-deploy",
                "install_type": "git-clone",
                "hash": "7b734c415aabd51b8bb8fad9fd719055b5ba359d",  # pinned: a rebuild makes the same image
            },
        )
    ],
)

tokens = comfy.comfydeploy.Secret(
    "tokens",
    variables={"HF_TOKEN": config.require_secret("hfToken")},
    machine_ids=[machine.id],
)

workflow = comfy.comfydeploy.Workflow(
    "text-to-image", workflow="text_to_image.json", workflow_api="text_to_image.api.json"
)
deployment = comfy.comfydeploy.Deployment(
    "serving",
    workflow_id=workflow.id,
    workflow_version_id=workflow.version_id,
    environment="production",
    machine_id=machine.id,
    machine_build_digest=machine.build_digest,
    inference_check=comfy.comfydeploy.InferenceCheckArgs(
        inputs={"prompt": "a lighthouse at dawn"},
        triggers=[tokens.machine_version_ids],  # a changed secret rebuilds the machine: check it again
    ),
)
