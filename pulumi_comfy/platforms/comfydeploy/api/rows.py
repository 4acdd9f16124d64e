"""What ComfyDeploy answers (docs/platforms/comfydeploy.md 2, 3): other keys are ignored, missing ones have defaults."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from pydantic import model_validator

from pulumi_comfy.core.http.endpoints import Flag, Id, MaybeId, Moment, Row, Whole
from pulumi_comfy.core.model import Json
from pulumi_comfy.deploy_protocol.versions import VersionRow


class WorkflowVersionRow(VersionRow):
    """One version of a workflow, with what the platform tells besides (2.2)."""

    comment: str | None = None
    machine_id: MaybeId = None
    updated_at: Moment = None


class WorkflowRow(Row):
    """A workflow, with the recent versions that were asked for (2.1)."""

    id: Id
    name: str
    description: str | None = None
    cover_image: str | None = None
    selected_machine_id: MaybeId = None
    pinned: Flag = False
    deleted: Flag = False
    updated_at: Moment = None
    """Its last change; a new version is one, a pin is none."""
    versions: list[WorkflowVersionRow | None] = []

    @property
    def newest_version(self) -> WorkflowVersionRow | None:
        """The newest version; the platform answers `[null]` when there is none."""
        return self.versions[0] if self.versions else None


class CreatedWorkflowRow(Row):
    """The answer to a workflow's creation: two ids, and not that of the version (2.1)."""

    workflow_id: Id
    machine_id: MaybeId = None


class StepRow(Row):
    """One build step (2.3.1); `data` has the shape that its type says, or any."""

    id: Json = None
    type: str
    data: Json = None


class StepsRow(Row):
    """The build steps of a machine."""

    steps: list[StepRow] = []


class MachineRow(Row):
    """A machine: the full row of a write, the subset of a read, or a list's summary (2.3)."""

    id: Id
    name: str
    type: str = ""
    status: str | None = None
    deleted: Flag = False
    machine_version_id: MaybeId = None
    machine_hash: MaybeId = None
    endpoint: str | None = None
    gpu: str | None = None
    comfyui_version: str | None = None
    docker_command_steps: StepsRow | None = None
    base_docker_image: str | None = None
    python_version: str | None = None
    install_custom_node_with_gpu: bool | None = None
    concurrency_limit: Whole | None = None
    allow_concurrent_inputs: Whole | None = None
    run_timeout: Whole | None = None
    idle_timeout: Whole | None = None
    keep_warm: Whole | None = None
    extra_args: str | None = None
    prestart_command: str | None = None
    cpu_request: float | None = None
    cpu_limit: float | None = None
    memory_request: Whole | None = None
    memory_limit: Whole | None = None
    models_to_cache: list[str] | None = None
    enable_gpu_memory_snapshot: bool | None = None
    optimized_runner: bool | None = None
    disable_metadata: bool | None = None
    updated_at: Moment = None
    """Its last change by a POST or PATCH; the end of a build is none."""
    settings: dict[str, Any] = {}
    """Every key of the answer, by the platform's own names: of the settings above, those that it told."""

    @model_validator(mode="before")
    @classmethod
    def _keep_every_key(cls, body: Any) -> Any:
        return {**body, "settings": body} if isinstance(body, dict) else body


class MachineVersionRow(Row):
    """One build of a machine (2.3.2)."""

    id: Id
    machine_id: MaybeId = None
    version: Whole | None = None
    status: Id
    machine_hash: MaybeId = None
    build_log: Json = None
    """Text that holds JSON, of any shape."""
    modal_image_id: MaybeId = None
    created_at: Moment = None
    extra_docker_commands: Json = None

    @property
    def age(self) -> float:
        """Seconds since the build began, by the platform's clock and ours; 0 when it does not tell."""
        return (datetime.now(timezone.utc) - self.created_at).total_seconds() if self.created_at else 0.0


class VariableRow(Row):
    """One environment variable; `value` in clear in lists, absent in the answers to writes (2.6)."""

    key: str
    value: str | None = None


class SecretRow(Row):
    """A named set of environment variables, and the machines it is linked to."""

    id: Id
    name: str
    user_id: MaybeId = None
    org_id: MaybeId = None
    environment_variables: list[VariableRow] = []
    machines: list[Id] = []


