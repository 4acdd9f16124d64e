"""What a program can ask Comfy Cloud: saved workflows of others, node classes, versions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pulumi_comfy.comfyui_protocol.questions import NodesAsked, ObjectInfo, object_info, texts_of_system
from pulumi_comfy.core.errors import InputError, OutcomeError
from pulumi_comfy.core.function import Function
from pulumi_comfy.core.model import Model, is_known
from pulumi_comfy.platforms.comfycloud.api import ComfyCloudApi
from pulumi_comfy.platforms.comfycloud.documents import digest_of_content
from pulumi_comfy.platforms.comfycloud.fields import AccountInputs, Id


class NoInputs(AccountInputs):
    """A question about the platform."""


class WorkflowInputs(AccountInputs):
    """A question about one workflow."""

    workflow_id: Annotated[Id | None, Field(description="Its id; this or `name`.")] = None
    name: Annotated[str | None, Field(description="Its whole name; an error where several have it.")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> WorkflowInputs:
        if is_known(self.workflow_id, self.name) and (self.workflow_id is None) == (self.name is None):
            raise ValueError("give `workflow_id` or `name`, one of both")
        return self


class FoundWorkflow(Model):
    """A saved workflow with its newest version."""

    workflow_id: Annotated[str, Field(description="Its id.")]
    name: Annotated[str, Field(description="Its name; several may have one.")]
    description: Annotated[str, Field(description="Free text; empty where there is none.")]
    version_id: Annotated[str, Field(description="Id of the newest version.")]
    version_number: Annotated[int, Field(description="Number of the newest version, counted from 1.")]
    workflow_digest: Annotated[
        str, Field(description="SHA-256 of its document's canonical form; empty where it is no document.")
    ]


class ObjectInfoInputs(AccountInputs, NodesAsked):
    """A question about node classes."""


class SystemStats(Model):
    """Versions of the platform."""

    comfyui_version: Annotated[str, Field(description="Of ComfyUI; empty where it is not told.")]
    comfyui_frontend_version: Annotated[str, Field(description="Of the editor; empty where it is not told.")]
    cloud_version: Annotated[str, Field(description="Of the platform; empty where it is not told.")]


async def _workflow(asked: WorkflowInputs, client: ComfyCloudApi) -> FoundWorkflow:
    tried = f"look for workflow {asked.workflow_id or asked.name}"
    if asked.workflow_id is not None:
        row = await client.get_workflow(asked.workflow_id)
    else:
        rows = await client.find_workflows(str(asked.name))
        if len(rows) > 1:
            ids = ", ".join(row.id for row in rows)
            raise InputError("COMFY1001", tried=tried, got=f"several have this name: {ids}", todo="Ask by the id.")
        row = rows[0] if rows else None
    content = await client.get_content(row.id) if row else None
    if row is None or content is None:
        todo = "Check the id or the name, and the workspace of the key."
        raise OutcomeError("COMFY2404", tried=tried, got="this key sees none", todo=todo)
    return FoundWorkflow(
        workflow_id=row.id,
        name=row.name,
        description=row.description,
        version_id=content.id,
        version_number=content.version,
        workflow_digest=digest_of_content(content.workflow_json),
    )


async def _object_info(asked: ObjectInfoInputs, client: ComfyCloudApi) -> ObjectInfo:
    return await object_info(asked, client, include_user_models="true")


async def _system_stats(_asked: NoInputs, client: ComfyCloudApi) -> SystemStats:
    return SystemStats(**texts_of_system(await client.system_stats(), SystemStats.model_fields))


FUNCTIONS = {
    function.token.partition(":")[2]: function
    for function in (
        Function(
            "comfycloud:getObjectInfo",
            "The nodes of the platform, with the models and files that it offers.",
            ObjectInfoInputs,
            ObjectInfo,
            _object_info,
        ),
        Function("comfycloud:getSystemStats", "The platform's versions.", NoInputs, SystemStats, _system_stats),
        Function(
            "comfycloud:getWorkflow",
            "A saved workflow with its newest version, by its id or its whole name.",
            WorkflowInputs,
            FoundWorkflow,
            _workflow,
        ),
    )
}
"""The functions of this platform, by name."""
