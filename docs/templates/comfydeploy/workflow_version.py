"""Example of the WorkflowVersion page."""

import pulumi_comfy as comfy

workflow = comfy.comfydeploy.Workflow("portrait", workflow="portrait.json", workflow_api="portrait.api.json")

candidate = comfy.comfydeploy.WorkflowVersion(
    "candidate",
    workflow_id=workflow.id,
    workflow="candidate.json",
    workflow_api="candidate.api.json",
)
