"""Example of the CustomMachine page."""

import pulumi

import pulumi_comfy as comfy

workstation = comfy.comfydeploy.CustomMachine(
    "workstation",
    type="classic",
    endpoint="https://comfy.example.com",
    auth_token=pulumi.Config().require_secret("workstationToken"),
)
