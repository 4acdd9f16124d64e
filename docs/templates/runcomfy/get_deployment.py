"""Example of the get_deployment page."""

import pulumi

import pulumi_comfy as comfy

found = comfy.runcomfy.get_deployment(deployment_id="0d6f7e61-4d3b-4a2d-9c58-0c3f2d7f6b02")

pulumi.export("nodes", found.node_ids)
