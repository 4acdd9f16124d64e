"""The target of a check: what a deployment serves, as far as the server tells that before it is run.

The public server tells of no deployment what it points to, but each run's row does: what is declared of version,
document and machine is compared with it, and a difference is drift, which fails the check.
"""

from __future__ import annotations

from typing import Any

from pulumi_comfy.core.company import among
from pulumi_comfy.core.errors import InputError, OutcomeError, StatusError
from pulumi_comfy.deploy_protocol.runs import inputs_of
from pulumi_comfy.deploy_protocol.versions import Version
from pulumi_comfy.platforms.selfhosted.existing import SelfHostedCall, foresee_route
from pulumi_comfy.platforms.selfhosted.runner import DeploymentRunner

_ROUTE = "POST /run"
_NO_ROUTE = ("COMFY2003", "COMFY2405")
_TOLD = ("workflow_id", "workflow_version_id", "machine_id")
"""What a run's row tells of its deployment."""


def runner_of(deployment_id: str, inputs: Any, version: Version | None, call: SelfHostedCall) -> DeploymentRunner:
    """Bind a deployment that is checked.

    Args:
        deployment_id: which one.
        inputs: what declares `workflow_version_id`, `workflow_digest`, `machine_id` and perhaps `workflow_id`.
        version: what it is known to serve.
        call: the call.
    """
    declared = {name: getattr(inputs, name, None) for name in _TOLD}
    return DeploymentRunner(call, deployment_id, version, declared, inputs.workflow_digest, inputs.connection)


async def version_to_run(deployment_id: str | None, version_id: str | None, call: SelfHostedCall) -> Version | None:
    """Read the version that a run will be of: the declared one, else what the deployment serves; None: a run will tell.

    Raises:
        OutcomeError: there is no such deployment.
    """
    known = version_id or (await _served(deployment_id, call) if deployment_id else None)
    row = await call.client.get_version(known) if known else None
    return Version.of(row) if row else None


async def foresee_check(check: Any, inputs: Any, place: str, call: SelfHostedCall) -> None:
    """Say in a preview already what a check cannot run, or its version does not take, where that is declared.

    Args:
        check: the check's settings.
        inputs: what declares `workflow_version_id`, `machine_id` and `connection`.
        place: the path of the property that holds the settings, e.g. `inference_check.`; empty for the resource itself.
        call: the call.

    Raises:
        InputError: names the property.
    """
    await foresee_route(_ROUTE, place.rstrip(".") or "connection", call)
    version_id = inputs.workflow_version_id
    is_known = isinstance(version_id, str) and inputs_of(check)
    version = await version_to_run(None, version_id, call) if is_known else None
    refused = runner_of("", inputs, version, call).misfit(check, place)
    if refused is not None:
        raise refused


async def _served(deployment_id: str, call: SelfHostedCall) -> str | None:
    """Give the version that a deployment serves, where the server lists deployments."""
    try:
        row = await among(call.client.list_deployments, deployment_id)
    except InputError:
        return None  # the run will tell
    except StatusError as refused:
        if refused.code not in _NO_ROUTE:
            raise
        return None  # and so it will where the server does not say what it has
    if row is None:
        got = f"there is no deployment {deployment_id}"
        raise OutcomeError("COMFY2404", tried=f'check "{call.name}"', got=got)
    return row.workflow_version_id
