"""A ComfyDeploy deployment: one version of a workflow, serving on a machine, in one environment.

Limits: a workflow has at most one deployment for each environment; an ordinary deployment runs whatever its machine
was last built to, and its own limits have no effect except `gpu`, which cannot be unset
(docs/platforms/comfydeploy.md 2.5, 5.6).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from pulumi_comfy.core.absence import vanished
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, InputError, OutcomeError, StatusError
from pulumi_comfy.core.model import REPLACES, Json, fields_marked
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State, Timeouts
from pulumi_comfy.deploy_protocol.runs import inputs_of
from pulumi_comfy.deploy_protocol.versions import Version
from pulumi_comfy.inference.due import is_due, known_after_a_look, why_due
from pulumi_comfy.inference.needs import refuse_what_cannot_be_done
from pulumi_comfy.inference.nodes import names_any
from pulumi_comfy.inference.prove import Failed, check
from pulumi_comfy.inference.rollback import TIMEOUT, failed_create, failed_update
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import DeploymentRow
from pulumi_comfy.platforms.comfydeploy.deployment.fields import (
    LIMIT_DEFAULTS,
    SETTINGS,
    TAKEN_FROM_THE_BUILD,
    TOKEN,
    DeployCall,
    DeploymentInputs,
    DeploymentOutputs,
    DeploymentState,
    Served,
    former_of,
    outputs_of,
    place_of,
)
from pulumi_comfy.platforms.comfydeploy.deployment.place import (
    alone,
    is_left_by_us,
    refuse_a_swap,
    tell_of_a_takeover,
    trace_of,
    warn_of_what_a_removal_may_have_left,
)
from pulumi_comfy.platforms.comfydeploy.deployment.restorable import UnprovedDeployment
from pulumi_comfy.platforms.comfydeploy.deployment.undo import purge
from pulumi_comfy.platforms.comfydeploy.fields import Environment
from pulumi_comfy.platforms.comfydeploy.reads import read_deployment
from pulumi_comfy.platforms.comfydeploy.runner.deployed import (
    DeploymentRunner,
    InferenceCheck,
    refuse_misfit,
)
from pulumi_comfy.platforms.comfydeploy.runner.target import note_declared, read_version


class DeploymentHandler(Handler[DeploymentInputs, DeploymentOutputs, ComfyDeployApi]):
    """Deployments. Import: the id is the deployment's UUID."""

    token = TOKEN
    label = "deployment"
    inputs_model = DeploymentInputs
    outputs_model = DeploymentOutputs
    timeouts = Timeouts(create=TIMEOUT, update=TIMEOUT, delete=120)
    is_name_unique_to_us = False
    admits_one = True
    set_after_insert = SETTINGS
    foresees = True

    def normalise(self, inputs: DeploymentInputs, call: Call[Any]) -> DeploymentInputs:
        """Say which settings do nothing on an ordinary deployment (6.17), and what no check can do here."""
        if call.checks_enabled:
            refuse_what_cannot_be_done(inputs.inference_check, "inference_check.")
        idle = [f"`{name}`" for name in sorted(LIMIT_DEFAULTS) if getattr(inputs, name) is not None]
        if idle:
            call.warn(
                f"{', '.join(idle)} of a deployment: without effect unless the machine has an image of its own from a "
                "workspace; an ordinary deployment runs with its machine's settings, so set them there"
            )
        return inputs

    def refuse(self, prior: DeploymentState, inputs: DeploymentInputs, changed: Set[str]) -> None:
        """A GPU cannot be unset."""
        if "gpu" in changed and inputs.gpu is None and not changed & fields_marked(DeploymentInputs, REPLACES):
            was = getattr(prior.inputs.gpu, "value", prior.inputs.gpu)
            raise InputError(
                "COMFY1001",
                tried="update deployment",
                got="`gpu` is not declared, and ComfyDeploy cannot unset a deployment's GPU",
                todo=f'Name the GPU you want, e.g. that of the machine (it is "{was}" now).',
            )

    def deletes_before_replace(self, prior: DeploymentState, inputs: DeploymentInputs) -> bool:
        """Two shares of workflows with one name would have one public name: the platform refuses the second."""
        return all(
            isinstance(one, Environment) and one.is_share for one in (prior.inputs.environment, inputs.environment)
        )

    def unchecked(self, prior: DeploymentState, inputs: DeploymentInputs) -> str | None:
        """A declared check that never ran, was skipped, or failed and was kept, is due."""
        return None if inputs.inference_check is None else why_due(prior.outputs.last_check, prior.outputs.proof)

    async def foresee(self, inputs: DeploymentInputs, call: DeployCall) -> None:
        """Compare run inputs and nodes of its check with the version, where one of both changes and it is known.

        What it is going to take over is told before.
        """
        old, wire, asked = call.old_inputs or {}, inputs.to_wire(), inputs.inference_check
        if any(old.get(name) != wire.get(name) for name in ("workflowId", "environment")):
            await tell_of_a_takeover(inputs, call)
        changed = {name for name in ("workflowVersionId", "inferenceCheck") if old.get(name) != wire.get(name)}
        version_id, held = inputs.workflow_version_id, call.memory.by_age(call.urn)
        object_id = held[-1] if held else inputs.adopt
        if "workflowVersionId" in changed and isinstance(object_id, str):
            note_declared(object_id, version_id, call)
        if not (call.checks_enabled and changed and isinstance(version_id, str) and isinstance(asked, InferenceCheck)):
            return
        if names_any(asked, inputs_of(asked)):
            version = await read_version(version_id, call)
            fits = version is not None and version.workflow_id == inputs.workflow_id
            refuse_misfit(asked, version if fits else None, "inference_check.", call)

    def natural_key(self, inputs: DeploymentInputs) -> str | None:
        """A workflow has at most one deployment for each environment."""
        return place_of(inputs.workflow_id, inputs.environment)

    def trace(self, inputs: DeploymentInputs) -> str:
        """It bears no name: its place, and the version and the machine that it serves."""
        return trace_of(inputs)

    async def find(self, inputs: DeploymentInputs, call: DeployCall) -> list[Found]:
        """The deployment of the same workflow and environment."""
        rows = await call.client.list_workflow_deployments(inputs.workflow_id)
        where = inputs.environment.value
        same = [
            Found(row.id, f"a {where} deployment of this workflow", is_ours=is_left_by_us(row, inputs, call))
            for row in rows
            if row.environment == where
        ]
        refuse_a_swap(same, call)
        if not same and not inputs.environment.is_share:
            warn_of_what_a_removal_may_have_left(rows, inputs, call)
        return same

    async def insert(
        self,
        inputs: DeploymentInputs,
        found: Sequence[Found],  # noqa: ARG002
        call: DeployCall,
    ) -> Inserted[Version]:
        """Create it, once its version and run inputs are known to fit."""
        version = await _checked_version(inputs, call)
        row = await call.client.insert_deployment(
            workflow_id=inputs.workflow_id,
            workflow_version_id=inputs.workflow_version_id,
            environment=inputs.environment.value,
            machine_id=inputs.machine_id,
        )
        return Inserted(row.id, version)

    async def complete(self, made: Inserted[Version], inputs: DeploymentInputs, call: DeployCall) -> DeploymentState:
        """See that it is the only one, set GPU and limits, which the creation does not take, then check it."""
        row = await alone(made.id, inputs, call)
        settings = {name: getattr(inputs, name) for name in sorted(SETTINGS) if getattr(inputs, name) is not None}
        if settings:
            row = _with_types_of(row, await call.client.patch_deployment(made.id, settings))
        version = made.handed or await _checked_version(inputs, call)
        runner = _runner(made.id, inputs, version, call)
        found = await check(runner, inputs.inference_check)
        if isinstance(found, Failed):
            assert inputs.inference_check is not None
            raise await failed_create(found, UnprovedDeployment(inputs, inputs.inference_check, row, runner))
        return State(inputs, outputs_of(row, found, call))

    async def read(self, object_id: str, prior: DeploymentState, call: DeployCall) -> Seen[DeploymentOutputs] | None:
        """Read it, together with others that are read at the same time."""
        row = await read_deployment(call.client, object_id, prior.inputs.workflow_id)
        if row is None:
            return None
        seen = _seen(row, prior.inputs)
        record = known_after_a_look(self, prior, Seen(seen, prior.outputs))
        return Seen(seen, outputs_of(row, record, call, prior.outputs.restore_to, prior.outputs))

    async def update(
        self,
        object_id: str,
        prior: DeploymentState,
        inputs: DeploymentInputs,
        changed: Set[str],
        call: DeployCall,
    ) -> DeploymentState:
        """Patch it (all managed limits each time: a fluid deployment resets those that are missing), then check it."""
        before = await call.client.get_deployment(object_id, inputs.workflow_id)
        if before is None:
            raise vanished(object_id, "deployment", call)
        must_check = is_due(prior.outputs.last_check, inputs.inference_check, changed, DeploymentInputs)
        version = await _checked_version(inputs, call) if must_check else None
        row = await _patched(object_id, before, inputs, changed, call)
        restore_to = prior.outputs.restore_to
        if not must_check:
            return State(inputs, outputs_of(row, prior.outputs.record, call, restore_to))
        runner = _runner(object_id, inputs, version, call)
        found = await check(runner, inputs.inference_check, prior.outputs.proof)
        if isinstance(found, Failed):
            assert inputs.inference_check is not None
            former = restore_to or await _former(prior, before, inputs, call)
            stood = Served.of(before)
            raise await failed_update(
                found, UnprovedDeployment(inputs, inputs.inference_check, row, runner, prior, former, changed, stood)
            )
        return State(inputs, outputs_of(row, found, call, None if found.is_passed else restore_to))

    async def delete(self, object_id: str, prior: DeploymentState, call: DeployCall) -> None:
        """Delete it for good. Only share deployments can be deleted, so others are relabelled first (2.5)."""
        where, has_app = prior.inputs.environment, prior.outputs.modal_image_id is not None
        await purge(object_id, prior.inputs.workflow_id, where, call, has_app=has_app)


