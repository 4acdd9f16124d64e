"""Serverless and custom machines: the row, what rebuilds it, rollback and delete (2.3, 2.4).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from typing import Any

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.comfydeploy.builds import Builds
from pulumi_comfy.emulator.comfydeploy.docker import check_steps, machine_hash
from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError, refuse
from pulumi_comfy.emulator.comfydeploy.state import Platform, Row
from pulumi_comfy.emulator.jsonb import float4, stored

SERVERLESS = "comfy-deploy-serverless"

# A change of one of these makes a new version and a build.
REBUILDING = (
    "comfyui_version",
    "docker_command_steps",
    "extra_docker_commands",
    "base_docker_image",
    "python_version",
    "install_custom_node_with_gpu",
    "concurrency_limit",
    "allow_concurrent_inputs",
    "run_timeout",
    "idle_timeout",
    "extra_args",
    "prestart_command",
    "cpu_request",
    "cpu_limit",
    "memory_request",
    "memory_limit",
    "models_to_cache",
    "enable_gpu_memory_snapshot",
    "machine_builder_version",
)
# What a version row keeps of its machine.
SNAPSHOT = (*REBUILDING, "gpu", "keep_warm", "disable_metadata", "machine_hash")
_FREE_PLAN_REFUSES = (
    "extra_docker_commands",
    "base_docker_image",
    "prestart_command",
    "extra_args",
    "install_custom_node_with_gpu",
)
_ALWAYS_NULL = (
    *("ws_gpu", "dependencies", "extensions", "pod_id", "import_failed_logs", "build_machine_instance_id"),
    *("object_info", "snapshot", "target_workflow_id", "object_info_str", "models", "filename_list_cache"),
    *("auth_token", "machine_version_id", "machine_version", "modal_app_id", "build_log", "machine_hash"),
    *("comfyui_version", "extra_docker_commands", "base_docker_image", "python_version", "extra_args"),
    *("prestart_command", "cpu_request", "cpu_limit", "memory_request", "memory_limit", "gpu"),
    "docker_command_steps",
)
_DEFAULTS: Row = {
    "is_workspace": False,
    "allow_concurrent_inputs": 1,
    "disabled": False,
    "deleted": False,
    "concurrency_limit": 2,
    "legacy_mode": False,
    "allow_background_volume_commits": False,
    "install_custom_node_with_gpu": False,
    "ws_timeout": 2,
    "gpu_workspace": False,
    "run_timeout": 300,
    "keep_warm": 0,
    "static_assets_status": "not-started",
    "retrieve_static_assets": False,
    "optimized_runner": False,
    "idle_timeout": 60,
    "status": "ready",
    "models_to_cache": [],
    "enable_gpu_memory_snapshot": False,
    "endpoint": "not-ready",
    "machine_builder_version": "4",
    "disable_metadata": True,
}


class Machines:
    """The rules of machines."""

    def __init__(self, platform: Platform, builds: Builds) -> None:
        self._platform = platform
        self._builds = builds

    def create_custom(self, caller: Caller, columns: Row) -> Row:
        """A machine somebody else runs: no build, ready at once."""
        return self._insert(caller, columns)

    def create_serverless(self, caller: Caller, columns: Row) -> Row:
        """Row, version 1 and a build in the background.

        Raises:
            HTTPException: 403, plan limits.
            UnhandledError: Where the platform crashes: see `docker.check_steps`; an explicit null ComfyUI version;
                `extra_docker_commands` together with steps; an unknown builder.
        """
        self._check_plan(caller, columns)
        steps = self._check_columns(columns)
        if columns["comfyui_version"] is None or (columns["extra_docker_commands"] and steps):
            raise UnhandledError
        given = {name: value for name, value in columns.items() if value is not None or name == "docker_command_steps"}
        machine = self._insert(caller, {**given, "type": SERVERLESS, "status": "building"})
        machine["machine_hash"] = machine_hash(machine)
        self._start_build(caller, machine)
        return machine

    def update_serverless(self, caller: Caller, machine: Row, columns: Row) -> Row:
        """Store what is not null; build when a rebuilding column differs or `is_trigger_rebuild` is set."""
        self._check_plan(caller, columns)
        self._check_columns(columns)
        is_forced = bool(columns.pop("is_trigger_rebuild", False))
        needs_build = self._store(machine, columns) or is_forced
        if needs_build:
            machine["status"] = "building"
            machine["machine_hash"] = machine_hash(machine)
            self._start_build(caller, machine)
        return machine

    def update_custom(self, machine: Row, columns: Row) -> Row:
        """Store what is not null, whatever the machine's type."""
        self._store(machine, columns)
        return machine

    def roll_back(self, machine: Row, version: Row) -> Row:
        """A PATCH with the old version's columns; its row is used again and built again (2.3.2)."""
        if self._store(machine, {name: version[name] for name in SNAPSHOT}) or version["modal_image_id"]:
            now = self._platform.world.clock.now()
            version.update(created_at=now, updated_at=now, status="building")
            machine.update(status="building", machine_version_id=version["id"])
            self._builds.start(machine, version)
        return machine

    def delete(self, machine: Row, force: bool) -> None:
        """Soft delete.

        Raises:
            HTTPException: 400 while kept warm, even with force; 402 while deployments of live workflows use it.
        """
        if (machine["keep_warm"] or 0) > 0:
            raise refuse(400, "Please set keep warm to 0 before deleting the machine.")
        users = self._platform.deployments_on(machine["id"])
        if users and not force:
            names = ",".join(self._platform.workflows[row["workflow_id"]]["name"] for row in users)
            raise refuse(402, f"You still have these workflows related to this machine: {names}")
        machine["deleted"] = True

    def _insert(self, caller: Caller, columns: Row) -> Row:
        now = self._platform.world.clock.now()
        row: Row = {**dict.fromkeys(_ALWAYS_NULL), **_DEFAULTS, **caller.owner}
        row.update(id=self._platform.new_id(), created_at=now, updated_at=now, models_to_cache=[])
        row.update({name: _as_stored(name, value) for name, value in columns.items()})
        self._platform.machines[row["id"]] = row
        return row

    def _store(self, machine: Row, columns: Row) -> bool:
        """Write the non-null columns; whether a build follows."""
        given = {name: value for name, value in columns.items() if value is not None}
        watched = REBUILDING + (("gpu",) if machine["install_custom_node_with_gpu"] else ())
        # The stored 32-bit number is compared with the 64-bit one sent: 0.1 always differs (2.3, R).
        needs_build = any(name in given and stored(given[name]) != machine[name] for name in watched)
        machine.update({name: _as_stored(name, value) for name, value in given.items()})
        machine["updated_at"] = self._platform.world.clock.now()
        return needs_build

    def _start_build(self, caller: Caller, machine: Row) -> None:
        if machine["machine_builder_version"] != "4":
            return
        previous = [row for row in self._platform.machine_versions.values() if row["machine_id"] == machine["id"]]
        image = next((row["modal_image_id"] for row in reversed(previous) if row["modal_image_id"]), None)
        now = self._platform.world.clock.now()
        version: Row = {
            "id": self._platform.new_id(),
            "machine_id": machine["id"],
            "version": max((row["version"] for row in previous), default=0) + 1,
            **caller.owner,
            "created_at": now,
            "updated_at": now,
            "status": "building",
            "modal_image_id": image,
            # The machine's own, which tells of the build before: 05 steps 8 to 41.
            "build_log": machine["build_log"],
            **{name: machine[name] for name in SNAPSHOT},
        }
        self._platform.machine_versions[version["id"]] = version
        machine["machine_version_id"] = version["id"]
        self._builds.start(machine, version)

    def _check_columns(self, columns: Row) -> list[dict[str, Any]]:
        if columns.get("machine_builder_version") not in (None, "2", "3", "4"):
            raise UnhandledError
        return check_steps(columns.get("docker_command_steps"), self._platform.world.settings.unknown_registry_nodes)

    def _check_plan(self, caller: Caller, columns: Row) -> None:
        plan = self._platform.plan_of(caller)
        upgrade = "Please upgrade to use this feature."
        if plan.is_free:
            for name in _FREE_PLAN_REFUSES:
                if columns.get(name):
                    raise refuse(403, f"Free plan users cannot use {name}. {upgrade}")
        if (columns.get("concurrency_limit") or 0) > plan.gpu_concurrency_limit:
            raise refuse(403, f"You have reached your concurrency limit. {upgrade}")
        if (columns.get("keep_warm") or 0) > plan.always_on_limit:
            raise refuse(403, f"You have reached your always on machine limit. {upgrade}")


def _as_stored(name: str, value: Any) -> Any:
    if isinstance(value, int) and not -(2**31) <= value < 2**31:
        # The columns are 32 bits wide.
        raise UnhandledError
    return float4(value) if name in {"cpu_request", "cpu_limit"} else stored(value)
