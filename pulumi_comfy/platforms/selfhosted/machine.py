"""A machine of a self-hosted ComfyUI Deploy: a ComfyUI server or endpoint of your own, or one that the server builds.

Limits: the public server has no routes for machines (docs/platforms/selfhosted.md 6.3): there `existing_id` holds one.
The token is never told back. A built machine is built again only when its image changes, compared as text, so that the
order of JSON keys counts: what is sent is always spelt in one order, and only when it changed.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from pulumi_comfy.core.company import among
from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.core.fields import Name
from pulumi_comfy.core.meanings import GPU, SNAPSHOT
from pulumi_comfy.core.model import SECRET, WRITE_ONLY, Json, is_known, matching
from pulumi_comfy.core.redaction import last_lines
from pulumi_comfy.core.resource import Found, Inserted, Seen, State, Timeouts
from pulumi_comfy.core.wait import Look, wait_until
from pulumi_comfy.platforms.selfhosted.existing import ExistingHandler, ExistingInputs, ExistingOutputs, SelfHostedCall
from pulumi_comfy.platforms.selfhosted.fields import Snapshot, in_order
from pulumi_comfy.platforms.selfhosted.rows import MachineRow

BUILT: Final = "comfy-deploy-serverless"
BUILD_TIMEOUT = 1800.0
"""Seconds that a build may take."""
_IMAGE = ("snapshot", "models", "gpu")
_PLAIN = ("endpoint", "auth_token")
_LOCAL = ("localhost", "127.0.0.1")
"""Where the server asks no machine for a token (5.1)."""
_LOG_LINES = 3


class MachineInputs(ExistingInputs):
    """What a program declares of a machine."""

    name: Name = None
    type: Annotated[
        Literal["classic", "runpod-serverless", "modal-serverless", "comfy-deploy-serverless"],
        Field(
            description="`classic`: a ComfyUI server with the ComfyUI Deploy plugin (default); `runpod-serverless` and "
            "`modal-serverless`: endpoints of your own; `comfy-deploy-serverless`: built by the server's builder."
        ),
    ] = "classic"
    endpoint: Annotated[
        str | None,
        matching("https?://.+", "a URL that begins with http:// or https://"),
        Field(
            description="Base URL that runs are posted to, without a user or password; all types but "
            "`comfy-deploy-serverless` need it. The server must reach it, and it the server."
        ),
    ] = None
    auth_token: Annotated[
        str | None,
        SECRET,
        WRITE_ONLY,
        Field(
            description="Credential that runs are sent with; `runpod-serverless` needs one, unless it is local. Never "
            "read back."
        ),
    ] = None
    snapshot: Annotated[
        Snapshot | None,
        SNAPSHOT,
        Field(description="What is built, as a snapshot of ComfyUI-Manager; `comfy-deploy-serverless` needs it."),
    ] = None
    models: Annotated[
        list[dict[str, str]] | None,
        Field(
            description="Model files that are built in, each with `name`, `type`, `base`, `save_path`, `description`, "
            "`reference`, `filename` and `url`; of `comfy-deploy-serverless` only. Default: none."
        ),
    ] = None
    gpu: Annotated[
        Literal["T4", "A10G", "A100"] | None,
        GPU,
        Field(description="GPU of a `comfy-deploy-serverless` machine. Default `T4`."),
    ] = None
    disabled: Annotated[
        bool, Field(description="Whether the web UI hides it; deployments run on it all the same. Default false.")
    ] = False

    @field_validator("endpoint", mode="after")
    @classmethod
    def _no_credential(cls, endpoint: str | None) -> str | None:
        if isinstance(endpoint, str) and "@" in urlsplit(endpoint).netloc:
            raise ValueError("a user or password in the URL would lie in clear in the state: give it as `auth_token`")
        return endpoint

    @model_validator(mode="after")
    def _of_its_type(self) -> MachineInputs:
        if self.existing_id is not None or not is_known(self.type):
            return self
        needed: tuple[str, ...]
        needed, foreign = (("snapshot",), _PLAIN) if self.type == BUILT else (("endpoint",), _IMAGE)
        is_local = any(place in str(self.endpoint) for place in _LOCAL)
        if self.type == "runpod-serverless" and is_known(self.endpoint) and not is_local:
            needed = (*needed, "auth_token")
        missing = [f"`{name}`" for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a `{self.type}` machine needs {' and '.join(missing)}")
        idle = [f"`{name}`" for name in foreign if getattr(self, name) is not None]
        if idle:
            raise ValueError(f"a `{self.type}` machine has no {' and no '.join(idle)}")
        return self


class MachineOutputs(ExistingOutputs):
    """What the server decides of a machine."""

    status: Annotated[str | None, Field(description="`ready`, `building` or `error`; none where nothing tells it.")] = (
        None
    )
    resolved_endpoint: Annotated[
        str | None, Field(description="URL that its runs go to; a built machine has one once it is ready.")
    ] = None


MachineState = State[MachineInputs, MachineOutputs]


class MachineHandler(ExistingHandler[MachineInputs, MachineOutputs]):
    """Machines. Import: the id is the machine's UUID."""

    token = "selfhosted:Machine"
    label = "machine"
    inputs_model = MachineInputs
    outputs_model = MachineOutputs
    timeouts = Timeouts(create=BUILD_TIMEOUT, update=BUILD_TIMEOUT, delete=60)
    set_after_insert = frozenset({"disabled"})
    making, changing = "POST /machine", "PUT /machine/{id}"

    def canonical(self, inputs: MachineInputs, outputs: MachineOutputs | None) -> dict[str, Json]:
        """What the server sets on a machine that it builds is what is declared by saying nothing."""
        fields = super().canonical(inputs, outputs)
        if inputs.type == BUILT:
            fields["models"], fields["gpu"] = fields["models"] or [], fields["gpu"] or "T4"
        return fields

    def replaces(self, prior: MachineState, inputs: MachineInputs, changed: Set[str]) -> Set[str]:
        """A machine that the server builds and one of your own are not made into each other."""
        is_other = "type" in changed and BUILT in (prior.inputs.type, inputs.type)
        return frozenset({"type"}) if is_other else frozenset()

    def repair(self, prior: MachineState, inputs: MachineInputs) -> str | None:
        """A build that failed, or was not waited for."""
        status = prior.outputs.status
        is_done = inputs.existing_id is not None or status in (None, "ready")
        return None if is_done else f"its build stands at {status}"

    async def look_for(self, inputs: MachineInputs, call: SelfHostedCall) -> list[Found]:
        """Machines of the same name: the server allows several."""
        rows = await call.client.list_machines_now()
        return [Found(row.id, f'machine "{row.name}"') for row in rows if row.name == inputs.name]

    async def make(self, inputs: MachineInputs, found: Sequence[Found], call: SelfHostedCall) -> Inserted[None]:  # noqa: ARG002
        """Create it."""
        fields = _body(inputs, {"name", "type", *(_IMAGE if inputs.type == BUILT else _PLAIN)})
        return Inserted((await call.client.create_machine(fields)).id)

    async def finish(self, made: Inserted[None], inputs: MachineInputs, call: SelfHostedCall) -> MachineState:
        """Disable it where that is declared, and wait for its build."""
        if inputs.disabled:
            await call.client.change_machine(made.id, {"disabled": True})
        return State(inputs, await _ready(made.id, call))

    async def look_at(self, object_id: str, prior: MachineState, call: SelfHostedCall) -> Seen[MachineOutputs] | None:  # noqa: ARG002
        """Read all but the token, with any number of others from one list."""
        row = await among(call.client.list_machines, object_id)
        return None if row is None else Seen(_shown(row), _outputs(row))

    async def change(
        self,
        object_id: str,
        prior: MachineState,
        inputs: MachineInputs,
        changed: Set[str],
        call: SelfHostedCall,
    ) -> MachineState:
        """Send what changed, and nothing else: a snapshot in another order of keys would be built again."""
        fields = _body(inputs, changed - {"connection"})
        if prior.outputs.status == "error" and not fields.keys() & set(_IMAGE):
            raise OutcomeError(
                "COMFY3001",
                tried=f'update machine "{call.name}"',
                got="its build failed, and the server builds only what changed",
                todo="Change `snapshot`, `models` or `gpu`, or run `pulumi up` with `--replace` and its URN.",
            )
        if fields:
            await call.client.change_machine(object_id, fields)
        return State(inputs, await _ready(object_id, call))

    async def remove(self, object_id: str, call: SelfHostedCall) -> None:
        """Delete it; the server refuses while a deployment runs on it."""
        await call.client.delete_machine(object_id)


