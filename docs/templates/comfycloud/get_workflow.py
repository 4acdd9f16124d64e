"""Example of the get_workflow page."""

import pulumi

import pulumi_comfy as comfy

found = comfy.comfycloud.get_workflow(name="hero")

pulumi.export("newest", found.version_number)
