"""Example of the get_comfyui_versions page."""

import pulumi

import pulumi_comfy as comfy

versions = comfy.comfydeploy.get_comfyui_versions()
machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="L4", comfyui_version=versions.latest)  # a new one rebuilds it

pulumi.export("comfyui", versions.latest)
