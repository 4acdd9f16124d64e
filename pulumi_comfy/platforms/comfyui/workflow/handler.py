"""A workflow of a ComfyUI server: a file in a user's folder, which the editor lists and opens.

Limits: the server keeps no versions and knows no locks; whoever saves last has saved (docs/platforms/comfyui.md 2.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from pulumi_comfy.comfyui_protocol import documents
from pulumi_comfy.comfyui_protocol.foresight import note_document
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError, KeptError, OutcomeError, OwnershipError
from pulumi_comfy.core.model import Json, is_known, revive
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State, Timeouts
from pulumi_comfy.inference.due import is_due, why_due
from pulumi_comfy.inference.needs import refuse_what_cannot_be_done
from pulumi_comfy.inference.proof import Proof, Record
from pulumi_comfy.inference.prove import Failed, check
from pulumi_comfy.inference.rollback import TIMEOUT, failed_create, failed_update
from pulumi_comfy.platforms.comfyui.api import ComfyUIApi, name_of, path_of
from pulumi_comfy.platforms.comfyui.runner import ServerRunner
from pulumi_comfy.platforms.comfyui.runs import foresee_run, runner_of
from pulumi_comfy.platforms.comfyui.workflow.fields import (
    WorkflowCall,
    WorkflowInputs,
    WorkflowOutputs,
    WorkflowState,
    graph_digest,
    prompt_digest,
)
from pulumi_comfy.platforms.comfyui.workflow.reads import digest_in, document_in, read_file
from pulumi_comfy.platforms.comfyui.workflow.restorable import UnprovedWorkflow, outputs_of, text_of
from pulumi_comfy.workflows import Document


class WorkflowHandler(Handler[WorkflowInputs, WorkflowOutputs, ComfyUIApi]):
    """Workflows. Import: the id is the file's path, `workflows/<name>.json`."""

    token = "comfyui:Workflow"
    label = "workflow"
    inputs_model = WorkflowInputs
    outputs_model = WorkflowOutputs
    timeouts = Timeouts(create=TIMEOUT, update=TIMEOUT, delete=120)
    set_after_insert = frozenset({"workflow_api", "inference_check"})
    foresees = True
    id_is_place = True

    def normalise(self, inputs: WorkflowInputs, call: Call[Any]) -> WorkflowInputs:
        """Refuse a document without a graph, which the editor could not show, and what no check can do here."""
        if call.checks_enabled:
            refuse_what_cannot_be_done(inputs.inference_check, "inference_check.")
        if is_known(inputs.workflow, inputs.workflow_api):
            document = documents.document_of(inputs.workflow, inputs.workflow_api)
            if document.graph is None:
                got = "it holds the API prompt only, which has no places of nodes to show"
                todo = "Give the graph (Workflow > Export), and the prompt as `workflow_api` where it is needed."
                raise InputError("COMFY1201", tried="workflow", got=got, todo=todo)
            documents.warn_of(document, call)
        return inputs

    def canonical(self, inputs: WorkflowInputs, outputs: WorkflowOutputs | None) -> dict[str, Json]:
        """The documents count by their digests."""
        return {
            **super().canonical(inputs, outputs),
            "workflow": outputs.workflow_digest if outputs is not None else graph_digest(inputs),
            "workflow_api": outputs.prompt_digest if outputs is not None else prompt_digest(inputs),
        }

    def explain(self, old_inputs: Mapping[str, Json], inputs: WorkflowInputs, changed: Set[str]) -> list[str]:
        """Say what changed in the document, as `KSampler #3: steps 20 -> 30`.

        Of the graphs alone where the former one is somebody's, whom a refresh has seen: the prompt beside it is ours.
        """
        if not changed & {"workflow", "workflow_api"}:
            return []
        if "workflow" in changed and not documents.are_a_pair(old_inputs):
            return documents.explain_documents({"workflow": old_inputs.get("workflow")}, inputs.workflow, None)
        return documents.explain_documents(old_inputs, inputs.workflow, inputs.workflow_api)

    def unchecked(self, prior: WorkflowState, inputs: WorkflowInputs) -> str | None:
        """A declared check that never ran, was skipped, or failed and was kept, is due."""
        return why_due(prior.outputs.last_check, prior.outputs.proof) if inputs.inference_check is not None else None

    def begun(self, inputs: WorkflowInputs) -> WorkflowOutputs:
        """It holds the declared document, unchecked."""
        begun: WorkflowOutputs = revive(WorkflowOutputs, outputs_of(inputs, Record()).to_wire())
        return begun

    async def foresee(self, inputs: WorkflowInputs, call: WorkflowCall) -> None:
        """Compare the document with the server's nodes: refused where a check would fail, else warned of."""
        asked = inputs.inference_check if call.checks_enabled else None
        is_told = is_known(inputs.workflow, inputs.workflow_api)
        document = documents.document_of(inputs.workflow, inputs.workflow_api) if is_told else None
        note_document(path_of(str(inputs.name)), document, call)
        if document is not None and is_known(inputs.inference_check):
            await foresee_run(document, asked, "inference_check.", call)

    def trace(self, inputs: WorkflowInputs) -> str:
        """Its name proves nothing, a file can be anybody's: its path, and what it holds."""
        return f"{path_of(str(inputs.name))} {graph_digest(inputs)}"

    async def find(self, inputs: WorkflowInputs, call: WorkflowCall) -> list[Found]:
        """The file of its name; what a killed create left is known by its note, and by holding what is declared."""
        path = path_of(str(inputs.name))
        held = await call.client.get_file(path)
        if held is None:
            return []
        trace, declared = f"{path} {digest_in(held)}", self.trace(inputs)
        is_ours = call.has_begun(trace, path)
        return [Found(path, f'workflow "{inputs.name}"', is_ours=is_ours, is_as_declared=trace == declared)]

    async def insert(self, inputs: WorkflowInputs, found: Sequence[Found], call: WorkflowCall) -> Inserted[None]:
        """Write the file, over none but the one that it replaces."""
        path = path_of(str(inputs.name))
        if await call.client.save_file(path, _graph_of(inputs), is_new=not found):
            return Inserted(path)
        raise OwnershipError(
            "COMFY4001",
            tried=f'create workflow "{call.name}"',
            got=f"somebody has saved {path} in this very moment",
            todo=f'Take it over with `adopt="{path}"`, choose another name, or remove it.',
        )

    async def complete(self, made: Inserted[None], inputs: WorkflowInputs, call: WorkflowCall) -> WorkflowState:
        """Check it."""
        found, runner = await _checked(made.id, inputs, None, call)
        if isinstance(found, Failed):
            assert inputs.inference_check is not None
            raise await failed_create(found, UnprovedWorkflow(inputs, inputs.inference_check, runner))
        return State(inputs, outputs_of(inputs, found))

    async def read(self, object_id: str, prior: WorkflowState, call: WorkflowCall) -> Seen[WorkflowOutputs] | None:
        """Read the file. What somebody saved since is drift, where it means something else."""
        held = await read_file(object_id, prior.inputs.connection, call)
        if held is None:
            return None
        outputs, shown = prior.outputs, {"name": name_of(object_id)}
        is_proved = outputs.proof is not None and outputs.proof.workflow_digest == held.digest
        facts = {"workflow_digest": held.digest, "proved_document": None if is_proved else outputs.proved_document}
        if not outputs.workflow_digest or held.digest == outputs.workflow_digest:
            return Seen(shown, outputs.model_copy(update=facts))
        facts["last_check"] = None
        if not is_proved and (proved := documents.document_in_state(call.old_inputs, outputs, None)):
            facts["proved_document"] = text_of(proved)
        ours = call.old_inputs or {}
        if held.graph is None or "workflow" not in ours:  # a prompt is no such input; and who only looks declares none
            return Seen(shown, outputs.model_copy(update=facts))
        theirs = prior.inputs.model_copy(update={"workflow": text_of(held), "workflow_api": ours.get("workflowApi")})
        facts["prompt_digest"] = prompt_digest(theirs)
        return Seen({**shown, "workflow": theirs.workflow}, outputs.model_copy(update=facts))

    async def update(
        self,
        object_id: str,
        prior: WorkflowState,
        inputs: WorkflowInputs,
        changed: Set[str],
        call: WorkflowCall,
    ) -> WorkflowState:
        """Write the file, unless somebody has saved another meanwhile; then check it."""
        former = await _held(object_id, prior, inputs, call)
        if former.digest != graph_digest(inputs):
            await call.client.save_file(object_id, _graph_of(inputs), is_new=False)
        restore_to, record = prior.outputs.restore_to, prior.outputs.record
        if not is_due(record.last, inputs.inference_check, changed, WorkflowInputs):
            return State(inputs, outputs_of(inputs, record, restore_to))
        found, runner = await _checked(object_id, inputs, record.proof, call)
        if isinstance(found, Failed):
            assert inputs.inference_check is not None
            before = documents.document_of(restore_to, None) if restore_to else former
            if before.digest == graph_digest(inputs):  # an update that was killed has written it
                before = _known_to_state(prior.outputs, call) or before
            raise await failed_update(found, UnprovedWorkflow(inputs, inputs.inference_check, runner, prior, before))
        return State(inputs, outputs_of(inputs, found, None if found.is_passed else restore_to))

    async def delete(self, object_id: str, prior: WorkflowState, call: WorkflowCall) -> None:
        """Delete the file for good; what somebody saved there since the state last saw it stays, and is told."""
        held, known = await call.client.get_file(object_id), prior.outputs.workflow_digest
        if held is not None and known and digest_in(held) != known:
            call.warn(
                f"{object_id} stays on the server: somebody has saved it since the state last saw it. Remove it there; "
                "after a `pulumi refresh` a destroy would have removed it"
            )
        elif held is not None:
            await call.client.delete_file(object_id)


