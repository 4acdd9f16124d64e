"""What the editor makes of a graph on its way to a prompt: nodes, controls, texts and names of its own."""

from __future__ import annotations

from typing import Any

import pytest
from workflow_documents import changed, document, make_graph, make_prompt, node, node_of, port, subgraph, words

from pulumi_comfy.workflows import pair_problems
from pulumi_comfy.workflows.drawn_texts import may_become
from pulumi_comfy.workflows.graph import read_graph


def graph_of(*nodes: Any, links: Any = (), **more: Any) -> dict[str, Any]:
    return {"nodes": list(nodes), "links": list(links), **more}


def same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return words(document(before), document(after)) == []


# Nodes that exist in the editor only


@pytest.mark.parametrize(
    "kind",
    [
        "Note",
        "MarkdownNote",
        "Note Plus (mtb)",
        "Label (rgthree)",
        "Bookmark (rgthree)",
        "Fast Muter (rgthree)",
        "Fast Bypasser (rgthree)",
        "Fast Groups Muter (rgthree)",
        "Fast Groups Bypasser (rgthree)",
        "Mute / Bypass Repeater (rgthree)",
        "Node Collector (rgthree)",
    ],
)
def test_a_node_that_runs_nowhere_is_neither_a_change_nor_a_difference(kind: str):
    more = changed(make_graph(), lambda g: g["nodes"].append(node(50, kind, port("", 3), widgets=("x",))))

    assert same(make_graph(), more)
    assert pair_problems(document(more, make_prompt())) == []


@pytest.mark.parametrize("kind", ["Reroute", "Reroute (rgthree)"])
def test_links_are_followed_through_reroutes(kind: str):
    def bend(graph: Any) -> None:
        graph["nodes"].append(node(50, kind, port("", 8)))
        graph["links"][7] = [8, 4, 2, 50, 0, "VAE"]
        graph["links"].append([50, 50, 0, 8, 1, "VAE"])
        node_of(graph, 8)["inputs"][1]["link"] = 50

    assert same(make_graph(), changed(make_graph(), bend))


def set_and_get(graph: Any, *, setter: str = "SetNode", getter: str = "GetNode") -> None:
    graph["nodes"] += [node(50, setter, port("VAE", 8), widgets=("v",)), node(51, getter, widgets=("v",))]
    graph["links"][7] = [8, 4, 2, 50, 0, "VAE"]
    graph["links"].append([50, 51, 0, 8, 1, "VAE"])
    node_of(graph, 8)["inputs"][1]["link"] = 50


@pytest.mark.parametrize(("setter", "getter"), [("SetNode", "GetNode"), ("easy setNode", "easy getNode")])
def test_a_getter_delivers_what_its_setter_is_given(setter: str, getter: str):
    graph = changed(make_graph(), lambda g: set_and_get(g, setter=setter, getter=getter))

    assert same(make_graph(), graph)
    assert pair_problems(document(graph, make_prompt())) == []


def test_a_difference_behind_a_getter_is_told():
    prompt = changed(make_prompt(), lambda p: p["8"]["inputs"].update(vae=["6", 0]))

    assert pair_problems(document(changed(make_graph(), set_and_get), prompt)) == [
        "VAEDecode #8, from the graph to the API prompt: vae now from CLIPTextEncode #6 (was CheckpointLoaderSimple #4)"
    ]


def test_a_getter_without_its_setter_is_no_difference():
    def lose_the_setter(graph: Any) -> None:
        set_and_get(graph)
        graph["nodes"].remove(node_of(graph, 50))

    assert pair_problems(document(changed(make_graph(), lose_the_setter), make_prompt())) == []


def test_links_that_use_everywhere_adds_are_no_difference():
    def take_the_link_away(graph: Any) -> None:
        graph["nodes"].append(node(50, "Anything Everywhere", port("anything", 8)))
        graph["links"][7] = [8, 4, 2, 50, 0, "VAE"]
        node_of(graph, 8)["inputs"][1]["link"] = None

    assert pair_problems(document(changed(make_graph(), take_the_link_away), make_prompt())) == []


@pytest.mark.parametrize("kind", ["workflow>Make", "workflow/Make"])
def test_a_group_node_is_exported_as_its_nodes(kind: str):
    graph = changed(make_graph(), lambda g: node_of(g, 5).update(type=kind))
    prompt = changed(make_prompt(), lambda p: p.update({"5:0": p.pop("5")}))
    prompt["3"]["inputs"]["latent_image"] = ["5:0", 0]

    assert pair_problems(document(graph, prompt)) == []


def test_an_unlinked_node_that_is_not_exported_is_no_difference():
    more = changed(make_graph(), lambda g: g["nodes"].append(node(50, "Some Pack's Sticker")))

    assert pair_problems(document(more, make_prompt())) == []


def test_a_linked_node_that_is_not_exported_is_told():
    def link(graph: Any) -> None:
        graph["nodes"].append(node(50, "PackSaver", port("images", 50)))
        graph["links"].append([50, 8, 0, 50, 0, "IMAGE"])

    assert pair_problems(document(changed(make_graph(), link), make_prompt())) == [
        "PackSaver #50 is in the graph and not in the API prompt"
    ]


