"""The list every resource passes: lifecycle, no diff after apply, gone outside, drift, unknowns, adopt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi
import pytest
from programs import quickstart_documents

import pulumi_comfy as comfy

GRAPH, PROMPT = quickstart_documents()


@dataclass
class Kind:
    """One resource under test, named `it` in its program.

    Attributes:
        program: declares it (with what it needs) from extra arguments.
        rows: the platform's own list of such objects, as the emulator dumps it.
        edit: arguments of an update.
        held: what an update must leave on the platform: a field and its value.
        remove: takes the object away behind Pulumi's back.
        drift: changes it behind Pulumi's back; gives the field and the declared value to be restored.
    """

    program: Callable[..., Any]
    rows: str
    edit: dict[str, Any]
    held: tuple[str, Any]
    remove: Callable[[Any, dict[str, Any]], None]
    drift: Callable[[Any, dict[str, Any]], None]
    restored: tuple[str, Any]


def a_machine(resource_name="base", **arguments):
    return comfy.comfydeploy.ServerlessMachine(resource_name, **{"gpu": "T4", **arguments})


def a_workflow(resource_name="base-workflow", **arguments):
    return comfy.comfydeploy.Workflow(resource_name, **{"workflow": GRAPH, "workflow_api": PROMPT, **arguments})


def a_secret(resource_name, **arguments):
    machine = a_machine()
    return comfy.comfydeploy.Secret(
        resource_name, **{"variables": {"TOKEN": "canary-1"}, "machine_ids": [machine.id], **arguments}
    )


def a_deployment(resource_name, **arguments):
    machine, workflow = a_machine(), a_workflow()
    fields = {
        "workflow_id": workflow.id,
        "workflow_version_id": workflow.version_id,
        "machine_id": machine.id,
        "environment": "production",
    }
    return comfy.comfydeploy.Deployment(resource_name, **{**fields, **arguments})


def purge_deployment(platform, row):
    keys = ("workflow_id", "workflow_version_id", "machine_id")
    body = {**{key: row[key] for key in keys}, "deployment_id": row["id"], "environment": "private-share"}
    platform.post("/deployment", json=body).raise_for_status()
    platform.delete(f"/deployment/{row['id']}").raise_for_status()


def patch(route, body):
    return lambda platform, row: platform.patch(route.format(**row), json=body).raise_for_status()


def delete(route):
    return lambda platform, row: platform.delete(route.format(**row)).raise_for_status()


KINDS = {
    "Workflow": Kind(
        a_workflow,
        "workflows",
        {"description": "better"},
        ("description", "better"),
        delete("/workflow/{id}"),
        patch("/workflow/{id}", {"name": "renamed by hand"}),
        ("name", None),
    ),
    "ServerlessMachine": Kind(
        a_machine,
        "machines",
        {"gpu": "A10G"},
        ("gpu", "A10G"),
        delete("/machine/{id}"),
        patch("/machine/serverless/{id}", {"run_timeout": 77}),
        ("run_timeout", 300),
    ),
    "Secret": Kind(
        a_secret,
        "secrets",
        {"variables": {"TOKEN": "canary-2"}},
        ("variables", {"TOKEN": "canary-2"}),
        delete("/machine/secret/{id}"),
        patch("/machine/secret/{id}/envs", {"secret": [{"key": "TOKEN", "value": "by hand"}]}),
        ("variables", {"TOKEN": "canary-1"}),
    ),
    "Deployment": Kind(
        a_deployment,
        "deployments",
        {"gpu": "L4"},
        ("gpu", "L4"),
        purge_deployment,
        patch("/deployment/{id}", {"gpu": "H100"}),
        ("gpu", "A100"),
    ),
}
EXTRA = {"Deployment": {"gpu": "A100"}}


@pytest.fixture(params=KINDS, ids=str)
def kind(request):
    return request.param


@pytest.fixture
def it(kind, deploy, emulator):
    """The resource's program bound to a stack, with its arguments editable."""
    return Subject(KINDS[kind], deploy, emulator, dict(EXTRA.get(kind, {})))


class Subject:
    def __init__(self, kind, deploy, emulator, arguments):
        self.kind, self.emulator, self.arguments = kind, emulator, arguments
        self.deploy = deploy
        self.stack = deploy(self.program)

    def program(self):
        self.kind.program("it", **self.arguments)

    @property
    def rows(self):
        """The platform's live objects of the kind that bear our resource's mark."""
        found = self.emulator.dump(include_secrets=True)[self.kind.rows]
        ours = self.stack.resource("it")["id"] if self.stack.resources() else None
        return [row for row in found if row["id"] == ours]

    def operation(self, result):
        return result.operation("it").op


def test_create_update_and_delete_are_held_by_the_platform(it):
    it.stack.up()
    (created,) = it.rows

    it.arguments.update(it.kind.edit)
    updated = it.stack.up()
    (held,) = it.rows
    it.stack.destroy()

    field, value = it.kind.held
    assert it.operation(updated) == "update"
    assert held["id"] == created["id"]
    assert held[field] == value
    assert it.emulator.dump()[it.kind.rows] == []


