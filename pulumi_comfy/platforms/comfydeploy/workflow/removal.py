"""Deleting workflows.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import PlatformError
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi


async def remove_workflow(workflow_id: str, call: Call[ComfyDeployApi]) -> None:
    """Delete a workflow; gone already is a success.

    The platform checks no references (2.1): whatever still serves the workflow ends with it, without a word. The
    stack's own deployments were removed before, so what is left is another stack's or was made by hand.
    """
    try:
        left = await call.client.list_workflow_deployments(workflow_id)
    except PlatformError:  # the warning is a courtesy, and the delete says itself what is wrong
        left = []
    if left:
        named = ", ".join(f"{row.environment} ({row.id})" for row in left)
        call.warn(f"workflow {workflow_id} was still deployed; these deployments end with it: {named}")
    await call.client.delete_workflow(workflow_id)
