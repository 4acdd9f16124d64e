"""The fields of a serverless machine, and what a change of each means to its image.

Facts: docs/platforms/comfydeploy.md 2.3.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pulumi_comfy.core.fields import Name
from pulumi_comfy.core.meanings import (
    ALWAYS_ON,
    BASE_IMAGE,
    COMMAND,
    GPU,
    IDLE_SECONDS,
    LONGEST_RUN,
    MOST_INSTANCES,
    SERVER_COMMIT,
)
from pulumi_comfy.core.model import FLOAT32, LOCAL, MACHINE_DIGEST, PERMANENT, PROMOTED, Mark, Model, matching
from pulumi_comfy.platforms.comfydeploy.docker_steps import DockerCommandStep, refuse_double_clones
from pulumi_comfy.platforms.comfydeploy.fields import MOST, AccountInputs, Adopt, ForceDelete, Gpu, SeenAt
from pulumi_comfy.platforms.comfydeploy.text import BUILDER_TEXT

BUILDS = Mark("builds")
"""A change makes the platform build a new image."""
RUNS = Mark("runs")
"""A change needs no image, and still changes what a run runs on."""

_LEAST_CORES, _MOST_CORES = 0.001, 3.4e38
"""The platform's column is four bytes wide: a larger number is answered with a 500, and of tiny ones it keeps 0."""
DEFAULT_COMFYUI = "094306b626e9cf505690c5d8b445032b3b8a36fa"
DEFAULT_PYTHON = "3.11"
"""What the builder takes where a machine names none (2.3)."""


