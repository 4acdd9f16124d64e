"""Example of the ServerlessMachine page."""

import pulumi

import pulumi_comfy as comfy

machine = comfy.comfydeploy.ServerlessMachine(
    "gpu",
    gpu=comfy.comfydeploy.Gpu.L40S,
    docker_command_steps=[
        comfy.comfydeploy.DockerCommandStepArgs(
            type=comfy.comfydeploy.DockerCommandStepType.CUSTOM_NODE,
            data={
                "url": "https://github.com/bennykok/comfyui-deploy",
                "install_type": "git-clone",
                "hash": "7b734c415aabd51b8bb8fad9fd719055b5ba359d",  # pinned: a rebuild makes the same image
            },
        ),
    ],
    rollout="replace",  # what serves stays until the new machine has rendered
)

pulumi.export("build", machine.build_digest)
