"""What a program does with the resource classes besides declaring."""

from __future__ import annotations

import pulumi
import pytest
from programs import documents

import pulumi_comfy as comfy

pytestmark = pytest.mark.apart


def test_a_subclass_keeps_the_token(deploy):
    class Mine(comfy.comfydeploy.Workflow):
        pass

    stack = deploy(lambda: Mine("portrait", **documents(20)) and None)
    stack.up()

    assert stack.resource("portrait")["type"] == "pulumi-python:comfydeploy:Workflow"


def test_get_reads_an_existing_object(deploy, emulator):
    def found():
        pulumi.export("id", comfy.comfydeploy.Workflow("base", **documents(20), description="found").id)

    workflow_id = deploy(found).up().outputs["id"]

    def program():
        found = comfy.comfydeploy.Workflow.get("found", workflow_id)
        pulumi.export("description", found.description)

    result = deploy(program, stack="reader").up()

    assert result.outputs["description"] == "found"
