"""Reading deployments: one alone by its own route, many at once by the account's list.

The list's rows carry every managed field and 500 fit on a page (reference 2.5), so a refresh of N deployments costs
N / 500 calls for each of the two lists, and not N.
"""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.rows import DeploymentRow

WINDOW = 0.05
"""Seconds that a read waits for company: the engine asks for as many as `--parallel` allows within a few ms."""

_waiting: WeakKeyDictionary[ComfyDeployApi, int] = WeakKeyDictionary()


async def read_deployment(client: ComfyDeployApi, deployment_id: str, workflow_id: str | None) -> DeploymentRow | None:
    """Read a deployment; None when it is gone.

    The row bears its `version` only when it was read alone: who needs it calls `get_deployment`.

    Args:
        client: the account's.
        deployment_id: which one.
        workflow_id: its workflow, whose list decides whether a lone one is gone (section 6, 1); None when not known.

    Raises:
        ComfyError: it cannot be told.
    """
    if not await _has_company(client):
        return await client.get_deployment(deployment_id, workflow_id)
    listed = await client.list_deployments()
    row = next((row for row in listed if row.id == deployment_id), None)
    # A change meanwhile can move a row past a page's edge, and a server may give shorter pages than it was asked for.
    return row or await client.get_deployment(deployment_id, workflow_id)


async def _has_company(client: ComfyDeployApi) -> bool:
    """Wait a moment for other reads; the list that one of them asked for serves until something is written."""
    if client.has_deployments_listed:
        return True
    _waiting[client] = _waiting.get(client, 0) + 1
    try:
        await asyncio.sleep(WINDOW)
        return _waiting[client] > 1 or client.has_deployments_listed
    finally:
        _waiting[client] -= 1
