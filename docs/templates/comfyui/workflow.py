"""Example of the Workflow page."""

import pulumi

import pulumi_comfy as comfy

workflow = comfy.comfyui.Workflow(
    "portrait",
    name="team/portrait",  # as the editor lists it
    workflow="text_to_image.json",  # Workflow > Export
    inference_check=comfy.comfyui.InferenceCheckArgs(
        overrides={"6": {"text": "a lighthouse at dawn"}},  # by the node's id
        expect=comfy.comfyui.ExpectArgs(kinds=["images"]),
    ),
)

pulumi.export("digest", workflow.workflow_digest)
