"""From one stack's state to the next one's platform: what is promoted is what serves there, on both engines."""

from __future__ import annotations

from functools import partial

import pytest
from programs import documents

import pulumi_comfy as comfy
from pulumi_comfy.promotion.pins import release_of
from pulumi_comfy.promotion.plan import plan
from pulumi_comfy.promotion.settings_file import read_pins, with_pins

pytestmark = [pytest.mark.cli, pytest.mark.apart]


def shared(steps):
    comfy.comfydeploy.Workflow("portrait", **documents(steps))


def environment(name, flow, version, python_version="3.11", prompt="a cat"):
    machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="L4", **comfy.pinned("gpu", python_version=python_version))
    comfy.comfydeploy.Deployment(
        "serving",
        workflow_id=flow,
        machine_id=machine.id,
        machine_build_digest=machine.build_digest,
        environment=name,
        inference_check=comfy.comfydeploy.InferenceCheckArgs(inputs={"prompt": prompt}),
        **comfy.pinned("serving", workflow_version_id=version),
    )


def released(stack, name):
    return release_of(stack.state(), stack=name)


@pytest.fixture
def versions(deploy):
    """The workflow's id and its two versions, of a stack that owns it."""
    owner = deploy(partial(shared, 20), stack="shared")
    owner.up()
    ids = []
    for steps in (20, 30):
        owner.program = partial(shared, steps)
        owner.up()
        rows = owner.state()["deployment"]["resources"]
        ids.append(next(row["outputs"]["versionId"] for row in rows if row["type"].endswith(":Workflow")))
    return next(row["id"] for row in rows if row["type"].endswith(":Workflow")), *ids


def serving(emulator, where):
    held = emulator.comfydeploy.dump()
    row = next(one for one in held["deployments"] if one["environment"] == where)
    return row["workflow_version_id"], next(one for one in held["machines"] if one["id"] == row["machine_id"])


def test_what_passed_in_staging_serves_in_production_whatever_its_program_would_take_by_itself(
    deploy, emulator, versions
):
    flow, first, second = versions
    staging = deploy(partial(environment, "staging", flow, first, python_version="3.12"), stack="staging")
    staging.up()

    decided = plan(released(staging, "staging"), release_of({}, stack="production"))
    text = with_pins("config:\n  comfy:inferenceChecks: on\n", decided.pins_after)
    production = deploy(
        partial(environment, "production", flow, second), stack="production", config={"comfy:pins": read_pins(text)}
    )
    production.up()

    version, machine = serving(emulator, "production")
    assert decided.refusals == []
    assert (version, machine["python_version"]) == (first, "3.12")
    again = plan(released(staging, "staging"), released(production, "production"), pins=read_pins(text))
    assert again.is_empty, again.text()


def test_a_version_that_was_not_checked_in_staging_is_refused_until_it_has_passed(deploy, versions):
    flow, first, second = versions
    stacks = {name: deploy(partial(environment, name, flow, first), stack=name) for name in ("staging", "production")}
    for stack in stacks.values():
        stack.up()
    staging = stacks["staging"]
    staging.program, staging.env["COMFY_INFERENCE_CHECKS"] = partial(environment, "staging", flow, second), "off"
    staging.up()

    unproved = plan(*(released(stack, name) for name, stack in stacks.items()))
    staging.env["COMFY_INFERENCE_CHECKS"] = "on"
    staging.up()
    proved = plan(*(released(stack, name) for name, stack in stacks.items()))

    assert [(one.code, one.name) for one in unproved.refusals] == [("COMFY5001", "serving")]
    assert f"the newest proof is of version {first}" in unproved.refusals[0].text
    assert proved.refusals == []
    (change,) = [one for one in proved.changes if one.kind == "changed"]
    assert change.words[0] == f"version {first} -> version {second}"


def test_an_environment_that_loses_its_machine_s_proof_by_a_rebuild_is_refused(deploy, versions):
    flow, first, _second = versions
    staging = deploy(partial(environment, "staging", flow, first), stack="staging")
    staging.up()
    staging.env["COMFY_INFERENCE_CHECKS"] = "off"
    staging.program = partial(environment, "staging", flow, first, python_version="3.12")
    staging.up()

    decided = plan(released(staging, "staging"), release_of({}, stack="production"))

    assert [(one.code, one.name) for one in decided.refusals] == [("COMFY5001", "gpu"), ("COMFY5001", "serving")]
