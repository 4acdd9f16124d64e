"""What a preview says of a changed workflow, from the server's own nodes (docs/platforms/comfyui.md 3)."""

from __future__ import annotations

import pytest
from comfyui_program import SIMPLE_PROMPT, make_graph, make_simple_graph

import pulumi_comfy as comfy


def asked(emulator):
    return [f"{one.method} {one.url_path}" for one in emulator.requests]


def test_what_a_check_would_fail_on_is_refused_in_the_preview_with_each_node(stack, program, comfyui):
    program.arguments.update(workflow=make_graph(model="nowhere.safetensors"), inference_check={})
    comfyui.settings.models = {"checkpoints": ["portrait.safetensors"]}

    result = stack.preview(check=False)

    assert 'CheckpointLoaderSimple #1: ckpt_name "nowhere.safetensors" is not on the server' in result.error
    assert comfyui.dump()["jobs"] == []


def test_without_a_check_it_is_warned_of_and_the_file_is_kept(stack, program, comfyui):
    program.arguments.update(workflow=make_simple_graph(_1="FromAPack"))

    result = stack.up()

    said = "\n".join(result.messages("portrait"))
    assert "the workflow does not run on this server as it is: FromAPack #1" in said
    assert comfyui.userdata.paths() == ["workflows/portrait.json"]


def test_an_override_of_a_node_that_there_is_not_is_refused_with_the_nearest(stack, program):
    program.arguments["inference_check"] = {"overrides": {"55": {"seed": 1}}}

    says = "inference_check.overrides: there is no node '55'; did you mean 5 (KSampler)?"
    assert says in stack.preview(check=False).error


def test_an_override_may_mend_what_the_file_names_and_the_server_lacks(stack, program, comfyui):
    program.arguments.update(
        workflow=make_graph(model="of-another-desk.safetensors"),
        inference_check={"overrides": {"1": {"ckpt_name": "portrait.safetensors"}}},
    )

    assert stack.up().ok


def test_a_server_that_is_off_is_said_in_one_line_and_fails_no_preview(comfy_stack, program):
    stack = comfy_stack(program.run, env={"COMFYUI_URL": "http://127.0.0.1:9", "PULUMI_COMFY_PACE": "0.01"})

    result = stack.preview()

    said = [line for line in result.messages("portrait") if line.startswith("not compared with what the platform has")]
    assert len(said) == 1
    assert "127.0.0.1:9 cannot be reached" in said[0]


@pytest.mark.parametrize("status", [403, 502])
def test_a_gateway_that_keeps_the_nodes_back_is_said_and_fails_no_preview(stack, emulator, status):
    emulator.faults.add("GET", ".*object_info.*", "status", status=status, times=None)

    result = stack.preview()

    said = [line for line in result.messages("portrait") if line.startswith("not compared with what the platform has")]
    assert len(said) == 1
    assert str(status) in said[0]


def test_an_unchanged_workflow_asks_nothing(stack, emulator):
    stack.up()
    emulator.clear_requests()

    stack.preview()

    assert emulator.requests == []


def test_the_servers_nodes_are_read_once_for_all_workflows(comfy_stack, emulator):
    def program() -> None:
        for name in ("a", "b", "c"):
            comfy.comfyui.Workflow(name, workflow=make_graph())

    comfy_stack(program).preview()

    assert asked(emulator).count("GET /object_info") == 1


@pytest.mark.parametrize("given", [{}, {"workflow": SIMPLE_PROMPT, "workflow_id": "workflows/a.json"}])
def test_a_check_by_itself_is_of_one_thing(comfy_stack, given):
    stack = comfy_stack(lambda: comfy.comfyui.InferenceCheck("it", **given) and None)

    assert "give one of `workflow_id` and `workflow`" in stack.preview(check=False).error


def test_a_graph_that_does_not_fit_the_servers_nodes_is_refused_with_node_and_widget(stack, program):
    graph = make_graph()
    graph["nodes"][4]["widgets_values"] = [7, "randomize", "four"]
    program.arguments.update(workflow=graph, inference_check={})

    error = stack.preview(check=False).error

    assert "KSampler #5" in error
    assert "workflow_api" in error


def in_two(declared):
    """A program with a workflow, and a check of it by itself."""

    def program() -> None:
        saved = comfy.comfyui.Workflow("portrait", workflow=declared["workflow"])
        expect = {"node_ids": [declared["node"]]}
        comfy.comfyui.InferenceCheck("check", workflow_id=saved.id, expect=expect, triggers=[declared["node"]])

    return program


def test_by_itself_a_node_that_is_to_have_an_output_and_is_not_there_is_refused_at_preview(comfy_stack, comfyui):
    declared = {"workflow": make_graph(), "node": "7"}
    stack = comfy_stack(in_two(declared), env={"PULUMI_COMFY_PACE": "0.05"})
    stack.up()
    declared["node"] = "77"

    refused = stack.preview(check=False)

    assert "expect.node_ids: there is no node '77'; did you mean 7 (SaveImage)?" in refused.error
    assert len(comfyui.dump()["jobs"]) == 1


def test_a_check_by_itself_is_held_against_what_its_workflow_is_about_to_be(comfy_stack, comfyui):
    declared = {"workflow": make_simple_graph(), "node": "2"}
    stack = comfy_stack(in_two(declared), env={"PULUMI_COMFY_PACE": "0.05"})
    stack.up()
    declared.update(workflow=make_graph(), node="7")

    assert stack.preview().ok
    assert stack.up().ok
    assert len(comfyui.dump()["jobs"]) == 2
