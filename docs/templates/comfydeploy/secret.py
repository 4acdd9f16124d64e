"""Example of the Secret page."""

import pulumi

import pulumi_comfy as comfy

config = pulumi.Config()
machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="L40S")

tokens = comfy.comfydeploy.Secret(
    "tokens",
    variables={"HF_TOKEN": config.require_secret("hfToken")},
    machine_ids=[machine.id],
)
