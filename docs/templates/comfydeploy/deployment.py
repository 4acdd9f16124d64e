"""Example of the Deployment page."""

import pulumi

import pulumi_comfy as comfy

machine = comfy.comfydeploy.ServerlessMachine(
    "gpu",
    gpu="L40S",
    docker_command_steps=[  # the nodes by which runs are given their inputs
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
workflow = comfy.comfydeploy.Workflow(
    "text-to-image", workflow="text_to_image.json", workflow_api="text_to_image.api.json"
)

deployment = comfy.comfydeploy.Deployment(
    "serving",
    workflow_id=workflow.id,
    workflow_version_id=workflow.version_id,
    environment=comfy.comfydeploy.Environment.PRODUCTION,
    machine_id=machine.id,
    machine_build_digest=machine.build_digest,  # a rebuilt machine is checked again
    inference_check=comfy.comfydeploy.InferenceCheckArgs(
        inputs={"prompt": "a lighthouse at dawn"},
        expect=comfy.comfydeploy.ExpectArgs(kinds=["images"], width=512, height=512),
    ),
)

pulumi.export("endpoint", deployment.endpoint)
