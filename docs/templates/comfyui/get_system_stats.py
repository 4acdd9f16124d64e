"""Example of the get_system_stats page."""

import pulumi

import pulumi_comfy as comfy

pulumi.export("version", comfy.comfyui.get_system_stats().comfyui_version)