class ServerlessMachineInputs(AccountInputs):
    """What a program declares of a serverless machine."""

    name: Name = None
    gpu: Annotated[Gpu, RUNS, GPU, Field(description="GPU that runs are executed on.")]
    comfyui_version: Annotated[
        str,
        BUILDS,
        SERVER_COMMIT,
        PROMOTED,
        matching("[0-9a-f]{40}", "a commit of ComfyUI, as 40 hex digits (`get_comfyui_versions` lists the releases')"),
        Field(
            description="ComfyUI commit, as 40 hex digits (a tag such as `latest` is refused). Default: the platform's "
            f"own default of 2025-11, `{DEFAULT_COMFYUI[:12]}…`.",
        ),
    ] = DEFAULT_COMFYUI
    docker_command_steps: Annotated[
        list[DockerCommandStep],
        BUILDS,
        PROMOTED,
        Field(description="Custom nodes and raw image commands, in build order."),
    ] = []
    base_docker_image: Annotated[
        str | None,
        BUILDS,
        BASE_IMAGE,
        PROMOTED,
        BUILDER_TEXT,
        Field(description="Registry image to build on. Default: Debian slim."),
    ] = None
    python_version: Annotated[str, BUILDS, PROMOTED, BUILDER_TEXT, Field(description="Python of the image.")] = (
        DEFAULT_PYTHON
    )
    install_custom_node_with_gpu: Annotated[
        bool, BUILDS, PROMOTED, Field(description="Whether the build commands run on the GPU. Default false.")
    ] = False
    concurrency_limit: Annotated[
        int,
        BUILDS,
        MOST_INSTANCES,
        Field(ge=1, le=MOST, description="Most containers at once; the plan limits it. Default 1."),
    ] = 1
    allow_concurrent_inputs: Annotated[
        int, BUILDS, Field(ge=1, le=MOST, description="Most queued runs in one container. Default 1.")
    ] = 1
    run_timeout: Annotated[
        int, BUILDS, LONGEST_RUN, Field(ge=1, le=MOST, description="Longest run, in seconds. Default 300.")
    ] = 300
    idle_timeout: Annotated[
        int,
        BUILDS,
        IDLE_SECONDS,
        Field(ge=2, le=MOST, description="Seconds a container stays warm, billed, after a run. Default 60."),
    ] = 60
    keep_warm: Annotated[
        int,
        ALWAYS_ON,
        Field(
            ge=0, le=MOST, description="Containers that are always on, billed. Takes effect without a build. Default 0."
        ),
    ] = 0
    extra_args: Annotated[
        str | None,
        BUILDS,
        PROMOTED,
        BUILDER_TEXT,
        Field(
            description="Appended to ComfyUI's command line. No single quotes, line breaks or escapes of Python. "
            "Default: none."
        ),
    ] = None
    prestart_command: Annotated[
        str | None,
        BUILDS,
        COMMAND,
        PROMOTED,
        BUILDER_TEXT,
        Field(
            description="Shell command that must succeed before ComfyUI starts. No single quotes, line breaks or "
            "escapes of Python, which the platform's builder could not read back; double quotes are fine. "
            "Default: none."
        ),
    ] = None
    cpu_request: Annotated[
        float | None,
        BUILDS,
        FLOAT32,
        PERMANENT,
        Field(ge=_LEAST_CORES, le=_MOST_CORES, description="CPU cores reserved."),
    ] = None
    cpu_limit: Annotated[
        float | None, BUILDS, FLOAT32, PERMANENT, Field(ge=_LEAST_CORES, le=_MOST_CORES, description="Most CPU cores.")
    ] = None
    memory_request: Annotated[
        int | None, BUILDS, PERMANENT, Field(gt=0, le=MOST, description="Memory reserved, in MB.")
    ] = None
    memory_limit: Annotated[int | None, BUILDS, PERMANENT, Field(gt=0, le=MOST, description="Most memory, in MB.")] = (
        None
    )
    models_to_cache: Annotated[
        list[str], BUILDS, PROMOTED, Field(description="Model paths that the optimized runner keeps in memory.")
    ] = []
    enable_gpu_memory_snapshot: Annotated[
        bool, BUILDS, PROMOTED, Field(description="Whether the optimized runner snapshots GPU memory. Default false.")
    ] = False
    optimized_runner: Annotated[
        bool,
        RUNS,
        PROMOTED,
        Field(description="Whether runs use the optimized runner (ComfyUI 0.3.45 or newer). Default false."),
    ] = False
    disable_metadata: Annotated[
        bool,
        BUILDS,
        PROMOTED,
        Field(description="Whether pictures are saved without the workflow inside. Default true."),
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
    force_delete: ForceDelete = False
    adopt: Adopt = None

    @field_validator("docker_command_steps", mode="after")
    @classmethod
    def _each_repository_once(cls, steps: list[DockerCommandStep]) -> list[DockerCommandStep]:
        refuse_double_clones(steps if isinstance(steps, list) else [])
        return steps

    @model_validator(mode="after")
    def _limits_above_requests(self) -> ServerlessMachineInputs:
        for what in ("cpu", "memory"):
            request, limit = getattr(self, f"{what}_request"), getattr(self, f"{what}_limit")
            if isinstance(request, int | float) and isinstance(limit, int | float) and limit < request:
                raise ValueError(f"`{what}_limit` is less than `{what}_request`, so that no container could start")
        return self


class ServerlessMachineOutputs(Model):
    """What the platform decides of a serverless machine."""

    machine_version_id: Annotated[str, Field(description="Id of the machine's current build.")]
    version_number: Annotated[int | None, Field(description="Number of that build, counted from 1.")] = None
    machine_hash: Annotated[
        str | None,
        Field(description="The platform's hash of its image's commands; Python and the base image do not count in it."),
    ] = None
    has_extra_docker_commands: Annotated[
        bool,
        Field(
            description="Whether somebody gave the image commands beside `docker_command_steps`; the next update takes "
            "them out."
        ),
    ] = False
    status: Annotated[
        str,
        Field(
            description="Status of that build: `building`, `ready`, `error`, or `timed-out` when it did not end in its "
            "time; the next update then makes another."
        ),
    ]
    build_digest: Annotated[
        str,
        MACHINE_DIGEST,
        Field(
            description="Hash of what the machine was last built from by this stack; changes with every rebuild. Give "
            "it to the deployments on this machine, so that they are checked again."
        ),
    ]
    rebuilds: Annotated[int, Field(description="How often this stack has rebuilt the machine.")] = 0
    seen_at: SeenAt = None
