"""A ComfyDeploy serverless machine: a ComfyUI image built by the platform, run on a GPU of its choice.

Limits: CPU and memory requests cannot be unset, so removing one replaces the machine; a rebuild in place changes what
every deployment on the machine runs, unless `rollout="replace"` (reference 2.3, 5.3).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Set
from typing import Annotated, Any, Literal

from pydantic import Field

from pulumi_comfy.comfydeploy import builds
from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.docker_steps import DockerCommandStep, step_id, to_platform
from pulumi_comfy.comfydeploy.fields import AccountInputs, Adopt, Gpu, Name
from pulumi_comfy.comfydeploy.machine_removal import remove_machine
from pulumi_comfy.comfydeploy.rows import MachineRow
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import OutcomeError
from pulumi_comfy.core.model import FLOAT32, LOCAL, Json, Mark, Model, fields_marked, is_known, matching
from pulumi_comfy.core.resource import Found, Handler, Seen, State, Timeouts

BUILDS = Mark("builds")
"""A change makes the platform build a new image."""
RUNS = Mark("runs")
"""A change needs no image, and still changes what a run runs on."""
PERMANENT = Mark("permanent")
"""Once set it can be changed, not unset: null means unchanged (reference section 6, 9)."""

TYPE = "comfy-deploy-serverless"
DEFAULT_COMFYUI = "094306b626e9cf505690c5d8b445032b3b8a36fa"
_NEEDS_FORCE = frozenset({"rebuild_trigger", "disable_metadata"})
"""Settings that no PATCH alone builds in: `disable_metadata` is stored only, and the trigger is ours (5.3)."""
_NOT_SENT = frozenset({"adopt", "connection", "rollout", "rebuild_trigger", "docker_command_steps"})


class ServerlessMachineInputs(AccountInputs):
    """What a program declares of a serverless machine."""

    name: Name = None
    gpu: Annotated[Gpu, RUNS, Field(description="GPU that runs are executed on.")]
    comfyui_version: Annotated[
        str,
        BUILDS,
        matching("[0-9a-f]{40}", "a commit of ComfyUI, as 40 hex digits (`get_comfyui_versions` lists the releases')"),
        Field(
            description="ComfyUI commit, as 40 hex digits (a tag such as `latest` is refused). Default: the platform's "
            f"own default of 2025-11, `{DEFAULT_COMFYUI[:12]}…`.",
        ),
    ] = DEFAULT_COMFYUI
    docker_command_steps: Annotated[
        list[DockerCommandStep], BUILDS, Field(description="Custom nodes and raw image commands, in build order.")
    ] = []
    base_docker_image: Annotated[
        str | None, BUILDS, Field(description="Registry image to build on. Default: Debian slim.")
    ] = None
    python_version: Annotated[str | None, BUILDS, Field(description="Python of the image. Default: `3.11`.")] = None
    install_custom_node_with_gpu: Annotated[
        bool, BUILDS, Field(description="Whether the build commands run on the GPU. Default false.")
    ] = False
    concurrency_limit: Annotated[
        int, BUILDS, Field(ge=1, description="Most containers at once; the plan limits it. Default 1.")
    ] = 1
    allow_concurrent_inputs: Annotated[
        int, BUILDS, Field(ge=1, description="Most queued runs in one container. Default 1.")
    ] = 1
    run_timeout: Annotated[int, BUILDS, Field(ge=1, description="Longest run, in seconds. Default 300.")] = 300
    idle_timeout: Annotated[
        int, BUILDS, Field(ge=2, description="Seconds a container stays warm, billed, after a run. Default 60.")
    ] = 60
    keep_warm: Annotated[
        int, Field(ge=0, description="Containers that are always on, billed. Takes effect without a build. Default 0.")
    ] = 0
    extra_args: Annotated[str | None, BUILDS, Field(description="Appended to ComfyUI's command line.")] = None
    prestart_command: Annotated[
        str | None, BUILDS, Field(description="Shell command that must succeed before ComfyUI starts.")
    ] = None
    cpu_request: Annotated[float | None, BUILDS, FLOAT32, PERMANENT, Field(gt=0, description="CPU cores reserved.")] = (
        None
    )
    cpu_limit: Annotated[float | None, BUILDS, FLOAT32, PERMANENT, Field(gt=0, description="Most CPU cores.")] = None
    memory_request: Annotated[int | None, BUILDS, PERMANENT, Field(gt=0, description="Memory reserved, in MB.")] = None
    memory_limit: Annotated[int | None, BUILDS, PERMANENT, Field(gt=0, description="Most memory, in MB.")] = None
    models_to_cache: Annotated[
        list[str], BUILDS, Field(description="Model paths that the optimized runner keeps in memory.")
    ] = []
    enable_gpu_memory_snapshot: Annotated[
        bool, BUILDS, Field(description="Whether the optimized runner snapshots GPU memory. Default false.")
    ] = False
    optimized_runner: Annotated[
        bool, RUNS, Field(description="Whether runs use the optimized runner (ComfyUI 0.3.45 or newer). Default false.")
    ] = False
    disable_metadata: Annotated[
        bool, BUILDS, Field(description="Whether pictures are saved without the workflow inside. Default true.")
    ] = True
    rebuild_trigger: Annotated[
        str | None,
        BUILDS,
        Field(description="Any text; a change of it rebuilds the machine although nothing else changed."),
    ] = None
    rollout: Annotated[
        Literal["in_place", "replace"],
        LOCAL,
        Field(
            description="`in_place` (default) rebuilds the machine that serves. `replace` builds a new machine, moves "
            "the deployments that take their `machine_id` from it, and deletes the old one once they pass their check."
        ),
    ] = "in_place"
    adopt: Adopt = None


class ServerlessMachineOutputs(Model):
    """What the platform decides of a serverless machine."""

    machine_version_id: Annotated[str, Field(description="Id of the machine's current build.")]
    status: Annotated[str, Field(description="Status of that build: `building`, `ready` or `error`.")]
    build_digest: Annotated[
        str,
        Field(
            description="Hash of what the machine was last built from by this stack; changes with every rebuild. Give "
            "it to the deployments on this machine, so that they are checked again."
        ),
    ]
    rebuilds: Annotated[int, Field(description="How often this stack has rebuilt the machine.")] = 0


MachineState = State[ServerlessMachineInputs, ServerlessMachineOutputs]


class ServerlessMachineHandler(Handler[ServerlessMachineInputs, ServerlessMachineOutputs, ComfyDeployApi]):
    """Serverless machines. Import: the id is the machine's UUID, as in its page's URL."""

    token = "comfydeploy:ServerlessMachine"
    label = "serverless machine"
    inputs_model = ServerlessMachineInputs
    outputs_model = ServerlessMachineOutputs
    timeouts = Timeouts(create=builds.BUILD_TIMEOUT, update=builds.BUILD_TIMEOUT, delete=60)

    def canonical(self, inputs: ServerlessMachineInputs, outputs: ServerlessMachineOutputs | None) -> dict[str, Json]:
        """Null and empty text are the same to the platform (5.3)."""
        return {name: None if value == "" else value for name, value in super().canonical(inputs, outputs).items()}

    def replaces(self, prior: MachineState, inputs: ServerlessMachineInputs, changed: Set[str]) -> Set[str]:  # noqa: ARG002
        """With `rollout="replace"` whatever changes what runs; always, a setting that the platform cannot unset."""
        unset = {
            name for name in changed & fields_marked(ServerlessMachineInputs, PERMANENT) if not getattr(inputs, name)
        }
        return unset | (changed & _what_runs() if inputs.rollout == "replace" else frozenset())

    def repair(self, prior: MachineState, inputs: ServerlessMachineInputs) -> str | None:  # noqa: ARG002
        """A machine whose build is not ready is built again, or waited for."""
        status = prior.outputs.status
        return None if not status or status == builds.READY else f"its build is {status}"

    def normalise(self, inputs: ServerlessMachineInputs, call: Call[Any]) -> ServerlessMachineInputs:  # noqa: ARG002
        """Give every step the id it will have on the platform."""
        if not is_known(inputs.docker_command_steps):
            return inputs
        steps = [step.model_copy(update={"id": step.id or step_id(step)}) for step in inputs.docker_command_steps]
        return inputs.model_copy(update={"docker_command_steps": steps})

    async def find(self, inputs: ServerlessMachineInputs, call: Call[ComfyDeployApi]) -> list[Found]:
        """Serverless machines of the same name."""
        rows = await call.client.find_machines(str(inputs.name))
        return [Found(row.id, f'serverless machine "{row.name}"') for row in rows if row.type == TYPE]

    async def insert(self, inputs: ServerlessMachineInputs, call: Call[ComfyDeployApi]) -> str:
        """Create it, every default said explicitly; the platform starts its first build."""
        fields = {**_body(inputs, set(ServerlessMachineInputs.model_fields)), "machine_builder_version": "4"}
        row = await call.client.create_serverless_machine(fields)
        call.scratch["version_id"] = row.machine_version_id
        return row.id

    async def complete(
        self, object_id: str, inputs: ServerlessMachineInputs, call: Call[ComfyDeployApi]
    ) -> MachineState:
        """Wait for the first build."""
        version_id = call.scratch.get("version_id") or (await _existing(object_id, call)).machine_version_id
        version = await builds.wait_for_build(object_id, str(version_id), call)
        return State(inputs, _outputs(inputs, version.id, rebuilds=0))

    async def read(
        self, object_id: str, prior: MachineState, call: Call[ComfyDeployApi]
    ) -> Seen[ServerlessMachineOutputs] | None:
        """Read it; the status is that of its current build, since the machine's own can be stale."""
        row = await call.client.get_machine(object_id)
        if row is None or row.type != TYPE:  # any kind of machine answers at any id
            return None
        was = prior.outputs
        status = was.status
        if (row.machine_version_id, row.status, was.status) != (was.machine_version_id, builds.READY, builds.READY):
            version = await call.client.get_machine_version(object_id, str(row.machine_version_id))
            status = version.status
        outputs = was.model_copy(update={"machine_version_id": row.machine_version_id, "status": status})
        return Seen(_declared(row), outputs)

    async def update(
        self,
        object_id: str,
        prior: MachineState,
        inputs: ServerlessMachineInputs,
        changed: Set[str],
        call: Call[ComfyDeployApi],
    ) -> MachineState:
        """Send only what changed, in one PATCH, so that there is one build; build again what failed."""
        body = _body(inputs, changed)
        built = changed & fields_marked(ServerlessMachineInputs, BUILDS)
        if built and built <= _NEEDS_FORCE:
            version = await builds.rebuild(object_id, call, body)
            return _rebuilt(prior, inputs, str(version.id if version else None), is_ours=True)
        row = await (call.client.patch_serverless_machine(object_id, body) if body else _existing(object_id, call))
        version_id = str(row.machine_version_id)
        settled = (prior.outputs.machine_version_id, builds.READY, builds.READY)
        if not built and (version_id, row.status, prior.outputs.status) == settled:
            return _rebuilt(prior, inputs, version_id, is_ours=False)
        current = await call.client.get_machine_version(object_id, version_id)
        is_new = version_id != prior.outputs.machine_version_id
        if current.status == "error" and not (built and is_new):  # what is sent again and differs in nothing
            every = _body(inputs, fields_marked(ServerlessMachineInputs, BUILDS))  # it may hold what no state tells
            version = await builds.rebuild(object_id, call, every)
            return _rebuilt(prior, inputs, str(version.id if version else None), is_ours=True)
        if current.status != builds.READY:
            await builds.wait_for_build(object_id, version_id, call)
        return _rebuilt(prior, inputs, version_id, is_ours=bool(built))

    async def delete(self, object_id: str, prior: MachineState, call: Call[ComfyDeployApi]) -> None:
        """Drain it (the platform refuses while containers are kept warm), then delete it."""
        if prior.inputs.keep_warm:
            await _drain(object_id, call)
        await remove_machine(object_id, call, self.timeouts.delete, drain=_drain)


