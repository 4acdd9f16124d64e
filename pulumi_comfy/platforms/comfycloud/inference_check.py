"""An inference check by itself: for a workflow that another stack owns or a person saved, or on every `up`.

Nothing of it exists on the platform but the runs it made; removing it removes nothing. Each check costs credits.
Limit: the platform gives only the newest version's document back, so only that can be checked.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pulumi_comfy.comfyui_protocol.foresight import document_to_come
from pulumi_comfy.comfyui_protocol.overrides import GivenOverrides
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.core.model import PROMOTED, VERSIONS_OF, is_known
from pulumi_comfy.inference.nodes import names_any
from pulumi_comfy.inference.standalone import StandaloneHandler, StandaloneInputs
from pulumi_comfy.platforms.comfycloud.api import ComfyCloudApi
from pulumi_comfy.platforms.comfycloud.documents import read_content
from pulumi_comfy.platforms.comfycloud.fields import AccountInputs, Id
from pulumi_comfy.platforms.comfycloud.runner import SavedVersion, VersionRunner, foresee, runner_of


class InferenceCheckInputs(AccountInputs, StandaloneInputs, GivenOverrides):
    """What a program declares of a check."""

    workflow_id: Annotated[Id, VERSIONS_OF, Field(description="Id of the workflow whose newest version is run.")]
    version_id: Annotated[
        Id | None,
        PROMOTED,
        Field(
            description="Id of the version that must be the newest, e.g. a workflow's `version_id`; the check fails "
            "where another one is. Default: whichever is the newest."
        ),
    ] = None


class InferenceCheckHandler(StandaloneHandler[InferenceCheckInputs, ComfyCloudApi]):
    """Inference checks of saved workflows."""

    token = "comfycloud:InferenceCheck"
    inputs_model = InferenceCheckInputs
    foresees = True

    async def foresee(self, inputs: InferenceCheckInputs, call: Call[ComfyCloudApi]) -> None:
        """Compare overrides and nodes with the version that will be run, as far as that is known before."""
        is_asked = is_known(inputs.workflow_id, inputs.overrides) and names_any(inputs, inputs.overrides)
        if not call.checks_enabled or not is_asked:
            return
        content = await call.client.get_content(inputs.workflow_id)
        if content is None or inputs.version_id not in (None, content.id):
            return
        document = document_to_come(inputs.workflow_id, read_content(content.workflow_json), call)
        if document is not None:
            await foresee(document, inputs, "", call)

    async def runner(self, inputs: InferenceCheckInputs, call: Call[ComfyCloudApi]) -> VersionRunner:
        """Find the version, and make its prompt."""
        tried = f'check "{call.name}"'
        content = await call.client.get_content(inputs.workflow_id)
        if content is None:
            raise OutcomeError("COMFY2404", tried=tried, got=f"there is no workflow {inputs.workflow_id}")
        if inputs.version_id not in (None, content.id):
            got = f"version {content.version} ({content.id}) is the newest, and no other can be read"
            raise OutcomeError("COMFY2404", tried=tried, got=got, todo="Check the newest, or save the declared one.")
        document = read_content(content.workflow_json)
        if document is None:
            got = f"version {content.version} holds no workflow document"
            raise OutcomeError("COMFY1201", tried=tried, got=got)
        saved = SavedVersion(inputs.workflow_id, content.id, document.digest)
        return await runner_of(saved, document, inputs.connection, call)
