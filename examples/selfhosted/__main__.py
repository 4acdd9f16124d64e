"""A workflow on a self-hosted ComfyUI Deploy, and the proof of what its deployment serves.

The public server makes machines, deployments and API keys in its web UI alone. So the first `pulumi up` saves the
workflow; then deploy it in the web UI, and say here which deployment and which machine that are:

    pulumi config set deployment_id <id>
    pulumi config set machine_id <id>

From then on each `pulumi up` runs the deployment, and fails when somebody has pointed it elsewhere. A changed workflow
is a new version: the check fails until somebody deploys that, too. On a server with routes for both, declare
`comfy.selfhosted.Machine` and `comfy.selfhosted.Deployment` without `existing_id`.
"""

import pulumi

import pulumi_comfy as comfy

config = pulumi.Config()

workflow = comfy.selfhosted.Workflow(
    "text-to-image",
    workflow="text_to_image.json",
    workflow_api="text_to_image.api.json",
    snapshot={  # what ComfyUI-Manager saves as a snapshot; the server takes no workflow without it
        "comfyui": "7b734c415aabd51b8bb8fad9fd719055b5ba359d",
        "git_custom_nodes": {
            "https://github.com/bennykok/comfyui-deploy": {
                "hash": "7b734c415aabd51b8bb8fad9fd719055b5ba359d",
                "disabled": False,
            }
        },
        "file_custom_nodes": [],
    },
)

deployment_id = config.get("deployment_id")
if deployment_id:
    machine = comfy.selfhosted.Machine("gpu-box", existing_id=config.require("machine_id"))
    serving = comfy.selfhosted.Deployment("serving", existing_id=deployment_id, machine_id=machine.id)
    check = comfy.selfhosted.InferenceCheck(
        "renders",
        deployment_id=serving.id,
        machine_id=machine.id,
        workflow_digest=workflow.workflow_digest,  # the public server tells no version's id: its document is compared
        inputs={"prompt": config.get("prompt") or "a lighthouse at dawn"},
        expect=comfy.selfhosted.ExpectArgs(kinds=["images"], mime_types=["image/png"]),
        save_outputs_to="outputs",
        always=True,
    )
    pulumi.export("image", check.result.apply(lambda result: result.files[0] if result.files else None))
    pulumi.export("image_sha256", check.result.apply(lambda result: result.sha256[0] if result.sha256 else None))

pulumi.export("workflow_id", workflow.id)
pulumi.export("version", workflow.version_number)
