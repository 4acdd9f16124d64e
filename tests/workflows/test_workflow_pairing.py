"""Whether graph and prompt of one document agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from workflow_documents import changed, document, graph_with_subgraph, make_graph, make_prompt, node, node_of, port

from pulumi_comfy.workflows import pair_problems

Change = Callable[[Any], object]
ARROW = ", from the graph to the API prompt: "


def test_an_exported_pair_agrees():
    assert pair_problems(document(make_graph(), make_prompt())) == []


@pytest.mark.parametrize("alone", [document(make_graph()), document(prompt=make_prompt())], ids=["graph", "prompt"])
def test_a_single_document_agrees_with_itself(alone: Any):
    assert pair_problems(alone) == []


DISAGREEMENTS: list[tuple[Change, list[str]]] = [
    (lambda p: p["3"]["inputs"].update(steps=30), [f"KSampler #3{ARROW}steps 20 -> 30"]),
    (
        lambda p: p["6"]["inputs"].update(text="a dog"),
        [f'CLIPTextEncode #6{ARROW}text now "a dog" (was from ComfyUIDeployExternalText #1)'],
    ),
    (
        lambda p: p["8"]["inputs"].update(samples=["5", 0]),
        [f"VAEDecode #8{ARROW}samples now from EmptyLatentImage #5 (was KSampler #3)"],
    ),
    (
        lambda p: p["8"]["inputs"].pop("vae"),
        [f"VAEDecode #8{ARROW}vae no longer linked (was CheckpointLoaderSimple #4)"],
    ),
    (
        lambda p: p["8"]["inputs"].update(extra=["5", 0]),
        ["VAEDecode #8: its input extra is linked in the API prompt and not in the graph"],
    ),
    (lambda p: p["3"].update(class_type="KSamplerX"), ["KSampler #3 of the graph is KSamplerX in the API prompt"]),
    (lambda p: p.pop("9"), ["SaveImage #9 is in the graph and not in the API prompt"]),
    (lambda p: p.update({"30": p["9"]}), ["SaveImage #30 is in the API prompt and not in the graph"]),
]


@pytest.mark.parametrize(("change", "expected"), DISAGREEMENTS)
def test_a_disagreement_is_told(change: Change, expected: list[str]):
    assert pair_problems(document(make_graph(), changed(make_prompt(), change))) == expected


def test_a_node_switched_off_in_the_graph_only_is_told():
    graph = changed(make_graph(), lambda g: node_of(g, 9).update(mode=2))

    assert pair_problems(document(graph, make_prompt())) == [
        "SaveImage #9 is in the API prompt and switched off in the graph"
    ]


def test_a_seed_that_the_editor_rewrites_need_not_agree():
    assert pair_problems(document(make_graph(control="randomize", seed=77), make_prompt())) == []


def test_a_fixed_seed_must_agree():
    assert pair_problems(document(make_graph(seed=77), make_prompt())) == [f"KSampler #3{ARROW}seed 77 -> 5"]


def test_widgets_that_the_prompt_does_not_hold_are_left_alone():
    prompt = changed(make_prompt(), lambda p: p["3"]["inputs"].pop("steps"))

    assert pair_problems(document(make_graph(), prompt)) == []


def test_list_values_are_unwrapped():
    graph = {"nodes": [node(1, "Odd", widgets={"sizes": [1, 2]})], "links": []}
    prompt = {"1": {"class_type": "Odd", "inputs": {"sizes": {"__value__": [1.0, 2.0]}}}}

    assert pair_problems(document(graph, prompt)) == []


def test_inputs_of_bypassed_nodes_are_left_to_the_editor():
    def bypass(graph: Any) -> None:
        graph["nodes"].append(node(10, "LoraLoader", port("model", 20), mode=4))
        graph["links"].append([20, 4, 0, 10, 0, "MODEL"])
        graph["links"][0][1] = 10

    assert pair_problems(document(changed(make_graph(), bypass), make_prompt())) == []


def test_primitives_are_left_to_the_editor():
    def feed(graph: Any) -> None:
        graph["nodes"].append(node(50, "PrimitiveNode", widgets=(30, "fixed")))
        graph["links"].append([50, 50, 0, 3, 4, "INT"])
        node_of(graph, 3)["inputs"].append(port("steps", 50, widget=True))

    prompt = changed(make_prompt(), lambda p: p["3"]["inputs"].update(steps=30))

    assert pair_problems(document(changed(make_graph(), feed), prompt)) == []


def test_subgraphs_are_left_to_the_editor():
    prompt = {**make_prompt(), "20:2": {"class_type": "KSampler", "inputs": {}}}

    assert pair_problems(document(graph_with_subgraph(), prompt)) == []