def _what_runs() -> frozenset[str]:
    return fields_marked(ServerlessMachineInputs, BUILDS) | fields_marked(ServerlessMachineInputs, RUNS)


def _body(inputs: ServerlessMachineInputs, names: Set[str]) -> dict[str, Json]:
    """Give the platform's fields for some of ours; what is emptied is sent empty, since null changes nothing."""
    body: dict[str, Json] = {}
    for name in sorted(names - _NOT_SENT):
        value = getattr(inputs, name)
        body[name] = "" if value is None and name not in fields_marked(ServerlessMachineInputs, PERMANENT) else value
    if "docker_command_steps" in names:
        body["docker_command_steps"] = to_platform(inputs.docker_command_steps)
    return {name: value for name, value in body.items() if value is not None}


def _declared(row: MachineRow) -> dict[str, Any]:
    """Give what the platform tells back of the declared fields, in our spelling."""
    seen = {name: row.settings.get(name) for name in ServerlessMachineInputs.model_fields if name in row.settings}
    steps = (seen.pop("docker_command_steps", None) or {}).get("steps", [])
    seen["docker_command_steps"] = [
        DockerCommandStep.model_construct(**step) for step in steps
    ]  # as it is, even of a type we refuse
    return {name: None if value == "" else value for name, value in seen.items()}


