"""Example of the get_workflow page."""

import pulumi

import pulumi_comfy as comfy

workflow = comfy.comfydeploy.get_workflow(name="text-to-image")  # whoever made it

pulumi.export("newest_version", workflow.version_number)