async def _former(prior: DeploymentState, before: DeploymentRow, inputs: DeploymentInputs, call: DeployCall) -> Served:
    """Give what a failed check puts back: what the state has proved, unless its machine is gone."""
    former = former_of(prior, before, inputs)
    is_there = former.machine_id in (before.machine_id, None)
    return former if is_there or await call.client.get_machine(str(former.machine_id)) else Served.of(before)


def _seen(row: DeploymentRow, declared: DeploymentInputs) -> dict[str, Any]:
    """Give what the platform tells of the declared fields; a limit that it set itself is none, as in a new one."""
    names = set(DeploymentInputs.model_fields) - {"machine_build_digest", "inference_check", "adopt", "connection"}
    seen: dict[str, Any] = {name: getattr(row, name) for name in names}
    if seen["environment"] in {one.value for one in Environment}:
        seen["environment"] = Environment(seen["environment"])
    unsaid = {name for name in SETTINGS if getattr(declared, name) is None}
    own = {name for name, value in LIMIT_DEFAULTS.items() if seen[name] == value}
    return seen | dict.fromkeys(unsaid & (own | TAKEN_FROM_THE_BUILD if row.is_fluid else own))


def _runner(
    deployment_id: str, inputs: DeploymentInputs, version: Version | None, call: DeployCall
) -> DeploymentRunner:
    digest = inputs.machine_build_digest
    return DeploymentRunner(call, deployment_id, version, inputs.machine_id, inputs.connection, digest)


