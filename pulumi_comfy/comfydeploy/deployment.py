"""A ComfyDeploy deployment: one version of a workflow, serving on a machine, in one environment.

Limits: a workflow has at most one deployment for each environment; an ordinary deployment runs whatever its machine
was last built to, and its own limits have no effect except `gpu`, which cannot be unset (reference 2.5, 5.6).
"""

from __future__ import annotations

from collections.abc import Set
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.deployment_reads import read_deployment
from pulumi_comfy.comfydeploy.deployment_undo import purge, restore
from pulumi_comfy.comfydeploy.fields import AccountInputs, Adopt, Environment, Gpu, Id
from pulumi_comfy.comfydeploy.inference import Failed, refuse_unknown_inputs, reproduction, run_check
from pulumi_comfy.comfydeploy.rows import DeploymentRow, WorkflowVersionRow
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, InputError, KeptError, OutcomeError, UndoneError
from pulumi_comfy.core.inference import CheckResult, InferenceCheck
from pulumi_comfy.core.model import REPLACES, WRITE_ONLY, Json, Mark, Model, fields_marked
from pulumi_comfy.core.resource import Found, Handler, Seen, State, Timeouts

CHECKED = Mark("checked")
"""A change can change what a run makes, so it is followed by an inference check."""

_LIMIT_DEFAULTS: dict[str, Json] = {"concurrency_limit": 2, "run_timeout": 300, "idle_timeout": 0, "keep_warm": 0}
"""What the platform itself sets on a new ordinary deployment (2.5): sent when a limit is taken out of the program."""
_SETTINGS = frozenset(_LIMIT_DEFAULTS) | {"gpu"}


class DeploymentInputs(AccountInputs):
    """What a program declares of a deployment."""

    workflow_id: Annotated[Id, REPLACES, Field(description="Id of the workflow; a change replaces the deployment.")]
    environment: Annotated[
        Environment,
        REPLACES,
        Field(
            description="Where it serves; a change replaces the deployment. `public-share` and `community-share` can "
            "be run by anybody with an account."
        ),
    ]
    workflow_version_id: Annotated[Id, CHECKED, Field(description="Id of the workflow's version that is served.")]
    machine_id: Annotated[Id, CHECKED, Field(description="Id of the machine that runs it.")]
    machine_build_digest: Annotated[
        str | None,
        CHECKED,
        Field(
            description="The machine's `build_digest`: an ordinary deployment runs whatever its machine was last built "
            "to, so a rebuilt machine is checked again."
        ),
    ] = None
    gpu: Annotated[
        Gpu | None,
        CHECKED,
        Field(description="GPU that overrides the machine's. Once set it can be changed, not unset."),
    ] = None
    concurrency_limit: Annotated[
        int | None, Field(ge=1, description="Most containers; no effect on ordinary deployments.")
    ] = None
    run_timeout: Annotated[
        int | None, CHECKED, Field(ge=1, description="Longest run, in seconds; no effect on ordinary deployments.")
    ] = None
    idle_timeout: Annotated[
        int | None, Field(ge=0, description="Seconds a container stays warm; no effect on ordinary deployments.")
    ] = None
    keep_warm: Annotated[
        int | None, Field(ge=0, description="Containers always on; no effect on ordinary deployments.")
    ] = None
    inference_check: Annotated[
        InferenceCheck | None,
        CHECKED,
        WRITE_ONLY,
        Field(description="A real run after each deploy that can change what runs; `pulumi up` fails when it fails."),
    ] = None
    adopt: Adopt = None


class DeploymentOutputs(Model):
    """What the platform decides of a deployment."""

    share_slug: Annotated[str | None, Field(description="Public name of a share deployment.")] = None
    endpoint: Annotated[str, Field(description="URL that runs of this deployment are posted to.")]
    last_check: Annotated[CheckResult | None, Field(description="What the last inference check found.")] = None


DeploymentState = State[DeploymentInputs, DeploymentOutputs]
DeployCall = Call[ComfyDeployApi]


