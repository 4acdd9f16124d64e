"""What the random lives of tests/soak found, each reduced to a plain sequence."""

from __future__ import annotations

import pytest
from comfydeploy_kinds import a_machine_and_a_workflow, a_workflow
from programs import documents

import pulumi_comfy as comfy

pytestmark = pytest.mark.apart


class OneMachine:
    """A machine whose arguments a test edits between two runs."""

    def __init__(self, **arguments):
        self.arguments = arguments

    def program(self):
        comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4", **self.arguments)


@pytest.mark.parametrize("setting", [{"cpu_request": 2.0}, {"base_docker_image": "registry.example/comfy:1"}])
def test_a_first_setting_whose_build_failed_is_built_again(deploy, emulator, setting):
    machine = OneMachine()
    stack = deploy(machine.program)
    stack.up()
    emulator.comfydeploy.builds.outcome("error", times=1)
    machine.arguments.update(setting)
    stack.up(check=False)

    repaired = stack.up()

    assert repaired.operation("gpu").op == "update"
    assert [row["status"] for row in emulator.comfydeploy.dump()["machines"]] == ["ready"]


class TwoMachines:
    """A secret on two machines, or on one of them."""

    names = ("one", "two")

    def program(self):
        machines = [comfy.comfydeploy.ServerlessMachine(name, gpu="T4") for name in self.names]
        comfy.comfydeploy.Secret("tokens", variables={"TOKEN": "x"}, machine_ids=[one.id for one in machines])


def test_a_secret_moves_off_a_machine_that_was_deleted_by_hand(deploy, emulator, platform):
    stack = deploy(TwoMachines().program)
    stack.up()
    platform.delete(f"/machine/{stack.resource('one')['id']}").raise_for_status()
    stack.refresh()

    stack.up()

    (secret,) = emulator.comfydeploy.dump()["secrets"]
    assert {stack.resource("one")["id"], stack.resource("two")["id"]} <= set(secret["machine_ids"])


def test_the_link_to_a_deleted_machine_is_no_drift(deploy, platform):
    stack = deploy(TwoMachines().program)
    stack.up()
    platform.delete(f"/machine/{stack.resource('one')['id']}").raise_for_status()
    stack.refresh()
    stack.up()

    stack.refresh()

    assert stack.preview().operation("tokens").op == "same"


BREAKS = {"docker_command_steps": [{"type": "commands", "data": "RUN echo BREAK-BUILD"}]}


def test_settings_that_broke_a_build_unseen_are_taken_back_with_the_next_change(deploy, emulator):
    machine = OneMachine()
    stack = deploy(machine.program)
    stack.up()
    machine.arguments.update(BREAKS)
    emulator.faults.add("GET", ".*", "status", status=401, times=None)
    stack.up(check=False)
    emulator.faults.clear()

    machine.arguments = {"keep_warm": 1}
    stack.up()

    assert [row["status"] for row in emulator.comfydeploy.dump()["machines"]] == ["ready"]


def test_a_secret_that_was_unlinked_everywhere_by_hand_is_linked_again(deploy, emulator, platform):
    stack = deploy(TwoMachines().program)
    stack.up()
    for name in TwoMachines.names:
        body = {"secret_id": stack.resource("tokens")["id"], "machine_id": stack.resource(name)["id"]}
        platform.patch("/machine/secret", json=body).raise_for_status()

    stack.refresh()
    stack.refresh()
    stack.up()

    (secret,) = emulator.comfydeploy.dump()["secrets"]
    assert set(secret["machine_ids"]) == {stack.resource(name)["id"] for name in TwoMachines.names}


def two_versions():
    """Two versions of one workflow that hold the same documents."""
    needs = a_workflow()
    for name in ("one", "two"):
        comfy.comfydeploy.WorkflowVersion(name, **needs, **documents(30))


def test_two_versions_with_the_same_documents_are_appended_once(deploy, emulator):
    stack = deploy(two_versions)

    result = stack.up()

    assert stack.resource("one")["id"] == stack.resource("two")["id"]
    assert len(emulator.comfydeploy.dump()["versions"]) == 2  # the workflow's own first one, and theirs
    assert [line.message for line in result.diagnostics if "of this stack declares too" in line.message]


def a_share():
    """A workflow that is shared."""
    comfy.comfydeploy.Deployment("share", environment="private-share", **a_machine_and_a_workflow())


def test_a_share_of_a_workflow_that_was_deleted_by_hand_keeps_its_public_name_and_the_error_says_the_way_out(
    deploy, platform
):
    stack = deploy(a_share)
    stack.up()
    platform.delete(f"/workflow/{stack.resource('base-workflow')['id']}").raise_for_status()
    stack.refresh()

    result = stack.up(check=False)

    assert "perhaps one of a workflow that was deleted" in result.error
    assert "Give the workflow another `name`" in result.error
