"""Reading objects: one alone by its own route, many at once by a list of the account or of their workflow.

What the lists hold (docs/platforms/comfydeploy.md 2.1, 2.2, 2.3, 2.5): deployments and versions whole, workflows
without their versions, machines without most of their settings. Where that is not enough, a row still tells by its
moment whether anything has happened since the state last looked, and only then it is asked for alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from pulumi_comfy.core.company import among, listed_in_company
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import DeploymentRow, MachineRow, WorkflowRow, WorkflowVersionRow

RowT = TypeVar("RowT", MachineRow, WorkflowRow)


async def read_deployment(client: ComfyDeployApi, deployment_id: str, workflow_id: str | None) -> DeploymentRow | None:
    """Read a deployment; None when it is gone.

    The row bears its `version` only when it was read alone: who needs it calls `get_deployment`.

    Args:
        client: the account's.
        deployment_id: which one.
        workflow_id: its workflow, whose list decides whether a lone one is gone (6.1); None when not known.

    Raises:
        ComfyError: it cannot be told.
    """
    listed = await listed_in_company(
        client,
        "deployments",
        is_listed=lambda: client.has_deployments_listed,
        find=lambda: among(client.list_deployments, deployment_id),
    )
    return listed or await client.get_deployment(deployment_id, workflow_id)


async def read_workflow(client: ComfyDeployApi, workflow_id: str, seen_at: str | None) -> WorkflowRow | None:
    """Read a workflow; None when it is gone. Its newest version is told where something happened since `seen_at`."""
    rows, is_listed = client.list_workflows, lambda: client.has_workflows_listed
    return await _unless_seen(client, "workflows", workflow_id, seen_at, is_listed, rows, client.get_workflow)


async def read_machine(client: ComfyDeployApi, machine_id: str, seen_at: str | None) -> MachineRow | None:
    """Read a machine; None when it is gone. Its settings are told where something happened since `seen_at`."""
    rows, is_listed = client.list_machines, lambda: client.has_machines_listed
    return await _unless_seen(client, "machines", machine_id, seen_at, is_listed, rows, client.get_machine)


async def _unless_seen(
    client: ComfyDeployApi,
    kind: str,
    object_id: str,
    seen_at: str | None,
    is_listed: Callable[[], bool],
    rows: Callable[[], Awaitable[list[RowT]]],
    alone: Callable[[str], Awaitable[RowT | None]],
) -> RowT | None:
    """Give the list's row of what did not change since `seen_at`, else what the object itself tells.

    Args:
        client: the account's.
        kind: which list.
        object_id: which object.
        seen_at: the moment of the last change that the state knows; None where it knows none.
        is_listed: whether the list costs no call.
        rows: reads the list.
        alone: reads the object.
    """
    listed = await listed_in_company(client, kind, is_listed=is_listed, find=lambda: among(rows, object_id))
    if listed is not None and not listed.deleted and is_seen(listed.updated_at, seen_at):
        return listed
    return await alone(object_id)


async def read_version(client: ComfyDeployApi, version_id: str, workflow_id: str | None) -> WorkflowVersionRow | None:
    """Read a workflow's version; None when it is gone.

    Args:
        client: the account's.
        version_id: which one.
        workflow_id: its workflow; None when not known.
    """
    listed = None
    if workflow_id:
        listed = await listed_in_company(
            client,
            f"versions of {workflow_id}",
            is_listed=lambda: client.has_versions_listed(workflow_id),
            find=lambda: client.find_listed_version(workflow_id, version_id),
        )
    return listed or await client.get_version(version_id)


def as_text(moment: datetime | None) -> str | None:
    """Write a moment as a state keeps it: to the millisecond, as the platform's coarsest answers (1.6)."""
    return moment.isoformat(timespec="milliseconds") if moment else None


def is_seen(moment: datetime | None, seen_at: str | None) -> bool:
    """Tell whether a change is one that the state knows."""
    text = as_text(moment)
    return text is not None and seen_at is not None and text <= seen_at
