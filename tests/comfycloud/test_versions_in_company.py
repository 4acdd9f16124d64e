"""Several versions of one workflow in one stack, and the workflow's own document beside them."""

from __future__ import annotations

import pytest
from comfycloud_program import graph, steps_of, versions

import pulumi_comfy as comfy


@pytest.fixture
def steps():
    """What the documents of workflow and versions hold."""
    return {"base": 20, "a": 30, "b": 40}


@pytest.fixture
def stack(comfy_stack, emulator, steps):
    def program() -> None:
        base = comfy.comfycloud.Workflow("base", workflow=graph(steps["base"]))
        for name in ("a", "b"):
            comfy.comfycloud.WorkflowVersion(name, workflow_id=base.id, workflow=graph(steps[name]))

    return comfy_stack(program, env={"PULUMI_COMFY_PACE": "0.05"})


def saved(cloud):
    return [steps_of(row["workflow_json"]) for row in versions(cloud)]


def test_two_versions_of_one_workflow_are_changed_in_one_up(stack, steps, cloud):
    stack.up()
    steps.update(a=31, b=41)

    stack.up()

    assert sorted(saved(cloud)[3:]) == [31, 41]
    assert stack.preview().changes == {}


def test_two_versions_exchange_their_documents_in_one_up(stack, steps, cloud):
    stack.up()
    steps.update(a=40, b=30)

    stack.up()

    assert set(saved(cloud)) == {20, 30, 40}
    assert stack.preview().changes == {}


def test_a_workflow_s_own_document_buries_no_version_of_the_stack_without_a_word(stack, steps, cloud):
    stack.up()
    steps["base"] = 21

    error = stack.up(check=False).error

    assert "COMFY4005" in error
    assert "also where a `WorkflowVersion` of this stack saved it" in error
    assert saved(cloud)[-1] != 21
