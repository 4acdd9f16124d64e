"""Rows as the platform's routes spell them: which columns, which timestamps.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from pulumi_comfy.emulator.comfydeploy.state import Platform, Row, pick

WORKFLOW_COLUMNS = (
    *("id", "user_id", "org_id", "name", "selected_machine_id", "created_at", "updated_at", "pinned", "deleted"),
    *("description", "cover_image"),
)
_CREATED_VERSION = (
    *("id", "created_at", "updated_at", "workflow_id", "version", "user_id", "workflow", "workflow_api", "comment"),
    *("machine_version_id", "machine_id", "comfyui_snapshot"),
)
VERSION_COLUMNS = (*_CREATED_VERSION, "snapshot", "dependencies")
# What GET /machine/{id} shows (2.3); everything else is only in answers to POST and PATCH.
MACHINE_COLUMNS = (
    *("id", "user_id", "name", "org_id", "created_at", "updated_at", "type", "machine_version", "deleted"),
    *("import_failed_logs", "machine_version_id", "status", "gpu", "machine_builder_version", "comfyui_version"),
    *("is_workspace", "endpoint", "concurrency_limit", "run_timeout", "idle_timeout", "docker_command_steps"),
    *("keep_warm", "allow_concurrent_inputs", "base_docker_image", "python_version", "extra_args"),
    *("prestart_command", "install_custom_node_with_gpu", "optimized_runner", "disable_metadata", "cpu_request"),
    *("cpu_limit", "memory_request", "memory_limit", "models_to_cache", "enable_gpu_memory_snapshot"),
)
MACHINE_SUMMARY = (
    *("id", "user_id", "name", "created_at", "updated_at", "type", "org_id", "status", "gpu", "machine_version"),
    *("machine_builder_version", "comfyui_version", "import_failed_logs", "machine_version_id", "is_workspace"),
)
MACHINE_VERSION_SUMMARY = (
    *("id", "machine_id", "version", "user_id", "created_at", "updated_at", "comfyui_version", "gpu", "status"),
    "org_id",
)


def version_row(platform: Platform, row: Row) -> Row:
    """A workflow version as lists and single reads give it."""
    return pick(row, VERSION_COLUMNS, platform.times.dump)


def created_version_row(platform: Platform, row: Row) -> Row:
    """A workflow version as its creation answers: malformed timestamps, two columns missing, JSON as sent."""
    answer = pick(row, _CREATED_VERSION, platform.times.malformed)
    return {**answer, "workflow": row["_sent_workflow"], "workflow_api": row["_sent_workflow_api"]}


def embedded_version_row(platform: Platform, row: Row) -> Row:
    """A workflow version inside `GET /workflow/{id}`."""
    return pick(row, VERSION_COLUMNS, platform.times.sql_json)


def machine_full_row(platform: Platform, row: Row) -> Row:
    """A machine as POST and PATCH answer: every column."""
    return pick(row, (name for name in row if not name.startswith("_")), platform.times.dump)


def machine_row(platform: Platform, row: Row) -> Row:
    """A machine as `GET /machine/{id}` answers."""
    return pick(row, MACHINE_COLUMNS, platform.times.sql)


def user_icon(user_id: str) -> str:
    """The address of a user's picture."""
    return f"https://img.example/{user_id}.png"
