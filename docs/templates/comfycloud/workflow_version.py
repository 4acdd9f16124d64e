"""Example of the WorkflowVersion page."""

import pulumi

import pulumi_comfy as comfy

candidate = comfy.comfycloud.WorkflowVersion(
    "candidate",
    workflow_id="6f9ad3a5-2c7e-4d0f-b1a5-9b8f0d1d9c11",  # of a workflow that another stack owns
    workflow="text_to_image.json",
    base_version=3,  # refused where somebody has saved another one since
)

pulumi.export("candidate_version_id", candidate.version_id)
