"""Example of the Workflow page."""

import pulumi

import pulumi_comfy as comfy

text_to_image = comfy.comfydeploy.Workflow(
    "text-to-image",
    workflow="text_to_image.json",  # saved in the editor
    workflow_api="text_to_image.api.json",  # the editor's Workflow > Export (API)
    description="One picture from one sentence.",
)

pulumi.export("version", text_to_image.version_number)
