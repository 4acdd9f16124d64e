"""A ComfyDeploy custom machine: a ComfyUI server of your own, or a RunPod endpoint, that the platform sends runs to.

Limits: needs the plan's `self_hosted_machines` feature; the platform checks neither reachability nor type, and never
tells the token back, so its drift is invisible (docs/platforms/comfydeploy.md 2.4, 5.4).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.fields import Name
from pulumi_comfy.core.model import SECRET, WRITE_ONLY, Json, Model, is_known, matching
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State, Timeouts
from pulumi_comfy.core.stored import overlay
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import MachineRow
from pulumi_comfy.platforms.comfydeploy.builds import SERVERLESS
from pulumi_comfy.platforms.comfydeploy.fields import AccountInputs, Adopt, ForceDelete, SeenAt
from pulumi_comfy.platforms.comfydeploy.machine_removal import remove_machine
from pulumi_comfy.platforms.comfydeploy.reads import as_text, read_machine


class CustomMachineInputs(AccountInputs):
    """What a program declares of a custom machine."""

    name: Name = None
    type: Annotated[
        Literal["classic", "runpod-serverless"],
        Field(description="`classic`: a ComfyUI server with the ComfyUI Deploy node (default); `runpod-serverless`."),
    ] = "classic"
    endpoint: Annotated[
        str,
        matching("https?://.+", "a URL that begins with http:// or https://"),
        Field(description="Base URL that runs are posted to, without a user or password; the platform must reach it."),
    ]
    auth_token: Annotated[
        str | None,
        SECRET,
        WRITE_ONLY,
        Field(description="Credential that runs are sent with; `runpod-serverless` needs one. Never read back."),
    ] = None
    force_delete: ForceDelete = False
    adopt: Adopt = None

    @field_validator("endpoint", mode="after")
    @classmethod
    def _no_credential(cls, endpoint: str) -> str:
        if isinstance(endpoint, str) and "@" in urlsplit(endpoint).netloc:
            raise ValueError("a user or password in the URL would lie in clear in the state: give it as `auth_token`")
        return endpoint

    @model_validator(mode="after")
    def _token_where_needed(self) -> CustomMachineInputs:
        if is_known(self.type, self.auth_token) and self.type == "runpod-serverless" and not self.auth_token:
            raise ValueError("a `runpod-serverless` machine needs `auth_token`: the platform sends it no run without")
        return self


class CustomMachineOutputs(Model):
    """What the platform decides of a custom machine."""

    status: Annotated[str, Field(description="The platform's word; always `ready`, since nothing is built.")]
    seen_at: SeenAt = None


CustomMachineState = State[CustomMachineInputs, CustomMachineOutputs]
_FIELDS = ("name", "type", "endpoint", "auth_token")


class CustomMachineHandler(Handler[CustomMachineInputs, CustomMachineOutputs, ComfyDeployApi]):
    """Custom machines. Import: the id is the machine's UUID."""

    token = "comfydeploy:CustomMachine"
    label = "custom machine"
    inputs_model = CustomMachineInputs
    outputs_model = CustomMachineOutputs
    timeouts = Timeouts(delete=60)

    async def find(self, inputs: CustomMachineInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """Custom machines of the same name."""
        rows = await call.client.find_machines(str(inputs.name))
        return [Found(row.id, f'custom machine "{row.name}"') for row in rows if row.type != SERVERLESS]

    async def insert(
        self,
        inputs: CustomMachineInputs,
        found: Sequence[Found],  # noqa: ARG002
        call: Call[ComfyDeployApi],
    ) -> Inserted[None]:
        """Create it; the platform wants all four keys."""
        return Inserted((await call.client.create_custom_machine(_body(inputs, set(_FIELDS)))).id)

    async def complete(
        self, made: Inserted[None], inputs: CustomMachineInputs, call: Call[ComfyDeployApi]
    ) -> CustomMachineState:
        """Nothing is built: it is there."""
        row = await call.client.get_machine(made.id)
        outputs = CustomMachineOutputs(status=(row.status if row else None) or "ready")
        return State(inputs, outputs.model_copy(update={"seen_at": as_text(row.updated_at)}) if row else outputs)

    async def read(
        self, object_id: str, prior: CustomMachineState, call: Call[ComfyDeployApi]
    ) -> Seen[CustomMachineOutputs] | None:
        """Read all but the token."""
        was = prior.outputs
        row = await read_machine(call.client, object_id, was.seen_at)
        if row is None or row.type == SERVERLESS:  # the platform would change a serverless machine too (2.4)
            return None
        seen_at = was.seen_at or as_text(row.updated_at)
        return Seen(_shown(row), CustomMachineOutputs(status=row.status or was.status, seen_at=seen_at))

    async def update(
        self,
        object_id: str,
        prior: CustomMachineState,
        inputs: CustomMachineInputs,
        changed: Set[str],
        call: Call[ComfyDeployApi],
    ) -> CustomMachineState:
        """Send what changed; a token that was taken out is emptied, since null changes nothing."""
        body, state = _body(inputs, changed), State(inputs, prior.outputs)
        row = await call.client.patch_custom_machine(object_id, body) if body else None
        if not prior.outputs.status:
            return await self.complete(Inserted(object_id), inputs, call)
        if row is None or overlay(self, state, Seen(_shown(row), state.outputs)):
            return state  # nothing was sent, or somebody did something that no refresh has seen yet
        return State(inputs, state.outputs.model_copy(update={"seen_at": as_text(row.updated_at)}))

    async def delete(self, object_id: str, prior: CustomMachineState, call: Call[ComfyDeployApi]) -> None:
        """Delete it."""
        await remove_machine(object_id, call, self.timeouts.delete, force=prior.inputs.force_delete)


def _shown(row: MachineRow) -> dict[str, Json]:
    """Give what the platform tells of the declared fields; a list leaves out the endpoint."""
    return {name: row.settings[name] for name in ("name", "type", "endpoint") if name in row.settings}


def _body(inputs: CustomMachineInputs, names: Set[str]) -> dict[str, Json]:
    return {name: getattr(inputs, name) or "" for name in _FIELDS if name in names}
