"""What a program can ask ComfyDeploy: prices, releases, and objects that other stacks or people made."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.core.function import Function
from pulumi_comfy.core.model import Model
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.fields import AccountInputs, Environment, Id


class NoInputs(AccountInputs):
    """A question about the platform itself."""


class NamedInputs(AccountInputs):
    """A question about one object, by its name or its id."""

    name: Annotated[str | None, Field(description="Its exact name; there must be exactly one.")] = None
    object_id: Annotated[Id | None, Field(description="Its id, instead of the name.")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> NamedInputs:
        if (self.name is None) == (self.object_id is None):
            raise ValueError("give either `name` or `object_id`")
        return self


class DeploymentInputs(AccountInputs):
    """A question about a deployment, by its workflow and environment."""

    workflow_id: Annotated[Id, Field(description="Id of the deployed workflow.")]
    environment: Annotated[Environment, Field(description="Where it serves.")]


class GpuPricing(Model):
    """What GPUs cost."""

    usd_per_second: Annotated[dict[str, float], Field(description="Price in US dollars per second, by GPU.")]


class ComfyUIVersions(Model):
    """The ComfyUI releases that the platform offers."""

    latest: Annotated[str, Field(description="Newest commit, as 40 hex digits, for `comfyui_version` of a machine.")]
    releases: Annotated[dict[str, str], Field(description="Commit of each of the newest releases, by its tag.")]


class FoundWorkflow(Model):
    """A workflow."""

    workflow_id: Annotated[str, Field(description="Its id.")]
    name: Annotated[str, Field(description="Its name.")]
    description: Annotated[str, Field(description="Its description; empty when it has none.")]
    version_id: Annotated[str, Field(description="Id of its newest version.")]
    version_number: Annotated[int, Field(description="Number of that version.")]


class FoundMachine(Model):
    """A machine of either kind."""

    machine_id: Annotated[str, Field(description="Its id.")]
    name: Annotated[str, Field(description="Its name.")]
    type: Annotated[str, Field(description="`comfy-deploy-serverless`, `classic` or `runpod-serverless`.")]
    gpu: Annotated[str, Field(description="Its GPU; empty for a custom machine.")]
    status: Annotated[str, Field(description="The platform's word; it can be stale while a build runs.")]
    machine_version_id: Annotated[str, Field(description="Id of its current build; empty for a custom machine.")]


class FoundDeployment(Model):
    """A deployment."""

    deployment_id: Annotated[str, Field(description="Its id.")]
    workflow_version_id: Annotated[str, Field(description="Id of the version it serves.")]
    machine_id: Annotated[str, Field(description="Id of the machine it runs on; empty when it has none.")]
    endpoint: Annotated[str, Field(description="URL that runs of this deployment are posted to.")]


async def _gpu_pricing(_asked: NoInputs, client: ComfyDeployApi) -> GpuPricing:
    return GpuPricing(usd_per_second=await client.gpu_pricing())


async def _comfyui_versions(_asked: NoInputs, client: ComfyDeployApi) -> ComfyUIVersions:
    found = await client.comfyui_versions()
    latest = found.latest.get("sha", "") if isinstance(found.latest, dict) else str(found.latest or "")
    return ComfyUIVersions(latest=latest, releases={release.label: release.value for release in found.releases})


async def _workflow(asked: NamedInputs, client: ComfyDeployApi) -> FoundWorkflow:
    ids = [row.id for row in await client.find_workflows(asked.name)] if asked.name else [str(asked.object_id)]
    row = await client.get_workflow(_only(ids, "workflow", asked))
    if row is None or row.newest_version is None:
        raise _none("workflow", asked)
    version = row.newest_version
    return FoundWorkflow(
        workflow_id=row.id,
        name=row.name,
        description=row.description or "",
        version_id=version.id,
        version_number=version.version,
    )


async def _machine(asked: NamedInputs, client: ComfyDeployApi) -> FoundMachine:
    ids = [row.id for row in await client.find_machines(asked.name)] if asked.name else [str(asked.object_id)]
    row = await client.get_machine(_only(ids, "machine", asked))
    if row is None:
        raise _none("machine", asked)
    return FoundMachine(
        machine_id=row.id,
        name=row.name,
        type=row.type,
        gpu=row.gpu or "",
        status=row.status or "",
        machine_version_id=row.machine_version_id or "",
    )


async def _deployment(asked: DeploymentInputs, client: ComfyDeployApi) -> FoundDeployment:
    where = asked.environment.value
    for row in await client.list_workflow_deployments(asked.workflow_id):
        if row.environment == where:
            return FoundDeployment(
                deployment_id=row.id,
                workflow_version_id=row.workflow_version_id,
                machine_id=row.machine_id or "",
                endpoint=client.queue_url,
            )
    raise OutcomeError(
        "COMFY2404",
        tried="look for a deployment",
        got=f"workflow {asked.workflow_id} has none in {where}",
        todo="Check the workflow's id, the environment and the account of the key.",
    )


def _only(ids: list[str], label: str, asked: NamedInputs) -> str:
    if not ids:
        raise _none(label, asked)
    if len(ids) > 1:
        got = f"{len(ids)} have that name: {', '.join(ids)}"
        raise OutcomeError("COMFY2404", tried=f'look for {label} "{asked.name}"', got=got, todo="Ask by `object_id`.")
    return ids[0]


def _none(label: str, asked: NamedInputs) -> OutcomeError:
    kind, what = ("name", f'"{asked.name}"') if asked.name else ("id", str(asked.object_id))
    todo = f"Check the {kind} and the account of the key."
    return OutcomeError("COMFY2404", tried=f"look for {label} {what}", got="this key sees none", todo=todo)


FUNCTIONS = {
    function.token.partition(":")[2]: function
    for function in (
        Function(
            "comfydeploy:getComfyuiVersions",
            "The newest ComfyUI commit and releases that machines can be built with.",
            NoInputs,
            ComfyUIVersions,
            _comfyui_versions,
        ),
        Function(
            "comfydeploy:getDeployment",
            "The deployment of a workflow in an environment, whoever made it.",
            DeploymentInputs,
            FoundDeployment,
            _deployment,
        ),
        Function(
            "comfydeploy:getGpuPricing",
            "What each GPU costs, in US dollars per second of a container's life.",
            NoInputs,
            GpuPricing,
            _gpu_pricing,
        ),
        Function(
            "comfydeploy:getMachine", "A machine, by name or id, whoever made it.", NamedInputs, FoundMachine, _machine
        ),
        Function(
            "comfydeploy:getWorkflow",
            "A workflow with its newest version, by name or id, whoever made it.",
            NamedInputs,
            FoundWorkflow,
            _workflow,
        ),
    )
}
"""The functions of this platform, by name."""