def _outputs(inputs: ServerlessMachineInputs, version_id: str, *, rebuilds: int) -> ServerlessMachineOutputs:
    wire = inputs.to_wire()
    model = ServerlessMachineInputs.model_fields
    made_of = {name: wire.get(model[name].alias or name) for name in sorted(_what_runs())}
    digest = hashlib.sha256(json.dumps([made_of, rebuilds], sort_keys=True).encode()).hexdigest()
    return ServerlessMachineOutputs(
        machine_version_id=version_id, status=builds.READY, build_digest=digest, rebuilds=rebuilds
    )


def _rebuilt(prior: MachineState, inputs: ServerlessMachineInputs, version_id: str, *, is_ours: bool) -> MachineState:
    """Give the state after an update; `is_ours` when it built something, which every deployment must notice."""
    return State(inputs, _outputs(inputs, version_id, rebuilds=(prior.outputs.rebuilds or 0) + is_ours))


async def _existing(machine_id: str, call: Call[ComfyDeployApi]) -> MachineRow:
    row = await call.client.get_machine(machine_id)
    if row is None:
        raise OutcomeError("COMFY2404", tried=f"update serverless machine {machine_id}", got="it no longer exists")
    return row


async def _drain(machine_id: str, call: Call[ComfyDeployApi]) -> None:
    if await call.client.get_machine(machine_id) is not None:
        await call.client.patch_serverless_machine(machine_id, {"keep_warm": 0})
