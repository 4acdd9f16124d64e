"""A ComfyDeploy API key of the account that the program's own key belongs to.

Limits: the platform shows a key once and gives no id with it; a key cannot be renamed, and an adopted key has no value
that anybody could read
(docs/platforms/comfydeploy.md 2.8). So a key of our own automatic name that an interrupted run on this machine left
is of no use to anybody: it is made anew, and the one that was left is revoked. Any other that stands in the way is
refused with its id.

Two keys that one account makes within a second are the same text, which the platform refuses. So they are made one
after the other, more than a second apart.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, KeptError, LostAnswerError, OutcomeError
from pulumi_comfy.core.fields import Name
from pulumi_comfy.core.model import REPLACES, SECRET, Model
from pulumi_comfy.core.redaction import register_secret
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State
from pulumi_comfy.deploy_protocol.key_seconds import SAME_SECOND, in_a_second_of_its_own
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import ApiKeyRow
from pulumi_comfy.platforms.comfydeploy.fields import AccountInputs, Adopt

_SHOWN = 4
_ATTEMPTS = 5


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
    left_key_ids: Annotated[
        list[str] | None,
        Field(description="Ids of keys that an interrupted run left and that are still to be revoked."),
    ] = None


ApiKeyState = State[ApiKeyInputs, ApiKeyOutputs]


class ApiKeyHandler(Handler[ApiKeyInputs, ApiKeyOutputs, ComfyDeployApi]):
    """API keys. Import: the id is the key's UUID; its value stays unknown."""

    token = "comfydeploy:ApiKey"
    label = "API key"
    inputs_model = ApiKeyInputs
    outputs_model = ApiKeyOutputs
    is_name_unique_to_us = False  # taken over after a kill, its value would be lost

    def repair(self, prior: ApiKeyState, inputs: ApiKeyInputs) -> str | None:  # noqa: ARG002
        """What an interrupted run left is to be revoked."""
        return "keys that an interrupted run left are still to be revoked" if prior.outputs.left_key_ids else None

    async def find(self, inputs: ApiKeyInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """Live keys of the same name; those that an interrupted run of this resource left are in nobody's way."""
        rows = await call.client.find_api_keys(str(inputs.name))
        return [Found(row.id, f'API key "{row.name}"', is_past=_is_left(row, call)) for row in rows]

    async def insert(
        self, inputs: ApiKeyInputs, found: Sequence[Found], call: Call[ComfyDeployApi]
    ) -> Inserted[ApiKeyOutputs]:
        """Create it and find its id by its last characters."""
        name, known = str(inputs.name), {one.id for one in found}
        key = await _make(name, known, call)
        register_secret(key)
        rows = await call.client.find_api_keys(name)
        ours = [row.id for row in rows if row.id not in known and row.key.endswith(key[-_SHOWN:])]
        if len(ours) != 1:
            raise OutcomeError(
                "COMFY2003",
                tried=f'find API key "{name}" after creating it',
                got=f"{len(ours)} keys end like it",
                todo="Revoke it on the platform's API keys page, then run `pulumi up` again.",
            )
        return Inserted(ours[0], ApiKeyOutputs(key=key, left_key_ids=[one.id for one in found if one.is_past]))

    async def complete(
        self, made: Inserted[ApiKeyOutputs], inputs: ApiKeyInputs, call: Call[ComfyDeployApi]
    ) -> ApiKeyState:
        """Keep the value, which is known only now, and revoke what an interrupted run left."""
        return await _alone(State(inputs, made.handed or ApiKeyOutputs()), call)

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
        call: Call[ComfyDeployApi],
    ) -> ApiKeyState:
        """Nothing of a key can change. A create that could not revoke what was left is finished."""
        return await _alone(State(inputs, prior.outputs), call)

    async def delete(self, object_id: str, prior: ApiKeyState, call: Call[ComfyDeployApi]) -> None:  # noqa: ARG002
        """Revoke it; it works for some seconds more."""
        await call.client.revoke_api_key(object_id)


def _is_left(row: ApiKeyRow, call: Call[ComfyDeployApi]) -> bool:
    """Tell whether only an interrupted run of this resource can have made a key: no state holds it, and it is ours."""
    is_provable = call.facts.held is not None and not call.facts.is_blind
    # The name alone is not enough to revoke it: somebody may use one that was let go from the state.
    if not is_provable or not call.was_attempted or row.name != call.automatic_name:
        return False
    return row.id not in call.memory.ids_of(call.urn) and call.memory.owner_of(row.id, call.urn) is None


async def _make(name: str, known: Set[str], call: Call[ComfyDeployApi]) -> str:
    """Create a key and give its value. One whose answer is lost has none that anybody knows: revoked and made anew.

    Raises:
        OutcomeError: every answer was lost, or somebody else makes keys in the same seconds; nothing of it is left.
        CancelledWaitError: the engine said stop.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return await in_a_second_of_its_own(
                lambda: call.client.create_api_key(name),
                call.client.new_keys,
                call,
                tried=f'create API key "{name}"',
                is_first=attempt == 0,
            )
        except LostAnswerError as error:
            lost = error
        made = [row.id for row in await call.client.find_api_keys(name) if row.id not in known]
        if made and name != call.automatic_name:  # somebody else may have made one of a given name
            raise OutcomeError(
                lost.code,
                tried=lost.tried,
                got=f"{lost.got}; a key of that name is there since: {', '.join(made)}",
                todo="Revoke it on the platform's API keys page if nobody uses it, then run `pulumi up` again.",
            )
        for key_id in made:
            await call.client.revoke_api_key(key_id)
    got = lost.got
    if SAME_SECOND in got:
        got = f"somebody else made a key of this account in the same second, {_ATTEMPTS} times in a row"
    raise OutcomeError(lost.code, tried=lost.tried, got=got, todo="Run `pulumi up` again; nothing of it is left.")


async def _alone(state: ApiKeyState, call: Call[ComfyDeployApi]) -> ApiKeyState:
    """Revoke what was left. Whatever comes of it, the state keeps the new key, its value and what is still to do."""

    def still(ids: list[str]) -> ApiKeyState:
        return State(state.inputs, state.outputs.model_copy(update={"left_key_ids": ids or None}))

    left = state.outputs.left_key_ids or []
    for number, key_id in enumerate(left):
        try:
            await call.client.revoke_api_key(key_id)
        except ComfyError as failed:
            raise KeptError.of(failed, still(left[number:])) from None
        call.inform(f"revoked API key {key_id}, left by an earlier run of this stack")
    return still([])
