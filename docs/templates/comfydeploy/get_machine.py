"""Example of the get_machine page."""

import pulumi_comfy as comfy

machine = comfy.comfydeploy.get_machine(name="shared-gpu")  # another stack's
workflow = comfy.comfydeploy.Workflow(
    "text-to-image", workflow="text_to_image.json", workflow_api="text_to_image.api.json"
)
serving = comfy.comfydeploy.Deployment(
    "serving",
    workflow_id=workflow.id,
    workflow_version_id=workflow.version_id,
    machine_id=machine.machine_id,
    environment="staging",
)
