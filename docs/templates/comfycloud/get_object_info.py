"""Example of the get_object_info page."""

import pulumi

import pulumi_comfy as comfy

asked = comfy.comfycloud.get_object_info(node_classes=["CheckpointLoaderSimple", "MyCustomNode"])

pulumi.export("missing", asked.missing)
