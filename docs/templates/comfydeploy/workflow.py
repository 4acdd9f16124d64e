"""Example of the Workflow page."""

import pulumi

import pulumi_comfy as comfy

portrait = comfy.comfydeploy.Workflow(
    "portrait",
    workflow="portrait.json",  # saved in the editor
    workflow_api="portrait.api.json",  # the editor's Workflow > Export (API)
    description="A portrait from one sentence.",
)

pulumi.export("version", portrait.version_number)
