"""A refresh of many costs the pages of their list; what the list does not tell is looked at only where it changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lone import up
from programs import documents

import pulumi_comfy as comfy

pytestmark = pytest.mark.apart

MANY = 12


def workflows() -> None:
    for number in range(MANY):
        comfy.comfydeploy.Workflow(f"it-{number}", description="ours", pinned=True, **documents(20))


def versions() -> None:
    workflow = comfy.comfydeploy.Workflow("base", **documents(20))
    for number in range(MANY):
        comfy.comfydeploy.WorkflowVersion(f"it-{number}", workflow_id=workflow.id, **documents(21 + number))


def machines() -> None:
    for number in range(MANY):
        comfy.comfydeploy.ServerlessMachine(f"it-{number}", gpu="T4")


def custom_machines() -> None:
    for number in range(MANY):
        comfy.comfydeploy.CustomMachine(f"it-{number}", endpoint="https://gpu.example:8188")


def secrets() -> None:
    machine = comfy.comfydeploy.ServerlessMachine("base", gpu="T4")
    for number in range(MANY):
        comfy.comfydeploy.Secret(
            f"it-{number}", machine_ids=[machine.id], variables={f"TOKEN_{number}": "x"}, rebuild_machines=False
        )


def models() -> None:
    for number in range(MANY):
        name = f"{number}.safetensors"
        link = f"https://models.example/{name}"
        comfy.comfydeploy.Model(f"it-{number}", folder_path="loras", filename=name, link=link)


def deployments() -> None:
    machine = comfy.comfydeploy.ServerlessMachine("base", gpu="T4")
    for number in range(MANY):
        workflow = comfy.comfydeploy.Workflow(f"base-{number}", **documents(20))
        comfy.comfydeploy.Deployment(
            f"it-{number}",
            workflow_id=workflow.id,
            workflow_version_id=workflow.version_id,
            machine_id=machine.id,
            environment="production",
        )


LISTS: dict[str, tuple[Callable[[], None], list[str]]] = {
    "workflows": (workflows, ["/workflows/all"]),
    "versions of a workflow": (versions, ["/workflow/", "/workflow/{}/versions"]),
    "serverless machines": (machines, ["/machines/all"]),
    "custom machines": (custom_machines, ["/machines/all"]),
    "secrets": (secrets, ["/machine/", "/machine/secrets/all"]),
    "model files": (models, ["/volume/private-models"]),
    "deployments": (deployments, ["/deployments", "/deployments", "/machine/", "/workflows/all"]),
}


def asked(emulator: Any) -> list[str]:
    return sorted(request.url_path for request in emulator.requests)


@pytest.mark.parametrize("kind", LISTS)
def test_a_refresh_of_many_costs_their_list(kind, deploy, emulator):
    program, expected = LISTS[kind]
    stack = deploy(program)
    stack.up()
    stack.refresh()  # a machine whose builds overtook each other, or a secret's, is looked at once
    emulator.clear_requests()

    refreshed = stack.refresh()

    assert [len(asked(emulator)), refreshed.changes] == [len(expected), {}]


@pytest.mark.parametrize("program", [workflows, machines, custom_machines])
def test_the_first_refresh_shows_no_change_and_needs_no_second_look(program, deploy, emulator):
    stack = deploy(program)
    stack.up()
    emulator.clear_requests()

    refreshed = stack.refresh()

    assert (len(asked(emulator)), refreshed.changes) == (1, {})


BY_HAND = {
    "a workflow's description": (workflows, "workflows", "/workflow/{}", {"description": "by hand"}),
    "a workflow's pin": (workflows, "workflows", "/workflow/{}", {"pinned": False}),
    "a machine's command": (machines, "machines", "/machine/serverless/{}", {"prestart_command": "sleep 1"}),
    "a machine's warm containers": (machines, "machines", "/machine/serverless/{}", {"keep_warm": 1}),
    "a machine's endpoint": (
        custom_machines,
        "machines",
        "/machine/custom/{}",
        {"endpoint": "https://by-hand.example"},
    ),
}


@pytest.mark.parametrize("what", BY_HAND)
def test_what_a_hand_changed_is_seen_among_many_and_taken_back(what, deploy, emulator, platform):
    program, table, route, change = BY_HAND[what]
    stack = deploy(program)
    stack.up()
    row = emulator.comfydeploy.dump()[table][5]
    platform.patch(route.format(row["id"]), json=change).raise_for_status()

    refreshed = stack.refresh()
    repaired = stack.up()

    (field,) = change
    now = {one["id"]: one for one in emulator.comfydeploy.dump()[table]}[row["id"]]
    assert (refreshed.changes["update"], repaired.changes) == (1, {"update": 1})
    assert (now[field] or None) == (row[field] or None)


def test_a_version_that_a_person_saved_is_said_among_many(deploy, emulator, platform):
    stack = deploy(workflows)
    stack.up()
    workflow = stack.resource("it-3")["id"]
    platform.post(f"/workflow/{workflow}/version", json={**documents(60), "comment": "by hand"}).raise_for_status()
    emulator.clear_requests()

    refreshed = stack.refresh()

    assert asked(emulator) == [f"/workflow/{workflow}", "/workflows/all"]
    assert "saved outside of Pulumi" in "".join(refreshed.messages("it-3"))


OWN_UPDATES = {
    "Workflow": ({"description": "by hand"}, {"cover_image": "https://x.example/a.png"}, "/workflow/{}"),
    "Workflow with a new document": ({"description": "by hand"}, documents(33), "/workflow/{}"),
    "ServerlessMachine": ({"extra_args": "--by-hand"}, {"keep_warm": 1}, "/machine/serverless/{}"),
    "CustomMachine": ({"endpoint": "https://by-hand.example"}, {"name": "renamed"}, "/machine/custom/{}"),
}


@pytest.mark.parametrize("what", OWN_UPDATES)
def test_an_update_of_ours_does_not_hide_what_a_hand_changed_before_it(what, lone, platform):
    by_hand, ours, route = OWN_UPDATES[what]
    it = lone(what.partition(" ")[0])
    up(it)
    platform.patch(route.format(it.id), json=by_hand).raise_for_status()
    seen = it.outputs["seenAt"]
    it.arguments.update(ours)

    up(it)

    assert it.outputs["seenAt"] == seen


@pytest.mark.parametrize("what", OWN_UPDATES)
def test_an_update_of_ours_is_known_to_the_state(what, lone):
    _by_hand, ours, _route = OWN_UPDATES[what]
    it = lone(what.partition(" ")[0])
    up(it)
    it.arguments.update(ours)

    up(it)
    after = dict(it.outputs)
    it.refresh()

    assert it.outputs == after
    assert after["seenAt"][:23] == str(it.rows[0]["updated_at"]).replace(" ", "T")[:23]
