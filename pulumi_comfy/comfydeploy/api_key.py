"""A ComfyDeploy API key of the account that the program's own key belongs to.

Limits: the platform shows a key once and gives no id with it; a key cannot be renamed, and an adopted key has no value
that anybody could read (reference 2.8).
"""

from __future__ import annotations

from collections.abc import Set
from typing import Annotated

from pydantic import Field

from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.fields import AccountInputs, Adopt, Name
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import LostAnswerError, OutcomeError
from pulumi_comfy.core.model import REPLACES, SECRET, Model
from pulumi_comfy.core.redaction import register_secret
from pulumi_comfy.core.resource import Found, Handler, Seen, State

_SHOWN = 4


class ApiKeyInputs(AccountInputs):
    """What a program declares of an API key."""

    name: Annotated[Name, REPLACES] = None
    adopt: Adopt = None


class ApiKeyOutputs(Model):
    """What the platform decides of an API key."""

    key: Annotated[
        str | None,
        SECRET,
        Field(description="The key itself; none when the key was adopted, since the platform shows a key only once."),
    ] = None


ApiKeyState = State[ApiKeyInputs, ApiKeyOutputs]


class ApiKeyHandler(Handler[ApiKeyInputs, ApiKeyOutputs, ComfyDeployApi]):
    """API keys. Import: the id is the key's UUID; its value stays unknown."""

    token = "comfydeploy:ApiKey"
    label = "API key"
    inputs_model = ApiKeyInputs
    outputs_model = ApiKeyOutputs
    is_name_unique_to_us = False  # taken over after a kill, its value would be lost: refused with its id instead

    async def find(self, inputs: ApiKeyInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """Live keys of the same name."""
        rows = await call.client.find_api_keys(str(inputs.name))
        return [Found(row.id, f'API key "{row.name}"') for row in rows]

    async def insert(self, inputs: ApiKeyInputs, call: Call[ComfyDeployApi]) -> str:
        """Create it and find its id by its last characters; one whose answer was lost is revoked and made anew."""
        name = str(inputs.name)
        before = {row.id for row in await call.client.find_api_keys(name)}
        try:
            key = await call.client.create_api_key(name)
        except LostAnswerError:
            for row in await call.client.find_api_keys(name):
                if row.id not in before:
                    await call.client.revoke_api_key(row.id)
            key = await call.client.create_api_key(name)
        register_secret(key)
        call.scratch["key"] = key
        rows = await call.client.find_api_keys(name)
        ours = [row.id for row in rows if row.id not in before and row.key.endswith(key[-_SHOWN:])]
        if len(ours) != 1:
            raise OutcomeError(
                "COMFY2003",
                tried=f'find API key "{name}" after creating it',
                got=f"{len(ours)} keys end like it",
                todo="Revoke it on the platform's API keys page, then run `pulumi up` again.",
            )
        return ours[0]

    async def complete(self, object_id: str, inputs: ApiKeyInputs, call: Call[ComfyDeployApi]) -> ApiKeyState:  # noqa: ARG002
        """It is complete; the value is known only now."""
        return State(inputs, ApiKeyOutputs(key=call.scratch.get("key")))

    async def read(self, object_id: str, prior: ApiKeyState, call: Call[ComfyDeployApi]) -> Seen[ApiKeyOutputs] | None:
        """Look for it in the list of live keys; a revoked one is gone. The value is what it was."""
        rows = await call.client.list_api_keys()
        row = next((row for row in rows if row.id == object_id), None)
        if row is None:
            return None
        if not prior.outputs.key:
            call.warn("the value of this key is not known: the platform shows a key only when it is created")
        return Seen({"name": row.name}, prior.outputs)

    async def update(
        self,
        object_id: str,  # noqa: ARG002
        prior: ApiKeyState,
        inputs: ApiKeyInputs,
        changed: Set[str],  # noqa: ARG002
        call: Call[ComfyDeployApi],  # noqa: ARG002
    ) -> ApiKeyState:
        """Nothing of a key can change."""
        return State(inputs, prior.outputs)

    async def delete(self, object_id: str, prior: ApiKeyState, call: Call[ComfyDeployApi]) -> None:  # noqa: ARG002
        """Revoke it; it works for some seconds more."""
        await call.client.revoke_api_key(object_id)
