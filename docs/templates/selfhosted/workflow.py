"""Example of the Workflow page."""

import pulumi

import pulumi_comfy as comfy

workflow = comfy.selfhosted.Workflow(
    "text-to-image",
    workflow="text_to_image.json",
    workflow_api="text_to_image.api.json",
    snapshot={"comfyui": "7b734c4", "git_custom_nodes": {}, "file_custom_nodes": []},  # as ComfyUI-Manager saves it
)

pulumi.export("version", workflow.version_number)
