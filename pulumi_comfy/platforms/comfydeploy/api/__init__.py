"""Typed client of ComfyDeploy's API V2. Knows nothing of Pulumi.

Each method names the route it calls; what the routes answer is in rows.py. Facts: docs/platforms/comfydeploy.md 1 to 4.
"""

from __future__ import annotations

from pulumi_comfy.platforms.comfydeploy.api.account import AccountApi
from pulumi_comfy.platforms.comfydeploy.api.deployments import DeploymentsApi
from pulumi_comfy.platforms.comfydeploy.api.machines import MachinesApi
from pulumi_comfy.platforms.comfydeploy.api.runs import RunsApi
from pulumi_comfy.platforms.comfydeploy.api.secrets import SecretsApi
from pulumi_comfy.platforms.comfydeploy.api.workflows import WorkflowsApi


class ComfyDeployApi(AccountApi, DeploymentsApi, MachinesApi, RunsApi, SecretsApi, WorkflowsApi):
    """The endpoints that this package uses."""


__all__ = ["ComfyDeployApi"]
