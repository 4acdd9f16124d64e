"""A workflow of RunComfy's cloud editor in production on its serverless API: one deployment, and the proof.

The stack's configuration says which workflow and which of its saved versions, both from the editor's page, and which
node takes the prompt. To promote a version, change `workflow_version` and run `pulumi up`: what renders no picture is
put back.

On your own machine, without an account: `pulumi-comfy emulator`, then save the workflow there, which takes one line of
shell (docs/emulator.md).
"""

import json
import shlex

import pulumi

import pulumi_comfy as comfy

config = pulumi.Config()
overrides = {config.require("prompt_node"): {"text": config.require("prompt")}}

deployment = comfy.runcomfy.Deployment(
    "serving",
    workflow_id=config.require("workflow_id"),
    workflow_version=config.require("workflow_version"),
    hardware=config.get("hardware") or "AMPERE_48",
    min_instances=0,  # nothing is billed while nobody asks; a first picture then waits some minutes
    max_instances=config.get_int("max_instances") or 1,
    keep_warm_duration_in_seconds=60,
    inference_check=comfy.runcomfy.InferenceCheckArgs(
        overrides=overrides,
        expect=comfy.runcomfy.ExpectArgs(kinds=["images"], mime_types=["image/png"]),
        save_outputs_to="outputs",
    ),
)


def curl_line(endpoint: str) -> str:
    """The shell line that runs the deployment, as any client would."""
    body = json.dumps({"overrides": {node: {"inputs": inputs} for node, inputs in overrides.items()}})
    headers = "-H 'Content-Type: application/json' -H \"Authorization: Bearer $RUNCOMFY_API_KEY\""
    return f"curl -X POST {endpoint} {headers} -d {shlex.quote(body)}"


pulumi.export("deployment_id", deployment.id)
pulumi.export("image", deployment.last_check.apply(lambda check: check.files[0] if check else None))
pulumi.export("image_sha256", deployment.last_check.apply(lambda check: check.sha256[0] if check else None))
pulumi.export("try_it", deployment.endpoint.apply(curl_line))
