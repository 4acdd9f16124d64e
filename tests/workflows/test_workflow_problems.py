"""Everything that is wrong with a document at once, for a person who mends it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from test_workflow_parse import HOSTILE, JSON_VALUES, ODD_GRAPHS, ODD_PROMPTS
from workflow_documents import changed, make_graph, make_prompt, node

from pulumi_comfy.workflows import (
    Document,
    WorkflowError,
    find_secrets,
    hopeless_loop,
    output_node_ids,
    pair_problems,
    parse,
    parse_leniently,
    run_problems,
)

GRAPH = json.dumps(make_graph())


def test_a_sound_document_is_read_as_parse_reads_it():
    assert parse_leniently(GRAPH, json.dumps(make_prompt())) == (parse(GRAPH, json.dumps(make_prompt())), [])


def test_every_malformed_node_and_dangling_link_is_told():
    prompt = {
        "1": {"class_type": "A", "inputs": {"a": ["7", 0], "b": ["8", 0], "c": ["2", 0]}},
        "2": {"inputs": {}},
        "3": 5,
    }

    document, problems = parse_leniently(json.dumps(prompt))

    assert [problem.code for problem in problems] == ["bad-prompt", "bad-prompt", "dangling-link", "dangling-link"]
    assert document == Document(prompt={"1": prompt["1"]})


def test_a_malformed_graph_is_left_out_and_the_prompt_beside_it_read():
    graph = json.dumps({"nodes": [{}, {}, node(1, "A"), node(1, "A")], "links": [7]})

    document, problems = parse_leniently(graph, json.dumps(make_prompt()))

    assert [problem.code for problem in problems] == ["bad-graph"] * 4
    assert document == Document(prompt=make_prompt())


def test_a_link_that_dangles_can_be_compared_with_the_graph():
    prompt = changed(make_prompt(), lambda p: p["9"]["inputs"].update(images=["77", 0]))

    document, _ = parse_leniently(GRAPH, json.dumps(prompt))

    assert any("#77" in problem for problem in pair_problems(document))


@pytest.mark.parametrize("text", [text for text, _, _ in HOSTILE])
def test_what_parse_refuses_first_is_told_first(text: str):
    with pytest.raises(WorkflowError) as caught:
        parse(text)
    try:
        first = parse_leniently(text)[1][0]
    except WorkflowError as error:
        first = error

    assert (first.code, str(first)) == (caught.value.code, str(caught.value))


@pytest.mark.apart
@given(JSON_VALUES | ODD_GRAPHS | ODD_PROMPTS, ODD_PROMPTS)
def test_whatever_is_read_leniently_can_be_looked_at(value: object, prompt: object):
    try:
        document, _ = parse_leniently(json.dumps(value), json.dumps(prompt))
    except WorkflowError:
        return

    assert isinstance(find_secrets(document), list)
    assert isinstance(run_problems(document.prompt or {}), list)


@pytest.mark.parametrize(
    "kind", ["KSampler", "VAEDecode", "VAEDecodeTiled", "ImageScale", "LoraLoader", "CLIPTextEncode", "SamplerCustom"]
)
def test_a_class_that_hands_its_result_on_is_no_output_at_the_end_of_the_chain(kind: str):
    prompt = changed(make_prompt(), lambda p: p["9"].update(class_type=kind))

    assert output_node_ids(prompt) == []
    assert run_problems(prompt) == [
        "the prompt has no output node, so there is nothing to run; add one such as SaveImage"
    ]


def test_a_class_that_nobody_knows_may_be_an_output():
    assert run_problems(changed(make_prompt(), lambda p: p["9"].update(class_type="MaskPreview"))) == []


def test_a_loop_and_a_missing_output_are_both_told():
    assert len(run_problems({"3": {"class_type": "KSampler", "inputs": {"latent_image": ["3", 0]}}})) == 2


LOOP = {"3": {"class_type": "KSampler", "inputs": {"latent_image": ["3", 0]}}}
SAVES_LOOP = {"4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}}}
SAVES_OTHER = {
    "5": {"class_type": "LoadImage", "inputs": {}},
    "6": {"class_type": "SaveImage", "inputs": {"i": ["5", 0]}},
}
MAY_SAVE = {"5": {"class_type": "LoadImage", "inputs": {}}, "6": {"class_type": "Unheard", "inputs": {"i": ["5", 0]}}}


@pytest.mark.parametrize("prompt", [LOOP, LOOP | SAVES_LOOP])
def test_a_loop_that_every_output_needs_is_hopeless(prompt: dict[str, object]):
    assert hopeless_loop(prompt) == "nodes #3 -> #3 form a loop, which no output can do without"


@pytest.mark.parametrize("prompt", [SAVES_OTHER, LOOP | SAVES_OTHER, LOOP | SAVES_LOOP | MAY_SAVE])
def test_a_loop_beside_what_may_be_an_output_is_not_hopeless(prompt: dict[str, object]):
    assert hopeless_loop(prompt) == ""
