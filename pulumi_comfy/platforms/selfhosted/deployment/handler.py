"""A deployment of a self-hosted ComfyUI Deploy: one version of a workflow, on a machine, in one environment.

Limits: the public server has no routes for deployments (docs/platforms/selfhosted.md 6.2): there `existing_id` holds
one, and a check through it tells what it really points to. A workflow has one deployment for each
environment, and a second create silently overwrites it: so the list is read first. Nothing deletes one in the web UI
but its workflow's end, unless it is a public share.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from pulumi_comfy.core.absence import vanished
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.company import among
from pulumi_comfy.core.namesakes import is_begun_by_us
from pulumi_comfy.core.resource import Found, Inserted, Seen, State, Timeouts
from pulumi_comfy.deploy_protocol.versions import Version
from pulumi_comfy.inference.due import is_due, known_after_a_look, why_due
from pulumi_comfy.inference.needs import refuse_what_cannot_be_done
from pulumi_comfy.inference.prove import Failed, check
from pulumi_comfy.inference.rollback import TIMEOUT, failed_create, failed_update
from pulumi_comfy.platforms.selfhosted.deployment.fields import (
    SETTINGS,
    DeploymentInputs,
    DeploymentOutputs,
    DeploymentState,
    Served,
    differing,
    former_of,
)
from pulumi_comfy.platforms.selfhosted.deployment.restorable import UnprovedDeployment, outputs_of
from pulumi_comfy.platforms.selfhosted.existing import ExistingHandler, SelfHostedCall
from pulumi_comfy.platforms.selfhosted.rows import DeploymentRow
from pulumi_comfy.platforms.selfhosted.runner import InferenceCheck
from pulumi_comfy.platforms.selfhosted.target import foresee_check, runner_of, version_to_run

_DECLARED = ("workflow_version_id", "machine_id")


class DeploymentHandler(ExistingHandler[DeploymentInputs, DeploymentOutputs]):
    """Deployments. Import: the id is the deployment's UUID."""

    token = "selfhosted:Deployment"
    label = "deployment"
    inputs_model = DeploymentInputs
    outputs_model = DeploymentOutputs
    admits_one = True
    is_name_unique_to_us = False
    timeouts = Timeouts(create=TIMEOUT, update=TIMEOUT)
    set_after_insert = frozenset({"inference_check"})
    making, changing = "POST /deployment", "PUT /deployment/{id}"

    def normalise(self, inputs: DeploymentInputs, call: Call[Any]) -> DeploymentInputs:
        """Say before anything is made what a check cannot do here."""
        if call.checks_enabled:
            refuse_what_cannot_be_done(inputs.inference_check, "inference_check.")
        return inputs

    def unchecked(self, prior: DeploymentState, inputs: DeploymentInputs) -> str | None:
        """A declared check that never ran, was skipped, or failed and was kept, is due."""
        return None if inputs.inference_check is None else why_due(prior.outputs.last_check, prior.outputs.proof)

    async def foresee(self, inputs: DeploymentInputs, call: SelfHostedCall) -> None:
        """Say what the server has no route for; compare run inputs with the version, where one of both changes."""
        await super().foresee(inputs, call)
        old, wire, asked = call.old_inputs or {}, inputs.to_wire(), inputs.inference_check
        is_changed = any(old.get(name) != wire.get(name) for name in ("workflowVersionId", "inferenceCheck"))
        if call.checks_enabled and is_changed and isinstance(asked, InferenceCheck):
            await foresee_check(asked, inputs, "inference_check.", call)

    def natural_key(self, inputs: DeploymentInputs) -> str | None:
        """A workflow has one deployment for each environment."""
        return None if inputs.existing_id is not None else f"{inputs.workflow_id}/{_word(inputs)}"

    def trace(self, inputs: DeploymentInputs) -> str:
        """It bears no name: its place, and the version and the machine that it serves."""
        return _trace(inputs)

    async def look_for(self, inputs: DeploymentInputs, call: SelfHostedCall) -> list[Found]:
        """The deployment of the same workflow and environment, which a create would overwrite, whosever it is."""
        call.client.forget_lists()
        place = (inputs.workflow_id, _word(inputs))
        return [
            Found(row.id, f"{row.environment} deployment", is_ours=_is_left_by_us(row, inputs, call))
            for row in await call.client.list_deployments()
            if (row.workflow_id, row.environment) == place
        ]

    async def make(self, inputs: DeploymentInputs, found: Sequence[Found], call: SelfHostedCall) -> Inserted[None]:  # noqa: ARG002
        """Create it."""
        names = ("workflow_id", *_DECLARED, *(("description",) if inputs.description else ()))
        fields = {name: getattr(inputs, name) for name in names}
        return Inserted((await call.client.put_deployment({**fields, "environment": _word(inputs)})).id)

    async def insert(
        self, inputs: DeploymentInputs, found: Sequence[Found], call: SelfHostedCall
    ) -> Inserted[Version | None]:
        """Make it, or take what exists, once its run inputs are known to fit."""
        version = await _version(inputs.existing_id, inputs, call)
        return Inserted((await super().insert(inputs, found, call)).id, version)

    async def complete(
        self, made: Inserted[Version | None], inputs: DeploymentInputs, call: SelfHostedCall
    ) -> DeploymentState:
        """Read what the server decided, then check it."""
        stands = await super().complete(made, inputs, call)
        runner = runner_of(made.id, inputs, made.handed or await _version(made.id, inputs, call), call)
        found = await check(runner, inputs.inference_check)
        if isinstance(found, Failed):
            assert inputs.inference_check is not None
            raise await failed_create(found, UnprovedDeployment(inputs.inference_check, runner, stands))
        return State(inputs, outputs_of(stands.outputs, found))

    async def finish(self, made: Inserted[None], inputs: DeploymentInputs, call: SelfHostedCall) -> DeploymentState:
        """Read what the server decided."""
        row = await _row_now(made.id, call)
        return State(inputs, DeploymentOutputs(managed=True, share_slug=row.share_slug if row else None))

    async def read(
        self, object_id: str, prior: DeploymentState, call: SelfHostedCall
    ) -> Seen[DeploymentOutputs] | None:
        """Look at it; of what was checked is told what the look does not refute."""
        seen = await super().read(object_id, prior, call)
        if seen is None:
            return None
        record = known_after_a_look(self, prior, seen)
        return Seen(seen.inputs, outputs_of(seen.outputs, record, prior.outputs.restore_to))

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
        names = ("workflow_id", "environment", *_DECLARED)
        seen = {**{name: getattr(row, name) for name in names}, "description": row.description or None}
        return Seen(seen, DeploymentOutputs(managed=True, share_slug=row.share_slug))

    async def update(
        self,
        object_id: str,
        prior: DeploymentState,
        inputs: DeploymentInputs,
        changed: Set[str],
        call: SelfHostedCall,
    ) -> DeploymentState:
        """Change it, then check it. Of what is held as it is the declaration alone changes, and is checked."""
        stands, was = State(inputs, prior.outputs), prior.outputs
        if not is_due(was.last_check, inputs.inference_check, changed, DeploymentInputs):
            return await self.change(object_id, prior, inputs, changed, call) if was.managed else stands
        version = await _version(object_id, inputs, call)
        stood = await _brought_about(object_id, inputs, call) if was.managed else None
        runner = runner_of(object_id, inputs, version, call)
        found = await check(runner, inputs.inference_check, was.proof)
        if isinstance(found, Failed):
            assert inputs.inference_check is not None
            former = was.restore_to or (former_of(prior, stood, inputs) if stood else None)
            unproved = UnprovedDeployment(inputs.inference_check, runner, stands, prior, former, stood)
            raise await failed_update(found, unproved)
        return State(inputs, outputs_of(was, found, None if found.is_passed else was.restore_to))

    async def change(
        self,
        object_id: str,
        prior: DeploymentState,
        inputs: DeploymentInputs,
        changed: Set[str],
        call: SelfHostedCall,
    ) -> DeploymentState:
        """Send what changed."""
        fields = {name: getattr(inputs, name) for name in SETTINGS if name in changed}
        if fields:
            await call.client.change_deployment(object_id, fields)
        return State(inputs, prior.outputs)

    async def remove(self, object_id: str, call: SelfHostedCall) -> None:
        """Delete it."""
        await call.client.delete_deployment(object_id)