def test_a_note_that_shares_its_id_with_a_node_hides_it_not():
    graph = graph_of(node(3, "KSampler", widgets=(1,)), node(3, "Note", widgets=("x",)))

    assert [each["type"] for each in read_graph(graph).nodes.values()] == ["KSampler"]


# Controls, shown texts, holes


@pytest.mark.parametrize(("control", "is_same"), [(True, True), (False, False)])
def test_a_seed_counts_unless_its_old_control_is_true(control: bool, is_same: bool):
    one, other = make_graph(control=control, seed=5), make_graph(control=control, seed=6)  # type: ignore[arg-type]

    assert same(one, other) is is_same


def test_an_old_control_of_a_class_that_names_its_widgets_is_known():
    def sampler(seed: int) -> dict[str, Any]:
        ports = [port(name, widget=True) for name in ("seed", "steps")]
        return graph_of(node(1, "PackSampler", *ports, widgets=(seed, True, 20)))

    assert same(sampler(5), sampler(6))


def test_an_old_control_behind_a_number_that_only_a_seed_can_be_is_known():
    one, other = (graph_of(node(1, "PackSampler", widgets=(seed, True, 20))) for seed in (2**40, 2**41))

    assert same(one, other)


def test_a_size_before_a_true_is_no_seed():
    one, other = (graph_of(node(1, "PackScale", widgets=(size, True))) for size in (512, 768))

    assert not same(one, other)


def test_an_old_control_of_a_class_that_the_prompt_names_shifts_nothing():
    graph = graph_of(node(1, "PackSampler", widgets=(7, True, 20, "euler")))
    prompt = {"1": {"class_type": "PackSampler", "inputs": {"seed": 9, "steps": 20, "method": "euler"}}}

    assert pair_problems(document(graph, prompt)) == []


def test_a_negative_seed_of_rgthree_is_drawn_by_the_editor():
    graph = graph_of(node(1, "Seed (rgthree)", widgets=(-1, None, None)))
    prompt = {"1": {"class_type": "Seed (rgthree)", "inputs": {"seed": 123}}}

    assert pair_problems(document(graph, prompt)) == []


@pytest.mark.parametrize("kind", ["PreviewAny", "ShowText|pysssss", "Display Any (rgthree)", "easy showAnything"])
def test_what_a_node_last_showed_is_no_content(kind: str):
    one, other = (graph_of(node(1, kind, port("source", 1), widgets=(text,))) for text in ("a", "b"))

    assert same(one, other)


@pytest.mark.parametrize("kind", ["ImageCompare", "Image Comparer (rgthree)"])
def test_the_pictures_that_a_node_last_compared_are_no_content(kind: str):
    shown = [
        {"beforeImages": ["/api/view?filename=a.png&rand=0.3"]},
        [{"name": "A", "url": "/api/view?filename=b.png"}],
    ]
    none, *others = (
        graph_of(node(1, kind, port("image_a", 1), widgets=one)) for one in ((), *([one] for one in shown))
    )

    assert all(same(none, other) for other in others)


def test_what_a_node_last_showed_is_no_content_of_a_prompt_either():
    one, other = (
        {"1": {"class_type": "ShowText|pysssss", "inputs": {"text": ["2", 0], "text_0": text}}, "2": make_prompt()["9"]}
        for text in ("a", "b")
    )
    for prompt in (one, other):
        prompt["2"] = {"class_type": "SaveImage", "inputs": {}}

    assert words(document(prompt=one), document(prompt=other)) == []


def test_the_address_of_a_partner_s_result_is_no_content():
    one, other = (
        graph_of(node(1, "PartnerVideo", widgets=("a cat", shown)))
        for shown in (None, "Result URL: https://x.example/1")
    )

    assert same(one, other)


def test_a_null_between_two_values_keeps_the_second_in_its_place():
    one, other = graph_of(node(1, "A", widgets=(None, 5))), graph_of(node(1, "A", widgets=(5,)))

    assert not same(one, other)


# Names


def promoting(value: Any, *, control: str = "fixed", **more: Any) -> dict[str, Any]:
    """A graph whose subgraph promotes the seed of a sampler inside it."""
    part = subgraph()
    part["inputs"].append({"name": "noise", "type": "INT"})
    part["nodes"][0]["inputs"].append(port("seed", 9, widget=True))
    part["nodes"][0]["widgets_values"][1] = control
    part["links"].append({"id": 9, "origin_id": -10, "origin_slot": 2, "target_id": 2, "target_slot": 2, "type": "INT"})
    host = node(20, "aaaa-bbbb", widgets=(value,), **more)
    return graph_of(host, definitions={"subgraphs": [part]})


def test_a_promoted_value_has_the_name_of_the_subgraph_s_input():
    assert words(document(promoting(5)), document(promoting(9))) == ["Refine #20: noise 5 -> 9"]