def _known_to_state(outputs: WorkflowOutputs, call: WorkflowCall) -> Document | None:
    """Give what was proved before a refresh saw another, else what the state holds.

    What the program ignores is not an update's that was killed: somebody has saved it, and it stays.
    """
    if "workflow" in call.ignored:
        return None
    return _proved(outputs) or documents.document_in_state(call.old_inputs, outputs, outputs.workflow_digest)


def _proved(outputs: WorkflowOutputs) -> Document | None:
    return documents.document_of(outputs.proved_document, None) if outputs.proved_document else None


def _graph_of(inputs: WorkflowInputs) -> Mapping[str, Any]:
    return documents.document_of(inputs.workflow, inputs.workflow_api).graph or {}


async def _held(object_id: str, prior: WorkflowState, inputs: WorkflowInputs, call: WorkflowCall) -> Document:
    """Give what the file holds, which must be what the state last saw, or what is declared already.

    Raises:
        KeptError: somebody has saved another meanwhile, of which the state is to know nothing before a refresh.
        OutcomeError: it is gone.
    """
    tried = f'update workflow "{call.name}"'
    held = await call.client.get_file(object_id)
    if held is None:
        todo = "Run `pulumi refresh`, then `pulumi up`."
        raise OutcomeError("COMFY2404", tried=tried, got=f"{object_id} no longer exists", todo=todo)
    document = document_in(held, object_id)
    known = {prior.outputs.workflow_digest, graph_digest(inputs)}
    if proved := _proved(prior.outputs):  # a rollback may have put it back
        known.add(proved.digest)
    if document.digest not in known:
        theirs = OwnershipError(
            "COMFY4005", tried=tried, got=f"somebody has saved {object_id} since the state last saw it"
        )
        raise KeptError.of(theirs, prior)  # else the state would know theirs, and the next `up` write over it
    return document


async def _checked(
    path: str, inputs: WorkflowInputs, former: Proof | None, call: WorkflowCall
) -> tuple[Record | Failed, ServerRunner]:
    """Run the declared check; whatever keeps it from running is told as its failure."""
    asked = inputs.inference_check
    document = documents.document_of(inputs.workflow, inputs.workflow_api)
    digest = str(graph_digest(inputs))
    if asked is None or not call.checks_enabled:
        runner = ServerRunner(call, path, {}, digest, digest)
        return await check(runner, asked, former), runner
    try:
        runner = await runner_of(document, path, digest, call)
        runner.refuse_unknown(asked)
    except InputError as refused:
        return Failed(refused.got, None, asked.overrides, refused), ServerRunner(call, path, {}, digest, digest)
    return await check(runner, asked, former), runner