class DeploymentHandler(Handler[DeploymentInputs, DeploymentOutputs, ComfyDeployApi]):
    """Deployments. Import: the id is the deployment's UUID."""

    token = "comfydeploy:Deployment"
    label = "deployment"
    inputs_model = DeploymentInputs
    outputs_model = DeploymentOutputs
    timeouts = Timeouts(create=1800, update=1800, delete=120)
    is_name_unique_to_us = False

    def normalise(self, inputs: DeploymentInputs, call: Call[Any]) -> DeploymentInputs:
        """Say which settings do nothing on an ordinary deployment (section 6, 17)."""
        idle = [f"`{name}`" for name in sorted(_LIMIT_DEFAULTS) if getattr(inputs, name) is not None]
        if idle:
            call.warn(
                f"{', '.join(idle)} of a deployment: without effect unless the machine has an image of its own from a "
                "workspace; an ordinary deployment runs with its machine's settings, so set them there"
            )
        return inputs

    def replaces(self, prior: DeploymentState, inputs: DeploymentInputs, changed: Set[str]) -> Set[str]:
        """Refuse what the platform cannot do at all, before anything is tried."""
        if "gpu" in changed and inputs.gpu is None and not changed & fields_marked(DeploymentInputs, REPLACES):
            was = getattr(prior.inputs.gpu, "value", prior.inputs.gpu)
            raise InputError(
                "COMFY1001",
                tried="update deployment",
                got="`gpu` was removed, and ComfyDeploy cannot unset a deployment's GPU",
                todo=f'Name the GPU you want, e.g. that of the machine (it is "{was}" now).',
            )
        return frozenset()

    def repair(self, prior: DeploymentState, inputs: DeploymentInputs) -> str | None:
        """A check that failed and was kept is run again."""
        last = prior.outputs.last_check
        is_failed = last is not None and last.status == "failed" and inputs.inference_check is not None
        return "its last inference check failed" if is_failed else None

    async def find(self, inputs: DeploymentInputs, call: DeployCall) -> list[Found]:
        """The deployment of the same workflow and environment: POST would silently take it over."""
        rows = await call.client.list_workflow_deployments(inputs.workflow_id)
        where = inputs.environment.value
        return [Found(row.id, f"a {where} deployment of this workflow") for row in rows if row.environment == where]

    async def insert(self, inputs: DeploymentInputs, call: DeployCall) -> str:
        """Create it, once its version and run inputs are known to fit."""
        await _checked_version(inputs, call)
        row = await call.client.put_deployment(
            workflow_id=inputs.workflow_id,
            workflow_version_id=inputs.workflow_version_id,
            environment=inputs.environment.value,
            machine_id=inputs.machine_id,
        )
        return row.id

    async def complete(self, object_id: str, inputs: DeploymentInputs, call: DeployCall) -> DeploymentState:
        """Set GPU and limits, which the creation does not take, then check it."""
        settings = {name: getattr(inputs, name) for name in sorted(_SETTINGS) if getattr(inputs, name) is not None}
        if settings:
            await call.client.patch_deployment(object_id, settings)
        row = await call.client.get_deployment(object_id, inputs.workflow_id)
        if row is None:
            raise OutcomeError("COMFY2404", tried="create deployment", got="it is gone again")
        found = await _check(object_id, inputs, row.version, call)
        if isinstance(found, Failed):
            raise await _failed_create(object_id, inputs, row, found, call)
        return State(inputs, _outputs(row, found, call))

    async def read(self, object_id: str, prior: DeploymentState, call: DeployCall) -> Seen[DeploymentOutputs] | None:
        """Read it, together with others that are read at the same time."""
        row = await read_deployment(call.client, object_id, prior.inputs.workflow_id)
        if row is None:
            return None
        names = set(DeploymentInputs.model_fields) - {"machine_build_digest", "inference_check", "adopt", "connection"}
        seen: dict[str, Any] = {name: getattr(row, name) for name in names}
        if seen["environment"] in {one.value for one in Environment}:
            seen["environment"] = Environment(seen["environment"])
        return Seen(seen, _outputs(row, prior.outputs.last_check, call))

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
            raise OutcomeError(
                "COMFY2404",
                tried="update deployment",
                got="it no longer exists",
                todo="Run `pulumi refresh`, then `pulumi up`.",
            )
        must_check = bool(changed & fields_marked(DeploymentInputs, CHECKED)) or not changed
        version = await _checked_version(inputs, call) if must_check else None
        row = await call.client.patch_deployment(object_id, _patch(inputs, changed))
        if not must_check:
            return State(inputs, _outputs(row, prior.outputs.last_check, call))
        found = await _check(object_id, inputs, version, call)
        if isinstance(found, Failed):
            raise await _failed_update(object_id, inputs, row, before, changed, found, call)
        return State(inputs, _outputs(row, found or prior.outputs.last_check, call))

    async def delete(self, object_id: str, prior: DeploymentState, call: DeployCall) -> None:
        """Delete it for good. Only share deployments can be deleted, so others are relabelled first (2.5)."""
        await purge(object_id, prior.inputs.workflow_id, call)


