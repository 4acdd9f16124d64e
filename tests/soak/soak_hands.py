"""What people do to the platform behind Pulumi's back."""

from __future__ import annotations

from collections.abc import Callable

from soak_program import documents
from soak_world import Row, World

Edit = Callable[[World, Row], None]


def by_hand(world: World, what: str, which: int) -> bool:
    """Do one of `EDITS` to one of our objects, if there is any; whether there was."""
    table, edit = EDITS[what]
    rows = world.ours()[table]
    if rows:
        edit(world, sorted(rows, key=lambda row: str(row.get("name") or row["environment"]))[which % len(rows)])
    return bool(rows)


def _request(method: str, route: str, body: Row | None = None, refusals: tuple[int, ...] = ()) -> Edit:
    def edit(world: World, row: Row) -> None:
        answer = world.by_hand.request(method, route.format(**row), json=body)
        if answer.status_code not in refusals:
            answer.raise_for_status()

    return edit


def _relabel(environment: str) -> Edit:
    def edit(world: World, row: Row) -> None:
        keys = ("workflow_id", "workflow_version_id", "machine_id")
        body = {**{key: row[key] for key in keys}, "deployment_id": row["id"], "environment": environment}
        world.by_hand.post("/deployment", json=body).raise_for_status()

    return edit


def _purge(world: World, row: Row) -> None:
    _relabel("private-share")(world, row)
    world.by_hand.delete(f"/deployment/{row['id']}").raise_for_status()


def _delete_the_workflow(world: World, row: Row) -> None:
    """Not one that is shared: the platform hides the share and keeps its public name taken, so none can follow it."""
    shared = {one["workflow_id"] for one in world.ours()["deployments"] if one["environment"].endswith("share")}
    if row["id"] not in shared:
        world.by_hand.delete(f"/workflow/{row['id']}").raise_for_status()


def _unlink(world: World, row: Row) -> None:
    alive = {machine["id"] for machine in world.ours()["machines"]}
    linked = [machine for machine in row["machine_ids"] if machine in alive]
    if linked:
        body = {"secret_id": row["id"], "machine_id": linked[0]}
        world.by_hand.patch("/machine/secret", json=body).raise_for_status()


def _serve_the_first_version(world: World, row: Row) -> None:
    versions = [one for one in world.rows()["versions"] if one["workflow_id"] == row["workflow_id"]]
    first = min(versions, key=lambda one: int(one["version"]))
    body = {"workflow_version_id": first["id"]}
    world.by_hand.patch(f"/deployment/{row['id']}", json=body).raise_for_status()


EDITS: dict[str, tuple[str, Edit]] = {
    "delete the deployment": ("deployments", _purge),
    "change the deployment's gpu": ("deployments", _request("PATCH", "/deployment/{id}", {"gpu": "H100"})),
    "serve the first version": ("deployments", _serve_the_first_version),
    "relabel the deployment": ("deployments", _relabel("preview")),
    "delete the workflow": ("workflows", _delete_the_workflow),
    "describe the workflow": ("workflows", _request("PATCH", "/workflow/{id}", {"description": "by hand"})),
    "rename the workflow": ("workflows", _request("PATCH", "/workflow/{id}", {"name": "by hand"})),
    "save a version": (
        "workflows",
        _request("POST", "/workflow/{id}/version", {**documents(77), "comment": "by hand"}),
    ),
    "delete the machine": ("machines", _request("DELETE", "/machine/{id}", refusals=(400, 402))),
    "change the machine's timeout": ("machines", _request("PATCH", "/machine/serverless/{id}", {"run_timeout": 77})),
    "change the machine's gpu": ("machines", _request("PATCH", "/machine/serverless/{id}", {"gpu": "H100"})),
    "keep the machine warm": ("machines", _request("PATCH", "/machine/serverless/{id}", {"keep_warm": 1})),
    "delete the secret": ("secrets", _request("DELETE", "/machine/secret/{id}")),
    "edit the secret": (
        "secrets",
        _request("PATCH", "/machine/secret/{id}/envs", {"secret": [{"key": "TOKEN", "value": "by hand"}]}),
    ),
    "unlink the secret": ("secrets", _unlink),
}
"""By what a person would call it: the table of the object, and the edit."""
