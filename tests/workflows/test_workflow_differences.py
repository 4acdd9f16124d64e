"""The words for what changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from workflow_documents import (
    changed,
    document,
    graph_with_subgraph,
    make_graph,
    make_prompt,
    node,
    node_of,
    port,
    words,
)

from pulumi_comfy.workflows import describe_changes

Change = Callable[[Any], object]
LONG = "a castle in the mist, " * 10


def prompt_words(change: Change) -> list[str]:
    return words(document(prompt=make_prompt()), document(prompt=changed(make_prompt(), change)))


def graph_words(change: Change) -> list[str]:
    return words(document(make_graph()), document(changed(make_graph(), change)))


def inputs(prompt: dict[str, Any], node_id: str) -> dict[str, Any]:
    held: dict[str, Any] = prompt[node_id]["inputs"]
    return held


PROMPT_WORDS: list[tuple[Change, list[str]]] = [
    (lambda p: inputs(p, "3").update(steps=30), ["KSampler #3: steps 20 -> 30"]),
    (lambda p: inputs(p, "3").update(cfg=8.25), ["KSampler #3: cfg 7.5 -> 8.25"]),
    (lambda p: inputs(p, "3").update(denoise=True), ["KSampler #3: denoise 1 -> true"]),
    (lambda p: inputs(p, "3").update(denoise=None), ["KSampler #3: denoise 1 -> none"]),
    (
        lambda p: inputs(p, "4").update(ckpt_name="b.safetensors"),
        ['CheckpointLoaderSimple #4: ckpt_name "a.safetensors" -> "b.safetensors"'],
    ),
    (
        lambda p: inputs(p, "1").update(default_value="x\ny"),
        [r'ComfyUIDeployExternalText #1: default_value "a cat" -> "x\ny"'],
    ),
    (lambda p: inputs(p, "3").update(extra=[1]), ["KSampler #3: extra set to [1]"]),
    (lambda p: inputs(p, "3").pop("steps"), ["KSampler #3: steps no longer set (was 20)"]),
    (lambda p: inputs(p, "3").update(steps=["5", 0]), ["KSampler #3: steps now from EmptyLatentImage #5 (was 20)"]),
    (lambda p: inputs(p, "3").update(extra=["5", 0]), ["KSampler #3: extra now from EmptyLatentImage #5"]),
    (
        lambda p: inputs(p, "6").update(text="a dog"),
        ['CLIPTextEncode #6: text now "a dog" (was from ComfyUIDeployExternalText #1)'],
    ),
    (
        lambda p: inputs(p, "6").pop("clip"),
        ["CLIPTextEncode #6: clip no longer linked (was CheckpointLoaderSimple #4)"],
    ),
    (
        lambda p: inputs(p, "8").update(samples=["5", 0]),
        ["VAEDecode #8: samples now from EmptyLatentImage #5 (was KSampler #3)"],
    ),
    (
        lambda p: inputs(p, "8").update(vae=["4", 1]),
        ["VAEDecode #8: vae now from CheckpointLoaderSimple #4 output 1 (was CheckpointLoaderSimple #4 output 2)"],
    ),
    (lambda p: p.update({"10": {"class_type": "LoraLoader", "inputs": {}}}), ["added LoraLoader #10"]),
    (lambda p: p.pop("9"), ["removed SaveImage #9"]),
    (lambda p: p["3"].update(class_type="KSamplerX"), ["KSampler #3 replaced by KSamplerX"]),
]


@pytest.mark.parametrize(("change", "expected"), PROMPT_WORDS)
def test_a_change_of_the_prompt_in_words(change: Change, expected: list[str]):
    assert prompt_words(change) == expected


def test_nodes_are_told_in_the_order_of_their_numbers():
    def change(prompt: Any) -> None:
        prompt["10"] = {"class_type": "A", "inputs": {}}
        prompt["3:2"] = {"class_type": "B", "inputs": {}}
        prompt["x"] = {"class_type": "C", "inputs": {}}
        inputs(prompt, "9")["filename_prefix"] = "y"

    assert prompt_words(change) == [
        "added B #3:2",
        'SaveImage #9: filename_prefix "x" -> "y"',
        "added A #10",
        "added C #x",
    ]


GRAPH_WORDS: list[tuple[Change, list[str]]] = [
    (lambda g: node_of(g, 3)["widgets_values"].__setitem__(2, 30), ["KSampler #3: steps 20 -> 30"]),
    (lambda g: node_of(g, 3).update(mode=2), ["KSampler #3: muted"]),
    (lambda g: node_of(g, 3).update(mode=4), ["KSampler #3: bypassed"]),
    (lambda g: node_of(g, 3).update(mode=3), ["KSampler #3: in mode 3"]),
    (lambda g: node_of(g, 3).update(mode="on"), ['KSampler #3: in mode "on"']),
    (lambda g: g["nodes"].append(node(10, "LoraLoader", mode=4)), ["added LoraLoader #10 (bypassed)"]),
    (
        lambda g: g["links"][6].__setitem__(1, 5),
        ["VAEDecode #8: samples now from EmptyLatentImage #5 (was KSampler #3)"],
    ),
    (
        lambda g: node_of(g, 6)["widgets_values"].__setitem__(0, "a dog"),
        ['CLIPTextEncode #6: text "a cat" -> "a dog", unused while linked'],
    ),
    (
        lambda g: node_of(g, 6)["inputs"].pop(1),
        ['CLIPTextEncode #6: text now "a cat" (was from ComfyUIDeployExternalText #1)'],
    ),
    (
        lambda g: node_of(g, 4).update(properties={"models": [{"name": "a"}]}),
        ["CheckpointLoaderSimple #4: declared models changed"],
    ),
    (lambda g: g.update(models=[{"name": "a"}]), ["declared models changed"]),
    (lambda g: g["extra"].update(linearMode=True), ["app view changed"]),
    (lambda g: g["extra"].update(groupNodes={"a": {"nodes": [], "links": []}}), ["group nodes changed"]),
]


@pytest.mark.parametrize(("change", "expected"), GRAPH_WORDS)
def test_a_change_of_the_graph_in_words(change: Change, expected: list[str]):
    assert graph_words(change) == expected


def test_a_node_switched_on_again_is_told():
    muted = changed(make_graph(), lambda g: node_of(g, 3).update(mode=2))

    assert words(document(muted), document(make_graph())) == ["KSampler #3: active again (was muted)"]


def test_a_seed_that_is_fixed_is_told():
    before, after = document(make_graph(control="randomize")), document(make_graph(control="fixed"))

    assert words(before, after) == [
        "KSampler #3: seed now 5 (was rewritten after each run)",
        'KSampler #3: control_after_generate "randomize" -> "fixed"',
    ]


def test_a_seed_that_is_set_free_is_told():
    before, after = document(make_graph(control="fixed")), document(make_graph(control="randomize"))

    assert "KSampler #3: seed now rewritten after each run (was 5)" in words(before, after)


def test_what_graph_and_prompt_both_say_is_said_once():
    graph = changed(make_graph(), lambda g: node_of(g, 3)["widgets_values"].__setitem__(2, 30))
    prompt = changed(make_prompt(), lambda p: inputs(p, "3").update(steps=30))

    assert words(document(make_graph(), make_prompt()), document(graph, prompt)) == ["KSampler #3: steps 20 -> 30"]


def test_a_bypassed_node_is_not_called_removed():
    graph = changed(make_graph(), lambda g: node_of(g, 9).update(mode=4))
    prompt = changed(make_prompt(), lambda p: p.pop("9"))

    assert words(document(make_graph(), make_prompt()), document(graph, prompt)) == ["SaveImage #9: bypassed"]


def test_a_prompt_that_joins_the_graph_is_told():
    before, after = document(make_graph()), document(make_graph(), make_prompt())

    assert words(before, after) == ["added the API prompt"]


def test_a_change_of_format_is_told():
    before, after = document(make_graph()), document(prompt=make_prompt())

    assert words(before, after) == ["added the API prompt", "removed the editor's graph"]


def test_a_change_without_a_name_is_not_passed_over():
    before = changed(make_graph(), lambda g: g["extra"].update(linearMode=1))
    after = changed(make_graph(), lambda g: g["extra"].update(linearMode=True))

    assert words(document(before), document(after)) == ["settings of the workflow that have no name changed"]


def test_equal_objects_in_another_order_are_not_told():
    before = changed(make_prompt(), lambda p: inputs(p, "3").update(extra={"a": 1, "b": 2}))
    after = changed(make_prompt(), lambda p: inputs(p, "3").update(extra={"b": 2, "a": 1}, steps=1))

    assert words(document(prompt=before), document(prompt=after)) == ["KSampler #3: steps 20 -> 1"]


def test_a_class_change_is_not_repeated_by_those_it_feeds():
    told = prompt_words(lambda p: p["4"].update(class_type="OtherLoader"))

    assert told == ["CheckpointLoaderSimple #4 replaced by OtherLoader"]


# Length


def test_long_texts_are_cut_around_the_first_difference():
    before = document(prompt=changed(make_prompt(), lambda p: inputs(p, "1").update(default_value=LONG + "red" + LONG)))
    after = document(prompt=changed(make_prompt(), lambda p: inputs(p, "1").update(default_value=LONG + "blue" + LONG)))

    (line,) = words(before, after)

    assert "mist, red" in line
    assert "mist, blue" in line
    assert len(line) < 220


def test_a_long_text_that_grows_shows_its_end():
    before = document(prompt=changed(make_prompt(), lambda p: inputs(p, "1").update(default_value=LONG)))
    after = document(prompt=changed(make_prompt(), lambda p: inputs(p, "1").update(default_value=LONG + "again")))

    assert words(before, after)[0].endswith('again"')


def test_a_long_list_of_changes_is_capped():
    def change(prompt: Any) -> None:
        prompt.update({str(number): {"class_type": "X", "inputs": {}} for number in range(100, 130)})

    told = describe_changes(document(prompt=make_prompt()), document(prompt=changed(make_prompt(), change)), limit=5)

    assert told[-2:] == ["added X #104", "... and 25 more"]


# Secrets


@pytest.mark.parametrize(
    ("name", "value"),
    [("api_key", "plain"), ("text", "hf_" + "a" * 20), ("more", {"token": "x"}), ("url", "https://u:p@host/x")],
)
def test_a_credential_is_never_shown(name: str, value: Any):
    told = prompt_words(lambda p: inputs(p, "3").update({name: value}))

    assert told == [f"KSampler #3: {name} changed (value hidden)"]


def test_a_credential_that_goes_is_not_shown_either():
    before = changed(make_prompt(), lambda p: inputs(p, "3").update(api_key="plain"))

    assert words(document(prompt=before), document(prompt=make_prompt())) == [
        "KSampler #3: api_key changed (value hidden)"
    ]


def test_the_default_of_a_secret_input_is_not_shown():
    before = changed(make_prompt(), lambda p: inputs(p, "1").update(input_id="api_key", default_value="old"))
    after = changed(make_prompt(), lambda p: inputs(p, "1").update(default_value="new"))

    told = words(document(prompt=before), document(prompt=after))

    assert told == [
        'ComfyUIDeployExternalText #1: input_id "api_key" -> "prompt"',
        "ComfyUIDeployExternalText #1: default_value changed (value hidden)",
    ]


# Names of widgets


def lone(kind: str, widgets: Any, *ports: Any) -> dict[str, Any]:
    return {"nodes": [node(1, kind, *ports, widgets=widgets)], "links": []}


def test_widgets_of_an_unknown_class_are_numbered():
    assert words(document(lone("Odd", (1, "a"))), document(lone("Odd", (1, "b")))) == ['Odd #1: widget 2 "a" -> "b"']


def test_a_node_names_its_own_widgets():
    ports = (port("model"), port("dice", widget=True), port("sides", widget=True))

    told = words(document(lone("Odd", (1, "fixed", 6), *ports)), document(lone("Odd", (1, "fixed", 8), *ports)))

    assert told == ["Odd #1: sides 6 -> 8"]


def test_the_prompt_names_the_widgets_of_the_graph():
    def made(sides: int) -> Any:
        prompt = {"1": {"class_type": "Odd", "inputs": {"dice": 1, "sides": sides}}}
        return document(lone("Odd", (1, "fixed", sides)), prompt)

    assert words(made(6), made(8)) == ["Odd #1: sides 6 -> 8"]


@pytest.mark.parametrize("twin", [{"dice": 3, "sides": 6}, {"sides": 6}], ids=["other values", "other count"])
def test_a_prompt_that_does_not_agree_names_nothing(twin: dict[str, int]):
    prompt = {"1": {"class_type": "Odd", "inputs": twin}}
    before, after = (document(lone("Odd", (1, sides)), prompt) for sides in (6, 8))

    assert words(before, after) == ["Odd #1: widget 2 6 -> 8"]


def test_a_prompt_node_of_another_class_names_nothing():
    prompt = {"1": {"class_type": "Other", "inputs": {"dice": 1}}}

    assert words(document(lone("Odd", (1,)), prompt), document(lone("Odd", (2,)), prompt)) == [
        "Odd #1: widget 1 1 -> 2"
    ]


def test_a_sampler_saved_without_a_control_is_still_named():
    before, after = (document(lone("KSampler", (5, steps, 7.5, "euler", "normal", 1))) for steps in (20, 30))

    assert words(before, after) == ["KSampler #1: steps 20 -> 30"]


def test_widgets_beyond_the_known_names_are_numbered():
    before, after = (document(lone("SaveImage", ("x", last))) for last in (1, 2))

    assert words(before, after) == ["SaveImage #1: widget 2 1 -> 2"]


def test_widgets_by_name_need_no_names():
    before, after = (document(lone("VHS_VideoCombine", {"fps": fps})) for fps in (8, 12))

    assert words(before, after) == ["VHS_VideoCombine #1: fps 8 -> 12"]


def test_two_widgets_of_one_name_are_both_told():
    ports = (port("a", widget=True), port("a", widget=True))
    before, after = (document(lone("Odd", (value, value), *ports)) for value in (1, 2))

    assert words(before, after) == ["Odd #1: a 1 -> 2", "Odd #1: widget 2 1 -> 2"]


# Subgraphs


def subgraph_words(change: Change) -> list[str]:
    after = changed(graph_with_subgraph(), lambda graph: change(graph["definitions"]["subgraphs"][0]))
    return words(document(graph_with_subgraph()), document(after))


SUBGRAPH_WORDS: list[tuple[Change, list[str]]] = [
    (lambda s: s["nodes"][0]["widgets_values"].__setitem__(2, 30), ['subgraph "Refine": KSampler #2: steps 20 -> 30']),
    (
        lambda s: s["links"][0].update(origin_slot=1),
        [
            'subgraph "Refine": KSampler #2: model now from '
            "the subgraph's input latent (was the subgraph's input model)"
        ],
    ),
    (
        lambda s: s["links"][2].update(origin_slot=1),
        ['subgraph "Refine": outputs: samples now from KSampler #2 output 1 (was KSampler #2 output 0)'],
    ),
    (lambda s: s["links"].pop(2), ['subgraph "Refine": outputs: samples no longer linked (was KSampler #2)']),
    (lambda s: s["inputs"].append({"name": "more"}), ['subgraph "Refine": its inputs changed']),
    (lambda s: s.update(id="cccc"), ['removed subgraph "Refine"']),  # no node is an instance of it
]


@pytest.mark.parametrize(("change", "expected"), SUBGRAPH_WORDS)
def test_a_change_in_a_subgraph_in_words(change: Change, expected: list[str]):
    assert sorted(subgraph_words(change)) == expected


def test_an_instance_of_a_subgraph_goes_by_its_name():
    after = changed(graph_with_subgraph(), lambda graph: node_of(graph, 20).update(mode=4))

    assert words(document(graph_with_subgraph()), document(after)) == ["Refine #20: bypassed"]


def test_a_change_in_a_subgraph_of_a_subgraph_is_told():
    def made(steps: int) -> Any:
        graph = graph_with_subgraph()
        inner = {"id": "inner", "nodes": [node(1, "Odd", widgets=(steps,))], "links": []}
        outer = graph["definitions"]["subgraphs"][0]
        outer["nodes"].append(node(30, "inner"))
        outer["definitions"] = {"subgraphs": [inner]}
        return document(graph)

    assert words(made(1), made(2)) == ['subgraph "Refine": subgraph "inner": Odd #1: widget 1 1 -> 2']
