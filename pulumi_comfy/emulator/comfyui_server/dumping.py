"""What a server holds as JSON, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_comfy.emulator.comfyui.jobs import job_of, row_of
from pulumi_comfy.emulator.comfyui_server.service import ComfyUI
from pulumi_comfy.emulator.redaction import redact_texts

_TABLES = ("users", "userdata", "settings", "files", "jobs")


def dump(service: ComfyUI, *, include_secrets: bool, include_deleted: bool) -> dict[str, Any]:
    """The tables; what is deleted is what was taken out of the queue."""
    state, worker = service.state, service.worker
    running = [] if worker.running is None else [worker.running]
    dropped = worker.dropped if include_deleted else []
    jobs = (*worker.history.values(), *dropped, *running, *worker.queue)
    profiles = state.userdata.profiles.items()
    tables: dict[str, Any] = {
        "users": [{"id": user, "name": name} for user, name in state.users.items()],
        "userdata": state.userdata.rows(),
        "settings": [
            {"user": user, "id": key, "value": value}
            for user, profile in profiles
            for key, value in profile.settings.items()
        ],
        "files": state.folders.rows(),
        "jobs": [row_of(job, shows_keys=include_secrets) for job in jobs],
    }
    if include_secrets:
        return tables
    return {name: redact_texts(rows) for name, rows in tables.items()}


def restore(service: ComfyUI, tables: Mapping[str, Any]) -> None:
    """Fill an empty server. What waited or ran is at work for ever; uploads are pictures of ours.

    Raises:
        ValueError: A table that there is not.
    """
    unknown = sorted(tables.keys() - set(_TABLES))
    if unknown:
        raise ValueError(f"this is no dump of a ComfyUI server: there is no table {unknown[0]!r}")
    state, worker = service.state, service.worker
    state.users.update({row["id"]: row["name"] for row in tables["users"]})
    for row in tables["userdata"]:
        state.userdata.restore(row)
    for row in tables["settings"]:
        state.userdata.of(row["user"]).settings[row["id"]] = row["value"]
    for row in tables["files"]:
        state.folders.put(row["path"], None, row["folder"])
    for row in tables["jobs"]:
        worker.put_back(job_of(row))
    service.number = len(tables["jobs"])
