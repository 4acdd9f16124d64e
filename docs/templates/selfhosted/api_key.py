"""Example of the ApiKey page."""

import pulumi

import pulumi_comfy as comfy

ci = comfy.selfhosted.ApiKey("ci")  # on a server that has routes for API keys

pulumi.export("ci_key", ci.key)  # secret in the state and in the output
