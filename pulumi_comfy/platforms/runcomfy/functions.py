"""What a program can ask RunComfy: deployments that other stacks or people made, and the balance."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.core.function import Function
from pulumi_comfy.core.model import Model
from pulumi_comfy.platforms.runcomfy.api import DeploymentRow, RunComfyApi
from pulumi_comfy.platforms.runcomfy.fields import AccountInputs, Id


class NoInputs(AccountInputs):
    """A question about the account."""


class DeploymentInputs(AccountInputs):
    """A question about one deployment."""

    deployment_id: Annotated[Id, Field(description="Its id.")]


class FoundDeployment(Model):
    """A deployment."""

    deployment_id: Annotated[str, Field(description="Its id.")]
    name: Annotated[str, Field(description="Its name; several may have one.")]
    workflow_id: Annotated[str, Field(description="Its workflow; empty for one that serves a LoRA.")]
    workflow_version: Annotated[str, Field(description="Version that it serves; empty for one that serves a LoRA.")]
    hardware: Annotated[str, Field(description="Machine that runs it.")]
    min_instances: Annotated[int, Field(description="Instances that are always on.")]
    max_instances: Annotated[int, Field(description="The most instances at once.")]
    is_enabled: Annotated[bool, Field(description="Whether it takes runs.")]
    node_ids: Annotated[list[str], Field(description="Ids of the nodes that it serves.")] = []

    @classmethod
    def of(cls, row: DeploymentRow) -> FoundDeployment:
        """Take it from the platform's row."""
        return cls(
            deployment_id=row.id,
            name=row.name,
            workflow_id=row.workflow_id or "",
            workflow_version=row.workflow_version or "",
            hardware=row.hardware,
            min_instances=row.min_instances,
            max_instances=row.max_instances,
            is_enabled=row.is_enabled,
            node_ids=sorted(row.graph or {}),
        )


class Deployments(Model):
    """The account's deployments."""

    names: Annotated[dict[str, str], Field(description="Name of each deployment, by its id; several may have one.")]
    enabled_ids: Annotated[list[str], Field(description="Ids of those that take runs.")]


class Balance(Model):
    """What the account has left."""

    usd: Annotated[float, Field(description="US dollars; at 0 or less the platform disables deployments.")]


async def _deployment(asked: DeploymentInputs, client: RunComfyApi) -> FoundDeployment:
    row = await client.get_deployment(asked.deployment_id, with_payload=True)
    if row is None:
        raise OutcomeError(
            "COMFY2404",
            tried=f"look for deployment {asked.deployment_id}",
            got="this key sees none",
            todo="Check the id and the account of the key.",
        )
    return FoundDeployment.of(row)


async def _deployments(_asked: NoInputs, client: RunComfyApi) -> Deployments:
    rows = sorted(await client.list_deployments_now(), key=lambda row: (row.name, row.id))
    names = {row.id: row.name for row in rows}
    return Deployments(names=names, enabled_ids=[row.id for row in rows if row.is_enabled])


async def _balance(_asked: NoInputs, client: RunComfyApi) -> Balance:
    return Balance(usd=(await client.get_balance()).balance_usd)


FUNCTIONS = {
    function.token.partition(":")[2]: function
    for function in (
        Function("runcomfy:getBalance", "What the account has left.", NoInputs, Balance, _balance),
        Function(
            "runcomfy:getDeployment",
            "A deployment, by its id, whoever made it.",
            DeploymentInputs,
            FoundDeployment,
            _deployment,
        ),
        Function("runcomfy:listDeployments", "Every deployment of the account.", NoInputs, Deployments, _deployments),
    )
}
"""The functions of this platform, by name."""