async def _checked_version(inputs: DeploymentInputs, call: DeployCall) -> Version:
    """Read the version: the platform checks neither that it is this workflow's nor that run inputs exist."""
    tried = f"deploy version {inputs.workflow_version_id}"
    version = await read_version(inputs.workflow_version_id, call)
    if version is None or version.workflow_id != inputs.workflow_id:
        got = "there is no such version" if version is None else f"it is a version of workflow {version.workflow_id}"
        raise InputError("COMFY1001", tried=tried, got=got, todo=f"Give a version of workflow {inputs.workflow_id}.")
    if inputs.inference_check is not None:
        _runner("", inputs, version, call).refuse_unknown(inputs.inference_check)
    return version


async def _patched(
    object_id: str, before: DeploymentRow, inputs: DeploymentInputs, changed: Set[str], call: DeployCall
) -> DeploymentRow:
    """Patch it; the answer does not tell what the version takes, so a new version is read and an old one remembered."""
    try:
        row = await call.client.patch_deployment(object_id, _patch(inputs, changed, before))
    except StatusError as refused:
        if refused.status == 500 and "machine_id" in changed:  # without a word of what is missing
            await _refuse_no_machine(inputs.machine_id, refused, call)
        raise
    if row.workflow_version_id != before.workflow_version_id:
        return await call.client.get_deployment(object_id, inputs.workflow_id) or row
    return _with_types_of(before, row)


async def _refuse_no_machine(machine_id: str | None, refused: StatusError, call: DeployCall) -> None:
    try:
        is_there = machine_id is None or await call.client.get_machine(machine_id) is not None
    except ComfyError:
        return  # what was refused first is what matters
    if not is_there:
        todo = "Give a `machine_id` that the account has."
        got = f"there is no machine {machine_id}"
        raise OutcomeError("COMFY2404", tried=refused.tried, got=got, todo=todo) from None


def _with_types_of(before: DeploymentRow, row: DeploymentRow) -> DeploymentRow:
    return row.model_copy(update={"input_types": before.input_types, "output_types": before.output_types})


def _patch(inputs: DeploymentInputs, changed: Set[str], before: DeploymentRow) -> dict[str, Json]:
    """Give the body: a limit that is no longer declared gets the value that a new deployment has."""
    body: dict[str, Json] = {"workflow_version_id": inputs.workflow_version_id, "machine_id": inputs.machine_id}
    for name in sorted(SETTINGS):
        value = getattr(inputs, name)
        is_reset = before.is_fluid and name in TAKEN_FROM_THE_BUILD  # by the platform, since it is not sent
        if value is None and name in changed and not is_reset:
            value = LIMIT_DEFAULTS.get(name)
        if value is not None:
            body[name] = value
    return body
