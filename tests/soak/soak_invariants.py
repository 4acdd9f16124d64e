"""What always holds, whatever happened before."""

from __future__ import annotations

import itertools
import json
from typing import Any

from soak_program import SAMPLER, Declared
from soak_world import TABLES, Row, World

from pulumi_comfy.testing import Result, Stack

SECRET_MARK = "4dabf18193072939515e22adb298388d"
CANARY = "canary"


Held = dict[str, list[tuple[str, str]]]


def in_state(stack: Stack) -> Held:
    """For each resource type, id and logical name of what the state holds, waiting for deletion included."""
    held: Held = {resource: [] for resource in (*TABLES, "WorkflowVersion")}
    for record in stack.resources():
        resource = record["type"].rpartition(":")[2]
        if resource in held:
            held[resource].append((record["id"], record["urn"].rpartition("::")[2]))
    return held


def ids_by_name(stack: Stack) -> dict[str, str]:
    """The id of each logical name in the state."""
    return {name: id_ for pairs in in_state(stack).values() for id_, name in pairs}


def unknown_to_state(world: World, stack: Stack) -> dict[str, list[Row]]:
    """Our objects on the platform that the state does not hold, by resource type."""
    held, ours = in_state(stack), world.ours()
    found = {
        resource: [row for row in ours[table] if row["id"] not in dict(held[resource])]
        for resource, table in TABLES.items()
    }
    return {resource: rows for resource, rows in found.items() if rows}


def doubles(world: World, stack: Stack, declared: Declared) -> set[str]:
    """The logical names of what the state holds and of which there is one more, unknown to it.

    Such a one has the name that the state's has, or the one that the program gives or lets be made.
    """
    rows = {row["id"]: row for table in TABLES.values() for row in world.ours()[table]}
    unknown = {row["name"] for found in unknown_to_state(world, stack).values() for row in found if "name" in row}
    held = ids_by_name(stack)
    given = {name for name in declared.workflows if name in held and declared.given_name(name) in unknown}
    given |= {
        name for name in declared.workflows if name in held and any(one.startswith(f"{name}-") for one in unknown)
    }
    return given | {name for name, id_ in held.items() if rows.get(id_, {}).get("name") in unknown}


def nothing_foreign_was_touched(world: World) -> None:
    before, now = world.foreign_before_and_now()
    assert now == before, "an object that is not ours was touched"


def no_secret_is_in_the_clear(world: World, stack: Stack, result: Result) -> None:
    shown = "\n".join(line.message for line in result.diagnostics)
    clear = json.dumps(_clear(stack.state()))
    for text, place in ((shown, "a diagnostic"), (clear, "the state")):
        assert CANARY not in text, f"a secret is in the clear in {place}"
        assert world.key not in text, f"the API key is in {place}"


def nothing_is_orphaned(world: World, stack: Stack) -> None:
    orphans = {resource: [row["id"] for row in rows] for resource, rows in unknown_to_state(world, stack).items()}
    assert orphans == {}, f"on the platform and not in the state: {orphans}"


def platform_and_state_are_the_same(world: World, stack: Stack, declared: Declared) -> None:
    nothing_is_orphaned(world, stack)
    held, ours = in_state(stack), world.ours()
    for resource, table in TABLES.items():
        live = {row["id"] for row in ours[table]}
        gone = {name for id_, name in held[resource] if id_ not in live}
        assert gone == set(), f"{resource}: in the state and not on the platform: {gone}"
        names = sorted(name for _, name in held[resource])
        assert names == sorted(getattr(declared, table)), f"{resource}: not what is declared, or twice"
    versions = {row["id"] for row in ours["versions"]}
    assert {id_ for id_, _ in held["WorkflowVersion"]} <= versions
    assert sorted(name for _, name in held["WorkflowVersion"]) == sorted(declared.versions)


def no_version_was_appended_twice(world: World) -> None:
    rows = sorted(world.ours()["versions"], key=lambda row: (row["workflow_id"], int(row["version"])))
    for one, next_one in itertools.pairwise(rows):
        is_ours = ":" in (one["comment"] or "") and one["comment"] == next_one["comment"]
        assert not is_ours or one["workflow_id"] != next_one["workflow_id"], "the same version twice in a row"


def the_platform_holds_what_is_declared(world: World, stack: Stack, declared: Declared) -> None:
    ours = world.ours()
    rows = {row["id"]: row for table in ours.values() for row in table}
    ids = ids_by_name(stack)
    for name, machine in declared.machines.items():
        row = rows[ids[name]]
        seen = (row["gpu"], row["run_timeout"], row["keep_warm"], row["cpu_request"], row["status"])
        assert seen == (machine.gpu, machine.run_timeout, machine.keep_warm, machine.cpu, "ready"), name
    for name, workflow in declared.workflows.items():
        record = stack.resource(name)["outputs"]
        assert workflow.description in (None, rows[ids[name]]["description"]), name  # unset is not managed
        assert _steps(rows[record["versionId"]]) == workflow.steps, name
    for name, secret in declared.secrets.items():
        row = rows[ids[name]]
        assert row["variables"] == secret.variables(name), name
        live = {one["id"] for one in ours["machines"]}
        assert set(row["machine_ids"]) & live == {ids[machine] for machine in secret.machines}, name
        for machine in secret.machines:
            assert secret.variables(name).items() <= world.built_in(rows[ids[machine]]).items(), (name, machine)
    for name, deployment in declared.deployments.items():
        row = rows[ids[name]]
        assert row["environment"] == deployment.environment, name
        assert row["workflow_id"] == ids[deployment.workflow], name
        assert row["machine_id"] == ids[deployment.machine], name
        assert deployment.gpu in (None, row["gpu"]), name
        expected = declared.versions[deployment.version] if deployment.version else None
        steps = expected.steps if expected else declared.workflows[deployment.workflow].steps
        assert _steps(rows[row["workflow_version_id"]]) == steps, name


def _steps(version: Row) -> Any:
    return version["workflow_api"][SAMPLER]["inputs"]["steps"]


def _clear(value: Any) -> Any:
    """The value without what is marked as secret."""
    if isinstance(value, dict):
        return None if SECRET_MARK in value else {key: _clear(item) for key, item in value.items()}
    return [_clear(item) for item in value] if isinstance(value, list) else value
