"""Example of the get_gpu_pricing page."""

import pulumi

import pulumi_comfy as comfy

pricing = comfy.comfydeploy.get_gpu_pricing()

pulumi.export("l4_usd_per_hour", round(pricing.usd_per_second["L4"] * 3600, 2))
