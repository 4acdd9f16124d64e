"""A RunComfy deployment: one saved version of a cloud workflow, served on one kind of machine.

Limits: workflows and their versions are saved in RunComfy's editor, so both are plain inputs; a workflow keeps three
versions, and one that no deployment uses may go; instances that are always on are billed also while idle.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from pulumi_comfy.comfyui_protocol.overrides import given_in
from pulumi_comfy.core.absence import vanished
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.check import meant
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State, Timeouts
from pulumi_comfy.inference.due import is_due, known_after_a_look, why_due
from pulumi_comfy.inference.needs import refuse_what_cannot_be_done
from pulumi_comfy.inference.nodes import names_any
from pulumi_comfy.inference.proof import Proof, Record
from pulumi_comfy.inference.prove import Failed, check
from pulumi_comfy.inference.rollback import TIMEOUT, failed_create, failed_update
from pulumi_comfy.inference.settings import CheckResult
from pulumi_comfy.platforms.runcomfy.api import RunComfyApi
from pulumi_comfy.platforms.runcomfy.deployment.fields import (
    SETTINGS,
    DeployCall,
    DeploymentInputs,
    DeploymentOutputs,
    DeploymentState,
    Served,
    body_of,
    former_of,
    settings_of,
)
from pulumi_comfy.platforms.runcomfy.deployment.reads import (
    note_declared,
    read_deployment,
    refuse_lora,
    row_to_come,
)
from pulumi_comfy.platforms.runcomfy.deployment.restorable import UnprovedDeployment, outputs_of
from pulumi_comfy.platforms.runcomfy.facts import HARDWARE
from pulumi_comfy.platforms.runcomfy.fields import CEILING, ceiling_of, queue_of
from pulumi_comfy.platforms.runcomfy.runner import DeploymentRunner, InferenceCheck


class DeploymentHandler(Handler[DeploymentInputs, DeploymentOutputs, RunComfyApi]):
    """Deployments. Import: the id is the deployment's UUID."""

    token = "runcomfy:Deployment"
    label = "deployment"
    inputs_model = DeploymentInputs
    outputs_model = DeploymentOutputs
    timeouts = Timeouts(create=TIMEOUT, update=TIMEOUT, delete=120)
    set_after_insert = frozenset({"is_enabled", "inference_check"})
    foresees = True

    def normalise(self, inputs: DeploymentInputs, call: Call[Any]) -> DeploymentInputs:
        """Refuse settings that are none, too many instances, what no check can do here; warn of unknown hardware."""
        if call.checks_enabled:
            refuse_what_cannot_be_done(inputs.inference_check, "inference_check.")
        queue_of(call)  # wrong, it would be told of a deployment that is made and billed already
        ceiling = ceiling_of(call)
        if isinstance(inputs.max_instances, int) and inputs.max_instances > ceiling:
            todo = f"Raise comfy:{CEILING.key} where that is meant, or take fewer."
            got = f"{inputs.max_instances} are more than the {ceiling} that this stack allows"
            raise InputError("COMFY1001", tried="max_instances", got=got, todo=todo)
        if isinstance(inputs.hardware, str) and inputs.hardware not in HARDWARE:
            known = meant(inputs.hardware, HARDWARE) or f" ({', '.join(HARDWARE)})"
            call.warn(f"`hardware` {inputs.hardware!r} is none that this version knows{known}")
        return inputs

    def unchecked(self, prior: DeploymentState, inputs: DeploymentInputs) -> str | None:
        """A declared check that never ran, was skipped, or failed and was kept, is due."""
        if inputs.inference_check is None or not inputs.is_enabled:
            return None
        return why_due(prior.outputs.last_check, prior.outputs.proof)

    async def foresee(self, inputs: DeploymentInputs, call: DeployCall) -> None:
        """Compare overrides and nodes of its check with the graph, where it goes on to serve the same version."""
        held, asked = call.memory.by_age(call.urn), inputs.inference_check
        object_id = held[-1] if held else inputs.adopt
        if not isinstance(object_id, str):
            return  # nothing serves it yet
        note_declared(object_id, inputs, call)
        if not (call.checks_enabled and isinstance(asked, InferenceCheck) and inputs.is_enabled is True):
            return
        if names_any(asked, given_in(asked)):
            row = await row_to_come(object_id, call)
            refused = DeploymentRunner(call, object_id, row, None).misfit(asked, "inference_check.")
            if refused is not None:
                raise refused

    async def find(self, inputs: DeploymentInputs, call: DeployCall) -> list[Found]:
        """Deployments of the same name: the platform allows several (docs/platforms/runcomfy.md 7.12)."""
        rows = await call.client.list_deployments_now()
        return [Found(row.id, f'deployment "{row.name}"') for row in rows if row.name == inputs.name]

    async def insert(
        self,
        inputs: DeploymentInputs,
        found: Sequence[Found],  # noqa: ARG002
        call: DeployCall,
    ) -> Inserted[None]:
        """Create it; it is enabled at first."""
        return Inserted((await call.client.create_deployment(body_of(inputs))).id)

    async def complete(self, made: Inserted[None], inputs: DeploymentInputs, call: DeployCall) -> DeploymentState:
        """Disable it where that is declared, or check it."""
        if not inputs.is_enabled:
            await call.client.patch_deployment(made.id, settings_of(inputs))
        runner = await _runner(made.id, inputs, call)
        found = await _checked(runner, inputs, None)
        if isinstance(found, Failed):
            assert inputs.inference_check is not None
            raise await failed_create(found, UnprovedDeployment(inputs, inputs.inference_check, runner))
        return State(inputs, outputs_of(made.id, found, call))

    async def read(self, object_id: str, prior: DeploymentState, call: DeployCall) -> Seen[DeploymentOutputs] | None:
        """Read it, with any number of others from one list."""
        row = await read_deployment(object_id, prior.inputs.connection, call)
        if row is None:
            return None
        refuse_lora(row)
        seen = {name: getattr(row, name) for name in ("workflow_id", *SETTINGS)}
        record = known_after_a_look(self, prior, Seen(seen, prior.outputs))
        return Seen(seen, outputs_of(object_id, record, call, prior.outputs.restore_to))

    async def update(
        self,
        object_id: str,
        prior: DeploymentState,
        inputs: DeploymentInputs,
        changed: Set[str],
        call: DeployCall,
    ) -> DeploymentState:
        """Patch all of it at once, then check it."""
        before = await call.client.get_deployment(object_id)
        if before is None:
            raise vanished(object_id, "deployment", call)
        restore_to, record = prior.outputs.restore_to, prior.outputs.record
        if settings_of(Served.of(before)) != settings_of(inputs):
            await call.client.patch_deployment(object_id, settings_of(inputs))
        if not is_due(record.last, inputs.inference_check, changed, DeploymentInputs):
            return State(inputs, outputs_of(object_id, record, call, restore_to))
        runner = await _runner(object_id, inputs, call)
        found = await _checked(runner, inputs, record.proof)
        if isinstance(found, Failed):
            assert inputs.inference_check is not None
            stood = Served.of(before)
            former = restore_to or former_of(prior, stood, inputs)
            unproved = UnprovedDeployment(inputs, inputs.inference_check, runner, prior, former, stood)
            raise await failed_update(found, unproved)
        return State(inputs, outputs_of(object_id, found, call, None if found.is_passed else restore_to))

    async def delete(self, object_id: str, prior: DeploymentState, call: DeployCall) -> None:  # noqa: ARG002
        """Delete it for good."""
        await call.client.delete_deployment(object_id)


async def _runner(deployment_id: str, inputs: DeploymentInputs, call: DeployCall) -> DeploymentRunner:
    """Bind it, with what it serves where a check needs that."""
    row = None
    if inputs.inference_check is not None and call.checks_enabled and inputs.is_enabled:
        row = await call.client.get_deployment(deployment_id, with_payload=True)
    return DeploymentRunner(call, deployment_id, row, inputs.connection)


async def _checked(runner: DeploymentRunner, inputs: DeploymentInputs, former: Proof | None) -> Record | Failed:
    asked = inputs.inference_check
    if asked is not None and not inputs.is_enabled:
        runner.call.inform("not checked: it is disabled")
        return Record(CheckResult(status="skipped"), former)
    if asked is not None and runner.call.checks_enabled:
        refused = runner.misfit(asked, "inference_check.")
        if refused is not None:
            return Failed(refused.got, None, asked.overrides, refused)
    return await check(runner, asked, former)
