"""What the platform holds as JSON, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_comfy.emulator.comfycloud.state import Account, State
from pulumi_comfy.emulator.comfyui.jobs import job_of, row_of
from pulumi_comfy.emulator.redaction import redact_texts
from pulumi_comfy.emulator.rows import exported, imported

_TABLES = ("workflows", "versions", "publications", "assets", "jobs", "userdata", "keys")


def dump(state: State, *, include_secrets: bool, include_deleted: bool) -> dict[str, Any]:
    """The tables."""
    live = {key: row for key, row in state.workflows.items() if include_deleted or not row["deleted"]}
    rows = {
        "workflows": list(live.values()),
        "versions": [row for row in state.versions if row["workflow_id"] in live],
        "publications": list(state.publications.values()),
        "assets": list(state.assets.values()),
    }
    tables: dict[str, Any] = {name: [exported(row) for row in table] for name, table in rows.items()}
    tables["jobs"] = [
        {**row_of(job, shows_keys=include_secrets), **state.jobs[job_id]}
        for job_id, links in state.jobs.items()
        if (job := state.of(links["workspace"]).worker.find(job_id)) is not None
    ]
    tables["userdata"] = [
        {"workspace": name, **row} for name, one in state.workspaces.items() for row in one.userdata.rows()
    ]
    if not include_secrets:
        return {name: redact_texts(table) for name, table in tables.items()}
    keys = [{"key": key, "user": one.user, "workspace": one.workspace} for key, one in state.keys.items()]
    return {**tables, "keys": keys}


def restore(state: State, tables: Mapping[str, Any]) -> None:
    """Fill the empty tables. What was under way stays so.

    Raises:
        ValueError: A table that there is not.
    """
    unknown = sorted(tables.keys() - set(_TABLES))
    if unknown:
        raise ValueError(f"this is no dump of Comfy Cloud: there is no table {unknown[0]!r}")
    state.workflows.update({row["id"]: imported(row) for row in tables["workflows"]})
    state.versions += map(imported, tables["versions"])
    state.publications.update({row["share_id"]: imported(row) for row in tables["publications"]})
    state.assets.update({row["id"]: row for row in tables["assets"]})
    for row in tables["jobs"]:
        links = ("workspace", "user_id", "workflow_id", "workflow_version_id")
        state.jobs[row["id"]] = {name: row[name] for name in links}
        state.of(row["workspace"]).worker.put_back(job_of({key: row[key] for key in row if key not in links}))
    for row in tables["userdata"]:
        state.of(row["workspace"]).userdata.restore(row)
    for row in tables.get("keys", ()):
        state.keys[row["key"]] = Account(row["user"], row["workspace"])
