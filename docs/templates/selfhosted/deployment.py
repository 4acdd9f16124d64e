"""Example of the Deployment page."""

import pulumi

import pulumi_comfy as comfy

serving = comfy.selfhosted.Deployment(
    "serving",
    existing_id="5b0e9a4e-31c9-4c6a-8b3e-54a0f43d1f57",  # made in the web UI: the public server has no route for it
    machine_id="d4f1a0de-8f2b-4a53-9a43-0d6a1d6c2b17",  # what it is to point to; a check sees whether it does
    inference_check=comfy.selfhosted.InferenceCheckArgs(
        inputs={"prompt": "a lighthouse at dawn"},
        expect=comfy.selfhosted.ExpectArgs(kinds=["images"]),
    ),
)

pulumi.export("deployment", serving.id)