class LinkRow(Row):
    """The answer to a toggle: whether secret and machine are linked now (2.6)."""

    is_selected: bool


class StartedRow(Row):
    """The answer to what goes on in the background: that it was begun, in words (2.7)."""

    message: str


class InputTypeRow(Row):
    """One run input that the deployed version takes (2.5). It holds whatever a node's author wrote."""

    type: Json = None
    class_type: Json = None
    input_id: Json = None
    display_name: Json = None
    description: Json = None


class OutputTypeRow(Row):
    """One output that the deployed version declares (2.5)."""

    class_type: Json = None
    output_id: Json = None


class DeploymentRow(Row):
    """A deployment (2.5)."""

    id: Id
    workflow_id: Id
    workflow_version_id: Id
    environment: str
    created_at: Moment = None
    machine_id: MaybeId = None
    machine_version_id: MaybeId = None
    modal_image_id: MaybeId = None
    share_slug: MaybeId = None
    gpu: str | None = None
    concurrency_limit: Whole | None = None
    run_timeout: Whole | None = None
    idle_timeout: Whole | None = None
    keep_warm: Whole | None = None
    input_types: list[InputTypeRow] | None = None
    output_types: list[OutputTypeRow] | None = None
    """Both null in the answers to writes; a workflow's list gives no outputs."""
    version: WorkflowVersionRow | None = None
    """The served version, in full; only a read gives it."""

    @property
    def is_fluid(self) -> bool:
        """Whether it has a GPU app of its own; only then do its limits have an effect."""
        return self.modal_image_id is not None


class StartedRunRow(Row):
    """The answer to the start of a run (3.1)."""

    run_id: Id


class RunOutputRow(Row):
    """One node's output of a run; `data` maps a kind (`images`, `text`, ...) to a list (3.2)."""

    id: Id
    node_id: Json = None
    node_meta: Json = None
    data: dict[str, Any] = {}


class RunRow(Row):
    """A run (3.2). Durations in seconds; the lists spell them as text."""

    id: Id
    status: Id
    workflow_version_id: MaybeId = None
    workflow_inputs: Json = None
    machine_id: MaybeId = None
    gpu: MaybeId = None
    """What it runs on; none on a machine of one's own."""
    live_status: Json = None
    progress: float | None = None
    outputs: list[RunOutputRow] = []
    cold_start_duration_total: float | None = None
    run_duration: float | None = None


class ListedRunRow(Row):
    """A run as a deployment's list tells it: without its inputs (3.3)."""

    id: Id


class RunsRow(Row):
    """A page of a deployment's runs (2.5)."""

    data: list[ListedRunRow]


class LogRow(Row):
    """One log line of a run."""

    log: Json = ""


FILE = 1
"""`ModelRow.type` of a file; a directory is 2 (2.7)."""


class ModelRow(Row):
    """A file or directory of the account's volume (2.7). Size in bytes."""

    path: str
    type: int = FILE
    size: Whole = 0


class DownloadRow(Row):
    """A download into the volume; progress in percent (2.7)."""

    id: Id
    model_name: str | None = None
    folder_path: str | None = None
    user_url: str | None = None
    civitai_url: str | None = None
    """Where it is fetched from; a page on Civitai has the second."""
    status: str = ""
    download_progress: float = 0
    error_log: Json = None
    created_at: str = ""

    @property
    def path(self) -> str:
        """Where in the volume it goes; one that failed for want of a name goes nowhere."""
        return f"{self.folder_path}/{self.model_name}".strip("/") if self.model_name else ""


class CreatedKeyRow(Row):
    """The answer to a key's creation: the key and no id (2.8)."""

    key: str


class ApiKeyRow(Row):
    """An API key; `key` is masked to its last four characters (2.8)."""

    id: Id
    name: str
    key: str = ""
    revoked: Flag = False


class ComfyUIRelease(Row):
    """A ComfyUI release that the platform offers."""

    label: str
    value: str


class ComfyUIVersionsRow(Row):
    """The newest ComfyUI commit and releases (4)."""

    latest: Json = None
    releases: list[ComfyUIRelease] = []
