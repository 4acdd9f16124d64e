"""What the routes accept. Unknown keys are ignored, as the platform does; wrong types are 422.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import StringConstraints

from pulumi_comfy.emulator.comfydeploy.body import Body
from pulumi_comfy.emulator.comfydeploy.docker import DEFAULT_COMFYUI_VERSION


class Gpu(str, Enum):
    """GPUs (2.3)."""

    CPU = "CPU"
    T4 = "T4"
    L4 = "L4"
    A10G = "A10G"
    L40S = "L40S"
    A100 = "A100"
    A100_80GB = "A100-80GB"
    H100 = "H100"
    H200 = "H200"
    B200 = "B200"


class MachineType(str, Enum):
    """Kinds of machine (2.4)."""

    CLASSIC = "classic"
    RUNPOD = "runpod-serverless"
    MODAL = "modal-serverless"
    COMFY_DEPLOY = "comfy-deploy-serverless"
    WORKSPACE = "workspace"
    WORKSPACE_V2 = "workspace-v2"


class Environment(str, Enum):
    """Deployment environments (2.5)."""

    STAGING = "staging"
    PRODUCTION = "production"
    PUBLIC_SHARE = "public-share"
    PRIVATE_SHARE = "private-share"
    PREVIEW = "preview"
    COMMUNITY_SHARE = "community-share"


class RunStatus(str, Enum):
    """Run statuses (3.2)."""

    NOT_STARTED = "not-started"
    RUNNING = "running"
    UPLOADING = "uploading"
    SUCCESS = "success"
    FAILED = "failed"
    STARTED = "started"
    QUEUED = "queued"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


CommitHash = Annotated[str, StringConstraints(pattern=r"^[a-fA-F0-9]{40}$")]
VariableName = Annotated[str, StringConstraints(pattern=r"^[^\s]+$")]
InputValue = str | int | float | bool | list[Any]


class WorkflowCreate(Body):
    """`POST /workflow`."""

    name: str
    workflow_json: str
    workflow_api: str | None = None
    machine_id: str | None = None
    machine_version_id: str | None = None
    comfyui_snapshot: dict[str, Any] | None = None


class WorkflowUpdate(Body):
    """`PATCH /workflow/{id}`."""

    name: str | None = None
    selected_machine_id: UUID | None = None
    pinned: bool | None = None
    deleted: bool | None = None
    description: str | None = None
    cover_image: str | None = None


class WorkflowClone(Body):
    """`POST /workflow/{id}/clone`."""

    name: str | None = None


class VersionCreate(Body):
    """`POST /workflow/{id}/version`."""

    workflow: dict[str, Any]
    workflow_api: dict[str, Any]
    comment: str | None = None
    machine_id: str | None = None
    machine_version_id: str | None = None
    comfyui_snapshot: dict[str, Any] | None = None


class DockerCommand(Body):
    """One layer before or after the steps."""

    when: Literal["before", "after"]
    commands: list[str]


class ServerlessMachineCreate(Body):
    """`POST /machine/serverless`."""

    name: str
    comfyui_version: CommitHash | None = DEFAULT_COMFYUI_VERSION
    gpu: Gpu
    docker_command_steps: dict[str, Any] | None = {"steps": []}
    allow_concurrent_inputs: int = 1
    concurrency_limit: int = 1
    install_custom_node_with_gpu: bool = False
    run_timeout: int = 300
    idle_timeout: int = 60
    extra_docker_commands: list[DockerCommand] | None = None
    machine_builder_version: str | None = "4"
    base_docker_image: str | None = None
    python_version: str | None = None
    extra_args: str | None = None
    prestart_command: str | None = None
    keep_warm: int | None = 0
    wait_for_build: bool | None = False
    optimized_runner: bool | None = None
    disable_metadata: bool | None = None
    cpu_request: float | None = None
    cpu_limit: float | None = None
    memory_request: int | None = None
    memory_limit: int | None = None
    models_to_cache: list[str] | None = None
    enable_gpu_memory_snapshot: bool | None = None


class ServerlessMachineUpdate(Body):
    """`PATCH /machine/serverless/{id}`: null means unchanged."""

    name: str | None = None
    comfyui_version: CommitHash | None = None
    gpu: Gpu | None = None
    docker_command_steps: dict[str, Any] | None = None
    allow_concurrent_inputs: int | None = None
    concurrency_limit: int | None = None
    install_custom_node_with_gpu: bool | None = None
    run_timeout: int | None = None
    idle_timeout: int | None = None
    extra_docker_commands: list[DockerCommand] | None = None
    machine_builder_version: str | None = None
    base_docker_image: str | None = None
    python_version: str | None = None
    extra_args: str | None = None
    prestart_command: str | None = None
    keep_warm: int | None = None
    is_trigger_rebuild: bool | None = False
    optimized_runner: bool | None = None
    disable_metadata: bool | None = None
    cpu_request: float | None = None
    cpu_limit: float | None = None
    memory_request: int | None = None
    memory_limit: int | None = None
    models_to_cache: list[str] | None = None
    enable_gpu_memory_snapshot: bool | None = None


class CustomMachineCreate(Body):
    """`POST /machine/custom`: all four keys required."""

    name: str
    type: MachineType
    endpoint: str
    auth_token: str | None


class CustomMachineUpdate(Body):
    """`PATCH /machine/custom/{id}`."""

    name: str | None = None
    type: MachineType | None = None
    endpoint: str | None = None
    auth_token: str | None = None


class Rollback(Body):
    """`POST /machine/serverless/{id}/rollback`."""

    machine_version_id: UUID | None = None
    version: int | None = None


class Variable(Body):
    """One environment variable."""

    key: VariableName
    value: str


class SecretCreate(Body):
    """`POST /machine/secret`."""

    secret: list[Variable]
    secret_name: str
    machine_id: UUID


class SecretUpdate(Body):
    """`PATCH /machine/secret/{id}/envs`."""

    secret: list[Variable]


class SecretToggle(Body):
    """`PATCH /machine/secret`."""

    machine_id: UUID
    secret_id: UUID


class DeploymentCreate(Body):
    """`POST /deployment`."""

    workflow_version_id: str
    workflow_id: str
    machine_id: str | None = None
    machine_version_id: str | None = None
    environment: str
    description: str | None = None
    deployment_id: str | None = None


class DeploymentUpdate(Body):
    """`PATCH /deployment/{id}`: null means unchanged."""

    workflow_version_id: str | None = None
    machine_id: str | None = None
    machine_version_id: str | None = None
    concurrency_limit: int | None = None
    gpu: Gpu | None = None
    run_timeout: int | None = None
    idle_timeout: int | None = None
    keep_warm: int | None = None


class RunOptions(Body):
    """What every start of a run shares; the last four are hidden from the description."""

    inputs: dict[str, InputValue] = {}
    webhook: str | None = None
    webhook_intermediate_status: bool = False
    gpu: Gpu | None = None
    flags: list[str] | None = None
    origin: str = "api"
    batch_number: int | None = None
    batch_input_params: dict[str, list[Any]] | None = None
    is_native_run: bool | None = False


class DeploymentRun(RunOptions):
    """`POST /run/deployment/{queue,sync,stream}`."""

    deployment_id: UUID


class WorkflowRun(RunOptions):
    """`POST /run/workflow/{queue,sync,stream}`."""

    workflow_id: UUID
    workflow_api_json: dict[str, Any]
    workflow: dict[str, Any] | None = None
    machine_id: str | None = None


class RunUpdate(Body):
    """`POST /update-run`: what a runner reports."""

    run_id: UUID
    status: RunStatus | None = None
    time: str | None = None
    output_data: Any = None
    node_meta: Any = None
    live_status: str | None = None
    progress: float | None = None
    logs: list[dict[str, Any]] | None = None
