"""Reading workflows: one alone by its own route, many at once by the workspace's list."""

from __future__ import annotations

from pulumi_comfy.core.company import among, listed_in_company
from pulumi_comfy.platforms.comfycloud.api import ComfyCloudApi, WorkflowRow


async def read_workflow(client: ComfyCloudApi, workflow_id: str) -> WorkflowRow | None:
    """Read a workflow; None when the platform says that this one is gone."""
    listed = await listed_in_company(
        client,
        "workflows",
        is_listed=lambda: client.has_workflows_listed,
        find=lambda: among(client.list_workflows, workflow_id),
    )
    return listed or await client.get_workflow(workflow_id)
