"""Example of the InferenceCheck page."""

import pulumi

import pulumi_comfy as comfy

smoke = comfy.runcomfy.InferenceCheck(
    "smoke",
    deployment_id="0d6f7e61-4d3b-4a2d-9c58-0c3f2d7f6b02",  # of a deployment that another stack owns
    overrides={"6": {"text": "a lighthouse on a cliff"}},
    extra_data={"api_key_comfy_org": pulumi.Config().require_secret("comfyOrgKey")},
    always=True,
)

pulumi.export("checked", smoke.result)
