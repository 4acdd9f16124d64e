"""Example of the InferenceCheck page."""

import pulumi

import pulumi_comfy as comfy

smoke = comfy.selfhosted.InferenceCheck(
    "smoke",
    deployment_id="5b0e9a4e-31c9-4c6a-8b3e-54a0f43d1f57",  # made in the web UI
    inputs={"prompt": "a lighthouse on a cliff"},
    machine_id="d4f1a0de-8f2b-4a53-9a43-0d6a1d6c2b17",  # on another it fails: somebody changed the deployment
    always=True,
)

pulumi.export("checked", smoke.result)