async def _checked_version(inputs: DeploymentInputs, call: DeployCall) -> WorkflowVersionRow:
    """Read the version: the platform checks neither that it is this workflow's nor that run inputs exist."""
    tried = f"deploy version {inputs.workflow_version_id}"
    version = await call.client.get_version(inputs.workflow_version_id)
    if version is None or version.workflow_id != inputs.workflow_id:
        got = "there is no such version" if version is None else f"it is a version of workflow {version.workflow_id}"
        raise InputError("COMFY1001", tried=tried, got=got, todo=f"Give a version of workflow {inputs.workflow_id}.")
    if inputs.inference_check is not None and version.workflow_api:
        refuse_unknown_inputs(inputs.inference_check, version.workflow_api)
    return version


async def _check(
    deployment_id: str, inputs: DeploymentInputs, version: WorkflowVersionRow | None, call: DeployCall
) -> CheckResult | Failed | None:
    if inputs.inference_check is None:
        return None
    if not call.checks_enabled:
        call.warn("not checked: comfy:inferenceChecks is off")
        return None
    prompt = version.workflow_api if version else None
    found = await run_check(deployment_id, inputs.inference_check, prompt or {}, call)
    if isinstance(found, CheckResult):
        made = ", ".join(f"{kind}: {number}" for kind, number in found.output_counts.items())
        call.inform(f"inference check passed: {made}; {found.run_seconds or 0:.1f} s, run {found.run_id}")
    return found


def _patch(inputs: DeploymentInputs, changed: Set[str]) -> dict[str, Json]:
    body: dict[str, Json] = {"workflow_version_id": inputs.workflow_version_id, "machine_id": inputs.machine_id}
    for name in sorted(_SETTINGS):
        value = getattr(inputs, name)
        if value is None and name in changed:
            value = _LIMIT_DEFAULTS.get(name)
        if value is not None:
            body[name] = value
    return body


def _outputs(row: DeploymentRow, check: CheckResult | None, call: DeployCall) -> DeploymentOutputs:
    return DeploymentOutputs(share_slug=row.share_slug, endpoint=call.client.queue_url, last_check=check)


def _reason(object_id: str, found: Failed, call: DeployCall, outcome: str) -> dict[str, str]:
    run = f"run {found.run_id}: " if found.run_id and found.run_id not in found.reason else ""
    return {
        "tried": f'check deployment "{call.name}"',
        "got": f"{run}{found.reason}; {outcome}",
        "todo": f"To repeat the run: {reproduction(object_id, found, call)}",
    }


def _kept(inputs: DeploymentInputs, row: DeploymentRow, found: Failed, call: DeployCall) -> DeploymentState:
    return State(inputs, _outputs(row, CheckResult(status="failed", run_id=found.run_id), call))


async def _failed_create(
    object_id: str, inputs: DeploymentInputs, row: DeploymentRow, found: Failed, call: DeployCall
) -> ComfyError:
    """Undo or keep a new deployment whose check failed, and say which."""
    if inputs.inference_check is not None and inputs.inference_check.on_failure == "keep":
        parts = _reason(object_id, found, call, "the deployment stays, as `on_failure` says")
        return KeptError("COMFY3101", **parts, state=_kept(inputs, row, found, call))
    await purge(object_id, inputs.workflow_id, call)
    return UndoneError("COMFY3101", **_reason(object_id, found, call, "the new deployment was removed again"))


async def _failed_update(
    object_id: str,
    inputs: DeploymentInputs,
    row: DeploymentRow,
    before: DeploymentRow,
    changed: Set[str],
    found: Failed,
    call: DeployCall,
) -> ComfyError:
    """Put back what the deployment held, or keep it, and say what serves now."""
    if inputs.inference_check is not None and inputs.inference_check.on_failure == "keep":
        parts = _reason(
            object_id, found, call, f"version {inputs.workflow_version_id} serves now, as `on_failure` says"
        )
        return KeptError("COMFY3101", **parts, state=_kept(inputs, row, found, call))
    await restore(object_id, before, _SETTINGS & _patch(inputs, changed).keys(), call)
    outcome = f"version {before.workflow_version_id} on machine {before.machine_id} serves again"
    if "machine_build_digest" in changed and before.machine_id == inputs.machine_id:
        outcome += (
            ", but that machine was rebuilt in place and its former build is gone: put its former settings back, "
            'or use `rollout="replace"` so that the former machine keeps serving'
        )
    return UndoneError("COMFY3101", **_reason(object_id, found, call, outcome))
