"""Example of the ApiKey page."""

import pulumi

import pulumi_comfy as comfy

ci = comfy.comfydeploy.ApiKey("ci")

pulumi.export("ci_key", ci.key)  # secret in the state and in the output
