"""Example of the get_deployment page."""

import pulumi

import pulumi_comfy as comfy

workflow = comfy.comfydeploy.get_workflow(name="text-to-image")
serving = comfy.comfydeploy.get_deployment(workflow_id=workflow.workflow_id, environment="production")

pulumi.export("endpoint", serving.endpoint)
pulumi.export("deployment_id", serving.deployment_id)
