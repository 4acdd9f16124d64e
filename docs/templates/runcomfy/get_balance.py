"""Example of the get_balance page."""

import pulumi

import pulumi_comfy as comfy

pulumi.export("left", comfy.runcomfy.get_balance().usd)
