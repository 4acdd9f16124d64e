"""Workflows and versions (2).

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.rows import Row
from pulumi_comfy.emulator.selfhosted import zod
from pulumi_comfy.emulator.selfhosted.errors import failed, require_uuid
from pulumi_comfy.emulator.selfhosted.state import State, kept, kept_text

_NODE = zod.object_of({"inputs": zod.record(zod.anything), "class_type": zod.optional(zod.text)})
_SNAPSHOT = zod.object_of(
    {
        "comfyui": zod.text,
        "git_custom_nodes": zod.record(zod.object_of({"hash": zod.text, "disabled": zod.boolean})),
        "file_custom_nodes": zod.array(zod.anything),
    }
)
SAVED = zod.object_of(
    {
        "workflow_id": zod.optional(zod.text),
        "workflow_name": zod.optional(zod.filled),
        "workflow": zod.anything,
        "workflow_api": zod.record(_NODE),
        "snapshot": _SNAPSHOT,
    }
)


def save(state: State, caller: Caller, sent: Row, *, checks_owner: bool = True) -> Row:
    """Insert a version, of a new workflow where no id is given, and return it.

    Raises:
        AnsweredError: 500, another's workflow, neither id nor name, or what the database does not take.
    """
    workflow_id, name = sent.get("workflow_id"), sent.get("workflow_name")
    content = {column: kept(sent.get(column)) for column in ("workflow", "workflow_api", "snapshot")}
    if workflow_id:
        workflow = state["workflows"].get(require_uuid(workflow_id))
        if workflow is None or (checks_owner and not _may_save(caller, workflow)):
            raise failed("Invalid workflow_id")
        number = 1 + max((row["version"] for row in _settled(state, workflow["id"])), default=0)
    elif name:
        workflow, number = state.insert("workflows", {**caller.owner, "name": kept_text(name)}), 1
    else:
        raise failed("Invalid request, missing either workflow_id or name")
    version = state.insert("versions", {"workflow_id": workflow["id"], **content, "version": number})
    workflow["updated_at"] = version["created_at"]
    return version


def _may_save(caller: Caller, workflow: Row) -> bool:
    return (caller.user_id, caller.org_id) == (workflow["user_id"], workflow["org_id"])


def _settled(state: State, workflow_id: str) -> list[Row]:
    """The versions that a request sees which is on its way at the same time as others."""
    race = timedelta(seconds=state.world.settings.version_race_seconds)
    latest = state.world.clock.real_now() - race
    rows = [row for row in state["versions"].values() if row["workflow_id"] == workflow_id]
    return [row for row in rows if not race or row["version"] == 1 or row["created_at"] <= latest]


def deploy(state: State, caller: Caller, given: dict[str, Any]) -> Row:
    """Insert a deployment, or take over the one of the same workflow and environment, whoever made it (6.2).

    Raises:
        AnsweredError: 500, a reference to what is not there.
    """
    workflow = state["workflows"].get(require_uuid(given["workflow_id"]))
    if workflow is None:
        raise failed("No workflow found")
    refer(state, given)
    pair = (workflow["id"], given["environment"])
    there = [row for row in state["deployments"].values() if (row["workflow_id"], row["environment"]) == pair]
    if there:
        there[0].update({name: value for name, value in given.items() if name != "workflow_id"}, org_id=caller.org_id)
        return there[0]
    is_shared = given["environment"] == "public-share"
    slug = _slug(f"{workflow['org_id'] or workflow['user_id']} {workflow['name']}") if is_shared else None
    if slug is not None and any(row["share_slug"] == slug for row in state["deployments"].values()):
        raise failed('duplicate key value violates unique constraint "deployments_share_slug_unique"')
    columns = {"share_slug": slug, "description": None, "showcase_media": None, **caller.owner, **given}
    return state.insert("deployments", columns)


def refer(state: State, given: dict[str, Any]) -> None:
    """Refuse references to what is not there.

    Raises:
        AnsweredError: 500 with the database's words.
    """
    for column, table in (("workflow_version_id", "versions"), ("machine_id", "machines")):
        if column in given and require_uuid(given[column]) not in state[table]:
            named = "workflow_versions" if table == "versions" else table
            constraint = f"deployments_{column}_{named}_id_fk"
            raise failed(f'insert or update on table "deployments" violates foreign key constraint "{constraint}"')


def remove(state: State, workflow_id: str) -> None:
    """Delete a workflow with all that hangs on it (5.5)."""
    state["workflows"].pop(workflow_id, None)
    for table in ("versions", "deployments", "runs"):
        for row in [row for row in state[table].values() if row["workflow_id"] == workflow_id]:
            del state[table][row["id"]]
    for output in [row for row in state["outputs"].values() if row["run_id"] not in state["runs"]]:
        del state["outputs"][output["id"]]


def _slug(text: str) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return "-".join(words)
