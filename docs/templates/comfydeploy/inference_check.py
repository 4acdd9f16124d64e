"""Example of the InferenceCheck page."""

import pulumi

import pulumi_comfy as comfy

serving = pulumi.StackReference("organization/serving/prod")

comfy.comfydeploy.InferenceCheck(
    "smoke",
    deployment_id=serving.require_output("deployment_id"),
    inputs={"prompt": "a lighthouse on a cliff"},
    expect=comfy.comfydeploy.ExpectArgs(kinds=["images"], maximum_seconds=60),
    always=True,
)
