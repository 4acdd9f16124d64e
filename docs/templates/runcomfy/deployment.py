"""Example of the Deployment page."""

import pulumi

import pulumi_comfy as comfy

deployment = comfy.runcomfy.Deployment(
    "portrait",
    workflow_id="00000000-0000-0000-0000-000000001111",  # saved in RunComfy's editor
    workflow_version="v2",
    hardware="AMPERE_48",
    max_instances=2,
    inference_check=comfy.runcomfy.InferenceCheckArgs(
        overrides={"6": {"text": "a lighthouse at dawn"}},  # by the node's id
        expect=comfy.runcomfy.ExpectArgs(kinds=["images"]),
    ),
)

pulumi.export("endpoint", deployment.endpoint)
