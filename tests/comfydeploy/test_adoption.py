"""`adopt=`: preview says what it will change, refuses what cannot be, and writes nothing."""

from __future__ import annotations

import pytest
from programs import documents

import pulumi_comfy as comfy

pytestmark = pytest.mark.apart


@pytest.fixture
def found(platform):
    """A workflow that somebody made by hand."""
    return platform.post("/workflow", json={"name": "by hand", "workflow_json": "{}"}).json()["workflow_id"]


def workflow(**arguments):
    return lambda: comfy.comfydeploy.Workflow("it", **{**documents(20), "name": "by hand", **arguments}) and None


@pytest.mark.cli
def test_preview_says_what_an_adoption_will_change_and_writes_nothing(deploy, emulator, found):
    stack = deploy(workflow(adopt=found, description="ours"))
    emulator.clear_requests()

    result = stack.preview()

    line = f'adopts workflow {found}, and changes its `description` none -> "ours", `workflow`'
    assert line in "\n".join(result.messages("it"))
    assert {request.method for request in emulator.requests} == {"GET"}


def test_preview_says_when_it_is_adopted_as_it_is(deploy, platform):
    made = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    stack = deploy(lambda: comfy.comfydeploy.ServerlessMachine("it", name="m", gpu="T4", adopt=made) and None)

    result = stack.preview()

    assert f"adopts serverless machine {made}, as it is" in "\n".join(result.messages("it"))


def test_preview_refuses_to_adopt_what_does_not_exist(deploy, emulator):
    result = deploy(workflow(adopt="3f0d2a4e-6a52-4b0e-9c37-2f6f5b6d7e88")).preview(check=False)

    assert "this key sees no such object" in result.error
    assert "COMFY4003" in result.error


def test_preview_refuses_to_adopt_what_differs_in_what_the_platform_cannot_change(deploy, platform):
    machine = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    body = {"secret_name": "theirs", "machine_id": machine, "secret": [{"key": "A", "value": "b"}]}
    secret = platform.post("/machine/secret", json=body).json()["id"]

    def program():
        comfy.comfydeploy.Secret("it", name="ours", variables={"A": "b"}, machine_ids=[machine], adopt=secret)

    result = deploy(program).preview(check=False)

    assert "`name`" in result.error
    assert "cannot change" in result.error


def test_preview_of_an_adoption_works_while_what_it_needs_is_unknown(deploy, platform, emulator):
    machine = platform.post("/machine/serverless", json={"name": "m", "gpu": "T4"}).json()["id"]
    body = {"secret_name": "ours", "machine_id": machine, "secret": [{"key": "A", "value": "b"}]}
    secret = platform.post("/machine/secret", json=body).json()["id"]

    def program():
        new = comfy.comfydeploy.ServerlessMachine("new", gpu="T4")
        comfy.comfydeploy.Secret("it", name="ours", variables={"A": "c"}, machine_ids=[new.id], adopt=secret)

    stack = deploy(program)
    result = stack.preview()
    stack.up()

    assert f"adopts secret {secret}, and changes its `variables`" in "\n".join(result.messages("it"))
    (held,) = emulator.comfydeploy.dump(include_secrets=True)["secrets"]
    assert (held["id"], held["variables"]) == (secret, {"A": "c"})
    assert held["machine_ids"] == [stack.resource("new")["id"]]


def test_a_platform_that_cannot_be_asked_at_preview_is_a_warning(deploy, emulator, found):
    emulator.faults.add("GET", "/workflow/[^/]+", "status", status=500, times=None)

    result = deploy(workflow(adopt=found)).preview()

    assert "cannot tell what adopting" in "\n".join(result.messages("it"))


def test_after_the_adoption_nothing_is_asked_though_the_argument_stays(deploy, emulator, found):
    stack = deploy(workflow(adopt=found))
    stack.up()
    emulator.clear_requests()

    result = stack.up()

    assert result.operation("it").op == "same"
    assert emulator.requests == []


def test_an_adopted_deployment_is_proved_by_its_check(deploy, emulator, platform):
    def program(**arguments):
        workflow = comfy.comfydeploy.Workflow("portrait", **documents(20))
        machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4")
        comfy.comfydeploy.Deployment(
            "it",
            workflow_id=workflow.id,
            workflow_version_id=workflow.version_id,
            machine_id=machine.id,
            environment="staging",
            **arguments,
        )

    stack = deploy(program)
    stack.up()
    made = stack.resource("it")["id"]
    state = stack.state()
    kept = [entry for entry in state["deployment"]["resources"] if not entry["urn"].endswith("::it")]
    stack.import_state({**state, "deployment": {**state["deployment"], "resources": kept}})
    check = comfy.comfydeploy.InferenceCheckArgs(inputs={"prompt": "a cat"})

    stack.program = lambda: program(adopt=made, concurrency_limit=3, inference_check=check)
    stack.up()

    assert [run["status"] for run in emulator.comfydeploy.dump()["runs"]] == ["success"]
    assert emulator.comfydeploy.dump()["deployments"][0]["concurrency_limit"] == 3
