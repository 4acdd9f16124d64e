"""A deployment of a self-hosted ComfyUI Deploy: one version of a workflow, on a machine, in one environment.

Limits: the public server has no routes for deployments (docs/platforms/selfhosted.md 6.2): there `existing_id` holds
one, and an `InferenceCheck` through it tells what it really points to. A workflow has one deployment for each
environment, and a second create silently overwrites it: so the list is read first. Nothing deletes one in the web UI
but its workflow's end, unless it is a public share.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from enum import Enum
from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.company import among
from pulumi_comfy.core.meanings import ENVIRONMENT, MACHINE, Public
from pulumi_comfy.core.model import REPLACES, public
from pulumi_comfy.core.resource import Found, Inserted, Seen, State
from pulumi_comfy.platforms.selfhosted.existing import ExistingHandler, ExistingInputs, ExistingOutputs, SelfHostedCall
from pulumi_comfy.platforms.selfhosted.fields import Id
from pulumi_comfy.platforms.selfhosted.rows import DeploymentRow


@public("selfhosted:Environment")
class Environment(str, Enum):
    """Where a deployment serves."""

    PRODUCTION = "production"
    STAGING = "staging"
    PUBLIC_SHARE = "public-share"


class DeploymentInputs(ExistingInputs):
    """What a program declares of a deployment."""

    required = ("workflow_id", "environment", "workflow_version_id", "machine_id")

    workflow_id: Annotated[
        Id | None, REPLACES, Field(description="Id of the workflow; a change replaces the deployment.")
    ] = None
    environment: Annotated[
        Environment | None,
        REPLACES,
        ENVIRONMENT,
        Public(frozenset({Environment.PUBLIC_SHARE.value})),
        Field(description="Where it serves; a change replaces the deployment. Anybody can run a `public-share`."),
    ] = None
    workflow_version_id: Annotated[
        Id | None,
        Field(
            description="Id of the workflow's version that is served. The public server tells it in its web UI's links "
            "alone."
        ),
    ] = None
    machine_id: Annotated[Id | None, MACHINE, Field(description="Id of the machine that runs it.")] = None
    description: Annotated[str | None, Field(description="Free text of a public share. Default: none.")] = None


class DeploymentOutputs(ExistingOutputs):
    """What the server decides of a deployment."""

    share_slug: Annotated[str | None, Field(description="Public name of a `public-share`.")] = None


DeploymentState = State[DeploymentInputs, DeploymentOutputs]
_SERVED = ("workflow_version_id", "machine_id")


class DeploymentHandler(ExistingHandler[DeploymentInputs, DeploymentOutputs]):
    """Deployments. Import: the id is the deployment's UUID."""

    token = "selfhosted:Deployment"
    label = "deployment"
    inputs_model = DeploymentInputs
    outputs_model = DeploymentOutputs
    admits_one = True
    is_name_unique_to_us = False
    making = "POST /deployment"

    def natural_key(self, inputs: DeploymentInputs) -> str | None:
        """A workflow has one deployment for each environment."""
        return None if inputs.existing_id is not None else f"{inputs.workflow_id}/{_word(inputs)}"

    async def look_for(self, inputs: DeploymentInputs, call: SelfHostedCall) -> list[Found]:
        """The deployment of the same workflow and environment, which a create would overwrite, whosever it is."""
        call.client.forget()
        place = (inputs.workflow_id, _word(inputs))
        return [
            Found(row.id, f"{row.environment} deployment", is_ours=_is_left_by_us(row, inputs, call))
            for row in await call.client.list_deployments()
            if (row.workflow_id, row.environment) == place
        ]

    async def make(self, inputs: DeploymentInputs, found: Sequence[Found], call: SelfHostedCall) -> Inserted[None]:  # noqa: ARG002
        """Create it."""
        names = ("workflow_id", *_SERVED, *(("description",) if inputs.description else ()))
        fields = {name: getattr(inputs, name) for name in names}
        return Inserted((await call.client.put_deployment({**fields, "environment": _word(inputs)})).id)

    async def finish(self, made: Inserted[None], inputs: DeploymentInputs, call: SelfHostedCall) -> DeploymentState:
        """Read what the server decided."""
        call.client.forget()
        row = await among(call.client.list_deployments, made.id)
        return State(inputs, DeploymentOutputs(managed=True, share_slug=row.share_slug if row else None))

    async def look_at(
        self,
        object_id: str,
        prior: DeploymentState,  # noqa: ARG002
        call: SelfHostedCall,
    ) -> Seen[DeploymentOutputs] | None:
        """Read it, with any number of others from one list."""
        row = await among(call.client.list_deployments, object_id)
        if row is None:
            return None
        names = ("workflow_id", "environment", *_SERVED)
        seen = {**{name: getattr(row, name) for name in names}, "description": row.description or None}
        return Seen(seen, DeploymentOutputs(managed=True, share_slug=row.share_slug))

    async def change(
        self,
        object_id: str,
        prior: DeploymentState,
        inputs: DeploymentInputs,
        changed: Set[str],
        call: SelfHostedCall,
    ) -> DeploymentState:
        """Send what changed."""
        fields = {name: getattr(inputs, name) for name in sorted(changed & {*_SERVED, "description"})}
        if fields:
            await call.client.change_deployment(object_id, fields)
        return State(inputs, prior.outputs)

    async def remove(self, object_id: str, call: SelfHostedCall) -> None:
        """Delete it."""
        await call.client.delete_deployment(object_id)


def _word(inputs: DeploymentInputs) -> str:
    return str(getattr(inputs.environment, "value", inputs.environment))


def _is_left_by_us(row: DeploymentRow, inputs: DeploymentInputs, call: SelfHostedCall) -> bool:
    """Tell whether one that no state of ours holds can only be what an interrupted create left: it bears no name.

    It is ours when it serves what is declared, and this state has begun to make it on this machine or another of its
    resources holds the workflow or the machine: who else would deploy that?
    """
    is_as_declared = all(getattr(row, name) == getattr(inputs, name) for name in _SERVED)
    holds_its_part = any(call.memory.is_declared(str(one)) for one in (inputs.workflow_id, inputs.machine_id))
    return is_as_declared and (holds_its_part or call.was_attempted)