def test_a_promoted_seed_that_the_control_inside_rewrites_is_no_content():
    assert same(promoting(5, control="randomize"), promoting(9, control="randomize"))


def test_a_value_that_proxy_widgets_promote_has_the_widget_s_name():
    def host(value: int) -> dict[str, Any]:
        proxies = {"proxyWidgets": [["2", "steps"]]}
        return graph_of(
            node(20, "aaaa-bbbb", widgets=(value,), properties=proxies), definitions={"subgraphs": [subgraph()]}
        )

    assert words(document(host(20)), document(host(30))) == ["Refine #20: steps 20 -> 30"]


def test_a_seed_that_proxy_widgets_promote_moves_with_the_control_inside():
    def host(value: int) -> dict[str, Any]:
        proxies = {"proxyWidgets": [["2", "seed"]]}
        return graph_of(
            node(20, "aaaa-bbbb", widgets=(value,), properties=proxies), definitions={"subgraphs": [subgraph()]}
        )

    assert same(host(5), host(9))


def test_names_that_do_not_fit_the_values_are_not_taken():
    one, other = (
        graph_of(node(1, "A", widgets=("x", value), widgets_values_named={"a": "other", "b": 1})) for value in (1, 2)
    )

    assert words(document(one), document(other)) == ["A #1: widget 2 1 -> 2"]


# Subgraphs in a pair


def test_a_primitive_outside_feeds_a_seed_inside_a_subgraph():
    graph = promoting(5)
    graph["nodes"] += [node(50, "PrimitiveNode", widgets=(5, "randomize"))]
    node_of(graph, 20)["inputs"] = [port("noise", 50, widget=True)]
    graph["links"].append([50, 50, 0, 20, 0, "INT"])

    def prompt(seed: int) -> dict[str, Any]:
        return {"20:2": {"class_type": "KSampler", "inputs": {"noise_level": 1, "seed": seed}}}

    assert words(document(graph, prompt(1)), document(graph, prompt(2))) == []


@pytest.mark.parametrize("mode", [2, 4])
def test_a_subgraph_switched_off_whose_nodes_are_in_the_prompt_is_told(mode: int):
    graph = changed(promoting(5), lambda g: node_of(g, 20).update(mode=mode))

    assert pair_problems(document(graph, {"20:2": {"class_type": "KSampler", "inputs": {}}})) == [
        "KSampler #20:2 is in the API prompt and switched off in the graph"
    ]


def test_a_node_switched_off_inside_a_subgraph_is_told():
    graph = promoting(5)
    graph["definitions"]["subgraphs"][0]["nodes"][0]["mode"] = 4

    assert pair_problems(document(graph, {"20:2": {"class_type": "KSampler", "inputs": {}}})) == [
        "KSampler #20:2 is in the API prompt and switched off in the graph"
    ]


def test_a_group_node_switched_off_whose_nodes_are_in_the_prompt_is_told():
    graph = graph_of(node(30, "workflow>Make", mode=4))

    assert pair_problems(document(graph, {"30:0": {"class_type": "VAEDecode", "inputs": {}}})) == [
        "VAEDecode #30:0 is in the API prompt and switched off in the graph"
    ]


@pytest.mark.parametrize("node_id", ["77:2", "20:77"])
def test_a_node_of_a_subgraph_that_is_not_there_is_told(node_id: str):
    assert pair_problems(document(promoting(5), {node_id: {"class_type": "KSampler", "inputs": {}}})) == [
        f"KSampler #{node_id} is in the API prompt and not in the graph"
    ]


# Texts that the editor fills in or draws


@pytest.mark.parametrize(
    ("graph", "prompt"),
    [
        ("%date:yyyy-MM-dd%/x", "2026-11-26/x"),
        ("%date%/x", "20261126/x"),
        ("a_%KSampler.seed%_b", "a_5_b"),
        ("%date:yyyy%_%Empty Latent Image.width%", "2026_512"),
        ("a {red|blue} cat", "a blue cat"),
        ("{a|{b|c}} {d|e}", "c d"),
        ("{a|b}", ""),
        ("a {red|blue", "a blue"),
        (r"\{a\|b\} {x|y}", "{a|b} y"),
        ("a cat /* no dog */ here", "a cat  here"),
        ("a cat // no dog\nhere", "a cat \nhere"),
        (r"only \{escapes\}", "only {escapes}"),
    ],
)
def test_a_text_that_the_editor_rewrites_may_become_another(graph: str, prompt: str):
    assert may_become(graph, prompt)


@pytest.mark.parametrize(
    ("graph", "prompt"),
    [
        ("a {red|blue} cat", "a red dog"),
        ("a {red|blue} cat", "the red cat"),
        ("a {red|blue} cat {x|y} end", "a red end"),
        ("%date:yyyy%/x", "2026/y"),
        ("50% of 60% grey", "50 of 60% grey"),
        ("plain", "other"),
        ("ab{x|y}ba", "aba"),
    ],
)
def test_what_stands_around_a_rewritten_place_must_agree(graph: str, prompt: str):
    assert not may_become(graph, prompt)
