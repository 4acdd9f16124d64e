"""What workflows and their versions share as resources: a document, compared by its meaning, and a check of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Set
from typing import Any, Generic, TypeVar

from pulumi_comfy.comfyui_protocol.documents import document_of
from pulumi_comfy.comfyui_protocol.foresight import note_document
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.model import Json, Model, is_known, revive
from pulumi_comfy.core.resource import Handler, State, Timeouts
from pulumi_comfy.inference.due import why_due
from pulumi_comfy.inference.needs import refuse_what_cannot_be_done
from pulumi_comfy.inference.rollback import TIMEOUT
from pulumi_comfy.platforms.comfycloud.api import ComfyCloudApi
from pulumi_comfy.platforms.comfycloud.documents import digest_of, explain_document, warn_of_documents
from pulumi_comfy.platforms.comfycloud.runner import foresee
from pulumi_comfy.platforms.comfycloud.workflow.fields import CloudCall, VersionOutputs

InputsT = TypeVar("InputsT", bound=Model)
OutputsT = TypeVar("OutputsT", bound=VersionOutputs)

CHECK = "inference_check."
"""The place of the check, for errors about it."""


class SavedHandler(Handler[InputsT, OutputsT, ComfyCloudApi], Generic[InputsT, OutputsT]):
    """A kind whose inputs have `workflow`, `workflow_api` and `inference_check`."""

    timeouts = Timeouts(create=TIMEOUT, update=TIMEOUT)
    set_after_insert = frozenset({"inference_check"})
    foresees = True

    def normalise(self, inputs: Any, call: Call[Any]) -> Any:
        """Refuse what is no document and what no check can do here; warn of credentials written into a document."""
        warn_of_documents(inputs.workflow, inputs.workflow_api, call)
        if call.checks_enabled:
            refuse_what_cannot_be_done(inputs.inference_check, CHECK)
        return inputs

    def canonical(self, inputs: Any, outputs: OutputsT | None) -> dict[str, Json]:
        """The document counts by the digest of what is saved of it."""
        fields = super().canonical(inputs, outputs)
        fields["workflow"] = outputs.workflow_digest if outputs is not None else digest_of(inputs.workflow)
        return fields

    def explain(self, old_inputs: Mapping[str, Json], inputs: Any, changed: Set[str]) -> list[str]:
        """Say what changed in the document, as `KSampler #3: steps 20 -> 30`."""
        return explain_document(old_inputs.get("workflow"), inputs.workflow) if "workflow" in changed else []

    def unchecked(self, prior: State[InputsT, OutputsT], inputs: Any) -> str | None:
        """A declared check that never ran, was skipped, or failed and was kept, is due."""
        return None if inputs.inference_check is None else why_due(prior.outputs.last_check, prior.outputs.proof)

    async def foresee(self, inputs: Any, call: CloudCall) -> None:
        """Convert the graph and compare what a check names, where one is declared."""
        is_told = isinstance(inputs.workflow, str) and is_known(inputs.workflow_api)
        document = document_of(inputs.workflow, inputs.workflow_api) if is_told else None
        workflow_id, old = self.saves_to(inputs, call), (call.old_inputs or {}).get("workflow")
        if isinstance(workflow_id, str) and inputs.workflow != old:
            note_document(workflow_id, document, call)
        if document is not None:
            await foresee(document, inputs.inference_check, CHECK, call)

    @abstractmethod
    def saves_to(self, inputs: Any, call: CloudCall) -> Json:
        """Give the id of the workflow whose newest version the document becomes; None where there is none yet."""

    def begun(self, inputs: Any) -> OutputsT:
        """It holds the declared document; its version is read later."""
        begun: OutputsT = revive(self.outputs_model, {"workflowDigest": digest_of(inputs.workflow)})
        return begun
