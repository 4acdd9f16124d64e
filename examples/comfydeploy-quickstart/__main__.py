"""A text-to-image workflow in production on ComfyDeploy: machine, secret, workflow, deployment, and the proof."""

import json
import shlex

import pulumi

import pulumi_comfy as comfy

config = pulumi.Config()
prompt = config.require("prompt")

machine = comfy.comfydeploy.ServerlessMachine(
    "gpu",
    gpu=comfy.comfydeploy.Gpu(config.get("gpu") or "T4"),
    docker_command_steps=[
        comfy.comfydeploy.DockerCommandStepArgs(
            type="custom-node",
            data={
                "url": "https://github.com/bennykok/comfyui-deploy",
                "install_type": "git-clone",
                "name": "ComfyUI Deploy",
                "hash": "7b734c415aabd51b8bb8fad9fd719055b5ba359d",  # pinned: a rebuild makes the same image
            },
        )
    ],
    rollout="replace",  # a new build serves only once it has rendered an image
)

secret = comfy.comfydeploy.Secret(
    "tokens",
    variables={"HF_TOKEN": config.get_secret("hf_token") or "hf_not_needed_for_this_checkpoint"},
    machine_ids=[machine.id],
)

workflow = comfy.comfydeploy.Workflow(
    "text-to-image",
    workflow="text_to_image.json",
    workflow_api="text_to_image.api.json",
    description="One picture from one sentence.",
)

deployment = comfy.comfydeploy.Deployment(
    "serving",
    workflow_id=workflow.id,
    workflow_version_id=workflow.version_id,
    machine_id=machine.id,
    machine_build_digest=machine.build_digest,
    environment=comfy.comfydeploy.Environment(config.get("environment") or "staging"),
    inference_check=comfy.comfydeploy.InferenceCheckArgs(
        inputs={"prompt": prompt, "seed": 42},
        expect=comfy.comfydeploy.ExpectArgs(kinds=["images"], mime_types=["image/png"]),
        save_outputs_to="outputs",
        triggers=[secret.machine_version_ids],  # a machine rebuilt for a new secret value is checked again
    ),
)


def curl_line(endpoint: str, deployment_id: str) -> str:
    """The shell line that runs the deployment, as any client would."""
    body = json.dumps({"deployment_id": deployment_id, "inputs": {"prompt": prompt}})
    headers = "-H 'Content-Type: application/json' -H \"Authorization: Bearer $COMFYDEPLOY_API_KEY\""
    return f"curl -X POST {endpoint} {headers} -d {shlex.quote(body)}"


pulumi.export("deployment_id", deployment.id)
pulumi.export("workflow_version", workflow.version_number)
pulumi.export("image", deployment.last_check.apply(lambda check: check.files[0] if check else None))
pulumi.export("image_sha256", deployment.last_check.apply(lambda check: check.sha256[0] if check else None))
pulumi.export("try_it", pulumi.Output.all(deployment.endpoint, deployment.id).apply(lambda both: curl_line(*both)))
