"""Example of the list_deployments page."""

import pulumi

import pulumi_comfy as comfy

pulumi.export("serving", comfy.runcomfy.list_deployments().names)
