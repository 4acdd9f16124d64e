"""An inference check by itself: of a workflow that is no file of the server's, or of a file that others look after.

Nothing of it exists on the server but the runs it made; removing it removes nothing.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pulumi_comfy.comfyui_protocol.documents import digest_of, document_of, warn_of
from pulumi_comfy.comfyui_protocol.foresight import document_to_come
from pulumi_comfy.comfyui_protocol.overrides import GivenOverrides
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.core.model import DOCUMENT, Json, is_known
from pulumi_comfy.inference.standalone import StandaloneHandler, StandaloneInputs, StandaloneOutputs
from pulumi_comfy.platforms.comfyui.api import ComfyUIApi
from pulumi_comfy.platforms.comfyui.fields import FILE_ID, ServerInputs
from pulumi_comfy.platforms.comfyui.runner import ServerRunner
from pulumi_comfy.platforms.comfyui.runs import foresee_run, runner_of
from pulumi_comfy.platforms.comfyui.workflow.reads import document_in
from pulumi_comfy.workflows import Document


class InferenceCheckInputs(ServerInputs, StandaloneInputs, GivenOverrides):
    """What a program declares of a check."""

    workflow_id: Annotated[
        str | None,
        FILE_ID,
        Field(description="Id of a `Workflow`: what its file on the server holds is run."),
    ] = None
    workflow: Annotated[
        str | None,
        DOCUMENT,
        Field(
            description="What is run instead: the editor's graph, the API prompt, or an export that holds both; a "
            "dict, JSON text or a path."
        ),
    ] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> InferenceCheckInputs:
        if (self.workflow_id is None) is (self.workflow is None):
            raise ValueError("give one of `workflow_id` and `workflow`")
        return self


class InferenceCheckHandler(StandaloneHandler[InferenceCheckInputs, ComfyUIApi]):
    """Inference checks on a ComfyUI server."""

    token = "comfyui:InferenceCheck"
    inputs_model = InferenceCheckInputs
    foresees = True

    def normalise(self, inputs: InferenceCheckInputs, call: Call[ComfyUIApi]) -> InferenceCheckInputs:
        """Refuse a document that cannot be read, or cannot run anywhere."""
        if isinstance(inputs.workflow, str):
            warn_of(document_of(inputs.workflow, None), call)
        return super().normalise(inputs, call)

    def canonical(self, inputs: InferenceCheckInputs, outputs: StandaloneOutputs | None) -> dict[str, Json]:
        """The document counts by its digest: moved nodes run no check."""
        return {**super().canonical(inputs, outputs), "workflow": digest_of(inputs.workflow, None)}

    async def foresee(self, inputs: InferenceCheckInputs, call: Call[ComfyUIApi]) -> None:
        """Compare what is to run with the server's nodes, as far as it is known before."""
        if not call.checks_enabled or not is_known(inputs.workflow, inputs.workflow_id):
            return
        declared = None if inputs.workflow is None else document_of(inputs.workflow, None)
        document = declared or await _document_to_come(str(inputs.workflow_id), call)
        if document is not None:
            await foresee_run(document, inputs, "", call)

    async def runner(self, inputs: InferenceCheckInputs, call: Call[ComfyUIApi]) -> ServerRunner:
        """Make the prompt, of the file or of the document."""
        if inputs.workflow is not None:
            document = document_of(inputs.workflow, None)
            return await runner_of(document, document.digest, document.digest, call)
        path = str(inputs.workflow_id)
        held = await call.client.get_file(path)
        if held is None:
            got = f"there is no workflow {path}"
            raise OutcomeError("COMFY2404", tried=f'check "{call.name}"', got=got)
        document = document_in(held, path)
        return await runner_of(document, path, document.digest, call)


async def _document_to_come(path: str, call: Call[ComfyUIApi]) -> Document | None:
    """Give what a file will hold; None where there is none yet, or nobody can tell."""
    held = await call.client.get_file(path)
    return document_to_come(path, None if held is None else document_in(held, path), call)
