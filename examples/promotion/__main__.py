"""One program, one stack per environment: `dev`, `staging` and `production` each own a machine, a secret, a deployment.

The stack `shared` owns the workflow, which all of them serve. What moves from one to the next is the pin: the version
that the deployment serves, and what the machine is built from. `pulumi-comfy promote --from dev --to staging` writes it
into `Pulumi.staging.yaml`, deploys, and puts everything back when the inference check fails (docs/promotion.md).

Without a pin a stack takes what stands here and what `shared` made last: that is how `dev` gets something new.
"""

import pulumi

import pulumi_comfy as comfy

config = pulumi.Config()


def shared() -> None:
    """What all environments have in common."""
    workflow = comfy.comfydeploy.Workflow(
        "text-to-image",
        workflow="text_to_image.json",
        workflow_api="text_to_image.api.json",
        description="One picture from one sentence.",
    )
    pulumi.export("workflow_id", workflow.id)
    pulumi.export("version_id", workflow.version_id)


def environment() -> None:
    """What each environment owns. Sizes are its own, from its configuration; what is pinned is promoted."""
    common = pulumi.StackReference(f"{pulumi.get_organization()}/{pulumi.get_project()}/shared")
    machine = comfy.comfydeploy.ServerlessMachine(
        "gpu",
        gpu=comfy.comfydeploy.Gpu(config.get("gpu") or "T4"),
        rollout="replace",  # a new build serves only once it has rendered an image
        **comfy.pinned(
            "gpu",
            docker_command_steps=[
                comfy.comfydeploy.DockerCommandStepArgs(
                    type="custom-node",
                    data={
                        "url": "https://github.com/bennykok/comfyui-deploy",
                        "install_type": "git-clone",
                        "name": "ComfyUI Deploy",
                        "hash": "7b734c415aabd51b8bb8fad9fd719055b5ba359d",
                    },
                )
            ],
        ),
    )
    secret = comfy.comfydeploy.Secret(
        "tokens",
        variables={"HF_TOKEN": config.get_secret("hf_token") or "hf_not_needed_for_this_checkpoint"},
        machine_ids=[machine.id],
    )
    deployment = comfy.comfydeploy.Deployment(
        "serving",
        workflow_id=common.require_output("workflow_id"),
        machine_id=machine.id,
        machine_build_digest=machine.build_digest,
        environment=comfy.comfydeploy.Environment(config.require("environment")),
        **comfy.pinned("serving", workflow_version_id=common.require_output("version_id")),
        inference_check=comfy.comfydeploy.InferenceCheckArgs(
            inputs={"prompt": config.require("prompt"), "seed": 42},
            expect=comfy.comfydeploy.ExpectArgs(kinds=["images"], mime_types=["image/png"]),
            triggers=[secret.machine_version_ids],
        ),
    )
    pulumi.export("endpoint", deployment.endpoint)
    pulumi.export("deployment_id", deployment.id)


if pulumi.get_stack() == "shared":
    shared()
else:
    environment()
