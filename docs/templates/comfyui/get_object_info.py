"""Example of the get_object_info page."""

import pulumi

import pulumi_comfy as comfy

loader = comfy.comfyui.get_object_info(node_classes=["CheckpointLoaderSimple"])

pulumi.export("checkpoints", loader.classes["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"][0])
