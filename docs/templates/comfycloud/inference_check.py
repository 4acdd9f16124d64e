"""Example of the InferenceCheck page."""

import pulumi

import pulumi_comfy as comfy

smoke = comfy.comfycloud.InferenceCheck(
    "smoke",
    workflow_id="6f9ad3a5-2c7e-4d0f-b1a5-9b8f0d1d9c11",  # of a workflow that somebody saves in the browser
    overrides={"6": {"text": "a lighthouse on a cliff"}},
    extra_data={"api_key_comfy_org": pulumi.Config().require_secret("comfyOrgKey")},  # for partner nodes
    always=True,
)

pulumi.export("checked", smoke.result)
