"""The canonical form: what changes the digest and what does not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workflow_documents import (
    BIG_SEED,
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

from pulumi_comfy.workflows import canonical

Change = Callable[[Any], object]


def put(target: Any, *path: Any) -> None:
    """Set the value at a path: the last of the arguments at the place the others lead to."""
    *keys, last, value = path
    for key in keys:
        target = target[key]
    target[last] = value


def through_a_reroute(graph: dict[str, Any]) -> None:
    graph["nodes"].append(node(30, "Reroute", port("", 20)))
    graph["links"] = [[21, 30, 0, 3, 0, "MODEL"] if link[0] == 1 else link for link in graph["links"]]
    graph["links"].append([20, 4, 0, 30, 0, "*"])
    node_of(graph, 3)["inputs"][0]["link"] = 21


def renumber_links(graph: dict[str, Any]) -> None:
    for link in graph["links"]:
        link[0] += 100
    for each in graph["nodes"]:
        for entry in each["inputs"]:
            if entry["link"] is not None:
                entry["link"] += 100


def links_as_objects(graph: dict[str, Any]) -> None:
    keys = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    graph["links"] = [dict(zip(keys, link, strict=True)) for link in graph["links"]]


def drop_an_unlinked_slot(graph: dict[str, Any]) -> None:
    inputs = node_of(graph, 6)["inputs"]
    inputs.insert(0, port("unused", widget=True))
    for link in graph["links"]:
        link[4] += link[3] == 6


def spell_positions_as_objects(graph: dict[str, Any]) -> None:
    for each in graph["nodes"]:
        each["pos"] = {"0": each["pos"][0], "1": each["pos"][1]}


COSMETIC: dict[str, Change] = {
    "through a reroute": through_a_reroute,
    "links renumbered": renumber_links,
    "an unlinked slot": drop_an_unlinked_slot,
    "moved": lambda g: put(g, "nodes", 1, "pos", [900, -3.5]),
    "resized": lambda g: put(g, "nodes", 1, "size", {"0": 1, "1": 2}),
    "positions spelled otherwise": spell_positions_as_objects,
    "coloured": lambda g: g["nodes"][1].update(color="#111", bgcolor="#222", shape=2, showAdvanced=True),
    "collapsed": lambda g: put(g, "nodes", 1, "flags", {"collapsed": True}),
    "retitled": lambda g: put(g, "nodes", 1, "title", "My sampler"),
    "other order": lambda g: put(g, "nodes", 1, "order", 99),
    "editor properties": lambda g: put(g, "nodes", 1, "properties", {"ver": "1", "Node name for S&R": "KSampler"}),
    "grouped": lambda g: put(g, "groups", [{"title": "A", "bounding": [0, 0, 1, 1]}]),
    "viewport": lambda g: put(g, "extra", {"ds": {"scale": 2}, "frontendVersion": "9", "node_versions": {}}),
    "no extra": lambda g: g.pop("extra"),
    "app view off": lambda g: g["extra"].update(linearMode=False, linearData=None),
    "no group nodes": lambda g: put(g, "extra", "groupNodes", {}),
    "editor version": lambda g: g.update(version=1, revision=7, id="0000", state={"lastNodeId": 5}),
    "counters": lambda g: g.update(last_node_id=500, last_link_id=900),
    "nodes in other order": lambda g: g["nodes"].reverse(),
    "links in other order": lambda g: g["links"].reverse(),
    "links as objects": links_as_objects,
    "slot numbers as texts": lambda g: put(g, "links", [[*link[:2], str(link[2]), *link[3:]] for link in g["links"]]),
    "a removed link left as null": lambda g: g["links"].append(None),
    "a link that no input refers to": lambda g: g["links"].append([77, 4, 0, 3, 0, "MODEL"]),
    "a link to a node that is gone": lambda g: g["links"].append([78, 400, 0, 300, 0, "MODEL"]),
    "an input whose link is gone": lambda g: g["nodes"][4]["inputs"].append(port("extra", 999)),
    "output decoration": lambda g: put(g, "nodes", 1, "outputs", [{"name": "X", "links": [4], "slot_index": 0}]),
    "a note": lambda g: g["nodes"].append(node(40, "Note", widgets=("remember",))),
    "a markdown note": lambda g: g["nodes"].append(node(41, "MarkdownNote", widgets=("# remember",))),
    "comfydeploy's panel": lambda g: g["nodes"].append(node(42, "ComfyDeploy", widgets=("portrait", "id", "7"))),
    "an unused reroute": lambda g: g["nodes"].append(node(43, "Reroute", port("", None))),
    "numbers with a point": lambda g: put(g, "nodes", 1, "widgets_values", 6, 1.0),
    "ids as texts": lambda g: put(g, "nodes", 1, "id", "3"),
    "no mode": lambda g: g["nodes"][1].pop("mode"),
    "no widgets": lambda g: g["nodes"][5].pop("widgets_values"),
    "null widgets": lambda g: put(g, "nodes", 5, "widgets_values", None),
    "odd models": lambda g: put(g, "nodes", 1, "properties", {"models": [{}, 5]}),
}

SEMANTIC: dict[str, Change] = {
    "a widget": lambda g: put(g, "nodes", 1, "widgets_values", 2, 30),
    "a text": lambda g: put(g, "nodes", 0, "widgets_values", 1, "a dog"),
    "a fixed seed": lambda g: put(g, "nodes", 1, "widgets_values", 0, 6),
    "the control": lambda g: put(g, "nodes", 1, "widgets_values", 1, "randomize"),
    "true for 1": lambda g: put(g, "nodes", 1, "widgets_values", 6, True),
    "widgets by name": lambda g: put(g, "nodes", 3, "widgets_values", {"width": 64}),
    "fewer widgets": lambda g: g["nodes"][3]["widgets_values"].pop(),
    "muted": lambda g: put(g, "nodes", 1, "mode", 2),
    "bypassed": lambda g: put(g, "nodes", 1, "mode", 4),
    "class": lambda g: put(g, "nodes", 1, "type", "KSamplerX"),
    "id": lambda g: put(g, "nodes", 6, "id", 90),
    "a node more": lambda g: g["nodes"].append(node(40, "LoraLoader")),
    "a node less": lambda g: g["nodes"].pop(0),
    "another origin": lambda g: put(g, "links", 1, 1, 5),
    "another output": lambda g: put(g, "links", 7, 2, 1),
    "another input": lambda g: put(g, "nodes", 1, "inputs", 0, "name", "model_2"),
    "unlinked": lambda g: put(g, "nodes", 1, "inputs", 0, "link", None),
    "link removed": lambda g: g["links"].pop(0),
    "declared model": lambda g: put(g, "nodes", 2, "properties", {"models": [{"name": "a", "url": "u"}]}),
    "root model": lambda g: put(g, "models", [{"name": "a", "url": "u", "directory": "loras"}]),
    "app view": lambda g: g["extra"].update(linearMode=True, linearData={"inputs": [[3, "steps"]], "outputs": [9]}),
    "group nodes": lambda g: put(g, "extra", "groupNodes", {"pair": {"nodes": [{"type": "KSampler"}], "links": []}}),
    "odd group nodes": lambda g: put(g, "extra", "groupNodes", {"pair": 5}),
    "subgraph": lambda g: (
        g["nodes"].append(node(30, "x")),
        put(g, "definitions", {"subgraphs": [{"id": "x", "nodes": [], "links": []}]}),
    ),
}

PROMPT_COSMETIC: dict[str, Change] = {
    "title": lambda p: put(p, "3", "_meta", {"title": "Other"}),
    "no title": lambda p: p["3"].pop("_meta"),
    "cache key": lambda p: put(p, "3", "is_changed", ["x"]),
    "number with a point": lambda p: put(p, "3", "inputs", "steps", 20.0),
    "nodes in other order": lambda p: [p.update({key: p.pop(key)}) for key in sorted(p, reverse=True)],
    "inputs in other order": lambda p: put(p, "3", "inputs", dict(reversed(p["3"]["inputs"].items()))),
}

PROMPT_SEMANTIC: dict[str, Change] = {
    "value": lambda p: put(p, "3", "inputs", "steps", 30),
    "seed": lambda p: put(p, "3", "inputs", "seed", 6),
    "big seed by one": lambda p: put(p, "3", "inputs", "seed", BIG_SEED),
    "link": lambda p: put(p, "3", "inputs", "positive", ["1", 0]),
    "slot": lambda p: put(p, "8", "inputs", "vae", ["4", 1]),
    "slot with a point, which no server reads": lambda p: put(p, "8", "inputs", "vae", ["4", 2.0]),
    "link id as number, which no server reads": lambda p: put(p, "8", "inputs", "vae", [4, 2]),
    "class": lambda p: put(p, "3", "class_type", "KSamplerX"),
    "input more": lambda p: put(p, "3", "inputs", "extra", None),
    "input less": lambda p: p["3"]["inputs"].pop("steps"),
    "node more": lambda p: put(p, "40", {"class_type": "X", "inputs": {}}),
    "node less": lambda p: p.pop("9"),
    "node renamed": lambda p: put(p, "90", p.pop("9")),
    "a list for a link": lambda p: put(p, "8", "inputs", "vae", {"__value__": ["4", 2]}),
}


@pytest.mark.parametrize("name", COSMETIC)
def test_a_cosmetic_change_of_the_graph_keeps_the_digest(name: str):
    before, after = document(make_graph()), document(changed(make_graph(), COSMETIC[name]))

    assert words(before, after) == []


@pytest.mark.parametrize("name", COSMETIC)
def test_the_cosmetic_change_changed_the_document(name: str):
    assert changed(make_graph(), COSMETIC[name]) != make_graph() or name == "numbers with a point"


@pytest.mark.parametrize("name", SEMANTIC)
def test_a_change_of_the_graph_that_matters_is_told(name: str):
    before, after = document(make_graph()), document(changed(make_graph(), SEMANTIC[name]))

    assert words(before, after) != []


@pytest.mark.parametrize("name", PROMPT_COSMETIC)
def test_a_cosmetic_change_of_the_prompt_keeps_the_digest(name: str):
    before, after = document(prompt=make_prompt()), document(prompt=changed(make_prompt(), PROMPT_COSMETIC[name]))

    assert words(before, after) == []


@pytest.mark.parametrize("name", PROMPT_SEMANTIC)
def test_a_change_of_the_prompt_that_matters_is_told(name: str):
    before, after = document(prompt=make_prompt()), document(prompt=changed(make_prompt(), PROMPT_SEMANTIC[name]))

    assert words(before, after) != []


def test_seeds_one_apart_beyond_a_double_have_two_digests():
    before = changed(make_prompt(), PROMPT_SEMANTIC["big seed by one"])
    after = changed(make_prompt(), lambda p: put(p, "3", "inputs", "seed", BIG_SEED - 1))

    assert document(prompt=before).digest != document(prompt=after).digest


def test_graph_and_prompt_both_count():
    both = document(make_graph(), make_prompt())

    assert len({both.digest, document(make_graph()).digest, document(prompt=make_prompt()).digest}) == 3


def test_an_envelope_has_the_digest_of_its_parts():
    envelope = document({"workflow": make_graph(), "output": make_prompt()})

    assert envelope.digest == document(make_graph(), make_prompt()).digest


# Seeds


@pytest.mark.parametrize("control", ["randomize", "increment", "decrement"])
def test_a_seed_that_the_editor_rewrites_is_no_content(control: str):
    before, after = document(make_graph(control=control)), document(make_graph(control=control, seed=6))

    assert words(before, after) == []


def test_a_seed_after_which_anything_else_stands_is_content():
    before, after = document(make_graph(control="sometimes")), document(make_graph(control="sometimes", seed=6))

    assert words(before, after) != []


def test_only_a_number_in_front_of_the_control_is_a_seed():
    graph = make_graph(control="randomize", seed="five")

    assert words(document(graph), document(make_graph(control="randomize", seed="six"))) != []


def test_the_graphs_control_holds_for_the_prompt_beside_it():
    exported_again = changed(make_prompt(), lambda p: put(p, "3", "inputs", "seed", 6))

    before = document(make_graph(control="randomize"), make_prompt())
    after = document(make_graph(control="randomize", seed=6), exported_again)

    assert words(before, after) == []


def test_a_fixed_seed_counts_in_the_prompt_beside_a_graph():
    other = changed(make_prompt(), lambda p: put(p, "3", "inputs", "seed", 6))

    assert words(document(make_graph(), make_prompt()), document(make_graph(), other)) == ["KSampler #3: seed 5 -> 6"]


def test_other_numbers_beside_a_moving_seed_still_count():
    graph = make_graph(control="randomize")
    other = changed(make_prompt(), lambda p: put(p, "3", "inputs", "steps", 30))

    assert words(document(graph, make_prompt()), document(graph, other)) == ["KSampler #3: steps 20 -> 30"]


def test_a_linked_seed_in_the_prompt_counts_whatever_the_control():
    graph = make_graph(control="randomize")
    linked = changed(make_prompt(), lambda p: put(p, "3", "inputs", "seed", ["5", 0]))
    elsewhere = changed(make_prompt(), lambda p: put(p, "3", "inputs", "seed", ["5", 1]))

    assert words(document(graph, linked), document(graph, elsewhere)) != []


def test_a_moving_number_of_another_name_is_found_by_its_value():
    def made(number: int) -> Any:
        graph = {"nodes": [node(1, "CustomDice", widgets=(number, "randomize", 3))], "links": []}
        return document(graph, {"1": {"class_type": "CustomDice", "inputs": {"dice": number, "sides": 3}}})

    assert words(made(11), made(12)) == []


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [({"a": 11, "b": 11}, "CustomDice"), ({"a": 12}, "CustomDice"), ({"a": 11}, "OtherClass")],
    ids=["two equal numbers", "no equal number", "another class"],
)
def test_a_moving_number_that_cannot_be_told_counts(inputs: dict[str, int], kind: str):
    graph = {"nodes": [node(1, "CustomDice", widgets=(11, "randomize", 3))], "links": []}
    other = {name: value + 1 for name, value in inputs.items()}

    before = document(graph, {"1": {"class_type": kind, "inputs": inputs}})
    after = document(graph, {"1": {"class_type": kind, "inputs": other}})

    assert words(before, after) != []


def test_a_moving_seed_whose_node_is_missing_from_the_prompt_does_no_harm():
    graph = make_graph(control="randomize")
    prompt = {"9": {"class_type": "X", "inputs": {}}}

    assert document(graph, prompt).digest == document(graph, prompt).digest


def test_a_primitive_that_moves_a_seed_holds_for_the_prompt():
    def made(seed: int) -> Any:
        graph = make_graph()
        graph["nodes"].append(node(50, "PrimitiveNode", widgets=(seed, "randomize")))
        graph["links"].append([50, 50, 0, 3, 4, "INT"])
        node_of(graph, 3)["inputs"].append(port("seed", 50, widget=True))
        return document(graph, changed(make_prompt(), lambda p: put(p, "3", "inputs", "seed", seed)))

    assert words(made(11), made(12)) == []


def test_a_primitive_may_step_through_a_list_of_texts():
    def made(text: str) -> Any:
        return document({"nodes": [node(50, "PrimitiveNode", widgets=(text, "increment", ""))], "links": []})

    assert words(made("euler"), made("heun")) == []


@pytest.mark.parametrize(("control", "same"), [("randomize", True), ("fixed", False)])
def test_widgets_by_name_have_a_seed_too(control: str, same: bool):
    def made(seed: int) -> Any:
        widgets = {"seed": seed, "control_after_generate": control}
        graph = {"nodes": [node(1, "ByName", widgets=widgets)], "links": []}
        return document(graph, {"1": {"class_type": "ByName", "inputs": {"other": 1}}})

    assert (words(made(1), made(2)) == []) is same


def test_the_preview_that_a_video_pack_stores_is_no_content():
    def made(**preview: Any) -> Any:
        return document({"nodes": [node(1, "VHS_VideoCombine", widgets={"fps": 8, **preview})], "links": []})

    assert words(made(), made(videopreview={"params": {"filename": "a.mp4"}})) == []


def test_a_moving_seed_inside_a_subgraph_holds_for_the_prompt():
    def made(seed: int) -> Any:
        graph = graph_with_subgraph()
        graph["definitions"]["subgraphs"][0]["nodes"][0]["widgets_values"][0] = seed
        prompt = make_prompt()
        prompt["20:2"] = {"class_type": "KSampler", "inputs": {"seed": seed, "steps": 20}}
        return document(graph, prompt)

    assert words(made(7), made(8)) == []


def test_a_subgraph_inside_itself_is_no_endless_loop():
    graph = graph_with_subgraph()
    graph["definitions"]["subgraphs"][0]["nodes"].append(node(3, "aaaa-bbbb"))

    assert document(graph, make_prompt()).digest


# Links


def test_reroutes_in_a_circle_lead_nowhere():
    graph = make_graph()
    graph["nodes"] += [node(30, "Reroute", port("", 31)), node(31, "Reroute", port("", 30))]
    graph["links"] += [[30, 30, 0, 31, 0, "*"], [31, 31, 0, 30, 0, "*"], [32, 30, 0, 3, 0, "*"]]
    node_of(graph, 3)["inputs"][0]["link"] = 32

    links = canonical(document(graph))["graph"]["links"]

    assert [link for link in links if link[:2] == ["3", "model"]] == []


def test_a_graph_written_without_inputs_takes_its_links_from_the_table():
    graph = {"nodes": [{"id": 1, "type": "A"}, {"id": 2, "type": "B"}], "links": [[1, 1, 0, 2, 3, "X"]]}

    assert canonical(document(graph))["graph"]["links"] == [["2", "input 3", "1", 0]]


def test_two_inputs_of_one_name_are_kept_apart():
    graph = {
        "nodes": [node(1, "A"), node(2, "B", port("any", 1), port("any", 2), port("any", 3))],
        "links": [[1, 1, 0, 2, 0, "X"], [2, 1, 1, 2, 1, "X"], [3, 1, 2, 2, 2, "X"]],
    }

    names = [link[1] for link in canonical(document(graph))["graph"]["links"]]

    assert names == ["any", "any (2)", "any (3)"]


# Subgraphs


def inside(change: Change) -> Change:
    return lambda graph: change(graph["definitions"]["subgraphs"][0])


def with_an_inner_subgraph(part: dict[str, Any]) -> None:
    part["nodes"].append(node(30, "inner"))
    part["definitions"] = {"subgraphs": [{"id": "inner", "nodes": [node(1, "X", widgets=(1,))], "links": []}]}


SUBGRAPH_COSMETIC: dict[str, Change] = {
    "moved": inside(lambda s: s["nodes"][0].update(pos=[5, 5])),
    "renamed": inside(lambda s: s.update(name="Other", revision=5, description="d")),
    "a link to an output that is gone": inside(
        lambda s: s["links"].append(
            {"id": 9, "origin_id": 2, "origin_slot": 0, "target_id": -20, "target_slot": 7, "type": "X"}
        )
    ),
    "an output linked to nothing": inside(
        lambda s: s["links"].append(
            {"id": 9, "origin_id": 77, "origin_slot": 0, "target_id": -20, "target_slot": 0, "type": "X"}
        )
    ),
}
SUBGRAPH_SEMANTIC: dict[str, Change] = {
    "widget": inside(lambda s: put(s, "nodes", 0, "widgets_values", 2, 30)),
    "boundary": inside(lambda s: put(s, "links", 0, "origin_slot", 1)),
    "boundary slot that is gone": inside(lambda s: put(s, "links", 0, "origin_slot", 5)),
    "output": inside(lambda s: put(s, "links", 2, "origin_slot", 1)),
    "output unlinked": inside(lambda s: s["links"].pop(2)),
    "ports": inside(lambda s: s["inputs"].append({"name": "more", "type": "X"})),
    "promoted": inside(lambda s: s["widgets"].append({"id": 2, "name": "steps"})),
    "nested": inside(with_an_inner_subgraph),
}


@pytest.mark.parametrize("name", SUBGRAPH_COSMETIC)
def test_a_cosmetic_change_in_a_subgraph_keeps_the_digest(name: str):
    after = changed(graph_with_subgraph(), SUBGRAPH_COSMETIC[name])

    assert words(document(graph_with_subgraph()), document(after)) == []


@pytest.mark.parametrize("name", SUBGRAPH_SEMANTIC)
def test_a_change_in_a_subgraph_that_matters_is_told(name: str):
    after = changed(graph_with_subgraph(), SUBGRAPH_SEMANTIC[name])

    assert words(document(graph_with_subgraph()), document(after)) != []


# Properties


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same JSON with the keys of every object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


ALONE = {"nodes in other order", "links as objects", "slot numbers as texts", "ids as texts", "no extra"}
"""Changes after which the others would not find what they change."""


@pytest.mark.apart
@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.sets(st.sampled_from([name for name in COSMETIC if name not in ALONE])))
def test_no_mixture_of_cosmetic_changes_changes_the_digest(chance: random.Random, names: set[str]):
    graph = make_graph()
    for name, change in COSMETIC.items():
        if name in names:
            change(graph)

    after = shuffled(graph, chance)
    chance.shuffle(after["links"])
    chance.shuffle(after["nodes"])

    assert document(after).digest == document(make_graph()).digest


# U+0000 is refused where a document is parsed.
VALUES = st.integers() | st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.booleans() | st.none()

WIDGETS = [
    (each["id"], at)
    for each in make_graph()["nodes"]
    for at in range(len(each["widgets_values"]))
    if (each["id"], at) != (3, 1)
]


@pytest.mark.apart
@given(st.sampled_from(WIDGETS), VALUES)
def test_any_other_widget_value_changes_the_digest(place: tuple[int, int], value: Any):
    graph = make_graph()
    held = node_of(graph, place[0])["widgets_values"]
    if json.dumps(held[place[1]]) == json.dumps(value):
        return
    held[place[1]] = value

    assert words(document(make_graph()), document(graph)) != []


PROMPT_VALUES = [(key, name) for key, each in make_prompt().items() for name in each["inputs"]]


@pytest.mark.apart
@given(st.sampled_from(PROMPT_VALUES), VALUES)
def test_any_other_prompt_value_changes_the_digest(place: tuple[str, str], value: Any):
    prompt = make_prompt()
    if json.dumps(prompt[place[0]]["inputs"][place[1]]) == json.dumps(value):
        return
    prompt[place[0]]["inputs"][place[1]] = value

    assert words(document(prompt=make_prompt()), document(prompt=prompt)) != []


@pytest.mark.apart
@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_never_counts(chance: random.Random):
    after = document(shuffled(graph_with_subgraph(), chance), shuffled(make_prompt(), chance))

    assert after.digest == document(graph_with_subgraph(), make_prompt()).digest
