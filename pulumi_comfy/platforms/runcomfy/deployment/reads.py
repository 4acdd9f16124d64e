"""Reading deployments: one list for any number, and what its silence means; what one will serve.

The token does not name its account, so that under another account's every deployment looks absent. An absence is
therefore a question about this very one, and where all that were asked for are absent nothing is said to be gone
(docs/platforms/runcomfy.md 3).
"""

from __future__ import annotations

from pulumi_comfy.core.absence import note_presence
from pulumi_comfy.core.company import among, listed_in_company
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.platforms.runcomfy.api import DeploymentRow
from pulumi_comfy.platforms.runcomfy.deployment.fields import DeployCall, DeploymentInputs
from pulumi_comfy.platforms.runcomfy.fields import SETTINGS

_DECLARED = "workflows and versions to come"
"""What is noted: the two that a deployment is about to serve, by its id."""


def note_declared(deployment_id: str, inputs: DeploymentInputs, call: DeployCall) -> None:
    """Note what a deployment of this stack is about to serve."""
    call.memory.notes(_DECLARED)[deployment_id] = (inputs.workflow_id, inputs.workflow_version)


async def row_to_come(deployment_id: str, call: DeployCall) -> DeploymentRow | None:
    """Read a deployment with the graph that it serves and goes on to serve; None where that is not known before."""
    row = await call.client.get_deployment(deployment_id, with_payload=True)
    return row if row is not None and goes_on(row, call) else None


def goes_on(row: DeploymentRow, call: DeployCall) -> bool:
    """Tell whether a deployment goes on to serve what it serves, as far as this operation has declared it."""
    serves = (row.workflow_id, row.workflow_version)
    return bool(call.memory.notes(_DECLARED).get(row.id, serves) == serves)


async def read_deployment(deployment_id: str, connection: str | None, call: DeployCall) -> DeploymentRow | None:
    """Read a deployment; None when the platform says that this one is gone.

    Raises:
        OwnershipError: all that were asked for are absent, so the token may be another account's.
        ComfyError: it cannot be told, or it is another account's.
    """
    client = call.client
    row = await listed_in_company(
        client,
        "deployments",
        is_listed=lambda: client.has_deployments_listed,
        find=lambda: among(client.list_deployments, deployment_id),
    )
    row = row or await client.get_deployment(deployment_id)
    await note_presence(
        deployment_id,
        is_there=row is not None,
        noun="deployment",
        setting=SETTINGS.credential_of(connection),
        under="under another account's token",
        call=call,
    )
    return row


def refuse_lora(row: DeploymentRow) -> None:
    """Those that serve a LoRA are made on the web only, and take no workflow (2)."""
    if row.workflow_id is None or row.workflow_version is None:
        got = "it serves no workflow: RunComfy's LoRA deployments are made and changed on its pages only"
        raise InputError("COMFY1001", tried=f"read deployment {row.id}", got=got, todo="Leave it to its page.")
