"""From a dump back to a platform, so that a test may start where an earlier one, or an earlier version, ended.

A dump leaves out what only the emulator itself needs. What is not in it is worked out here, or is lost: the files of
outputs are gone, and what was under way when the dump was taken, builds and runs, stays so for ever.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pulumi_comfy.emulator.comfydeploy.builds import Build, Builds, commands_of, is_plain
from pulumi_comfy.emulator.comfydeploy.state import Platform, Row

_VOLUMES = "volumes"
_FINISHED = ("ready", "error")


def restore(platform: Platform, builds: Builds, dump: Mapping[str, Any]) -> None:
    """Fill an empty platform with what `ComfyDeploy.dump(include_secrets=True, ...)` gave.

    Raises:
        ValueError: it is no such dump: a table is unknown, or the values of secrets are not in it.
    """
    unknown = sorted(dump.keys() - platform.tables.keys() - {_VOLUMES})
    if unknown:
        raise ValueError(f"this is no dump of ComfyDeploy: there is no table {unknown[0]!r}")
    for name, table in platform.tables.items():
        for shown in dump.get(name, ()):
            row = {column: _value(column, value) for column, value in shown.items()}
            table[row["id"]] = row
    for account, files in dump.get(_VOLUMES, {}).items():
        platform.volumes[account] = {file["path"]: dict(file) for file in files}
    for key in platform.api_keys.values():
        key["_revoked_at"] = key["updated_at"] if key["revoked"] else None
    for version in platform.versions.values():
        version.update(_sent_workflow=version["workflow"], _sent_workflow_api=version["workflow_api"])
    for run in platform.runs.values():
        log = [(run["updated_at"], line) for line in run.pop("log")]
        run.update(_graph={}, _seed=0, _log=log, _served_by=run.pop("served_by_version_id"))
    _restore_secrets(platform)
    _restore_builds(platform, builds)
    _let_time_pass(platform)


def _value(column: str, value: Any) -> Any:
    is_moment = column.endswith("_at") and isinstance(value, str)
    return datetime.fromisoformat(value.removesuffix("Z")) if is_moment else value


def _restore_secrets(platform: Platform) -> None:
    for secret in platform.secrets.values():
        if "variables" not in secret:
            raise ValueError("the values of secrets are not in this dump: take it with include_secrets")
        del secret["keys"]
        secret["variables"] = [{"key": key, "value": value} for key, value in secret["variables"].items()]
        platform.links.extend((machine, secret["id"]) for machine in secret.pop("machine_ids"))


def _restore_builds(platform: Platform, builds: Builds) -> None:
    for version in platform.machine_versions.values():
        version.pop("built_environment_keys")
        environment, is_finished = version.pop("built_environment"), version["status"] in _FINISHED
        # Until a build ends its version shows the log of the build before.
        log = json.loads(version["build_log"] or "[]") if is_finished else []
        if log or not is_finished:
            builds.of_version[version["id"]] = _build(platform, version, log, environment)
    builds.in_flight = sum(not build.is_finished for build in builds.of_version.values())
    for machine in platform.machines.values():
        serving = machine.pop("serving_version_id")
        if serving is not None:
            builds.serving[machine["id"]] = builds.of_version[serving]


def _build(platform: Platform, version: Row, log: list[dict[str, Any]], environment: dict[str, str]) -> Build:
    commands = commands_of(version, version["modal_image_id"])
    is_finished = version["status"] in _FINISHED
    return Build(
        version_id=version["id"],
        machine_id=version["machine_id"],
        started=version["created_at"],
        seconds=(version["updated_at"] - version["created_at"]).total_seconds(),
        outcome=version["status"] if is_finished else "hang",
        lines=[entry["logs"] for entry in log],
        commands=commands,
        environment=environment,
        breaks_inference=any(marker in commands for marker in platform.world.settings.inference_breaking_markers),
        is_plain=is_plain(version, version["modal_image_id"]),
        is_finished=is_finished,
        written=log,
    )


def _let_time_pass(platform: Platform) -> None:
    """Rows sort by their moments: whatever is made from now on is younger than all that is here."""
    rows = (row for table in platform.tables.values() for row in table.values())
    latest = max((value for row in rows for value in row.values() if isinstance(value, datetime)), default=datetime.min)
    clock = platform.world.clock
    clock.advance(max(0.0, (latest - clock.real_now()).total_seconds()))