def test_no_diff_after_apply(it):
    it.stack.up()

    preview = it.stack.preview()
    it.stack.refresh()
    after_refresh = it.stack.preview()

    assert it.operation(preview) == "same"
    assert it.operation(after_refresh) == "same"


def test_an_object_gone_outside_is_created_again_after_a_refresh(it, platform):
    it.stack.up()
    (row,) = it.rows
    it.kind.remove(platform, row)

    it.stack.refresh()
    result = it.stack.up()

    assert it.operation(result) == "create"
    assert len(it.rows) == 1


def test_drift_is_seen_by_refresh_and_repaired_by_up(it, platform):
    it.stack.up()
    (row,) = it.rows
    field, declared = it.kind.restored
    declared = declared if declared is not None else row[field]
    it.kind.drift(platform, row)

    it.stack.refresh()
    result = it.stack.up()

    assert it.operation(result) == "update"
    assert it.rows[0][field] == declared


def test_deleting_what_is_gone_already_is_a_success(it, platform):
    it.stack.up()
    it.kind.remove(platform, it.rows[0])

    assert it.stack.destroy().ok


def test_preview_works_while_every_dependency_is_unknown(it):
    result = it.stack.preview()

    assert it.operation(result) == "create"


def test_preview_makes_no_write(it):
    it.stack.up()
    it.arguments.update(it.kind.edit)
    it.emulator.clear_requests()

    it.stack.preview()

    assert [request for request in it.emulator.requests if request.method != "GET"] == []


def test_a_namesake_is_refused_with_its_id_and_adopt_takes_it_over(it, kind):
    if kind != "Deployment":
        it.arguments["name"] = "the-name"
    it.stack.up()
    (row,) = it.rows
    state = it.stack.state()
    forgotten = [entry for entry in state["deployment"]["resources"] if not entry["urn"].endswith("::it")]
    it.stack.import_state({**state, "deployment": {**state["deployment"], "resources": forgotten}})

    refused = it.stack.up(check=False)
    it.arguments["adopt"] = row["id"]
    adopted = it.stack.up()
    del it.arguments["adopt"]
    after = it.stack.up()

    assert row["id"] in refused.error
    assert "adopt" in refused.error
    assert it.operation(adopted) == "create"
    assert it.operation(after) == "same"
    assert [found["id"] for found in it.rows] == [row["id"]]


def test_adopting_what_does_not_exist_is_one_sentence(it):
    it.arguments["adopt"] = "3f0d2a4e-6a52-4b0e-9c37-2f6f5b6d7e88"

    result = it.stack.up(check=False)

    assert "this key sees no such object" in result.error


def test_a_lost_answer_to_the_create_makes_no_duplicate(it, kind):
    route = {
        "Workflow": "/workflow",
        "ServerlessMachine": "/machine/serverless",
        "Secret": "/machine/secret",
        "Deployment": "/deployment",
    }[kind]
    it.emulator.faults.add("POST", route, "lost", times=1)

    it.stack.up()

    assert len(it.rows) == 1
    assert len(it.emulator.dump()[it.kind.rows]) == 1


def test_an_automatic_name_marks_a_killed_create_as_ours(it, kind):
    if kind == "Deployment":
        pytest.skip("a deployment has no name; its namesake is refused, see above")
    it.stack.up()
    (row,) = it.rows
    state = it.stack.state()
    forgotten = [entry for entry in state["deployment"]["resources"] if not entry["urn"].endswith("::it")]
    it.stack.import_state({**state, "deployment": {**state["deployment"], "resources": forgotten}})

    it.stack.up()

    assert [found["id"] for found in it.emulator.dump()[it.kind.rows]] == [row["id"]]
    assert it.stack.resource("it")["id"] == row["id"]


def test_a_secret_value_is_nowhere_in_the_clear(it, caplog):
    it.stack.up()
    it.arguments.update(it.kind.edit)

    result = it.stack.up()

    shown = "\n".join(str(row) for row in result.diagnostics) + str(result.outputs) + caplog.text
    assert "canary" not in shown
    assert "canary" not in str(_clear(it.stack.resources()))


def _clear(value):
    if isinstance(value, dict):
        if "4dabf18193072939515e22adb298388d" in value:
            return None
        return {key: _clear(item) for key, item in value.items()}
    return [_clear(item) for item in value] if isinstance(value, list) else value


def test_a_subclass_keeps_the_token(deploy):
    class Mine(comfy.comfydeploy.Workflow):
        pass

    stack = deploy(lambda: Mine("portrait", workflow=GRAPH, workflow_api=PROMPT) and None)
    stack.up()

    assert stack.resource("portrait")["type"] == "pulumi-python:dynamic/comfy/comfydeploy:Workflow"


def test_get_reads_an_existing_object(deploy, emulator):
    first = deploy(lambda: pulumi.export("id", a_workflow("portrait", description="found").id))
    workflow_id = first.up().outputs["id"]

    def program():
        found = comfy.comfydeploy.Workflow.get("found", workflow_id)
        pulumi.export("description", found.description)

    result = deploy(program, stack="reader").up()

    assert result.outputs["description"] == "found"
