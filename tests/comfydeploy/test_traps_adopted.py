"""Adopting what has settings that the platform cannot unset: preview promises nothing that the update cannot keep.

Facts: docs/platforms/comfydeploy.md 2.1, 2.5, 5.3, 6.9.
"""

from __future__ import annotations

import pytest
from lone import up

from pulumi_comfy.core.adoption import foresee_adoption
from pulumi_comfy.core.check import Checked


def adopting(it):
    """What `it` is told before its create, and why it would fail."""
    failures = []

    async def preview(call):
        checked = await foresee_adoption(it.handler, Checked(it._news(call)), call)
        failures.extend(failure.reason for failure in checked.failures)

    assert it.operate(preview) is None
    return failures


@pytest.mark.parametrize("setting", [{"cpu_request": 8}, {"memory_limit": 65536}])
def test_a_machine_whose_setting_cannot_be_unset_is_not_adopted_without_it(lone, platform, setting):
    made = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4", **setting}).json()["id"]
    it = lone("ServerlessMachine", name="m", adopt=made)

    (reason,) = adopting(it)

    assert f"it differs in `{next(iter(setting))}`, which the platform cannot change" in reason
    assert it.up().code == "COMFY4003"
    it.arguments.update(setting)
    assert adopting(it) == []


def test_a_deployment_with_a_gpu_is_not_adopted_without_it(lone):
    first = lone("Deployment")
    up(first)
    it = lone("Deployment", **first.arguments, adopt=first.id)
    del it.arguments["gpu"]

    (reason,) = adopting(it)

    assert "cannot unset a deployment's GPU" in reason
    assert it.up().code == "COMFY4003"
    assert it.rows[0]["gpu"] == "A100"


def test_a_machine_that_replaces_its_old_one_at_each_change_adopts_in_place(lone, platform):
    made = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    it = lone("ServerlessMachine", name="m", adopt=made, rollout="replace", run_timeout=500)

    assert adopting(it) == []
    up(it)

    assert (it.id, it.rows[0]["run_timeout"]) == (made, 500)


def test_the_editor_s_machine_of_an_adopted_workflow_stays_when_the_program_names_none(lone, platform):
    machine = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    first = lone("Workflow", selected_machine_id=machine)
    up(first)
    it = lone("Workflow", **{**first.arguments, "name": first.outputs["name"]}, adopt=first.id)
    del it.arguments["selected_machine_id"]

    assert adopting(it) == []
    assert "as it is" in it.lines[-1]
    up(it)

    assert it.rows[0]["selected_machine_id"] == machine
    it.assert_settled()


def test_a_workflow_that_names_the_editor_s_machine_no_more_leaves_it_and_makes_no_call(lone, platform, emulator):
    machine = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    it = lone("Workflow", selected_machine_id=machine)
    up(it)
    del it.arguments["selected_machine_id"]

    assert not it.has_changes()
    it.refresh()
    assert not it.has_changes()
    assert it.rows[0]["selected_machine_id"] == machine


def test_another_machine_of_the_editor_is_no_drift_once_the_program_names_none(lone, platform):
    machines = [platform.post("/machine/serverless", json={"name": n, "gpu": "T4"}).json()["id"] for n in "ab"]
    it = lone("Workflow", selected_machine_id=machines[0])
    up(it)
    del it.arguments["selected_machine_id"]
    it.arguments["description"] = "another"
    up(it)
    platform.patch(f"/workflow/{it.id}", json={"selected_machine_id": machines[1]}).raise_for_status()

    it.refresh()

    assert not it.has_changes()
    assert "selectedMachineId" not in it.outputs


def test_a_machine_of_an_interrupted_run_with_cores_that_are_no_longer_declared_is_replaced(lone):
    it = lone("ServerlessMachine", cpu_request=2.0)
    up(it)
    it.id, it.outputs = None, {}  # killed before the engine heard of it
    del it.arguments["cpu_request"]

    assert "`cpu_request`" in it.up().got
    up(it)

    (row,) = it.rows
    assert (row["id"], row["cpu_request"]) == (it.id, None)


def test_limits_that_the_platform_itself_set_are_not_changed_by_an_adoption(lone, platform):
    it = lone("Deployment")
    del it.arguments["gpu"]
    theirs = platform.post("/deployment", json=it.arguments).raise_for_status().json()["id"]
    it.arguments["adopt"] = theirs

    assert adopting(it) == []
    assert it.lines == [f"adopts deployment {theirs}, as it is"]


def test_a_limit_that_somebody_set_is_changed_by_an_adoption(lone, platform):
    it = lone("Deployment")
    del it.arguments["gpu"]
    theirs = platform.post("/deployment", json=it.arguments).raise_for_status().json()["id"]
    platform.patch(f"/deployment/{theirs}", json={"run_timeout": 77}).raise_for_status()
    it.arguments["adopt"] = theirs
    adopting(it)
    up(it)

    assert "`run_timeout` 77 -> none" in it.lines[0]
    assert it.rows[0]["run_timeout"] == 300
