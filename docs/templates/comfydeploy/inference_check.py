"""Example of the InferenceCheck page."""

import pulumi

import pulumi_comfy as comfy

smoke = comfy.comfydeploy.InferenceCheck(
    "smoke",
    deployment_id="0d6f7e61-4d3b-4a2d-9c58-0c3f2d7f6b02",  # of a deployment that another stack owns
    inputs={"prompt": "a lighthouse on a cliff"},
    expect=comfy.comfydeploy.ExpectArgs(kinds=["images"], maximum_seconds=60),
    always=True,
)

pulumi.export("checked", smoke.result)
