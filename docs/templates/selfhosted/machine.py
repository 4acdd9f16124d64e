"""Example of the Machine page."""

import pulumi

import pulumi_comfy as comfy

machine = comfy.selfhosted.Machine(
    "desk",
    existing_id="d4f1a0de-8f2b-4a53-9a43-0d6a1d6c2b17",  # made in the web UI: the public server has no route for it
)

pulumi.export("machine", machine.id)
