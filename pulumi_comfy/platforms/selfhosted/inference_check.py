"""A check of a deployment of a self-hosted ComfyUI Deploy: a real run, judged by what it made and by what it ran.

The public server tells of no deployment what it points to, but each run's row does: what is declared here of version,
document and machine is compared with it, and a difference is drift, which fails the check. Nothing of a check exists on
the server but the runs it made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from pulumi_comfy.core.company import among
from pulumi_comfy.core.errors import InputError, OutcomeError
from pulumi_comfy.core.meanings import TARGET
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.unknown import contains_unknown
from pulumi_comfy.deploy_protocol.runs import inputs_of
from pulumi_comfy.deploy_protocol.versions import Version
from pulumi_comfy.inference.nodes import names_any
from pulumi_comfy.inference.settings import DECIDES
from pulumi_comfy.inference.standalone import StandaloneHandler, StandaloneInputs
from pulumi_comfy.platforms.selfhosted.api import SelfHostedApi
from pulumi_comfy.platforms.selfhosted.existing import SelfHostedCall, foresee_route
from pulumi_comfy.platforms.selfhosted.fields import AccountInputs, Id
from pulumi_comfy.platforms.selfhosted.runner import DeploymentRunner

_ROUTE = "POST /run"


def _plain(inputs: dict[str, Json]) -> dict[str, Json]:
    """Refuse what the server's validation does."""
    others = [name for name, one in inputs.items() if isinstance(one, bool) or not isinstance(one, str | int | float)]
    wrong = [name for name in others if not contains_unknown(inputs[name])]
    if wrong:
        raise ValueError(f"the server takes texts and numbers only, so none for {', '.join(map(repr, sorted(wrong)))}")
    return inputs


class InferenceCheckInputs(AccountInputs, StandaloneInputs):
    """What a program declares of a check."""

    deployment_id: Annotated[Id, TARGET, Field(description="Id of the deployment that is run.")]
    inputs: Annotated[
        dict[str, Json],
        AfterValidator(_plain),
        DECIDES,
        Field(
            description="Run inputs, texts and numbers, by the `input_id` of the workflow's external input nodes; "
            "others keep theirs. Whole numbers beyond 2^53 are given as text."
        ),
    ] = {}
    workflow_version_id: Annotated[
        Id | None, Field(description="Id of the version that it is to run; a run of another fails the check.")
    ] = None
    workflow_digest: Annotated[
        str | None,
        Field(
            description="The `workflow_digest` of the version that it is to run, for where no id of it is known; a run "
            "of another document fails the check."
        ),
    ] = None
    machine_id: Annotated[
        Id | None, Field(description="Id of the machine that it is to run on; a run on another fails the check.")
    ] = None


class InferenceCheckHandler(StandaloneHandler[InferenceCheckInputs, SelfHostedApi]):
    """Inference checks of a self-hosted server's deployments."""

    token = "selfhosted:InferenceCheck"
    inputs_model = InferenceCheckInputs
    foresees = True

    async def foresee(self, inputs: InferenceCheckInputs, call: SelfHostedCall) -> None:
        """Compare run inputs with the version that is declared, where there is one."""
        if not call.checks_enabled:
            return
        await foresee_route(_ROUTE, f'check "{call.name}"', "connection", call)
        version_id = inputs.workflow_version_id
        if isinstance(version_id, str) and names_any(inputs, inputs_of(inputs)):
            refused = _runner(inputs, await _version(version_id, call), call).misfit(inputs, "")
            if refused is not None:
                raise refused

    async def runner(self, inputs: InferenceCheckInputs, call: SelfHostedCall) -> DeploymentRunner:
        """Find what it serves, as far as that is known before it runs."""
        version_id = inputs.workflow_version_id or await _served(inputs.deployment_id, call)
        return _runner(inputs, await _version(version_id, call) if version_id else None, call)


def _runner(inputs: InferenceCheckInputs, version: Version | None, call: SelfHostedCall) -> DeploymentRunner:
    declared: Mapping[str, str | None] = {name: getattr(inputs, name) for name in ("workflow_version_id", "machine_id")}
    return DeploymentRunner(call, inputs.deployment_id, version, declared, inputs.workflow_digest, inputs.connection)


async def _served(deployment_id: str, call: SelfHostedCall) -> str | None:
    """Give the version that a deployment serves, where the server lists deployments.

    Raises:
        OutcomeError: there is no such deployment.
    """
    try:
        row = await among(call.client.list_deployments, deployment_id)
    except InputError:
        return None  # the run will tell
    if row is None:
        got = f"there is no deployment {deployment_id}"
        raise OutcomeError("COMFY2404", tried=f'check "{call.name}"', got=got)
    return row.workflow_version_id


async def _version(version_id: str, call: SelfHostedCall) -> Version | None:
    row = await call.client.get_version(version_id)
    return Version.of(row) if row else None
