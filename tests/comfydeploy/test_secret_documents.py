"""A document that the program marks as secret: Pulumi does not tell the provider so, which must not tell of it."""

from __future__ import annotations

import pulumi
import pytest
from programs import Service

import pulumi_comfy as comfy

pytestmark = [pytest.mark.apart, pytest.mark.comfy_fresh_processes]


def declare_secret_document(kind, text, wrap=pulumi.Output.secret):
    """A workflow, or a version of one, whose document is secret and holds `text`."""
    prompt = Service().documents()[1]
    prompt["5"]["inputs"]["text"] = text
    if kind == "Workflow":
        comfy.comfydeploy.Workflow("it", workflow=wrap(prompt))
    else:
        base = comfy.comfydeploy.Workflow("base", workflow=Service().documents()[1])
        comfy.comfydeploy.WorkflowVersion("it", workflow_id=base.id, workflow=wrap(prompt))


@pytest.mark.cli
@pytest.mark.parametrize("kind", ["Workflow", "WorkflowVersion"])
def test_the_preview_of_a_secret_document_does_not_say_what_changed(deploy, kind):
    text = ["canary-one"]
    stack = deploy(lambda: declare_secret_document(kind, text[0]))
    stack.up()

    text[0] = "canary-two"
    result = stack.preview()

    assert any("the document changed; it is secret" in line for line in result.messages("it"))
    assert "canary" not in "\n".join(diagnostic.message for diagnostic in result.diagnostics)


def test_a_document_that_is_secret_no_more_is_not_compared_with_the_secret_one(deploy):
    wrap = [pulumi.Output.secret]
    text = ["canary-one"]
    stack = deploy(lambda: declare_secret_document("Workflow", text[0], wrap[0]))
    stack.up()

    wrap[0], text[0] = pulumi.Output.from_input, "plain"
    result = stack.preview()

    assert "canary" not in "\n".join(diagnostic.message for diagnostic in result.diagnostics)


def test_a_secret_document_that_does_not_change_is_none_after_a_refresh(deploy):
    stack = deploy(lambda: declare_secret_document("Workflow", "canary-one"))
    stack.up()

    stack.refresh()

    assert stack.preview().changes == {}


def test_where_a_secret_graph_and_its_prompt_disagree_is_not_said(deploy):
    graph, prompt = Service().documents()
    prompt["7"]["inputs"]["sampler_name"] = "canary"

    def program():
        comfy.comfydeploy.Workflow("it", workflow=pulumi.Output.secret(graph), workflow_api=prompt)

    result = deploy(program).preview()

    assert "disagree: the document is secret" in "\n".join(result.messages("it"))
    assert "canary" not in "\n".join(diagnostic.message for diagnostic in result.diagnostics)


def test_an_older_state_s_mark_of_a_secret_document_is_still_understood(deploy, emulator):
    stack = deploy(lambda: declare_secret_document("Workflow", "canary-one"), env={"PULUMI_COMFY_LOG": "debug"})
    stack.up()
    state = stack.state()
    (it,) = [entry for entry in state["deployment"]["resources"] if entry["urn"].endswith("::it")]
    it["inputs"].pop("__secrets")
    it["inputs"]["__secretDocument"] = True
    stack.import_state(state)
    emulator.faults.add("GET", "/workflow/{workflow_id}", "status", status=400, body={"detail": "it is canary-one"})

    result = stack.refresh(check=False)

    assert "it is [secret]" in result.error
