"""Example of the WorkflowVersion page."""

import pulumi

import pulumi_comfy as comfy

candidate = comfy.selfhosted.WorkflowVersion(
    "candidate",
    workflow_id="6f9ad3a5-2c7e-4d0f-b1a5-9b8f0d1d9c11",  # of a workflow that another stack owns
    workflow="text_to_image.json",
    workflow_api="text_to_image.api.json",
    snapshot={"comfyui": "7b734c4", "git_custom_nodes": {}, "file_custom_nodes": []},  # as ComfyUI-Manager saves it
)

pulumi.export("candidate_version", candidate.version_number)