async def _version(object_id: str | None, inputs: DeploymentInputs, call: SelfHostedCall) -> Version | None:
    """Read what will run, where a check is to be made of it, before anything is made or changed.

    Raises:
        InputError: it does not take what the check gives it.
    """
    asked = inputs.inference_check
    if asked is None or not call.checks_enabled:
        return None
    version = await version_to_run(object_id, inputs.workflow_version_id, call)
    runner_of("", inputs, version, call).refuse_unknown(asked)
    return version


async def _row_now(object_id: str, call: SelfHostedCall) -> DeploymentRow | None:
    call.client.forget_lists()
    return await among(call.client.list_deployments, object_id)


async def _brought_about(object_id: str, inputs: DeploymentInputs, call: SelfHostedCall) -> Served:
    """Change it to what is declared, and give what it held before."""
    row = await _row_now(object_id, call)
    if row is None:
        raise vanished(object_id, "deployment", call)
    stood = Served.of(row)
    fields = differing(inputs, stood)
    if fields:
        await call.client.change_deployment(object_id, fields)
    return stood


def _word(one: DeploymentRow | DeploymentInputs) -> str:
    return str(getattr(one.environment, "value", one.environment))


def _is_left_by_us(row: DeploymentRow, inputs: DeploymentInputs, call: SelfHostedCall) -> bool:
    """Tell whether one that no state of ours holds can only be what an interrupted create left: it bears no name."""
    parts = (str(inputs.workflow_id), str(inputs.machine_id))
    return is_begun_by_us(call, row.id, _trace(row), _trace(inputs), *parts)


def _trace(one: DeploymentRow | DeploymentInputs) -> str:
    return " ".join((str(one.workflow_id), _word(one), *(str(getattr(one, name)) for name in _DECLARED)))
