"""What a stack pins reaches the resource, and a program that does not take it is told so."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys

import pulumi
import pytest
from mocked_programs import run

import pulumi_comfy as comfy
from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.model import PROMOTED, fields_marked, wire_name, wire_names
from pulumi_comfy.core.platform import platform_of
from pulumi_comfy.sdk.pins import DIGESTS, _in_python

FLOW, OLD, NEW = (f"6d2b5f0e-1111-4222-8333-44445555666{n}" for n in range(3))
STEPS = [{"type": "custom-node", "data": {"url": "https://example.com/a", "install_type": "git-clone"}}]
KINDS = [handler for key in PLATFORMS for handler in platform_of(key).handlers.values()]


def deployment(name="portrait", **given):
    ids = {"workflow_id": FLOW, "machine_id": FLOW, "environment": "production"}
    return comfy.comfydeploy.Deployment(name, **ids, **given)


def config(**pins):
    return {"comfy:pins": json.dumps(pins)}


def failure(program, **pins):
    with pytest.raises(Exception, match="COMFY") as failed:
        run(program, config=config(**pins))
    return str(failed.value)


def test_of_a_refused_program_nothing_is_logged_in_the_midst_of_another_test(caplog):
    failure(lambda: deployment(workflow_version_id=asyncio.sleep(0, NEW)), portrait={"workflowVersionId": OLD})

    gc.collect()

    assert caplog.records == []


def test_without_a_pin_a_resource_takes_what_the_program_says():
    wire = run(lambda: deployment(**comfy.pinned("portrait", workflow_version_id=NEW)) and None)

    assert wire.inputs("portrait")["workflowVersionId"] == NEW


def test_with_a_pin_a_resource_takes_the_pin():
    def program():
        deployment(**comfy.pinned("portrait", workflow_version_id=pulumi.Output.from_input(NEW)))

    wire = run(program, config=config(portrait={"workflowVersionId": OLD, "digests": {"workflowDigest": "5f0c"}}))

    assert wire.inputs("portrait")["workflowVersionId"] == OLD
    assert "digests" not in wire.inputs("portrait")


def test_a_pin_is_whole_so_that_a_default_beside_it_plays_no_role():
    def program():
        given = comfy.pinned("gpu", python_version="3.13", extra_args="--fast")
        comfy.comfydeploy.ServerlessMachine("gpu", gpu="L4", **given)

    pin = {"pythonVersion": "3.12", "dockerCommandSteps": STEPS, "disableMetadata": True}
    inputs = run(program, config=config(gpu=pin)).inputs("gpu")

    assert {name: inputs[name] for name in pin} == pin
    assert "extraArgs" not in inputs


def test_another_resource_s_pin_changes_nothing():
    def program():
        deployment(**comfy.pinned("portrait", workflow_version_id=NEW))

    assert run(program, config=config(hero={"workflowVersionId": OLD})).inputs("portrait")["workflowVersionId"] == NEW


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"workflow_verson_id": 1}, "`workflow_verson_id` is nothing that is promoted: did you mean workflow_version"),
        ({"gpu": "L4"}, "`gpu` is nothing that is promoted; give it beside `pinned`. [COMFY1001]"),
    ],
)
def test_an_argument_that_is_not_promoted_is_refused_in_every_stack(given, said):
    assert said in failure(lambda: comfy.pinned("portrait", **given))


def test_a_misspelt_field_of_a_pin_is_told_with_the_nearest():
    said = failure(lambda: comfy.pinned("portrait"), portrait={"workflowVersonId": OLD})

    assert 'comfy:pins, "portrait": `workflow_verson_id` is nothing that is promoted: did you mean workflow' in said


def test_a_pin_of_another_kind_is_told():
    said = failure(lambda: comfy.pinned("portrait", python_version="3.12"), portrait={"workflowVersionId": OLD})

    assert "no resource has both" in said


@pytest.mark.parametrize("value", ["text", "[]", '{"portrait": "7a1c"}', "{"])
def test_pins_that_are_none_are_refused(value):
    with pytest.raises(Exception, match="COMFY1104"):
        run(lambda: comfy.pinned("portrait"), config={"comfy:pins": value})


def test_a_resource_that_is_not_given_its_pin_is_refused():
    said = failure(lambda: deployment(workflow_version_id=NEW), portrait={"workflowVersionId": OLD})

    assert 'Deployment "portrait": comfy:pins pins it, and the program gives it another `workflow_version_id`' in said
    assert said.endswith("[COMFY1105]")


def test_a_misspelt_name_is_told_by_the_resource_that_goes_without_its_pin():
    def program():
        deployment(**comfy.pinned("portrat", workflow_version_id=NEW))

    assert 'it asks `pinned` for "portrat"' in failure(program, portrait={"workflowVersionId": OLD})


@pytest.mark.parametrize("given", [pulumi.Output.from_input, lambda value: asyncio.sleep(0, value)])
def test_an_output_is_held_against_the_pin_when_it_is_known(given):
    def program(version):
        deployment(workflow_version_id=given(version))

    wire = run(lambda: program(OLD), config=config(portrait={"workflowVersionId": OLD}))

    assert wire.inputs("portrait")["workflowVersionId"] == OLD
    assert "COMFY1105" in failure(lambda: program(NEW), portrait={"workflowVersionId": OLD})


def test_a_pin_is_not_held_against_a_resource_of_another_kind_with_the_same_name():
    def program():
        deployment(**comfy.pinned("portrait", workflow_version_id=NEW))
        comfy.comfydeploy.ServerlessMachine("portrait", gpu="L4")

    run(program, config=config(portrait={"workflowVersionId": OLD}))


def test_nothing_is_held_against_a_resource_that_is_only_read():
    run(
        lambda: comfy.comfydeploy.Deployment.get("portrait", OLD) and None,
        config=config(portrait={"workflowVersionId": OLD}),
    )


def test_it_can_be_asked_where_no_engine_is():
    asked = "import pulumi_comfy as comfy; print(comfy.pinned('portrait', workflow_version='v1'))"

    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout

    assert told.strip() == "{'workflow_version': 'v1'}"


@pytest.mark.parametrize("handler", KINDS, ids=lambda handler: handler.token)
def test_no_input_has_the_name_under_which_a_pin_keeps_its_digests(handler):
    assert DIGESTS not in wire_names(handler.inputs_model)


@pytest.mark.parametrize("handler", KINDS, ids=lambda handler: handler.token)
def test_a_promoted_input_s_name_on_the_wire_leads_back_to_its_python_name(handler):
    promoted = fields_marked(handler.inputs_model, PROMOTED)

    assert {_in_python(wire_name(handler.inputs_model, name)) for name in promoted} == promoted
