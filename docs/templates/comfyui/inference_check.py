"""Example of the InferenceCheck page."""

import pulumi

import pulumi_comfy as comfy

smoke = comfy.comfyui.InferenceCheck(
    "smoke",
    workflow_id="workflows/team/portrait.json",  # what people last saved there
    overrides={"3": {"steps": 4}},
    always=True,
)

pulumi.export("checked", smoke.result)