def _shown(row: MachineRow) -> dict[str, Any]:
    seen: dict[str, Any] = {"name": row.name, "type": row.type, "disabled": row.disabled}
    if row.type != BUILT:
        return {**seen, "endpoint": row.endpoint}
    try:
        snapshot = in_order(row.snapshot) if isinstance(row.snapshot, dict) else None
    except ValueError:
        snapshot = None
    return {**seen, "snapshot": snapshot, "models": row.models, "gpu": row.gpu}


def _body(inputs: MachineInputs, names: Set[str]) -> dict[str, Json]:
    """Give fields as they are sent, each object's keys in one order."""
    body: dict[str, Json] = {name: getattr(inputs, name) for name in sorted(names)}
    if inputs.type == BUILT:
        body |= {"gpu": body["gpu"] or "T4"} if "gpu" in body else {}
        body |= {"models": [dict(sorted(one.items())) for one in body["models"] or ()]} if "models" in body else {}
    elif body.get("auth_token", "") is None and "endpoint" in body:
        del body["auth_token"]  # a new one has none
    return body


def _outputs(row: MachineRow) -> MachineOutputs:
    endpoint = row.endpoint if row.endpoint.startswith("http") else None
    return MachineOutputs(managed=True, status=row.status, resolved_endpoint=endpoint)


async def _ready(machine_id: str, call: SelfHostedCall) -> MachineOutputs:
    """Wait until it is built; one that is none of the server's is ready at once."""

    async def look() -> Look[MachineRow | None]:
        rows = await call.client.list_machines_now()
        row = next((one for one in rows if one.id == machine_id), None)
        return Look(row.status if row else "gone", row)

    def failed(seen: Look[MachineRow | None]) -> OutcomeError:
        code = "COMFY3001" if seen.state == "error" else "COMFY2404"
        lines = _last_lines(seen.value.build_log) if seen.value else ""
        return OutcomeError(code, tried=f"build machine {machine_id}", got=f"it ended as {seen.state}{lines}")

    row = await wait_until(
        look,
        tried=f"build machine {machine_id}",
        pending=frozenset({"building"}),
        target=frozenset({"ready"}),
        failed=failed,
        call=call,
        seconds=call.seconds_left(BUILD_TIMEOUT),
    )
    assert row is not None
    return _outputs(row)


def _last_lines(log: Json) -> str:
    """Give the end of a sentence with the last lines of a build's log, a list of rows or a text."""
    rows = log if isinstance(log, list) else str(log or "").splitlines()
    lines = [str(one.get("logs", "")) if isinstance(one, dict) else str(one) for one in rows]
    told = last_lines(lines, _LOG_LINES)
    return f"; its last log lines: {' | '.join(told)}" if told else ""
