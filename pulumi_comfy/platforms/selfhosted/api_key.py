"""An API key of a self-hosted ComfyUI Deploy.

Limits: the public server has no routes for API keys (docs/platforms/selfhosted.md 6.1): there `existing_id` holds one,
whose value is not known. A key cannot be renamed. Two keys of one account within a second are the same text, which the
server refuses: they are made one after the other, more than a second apart.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.company import among
from pulumi_comfy.core.errors import OutcomeError, StatusError
from pulumi_comfy.core.fields import Name
from pulumi_comfy.core.model import REPLACES, SECRET
from pulumi_comfy.core.redaction import register_secret
from pulumi_comfy.core.resource import Found, Inserted, Seen, State
from pulumi_comfy.deploy_protocol.accounts import account_in
from pulumi_comfy.deploy_protocol.key_seconds import SAME_SECOND, in_a_second_of_its_own
from pulumi_comfy.platforms.selfhosted.existing import ExistingHandler, ExistingInputs, ExistingOutputs, SelfHostedCall
from pulumi_comfy.platforms.selfhosted.rows import ApiKeyRow

_ATTEMPTS = 5


class ApiKeyInputs(ExistingInputs):
    """What a program declares of an API key."""

    name: Annotated[Name, REPLACES] = None


class ApiKeyOutputs(ExistingOutputs):
    """What the server decides of an API key."""

    key: Annotated[
        str | None,
        SECRET,
        Field(description="The key itself; none for one that `existing_id` holds, or that a server shows once only."),
    ] = None


ApiKeyState = State[ApiKeyInputs, ApiKeyOutputs]


class ApiKeyHandler(ExistingHandler[ApiKeyInputs, ApiKeyOutputs]):
    """API keys. Import: the id is the key's UUID; its value is known where the server's list shows it."""

    token = "selfhosted:ApiKey"
    label = "API key"
    inputs_model = ApiKeyInputs
    outputs_model = ApiKeyOutputs
    making = "POST /api-key"

    async def look_for(self, inputs: ApiKeyInputs, call: SelfHostedCall) -> list[Found]:
        """Live keys of the same name."""
        call.client.forget_lists()
        rows = await call.client.list_api_keys()
        return [Found(row.id, f'API key "{row.name}"') for row in rows if row.name == inputs.name]

    async def make(self, inputs: ApiKeyInputs, found: Sequence[Found], call: SelfHostedCall) -> Inserted[ApiKeyOutputs]:  # noqa: ARG002
        """Create it, in a second of its own."""
        row = await _make(str(inputs.name), call)
        return Inserted(row.id, _outputs(row, None))

    async def finish(self, made: Inserted[ApiKeyOutputs], inputs: ApiKeyInputs, call: SelfHostedCall) -> ApiKeyState:
        """Keep the value; that of one whose answer was lost is in the list, where the server shows it."""
        return State(inputs, made.handed or await _listed(made.id, None, call) or ApiKeyOutputs(managed=True))

    async def look_at(self, object_id: str, prior: ApiKeyState, call: SelfHostedCall) -> Seen[ApiKeyOutputs] | None:
        """Look for it in the list of live keys; a revoked one is gone."""
        row = await among(call.client.list_api_keys, object_id)
        if row is None:
            return None
        outputs = _outputs(row, prior.outputs.key)
        if not outputs.key:
            call.warn("the value of this key is not known: the server shows a key only when it is created")
        return Seen({"name": row.name}, outputs)

    async def change(
        self,
        object_id: str,
        prior: ApiKeyState,
        inputs: ApiKeyInputs,
        changed: Set[str],  # noqa: ARG002
        call: SelfHostedCall,
    ) -> ApiKeyState:
        """Nothing of a key can change; the value of one that is adopted is read."""
        known = prior.outputs if prior.outputs.key else await _listed(object_id, None, call)
        return State(inputs, known or ApiKeyOutputs(managed=True))

    async def remove(self, object_id: str, call: SelfHostedCall) -> None:
        """Revoke it."""
        await call.client.revoke_api_key(object_id)


async def _make(name: str, call: SelfHostedCall) -> ApiKeyRow:
    """Create a key, again where somebody else has made one in the same second: a refusal leaves nothing."""
    for attempt in range(_ATTEMPTS):
        try:
            return await in_a_second_of_its_own(
                lambda: call.client.create_api_key(name),
                call.client.new_keys,
                call,
                tried=f'create API key "{name}"',
                is_first=attempt == 0,
            )
        except StatusError as refused:
            if SAME_SECOND not in refused.detail:
                raise
    raise OutcomeError(  # in its own words: the server's hold a key in clear
        "COMFY2400",
        tried=f'create API key "{name}"',
        got=f"somebody else made a key of this account in the same second, {_ATTEMPTS} times in a row",
        todo="Run `pulumi up` again; nothing of it is left.",
    )


async def _listed(key_id: str, known: str | None, call: SelfHostedCall) -> ApiKeyOutputs | None:
    row = await among(call.client.list_api_keys, key_id)
    return None if row is None else _outputs(row, known)


def _outputs(row: ApiKeyRow, known: str | None) -> ApiKeyOutputs:
    """Give the value that is known, or that the server shows whole."""
    shown = row.key if row.key and account_in(row.key) else None
    register_secret([one for one in (known, shown) if one])
    return ApiKeyOutputs(managed=True, key=known or shown)
